"""The units of a pipeline, the jobs that they make, and what those will cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dcgan_eval.core import (
    CodeRefusedError,
    Progress,
    SettingsError,
    Silent,
    Subject,
    digest_arrays,
    load_average,
)
from dcgan_eval.data import KNOWN, ImageSet, Items, Split, load_items, notes_on
from dcgan_eval.features import EncoderRepresentation, Narrower, Representation
from dcgan_eval.pipeline.options import Options
from dcgan_eval.pipeline.settings import Pipeline
from dcgan_eval.records import (
    DataInfo,
    ProtocolInfo,
    RepresentationInfo,
    SetInfo,
    record_id,
)
from dcgan_eval.subjects import EncoderSettings, Place


class Unit(NamedTuple):
    """What one process does at a time: a part (a file, a seed) of a row of the pipeline.

    It is small, and makes its subjects where it runs.
    """

    row: int
    part: int


@dataclass(frozen=True)
class Job:
    """One subject under the pipeline's protocol: one record.

    Attributes
    ----------
    id
        Hash of everything that decides the outcome.
    columns, disk_bytes, memory_bytes
        Predicted; no columns where a protocol takes no features.
    cached
        Whether the features of training and test items are there.
    """

    id: str
    subject: Subject
    info: RepresentationInfo
    columns: int
    disk_bytes: int
    memory_bytes: int
    cached: tuple[bool, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that is known before work begins; a subject is made once, when it is asked for.

    Attributes
    ----------
    train, test
        The sets that are split; `train_rows`, `test_rows`, `reference` are the split's.
    units
        Those that are this plan's, in order.
    anew
        Of ``overwrite: always``: keys of what was computed anew; else None.
    load
        Of the machine where jobs run, before the first of them.
    """

    pipeline: Pipeline
    options: Options
    train: Items
    test: Items
    split: Split
    data: DataInfo
    protocol: ProtocolInfo
    units: tuple[Unit, ...]
    anew: set[str] | None
    load: float | None = field(default_factory=load_average, compare=False)
    _made: dict[Unit, tuple[Job, ...]] = field(default_factory=dict, repr=False, compare=False)
    _wide: list[tuple[EncoderSettings, int, Representation]] = field(
        default_factory=list, repr=False, compare=False
    )

    @property
    def results(self) -> Path:
        """Folder of the records."""
        return self.options.results or Path(self.pipeline.results)

    @cached_property
    def train_rows(self) -> Items:
        """The training items that protocols fit on."""
        return _taken(self.train, self.split.train)

    @cached_property
    def test_rows(self) -> Items:
        """The test items."""
        return _taken(self.test, self.split.test)

    @cached_property
    def reference(self) -> Items:
        """What representations may be fitted on, without labels."""
        return self.train.take(self.split.reference)

    @cached_property
    def data_notes(self) -> tuple[str, ...]:
        """What a reader must know about the images that are used."""
        return notes_on(self.train_rows, self.test_rows)

    def jobs(self, unit: Unit) -> tuple[Job, ...]:
        """The jobs of a unit, made once.

        Raises
        ------
        DataError, CheckpointError, SettingsError
            What is missing or does not fit.
        """
        if unit not in self._made:
            row = self.pipeline.representations[unit.row]
            place = self.options.place(self.pipeline.beside)
            if isinstance(row, EncoderSettings):
                subjects = row.with_ablations(self._representation(row, unit.part, place))
            else:
                subjects = row.make(unit.part, place)
            self._made[unit] = tuple(self._job(subject) for subject in subjects)
        return self._made[unit]

    def _representation(self, row: EncoderSettings, part: int, place: Place) -> Representation:
        """A row's own, or the columns of one that is extracted for several rows."""
        own = row.representation(part, place)
        wide = row.with_layers_of(self.pipeline.representations[unit.row] for unit in self.units)
        opens = self.pipeline.protocol.opens
        if opens or wide is row or not isinstance(own, EncoderRepresentation):
            return own
        base = next((made for said, one, made in self._wide if (said, one) == (wide, part)), None)
        if base is None:
            base = wide.representation(part, place)
            self._wide.append((wide, part, base))
        shared = isinstance(base, EncoderRepresentation) and base.has_columns_of(own)
        return Narrower(own, base) if shared else own

    def counted(self, unit: Unit) -> tuple[int, int]:
        """How many jobs come before those of a unit, and how many there are.

        A unit whose jobs are made elsewhere counts as one.
        """
        sizes = [len(self._made[one]) if one in self._made else 1 for one in self.units]
        return sum(sizes[: self.units.index(unit)]), sum(sizes)

    def all_jobs(self) -> list[Job]:
        """The jobs of all units.

        Raises
        ------
        SettingsError
            Also when two are of the same subject: one would overwrite the other's record.
        """
        jobs = [job for unit in self.units for job in self.jobs(unit)]
        refuse_twins([(job.id, job.info) for job in jobs])
        return jobs

    def _job(self, subject: Subject) -> Job:
        """One job with its id and what it will take."""
        protocol, columns = self.pipeline.protocol, 0
        protocol.check(subject, self.train)
        layers: tuple[str, ...] = ()
        cached: tuple[bool, ...] = ()
        disk_bytes = 0
        if isinstance(subject, Representation) and not protocol.opens:
            subject = subject.stored_as(self.pipeline.dtype)
            spans = subject.columns(self.train)
            layers, columns = tuple(spans), max((last for _, last in spans.values()), default=0)
            both, reference = (self.train_rows, self.test_rows), self.reference
            disk_bytes = sum(subject.stored_bytes(rows) for rows in both)
            cached = tuple(subject.is_cached(rows, reference, self.options.cache) for rows in both)
        info = RepresentationInfo(
            kind=subject.kind,
            name=subject.name,
            method=subject.method,
            seed=subject.seed,
            step=subject.step,
            weights=subject.weights,
            layers=layers,
            columns=columns or None,
            identity={**subject.identity_values(), "dtype": self.pipeline.dtype},
            assumed=dict(subject.assumed),
        )
        return Job(
            id=record_id(self.protocol, self.data, info),
            subject=subject,
            info=info,
            columns=columns,
            disk_bytes=disk_bytes,
            memory_bytes=protocol.memory_bytes(self.train, self.split, columns),
            cached=cached,
        )


