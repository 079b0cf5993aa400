"""`ExemplarStudy`: what studies share that compute with z of samples of certain classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from dcgan_eval.core import DataError, SettingsError, Subject, identity
from dcgan_eval.data import Items, Split, with_pixels
from dcgan_eval.records import Metric
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.studies.detector import Detector
from dcgan_eval.studies.drawing import NumberedSamples
from dcgan_eval.studies.generator_study import NumberedStudy
from dcgan_eval.studies.parts import Parts, parts_of
from dcgan_eval.studies.shares import repeats_metric

Numbers = NDArray[np.int64]

_NETWORK_BYTES = 800_000_000


class ExemplarStudy(NumberedStudy):
    """Base of studies whose z are means over exemplars, drawn again in each of several repeats.

    Attributes
    ----------
    groups
        Names of the settings that name the class of a group.
    group
        Exemplars of each.
    repeats
        Draws of exemplars, each from the same pool.
    pool
        Samples 0 … pool − 1, among which the detector finds exemplars.
    exemplars
        Numbers of samples of each group instead, the same in all repeats.
    """

    groups: ClassVar[tuple[str, ...]]

    group: int = identity(3, ge=1, le=1000)
    repeats: int = identity(100, ge=2, le=10_000)
    pool: int = identity(1000, ge=2, le=100_000)
    exemplars: dict[str, tuple[int, ...]] | None = identity(None)

    @model_validator(mode="after")
    def _exemplars_of_all_groups(self) -> ExemplarStudy:
        """Refuse numbers of other groups, or of no samples."""
        given = self.exemplars
        if given is not None and set(given) != set(self.groups):
            raise ValueError(f"exemplars: expected numbers of {', '.join(self.groups)}")
        if any(not some or min(some) < 0 for some in (given or {}).values()):
            raise ValueError("exemplars: expected numbers of samples from 0, one at least of each")
        return self

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse a generator that is told classes, and classes that are none."""
        super().check(subject, train)
        if not isinstance(subject, GeneratorSource):
            return
        if subject.drawn.spec.n_classes:
            raise SettingsError(
                f"{subject.name}: is told the class beside z, and z says nothing of it; give a "
                "generator without labels"
            )
        self.classes(parts_of(with_pixels(train)))

    def classes(self, parts: Parts) -> dict[str, int]:
        """Class numbers of the groups."""
        return {name: parts.class_number(getattr(self, name)) for name in self.groups}

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """Images of the pool and of the detector's training, the networks."""
        pixels = math.prod(with_pixels(train).image_shape)
        return (2 * self.pool + 2 * self.detector.images) * pixels + _NETWORK_BYTES

    def numbers(self, samples: NumberedSamples, detector: Detector) -> dict[str, Numbers]:
        """Samples of the pool of each group's class, by the detector.

        Raises
        ------
        DataError
            Fewer than are to be drawn.
        """
        seen = detector.see(samples.of(range(self.pool))).classes
        found = {
            name: np.flatnonzero(seen == c) for name, c in self.classes(detector.parts).items()
        }
        for name, numbers in found.items():
            if self.exemplars is None and len(numbers) < self.group:
                raise DataError(
                    f"the detector puts {len(numbers)} of {self.pool} samples into class "
                    f"{getattr(self, name)!r} ({name}), fewer than {self.group}; raise pool, or "
                    "name another class"
                )
        return found

    def drawn(self, found: Mapping[str, Numbers], rng: np.random.Generator) -> dict[str, Numbers]:
        """The exemplars of one repeat, in random order: of these numbers, or those given."""
        if self.exemplars is not None:
            return {name: rng.permutation(self.exemplars[name]) for name in self.groups}
        return {name: rng.choice(found[name], self.group, replace=False) for name in self.groups}

    def share_metrics(
        self, shares: Mapping[str, NDArray[np.float64]], headline: str, given: str
    ) -> tuple[Metric, ...]:
        """The share in the wished class of each way, the headline's first, and how far it leads.

        Parameters
        ----------
        shares
            Of each way, one a repeat.
        """
        of = "exemplars" if self.exemplars is None else "noise"
        said: dict[str, Any] = {"covers": f"other {of}", "better": "high", "given": given}
        metrics = [
            repeats_metric(name, values, headline=name == headline, **said)
            for name, values in shares.items()
        ]
        ahead = [
            repeats_metric(f"{headline} ahead of {name}", shares[headline] - values, -1.0, **said)
            for name, values in shares.items()
            if name != headline
        ]
        return (*metrics, *ahead)
