"""The jobs of a pipeline, and what they will cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dcgan_eval.core import (
    DoesNotFitError,
    Progress,
    SettingsError,
    Silent,
    check_device,
    digest_arrays,
)
from dcgan_eval.data import ImageSet, Split, load_dataset
from dcgan_eval.features import (
    Extraction,
    Place,
    Representation,
    is_cached,
    make_representations,
)
from dcgan_eval.pipeline.settings import Pipeline
from dcgan_eval.protocols import Protocol, load_protocol
from dcgan_eval.records import (
    DataInfo,
    ProtocolInfo,
    RepresentationInfo,
    SetInfo,
    record_id,
)

_OVERWRITE = ("never", "always", "failed")


@dataclass(frozen=True)
class Options:
    """How a pipeline is run; nothing of it but `limit` decides what comes out.

    Attributes
    ----------
    data_roots, checkpoint_roots
        Folders in which relative names are looked for, after the working folder.
    cache
        Folder of decoded images, features and journals.
    results
        In place of the pipeline's own folder.
    limit
        Use only the first `limit` images a set (a smoke run, marked so in the record).
    only
        (i, n): run every n-th job beginning with the i-th, from 1.
    overwrite
        ``never`` skips what is done, ``always`` does it again, ``failed`` does again what has a
        damaged record.
    device
        Torch device of everything that is computed by torch.
    allow_code
        Whether ``module:`` may run the user's code.
    """

    cache: Path
    data_roots: tuple[Path, ...] = ()
    checkpoint_roots: tuple[Path, ...] = ()
    results: Path | None = None
    limit: int | None = None
    only: tuple[int, int] | None = None
    overwrite: str = "never"
    device: str = "cpu"
    allow_code: bool = False
    command: str = ""


@dataclass(frozen=True)
class Job:
    """One representation under the pipeline's protocol: one record.

    Attributes
    ----------
    number
        From 1, in the order of the pipeline.
    id
        Hash of everything that decides the outcome.
    columns, disk_bytes, memory_bytes
        Predicted.
    extractions
        Of the training and of the test images; none where a protocol takes no features.
    cached
        Whether the features of each extraction are there.
    """

    number: int
    id: str
    representation: Representation
    info: RepresentationInfo
    extractions: tuple[Extraction, ...]
    columns: int
    disk_bytes: int
    memory_bytes: int
    cached: tuple[bool, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that is known before work begins."""

    pipeline: Pipeline
    protocol: Protocol
    train: ImageSet
    test: ImageSet
    split: Split
    data: DataInfo
    protocol_info: ProtocolInfo
    jobs: tuple[Job, ...]
    results: Path


def check_options(options: Options) -> None:
    """Refuse what cannot be, before any work.

    Raises
    ------
    SettingsError
        An unknown way to overwrite, or a device that is not there.
    """
    if options.overwrite not in _OVERWRITE:
        raise SettingsError(
            f"overwrite {options.overwrite!r}: expected one of {', '.join(_OVERWRITE)}"
        )
    check_device(options.device, "--device")


def make_plan(pipeline: Pipeline, options: Options, progress: Progress | None = None) -> Plan:
    """Load the images, split them, and lay out the jobs.

    Raises
    ------
    DataError, CheckpointError, SettingsError
        What is missing or does not fit, before any work.
    """
    check_options(options)
    train, test = load_dataset(
        pipeline.data,
        roots=options.data_roots,
        cache=options.cache,
        progress=progress or Silent(),
    )
    if options.limit is not None:
        train, test = _first(train, options.limit), _first(test, options.limit)
    protocol = load_protocol(pipeline.protocol.kind)
    split = protocol.split(pipeline.protocol, train, test)
    place = Place(options.checkpoint_roots, options.allow_code)
    representations = make_representations(pipeline.representations, place)
    data = _data_info(pipeline, protocol, train, test, options)
    protocol_info = ProtocolInfo(
        kind=pipeline.protocol.kind,
        version=protocol.version,
        preset=pipeline.protocol.preset,
        settings=pipeline.protocol.identity_values(),
    )
    jobs = []
    for number, representation in enumerate(representations, start=1):
        if options.only is None or (number - options.only[0]) % options.only[1] == 0:
            jobs.append(
                _job(
                    number,
                    representation,
                    pipeline,
                    protocol,
                    train,
                    test,
                    split,
                    data,
                    protocol_info,
                    options,
                )
            )
    _refuse_twins(jobs)
    results = options.results or Path(pipeline.results)
    return Plan(pipeline, protocol, train, test, split, data, protocol_info, tuple(jobs), results)