def make_plan(pipeline: Pipeline, options: Options, progress: Progress | None = None) -> Plan:
    """Load the images, split them, and list the units.

    Raises
    ------
    DataError, CheckpointError, SettingsError
        What is missing or does not fit, before any work.
    """
    options.check()
    train, test = load_items(
        pipeline.data,
        roots=options.data_roots,
        cache=options.cache,
        progress=progress or Silent(),
    )
    return plan_on(pipeline, options, train, test)


def plan_on(pipeline: Pipeline, options: Options, train: Items, test: Items) -> Plan:
    """The plan of a pipeline whose images are loaded; see `make_plan`."""
    code = pipeline.protocol.runs_code()
    if code is not None and not options.allow_code:
        raise CodeRefusedError(
            f"{code}: would run code; look at it, then add --allow-code (in Python allow_code=True)"
        )
    if options.limit is not None:
        train, test = _first(train, options.limit), _first(test, options.limit)
    protocol = pipeline.protocol
    place = options.place(pipeline.beside)
    units = [
        Unit(row, part)
        for row, settings in enumerate(pipeline.representations)
        for part in range(settings.parts(place))
    ]
    if options.only is not None:
        first, every = options.only
        units = units[first - 1 :: every]
    return Plan(
        pipeline=pipeline,
        options=options,
        train=train,
        test=test,
        split=protocol.make_split(train, test),
        data=_data_info(pipeline, train, test, options),
        protocol=ProtocolInfo(
            kind=protocol.kind,
            version=protocol.version,
            preset=protocol.preset,
            settings=protocol.identity_values(),
        ),
        units=tuple(units),
        anew=set() if options.overwrite == "always" else None,
    )


def _taken(items: Items, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Items:
    """Some rows of a set; the set itself, with its fingerprint, where all are taken in order."""
    return items if np.array_equal(rows, np.arange(len(items))) else items.take(rows)


def _first(images: Items, limit: int) -> Items:
    """The first `limit` images of each class in turn, so that a smoke run has every class."""
    if limit >= len(images):
        return images
    order = np.argsort(_rank_in_class(images.y), kind="stable")
    return images.take(np.sort(order[:limit]))


def _rank_in_class(y: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How many images of the same class come before each image."""
    rank = np.empty(len(y), np.int64)
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        rank[rows] = np.arange(len(rows))
    return rank


def _data_info(pipeline: Pipeline, train: Items, test: Items, options: Options) -> DataInfo:
    """What the record says of the data, with the reasons why it is not the whole published set."""
    name, classes, dedup = pipeline.data.name, pipeline.data.classes, pipeline.data.dedup
    reasons = [
        "limit" if options.limit is not None else None,
        pipeline.data.subset,
        f"classes {', '.join(classes)}" if classes else None,
        "without near-duplicates" if dedup else None,
        None if options.limit or classes or dedup else _other_than_published(name, train, test),
        pipeline.protocol.subset(train),
    ]
    given = [reason for reason in reasons if reason]
    return DataInfo(
        name=name,
        train=_set_info(train),
        test=_set_info(test),
        class_names=train.class_names,
        subset="; ".join(given) or None,
    )


def _other_than_published(name: str, train: Items, test: Items) -> str | None:
    """Why a set of a published name is not the published one."""
    known = KNOWN.get(name)
    if known is None or (len(train), len(test)) == (known.train, known.test):
        return None
    return f"{len(train):,} training and {len(test):,} test items of one's own"


def _set_info(items: Items) -> SetInfo:
    groups = items.item_groups
    return SetInfo(
        fingerprint=items.fingerprint,
        size=len(items),
        shape=items.image_shape if isinstance(items, ImageSet) else None,
        groups=None if groups is None else digest_arrays([("groups", groups)]),
    )


def refuse_twins(found: Sequence[tuple[str, RepresentationInfo]]) -> None:
    """Refuse two subjects with one id: one would overwrite the other's record."""
    seen: dict[str, str] = {}
    for id, info in found:
        if id in seen:
            by_version = ", version " in str(info.identity.get("source"))
            raise SettingsError(
                f"{info.name!r} and {seen[id]!r} are the same representation; remove one"
                + (", or give each code a version of its own" if by_version else "")
            )
        seen[id] = info.name
