"""A direction in z: whether samples change class along the axis between two groups of exemplars.

1. Exemplars of two classes: samples in which the detector finds the class, or given by number.
2. The axis leads from the mean z of the one group to that of the other. 3. Other samples of the
first class are moved along it, a step at a time. 4. The share that the detector puts into the
second class at the end. 5. Beside it: the axis between one exemplar of each, a random axis as long,
and the difference of mean images, added to the images.

Source: Radford, Metz, Chintala, arXiv 1511.06434, section 6.3.2 and figure 8 (four exemplars a
group; faces that look left and right). docs/studies.md says what the numbers are.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, SettingsError, Subject, Work, identity, located, rng_for
from dcgan_eval.data import Items, with_pixels
from dcgan_eval.protocols import Result, Task
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.studies.detector import detector_notes, trained_detector
from dcgan_eval.studies.drawing import NumberedSamples
from dcgan_eval.studies.exemplars import ExemplarStudy, Numbers
from dcgan_eval.studies.threads import one_thread

# Samples in the exhibits.
_SHOWN = 8
_AVERAGED = "averaged axis"


class Direction(ExemplarStudy):
    """Settings of ``kind: direction``; see the module and `ExemplarStudy`.

    Attributes
    ----------
    start, stop
        Classes at the two ends of the axis.
    group
        Exemplars of each.
    moved
        Other samples of the first class, moved in each repeat.
    steps
        From a sample to the end.
    reach
        How far the end is, in lengths of the axis.
    """

    version: ClassVar[int] = 1
    groups: ClassVar[tuple[str, ...]] = ("start", "stop")

    kind: Literal["direction"] = identity("direction")
    start: str = identity("bed")
    stop: str = identity("bed and lamp")
    group: int = identity(4, ge=1, le=1000)
    moved: int = identity(8, ge=1, le=1000)
    steps: int = identity(4, ge=1, le=100)
    reach: float = identity(1.0, gt=0, le=100)

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse an axis from a class to itself."""
        super().check(subject, train)
        if self.start == self.stop:
            raise SettingsError(f"start and stop are both {self.start!r}; give two classes")

    def run(self, task: Task[GeneratorSource], work: Work) -> Result:
        """Draw exemplars and samples, move these, and see what they become, repeat by repeat."""
        source, train, test = task.given.on(work.device), task.train, task.test
        with one_thread(), located(source.name):
            detector, errors = trained_detector(
                self.detector, with_pixels(train), with_pixels(test), work
            )
            samples = NumberedSamples(source.drawn, self.seed)
            stop = detector.parts.class_number(self.stop)
            found = self.numbers(samples, detector)
            shares: dict[str, list[list[float]]] = {}
            images: dict[str, NDArray[np.uint8]] = {}
            with work.progress.task("direction", self.repeats, "repeats") as advance:
                for repeat in range(self.repeats):
                    rng = rng_for("direction", self.seed, "repeat", repeat)
                    exemplars = self.drawn(found, rng)
                    others = self._others(found["start"], exemplars["start"], rng)
                    for name, frames in self._frames(samples, exemplars, others, rng).items():
                        flat = frames.reshape(-1, *frames.shape[2:])
                        there = (detector.see(flat).classes == stop).reshape(frames.shape[:2])
                        shares.setdefault(name, []).append(there.mean(axis=0).tolist())
                        images.setdefault(name, frames[:_SHOWN])
                    advance(1)
        at_end = {name: np.array(one)[:, -1] for name, one in shares.items()}
        return Result(
            metrics=self.share_metrics(at_end, _AVERAGED, "the generator, the detector"),
            notes=detector_notes(errors),
            details={
                "detector": errors,
                "in_pool": {group: len(numbers) for group, numbers in found.items()},
                "shares_by_step": {
                    name: np.mean(one, axis=0).tolist() for name, one in shares.items()
                },
                "shares_at_end": {name: one.tolist() for name, one in at_end.items()},
            },
            exhibits={f"along_{name.replace(' ', '_')}": one for name, one in images.items()},
        )

    def _others(self, found: Numbers, exemplars: Numbers, rng: np.random.Generator) -> Numbers:
        """Samples of the first class that are no exemplars."""
        left = np.setdiff1d(found, exemplars)
        if len(left) < self.moved:
            raise DataError(
                f"the pool has {len(left)} samples of class {self.start!r} beside the exemplars, "
                f"fewer than moved: {self.moved}; raise pool"
            )
        return rng.choice(left, self.moved, replace=False)

    def _frames(
        self,
        samples: NumberedSamples,
        exemplars: dict[str, Numbers],
        others: Numbers,
        rng: np.random.Generator,
    ) -> dict[str, NDArray[np.uint8]]:
        """Images by way, (moved, steps + 1, height, width, channels)."""
        first, last = (samples.z(exemplars[group].tolist()) for group in self.groups)
        z, t = samples.z(others.tolist()), np.linspace(0, self.reach, self.steps + 1)
        axis = last.mean(axis=0) - first.mean(axis=0)
        anywhere = rng.standard_normal(len(axis))
        anywhere *= np.linalg.norm(axis) / np.linalg.norm(anywhere)
        frames = {}
        for name, along in (
            (_AVERAGED, axis),
            ("single axis", last[0] - first[0]),
            ("random axis", anywhere),
        ):
            points = (z[:, None] + t[None, :, None] * along).astype(np.float32)
            drawn = samples.drawn(points.reshape(-1, points.shape[2]))
            frames[name] = drawn.reshape(*points.shape[:2], *drawn.shape[1:])
        means = [samples.of(exemplars[group].tolist()).mean(axis=0) for group in self.groups]
        mixed = samples.of(others.tolist())[:, None] + t[:, None, None, None] * (
            means[1] - means[0]
        )
        frames["pixels"] = np.rint(mixed.clip(0, 255)).astype(np.uint8)
        return frames


PROTOCOL = Direction