def _first(images: ImageSet, limit: int) -> ImageSet:
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


def _data_info(
    pipeline: Pipeline, protocol: Protocol, train: ImageSet, test: ImageSet, options: Options
) -> DataInfo:
    """What the record says of the data, with the reasons why it is not the whole published set."""
    reasons = [
        "limit" if options.limit is not None else None,
        pipeline.data.subset,
        protocol.subset(pipeline.protocol, train),
    ]
    given = [reason for reason in reasons if reason]
    return DataInfo(
        name=pipeline.data.name,
        train=_set_info(train),
        test=_set_info(test),
        class_names=train.class_names,
        subset="; ".join(given) or None,
    )


def _set_info(images: ImageSet) -> SetInfo:
    groups = images.item_groups
    return SetInfo(
        fingerprint=images.fingerprint,
        size=len(images),
        shape=images.image_shape,
        groups=None if groups is None else digest_arrays([("groups", groups)]),
    )


def _job(
    number: int,
    representation: Representation,
    pipeline: Pipeline,
    protocol: Protocol,
    train: ImageSet,
    test: ImageSet,
    split: Split,
    data: DataInfo,
    protocol_info: ProtocolInfo,
    options: Options,
) -> Job:
    """One job with its id and what it will take."""
    protocol.check(pipeline.protocol, representation, train)
    reference = train.take(split.reference)
    train_rows = train if len(split.train) == len(train) else train.take(split.train)
    test_rows = test if len(split.test) == len(test) else test.take(split.test)
    extractions = tuple(
        Extraction(representation.extracted, rows, reference, pipeline.dtype)
        for rows in (train_rows, test_rows)
        if protocol.needs_features
    )
    spans = representation.spans(train.image_shape)
    columns = max((last for _, last in spans.values()), default=0)
    whole = representation.extracted.spans(train.image_shape)
    stored = max((last for _, last in whole.values()), default=0)
    width = 2 if pipeline.dtype == "float16" else 4
    info = RepresentationInfo(
        kind=representation.kind,
        name=representation.name,
        method=representation.method,
        seed=representation.seed,
        step=representation.step,
        weights=representation.weights,
        layers=tuple(spans),
        columns=columns or None,
        identity={**representation.identity_values(), "dtype": pipeline.dtype},
    )
    return Job(
        number=number,
        id=record_id(protocol_info, data, info),
        representation=representation,
        info=info,
        extractions=extractions,
        columns=columns,
        disk_bytes=(len(train_rows) + len(test_rows)) * stored * width,
        memory_bytes=protocol.cost(
            pipeline.protocol,
            split,
            columns if protocol.needs_features else math.prod(train.image_shape),
            len(train.class_names),
        ).memory_bytes,
        cached=tuple(is_cached(extraction, options.cache) for extraction in extractions),
    )


def _refuse_twins(jobs: Sequence[Job]) -> None:
    """Two representations with one id would overwrite each other's record."""
    seen: dict[str, str] = {}
    for job in jobs:
        if job.id in seen:
            raise SettingsError(
                f"{job.representation.name!r} and {seen[job.id]!r} are the same representation; "
                "remove one"
            )
        seen[job.id] = job.representation.name


def refuse_if_too_large(job: Job, available_bytes: int) -> None:
    """Refuse a job whose predicted memory is more than there is, with both numbers."""
    if job.memory_bytes > available_bytes:
        raise DoesNotFitError(
            f"{job.representation.name}: needs about {job.memory_bytes / 1e9:.1f} GB of memory, "
            f"{available_bytes / 1e9:.1f} GB are available; use fewer layers, a smaller "
            "train_size, or a larger machine"
        )
