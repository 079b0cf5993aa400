"""Arithmetic in z: whether a − b + c of means over exemplars is of the class that it should be.

1. Exemplars of three classes: samples in which the detector finds the class, or given by number.
2. The z of each group's exemplars are averaged, and a − b + c taken; around it lie further results,
each number of z moved by uniform noise. 3. The share of results that the detector puts into the
class whose parts are those of a − b + c. 4. Beside it: one exemplar a group, the same arithmetic on
the exemplars' pixels, and random z.

Source: Radford, Metz, Chintala, arXiv 1511.06434, section 6.3.2 and figure 7 (three exemplars a
group, noise of ±0.25, eight further results). docs/studies.md says what the numbers are.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import SettingsError, Subject, Work, identity, located, rng_for
from dcgan_eval.data import Items, with_pixels
from dcgan_eval.protocols import Result, Task
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.studies.detector import detector_notes, trained_detector
from dcgan_eval.studies.drawing import NumberedSamples
from dcgan_eval.studies.exemplars import ExemplarStudy
from dcgan_eval.studies.parts import Parts, parts_of
from dcgan_eval.studies.threads import one_thread

# Repeats in the exhibits.
_SHOWN = 8
_SIGNS = {"a": 1, "b": -1, "c": 1}
_AVERAGED = "averaged z"


class Arithmetic(ExemplarStudy):
    """Settings of ``kind: arithmetic``; see the module and `ExemplarStudy`.

    Attributes
    ----------
    a, b, c
        Classes: the result should have the parts of a, without those of b, with those of c.
    noise
        Largest change of each number of z, around the result.
    noisy
        Further results of each repeat, with noise.
    """

    version: ClassVar[int] = 1
    groups: ClassVar[tuple[str, ...]] = ("a", "b", "c")

    kind: Literal["arithmetic"] = identity("arithmetic")
    a: str = identity("bed and window")
    b: str = identity("bed")
    c: str = identity("bed and lamp")
    noise: float = identity(0.25, ge=0, le=10)
    noisy: int = identity(8, ge=1, le=1000)

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse classes whose parts add up to those of no class."""
        super().check(subject, train)
        self._wished(parts_of(with_pixels(train)))

    def _wished(self, parts: Parts) -> int:
        """The class that has the parts of a − b + c."""
        classes = self.classes(parts)
        summed = sum(_SIGNS[g] * parts.patterns[c].astype(int) for g, c in classes.items())
        found = np.flatnonzero((parts.patterns == summed).all(axis=1))
        if len(found) == 0 or found[0] in (classes["a"], classes["c"]):
            raise SettingsError(
                f"{self.a!r} − {self.b!r} + {self.c!r} has the parts of no class but those of a or "
                "c; give classes that share parts"
            )
        return int(found[0])

    def run(self, task: Task[GeneratorSource], work: Work) -> Result:
        """Draw exemplars, compute, and see what comes out, repeat by repeat."""
        source, train, test = task.given.on(work.device), task.train, task.test
        with one_thread(), located(source.name):
            detector, errors = trained_detector(
                self.detector, with_pixels(train), with_pixels(test), work
            )
            samples, wished = NumberedSamples(source.drawn, self.seed), self._wished(detector.parts)
            found = self.numbers(samples, detector)
            seen: dict[str, list[NDArray[np.int64]]] = {}
            images: dict[str, list[NDArray[np.uint8]]] = {}
            with work.progress.task("arithmetic", self.repeats, "repeats") as advance:
                for repeat in range(self.repeats):
                    rng = rng_for("arithmetic", self.seed, "repeat", repeat)
                    exemplars = self.drawn(found, rng)
                    if repeat == 0:
                        first = exemplars
                    for name, results in self._results(samples, exemplars, rng).items():
                        seen.setdefault(name, []).append(detector.see(results).classes)
                        if repeat < _SHOWN:
                            images.setdefault(name, []).append(results)
                    advance(1)
            shown = _exemplars(samples, first)
        shares = {name: np.array([(c == wished).mean() for c in s]) for name, s in seen.items()}
        name_of = (*detector.parts.classes, "none")
        return Result(
            metrics=self.share_metrics(shares, _AVERAGED, "the generator, the detector"),
            notes=detector_notes(errors),
            details={
                "detector": errors,
                "wished": detector.parts.classes[wished],
                "in_pool": {group: len(numbers) for group, numbers in found.items()},
                "first_exemplars": {group: one.tolist() for group, one in first.items()},
                "shares": {name: one.tolist() for name, one in shares.items()},
                "classes": {
                    name: {
                        name_of[c]: int((np.concatenate(s) == c).sum())
                        for c in range(-1, len(name_of) - 1)
                    }
                    for name, s in seen.items()
                },
            },
            exhibits={
                "exemplars_of_a_b_c_and_of_their_mean": shown,
                "a_minus_b_plus_c_averaged": np.stack(images[_AVERAGED]),
                "a_minus_b_plus_c_of_single_exemplars": np.stack(images["single z"]),
                "a_minus_b_plus_c_in_pixels": np.stack(images["pixels"], axis=1),
            },
        )

    def _results(
        self,
        samples: NumberedSamples,
        exemplars: dict[str, NDArray[np.int64]],
        rng: np.random.Generator,
    ) -> dict[str, NDArray[np.uint8]]:
        """Images of one repeat, by way: the result and those around it, of pixels the result."""
        z = {group: samples.z(one.tolist()) for group, one in exemplars.items()}
        size = (self.noisy + 1, samples.generator.spec.z_dim)
        noise = rng.uniform(-self.noise, self.noise, size).astype(np.float32)
        noise[0] = 0
        pixels = sum(
            _SIGNS[group] * samples.of(one.tolist()).mean(axis=0)
            for group, one in exemplars.items()
        )
        return {
            _AVERAGED: samples.drawn(
                sum(_SIGNS[g] * one.mean(axis=0) for g, one in z.items()) + noise
            ),
            "single z": samples.drawn(sum(_SIGNS[g] * one[0] for g, one in z.items()) + noise),
            "pixels": np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)[None],
            "random z": samples.drawn(samples.generator.latent(len(noise), rng)),
        }


def _exemplars(
    samples: NumberedSamples, exemplars: dict[str, NDArray[np.int64]]
) -> NDArray[np.uint8]:
    """A row a group: as many exemplars as each has, and the image of their mean z."""
    columns = min(map(len, exemplars.values()))
    rows = []
    for numbers in exemplars.values():
        z = samples.z(numbers.tolist())
        rows.append(samples.drawn(np.concatenate([z[:columns], z.mean(axis=0, keepdims=True)])))
    return np.stack(rows)


PROTOCOL = Arithmetic
