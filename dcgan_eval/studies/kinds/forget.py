"""Making a generator forget an object: maps that draw it are dropped, and the same z drawn again.

1. Boxes of the object in some samples, by hand or by the detector. 2. A logistic regression on the
maps of a layer, one row a position, tells positions inside boxes from as many elsewhere in the same
samples. 3. Every map with a positive weight gives zeros. 4. Of other samples, the share with the
object before and after, by the detector of parts; beside it the same for as many maps at random,
and what happened to the other parts, and to how many samples are of any class at all.

Source: Radford, Metz, Chintala, arXiv 1511.06434, section 6.3.1 and figure 6 (150 samples, 52
windows drawn by hand, the second-highest convolution). docs/studies.md derives the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    DataError,
    SettingsError,
    Subject,
    Work,
    digest_json,
    execution,
    identity,
    located,
    rng_for,
)
from dcgan_eval.data import Items, Split, with_pixels
from dcgan_eval.models import Generator
from dcgan_eval.protocols import Result, Task
from dcgan_eval.records import Metric
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.studies.boxes import PartBox, read_boxes, refuse_outside
from dcgan_eval.studies.detector import (
    Detector,
    Found,
    detector_notes,
    trained_detector,
)
from dcgan_eval.studies.drawing import NumberedSamples
from dcgan_eval.studies.generator_study import NumberedStudy
from dcgan_eval.studies.maps import below_the_last_convolution, check_maps, without_maps
from dcgan_eval.studies.parts import is_rooms, parts_of
from dcgan_eval.studies.regression import map_weights, positions
from dcgan_eval.studies.shares import change_metric, share_metric
from dcgan_eval.studies.threads import one_thread

# Columns and rows of the exhibit: with all maps, without those, without random ones.
_SHOWN, _SHOWN_DRAWS = 10, 3
_NETWORK_BYTES = 800_000_000
_DETECTOR = "detector"


class Forget(NumberedStudy):
    """Settings of ``kind: forget``; see the module.

    Attributes
    ----------
    part
        What is to be forgotten: a part of the data set, or a class of one without parts.
    layer
        Whose maps are dropped; the second-highest convolution's when None.
    boxes
        ``detector``, or a file: COCO JSON or CSV with the boxes of the object in samples of
        ``--write-samples``.
    annotated
        Samples 0 … annotated − 1 may have boxes.
    tested
        Samples behind them, on which is counted.
    random_draws
        Of as many maps.
    """

    version: ClassVar[int] = 1

    kind: Literal["forget"] = identity("forget")
    part: str = identity("window")
    layer: str | None = identity(None)
    boxes: str = execution(_DETECTOR)
    annotated: int = identity(150, ge=1, le=100_000)
    tested: int = identity(1000, ge=10, le=100_000)
    random_draws: int = identity(5, ge=2, le=1000)

    def identity_values(self) -> dict[str, Any]:
        """The boxes themselves, wherever they lie."""
        boxes = self.boxes if self.boxes == _DETECTOR else digest_json(self._read_boxes)
        return {**super().identity_values(), "boxes": boxes}

    @cached_property
    def _read_boxes(self) -> list[PartBox]:
        """Those of a file, read once."""
        with located("protocol.boxes"):
            return read_boxes(self.boxes)

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse another image size, a part or layer that is none, boxes that nobody gives."""
        super().check(subject, train)
        if not isinstance(subject, GeneratorSource):
            return
        images = with_pixels(train)
        with located(subject.name):
            parts_of(images).part(self.part)
            check_maps(subject.drawn, self._layer(subject.drawn))
            if self.boxes == _DETECTOR and not is_rooms(images):
                raise SettingsError(
                    f"where something is in {train.name} the detector does not know: give boxes, a "
                    "COCO or CSV file (--write-samples writes what to annotate)"
                )

    def _layer(self, generator: Generator) -> str:
        return self.layer or below_the_last_convolution(generator)

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """Images of all draws and of the detector's training, the networks."""
        pixels = math.prod(with_pixels(train).image_shape)
        images = 3 * (self.tested + self.annotated) + 2 * self.detector.images
        return images * pixels + _NETWORK_BYTES

    def run(self, task: Task[GeneratorSource], work: Work) -> Result:
        """Boxes, regression, and the samples behind the annotated ones with and without."""
        source, train, test = task.given.on(work.device), task.train, task.test
        with one_thread(), located(source.name):
            detector, errors = trained_detector(
                self.detector, with_pixels(train), with_pixels(test), work
            )
            samples = NumberedSamples(source.drawn, self.seed)
            layer = self._layer(samples.generator)
            boxes = self._boxes(samples, detector)
            inside, outside = positions(samples, layer, boxes)
            weights = map_weights(inside, outside)
            dropped = np.flatnonzero(weights > 0)
            if len(dropped) == 0:
                raise DataError(f"no map of layer {layer!r} has a positive weight: none to drop")
            streams = [
                rng_for("forget", self.seed, "random maps", i) for i in range(self.random_draws)
            ]
            others = [
                np.sort(one.choice(len(weights), len(dropped), replace=False)) for one in streams
            ]
            found, sheet = self._drawn(
                samples, detector, layer, [dropped[:0], dropped, *others], work
            )
        return Result(
            metrics=self._metrics(detector, found),
            notes=detector_notes(errors),
            details={
                "detector": errors,
                "layer": layer,
                "maps": len(weights),
                "dropped": dropped.tolist(),
                "random_maps": [maps.tolist() for maps in others],
                "samples_with_boxes": len({box.image for box in boxes}),
                "positions_inside": len(inside),
                "positions_elsewhere": len(outside),
            },
            exhibits={f"{self.part}_with_maps_without_and_without_random_ones": sheet},
        )

    def _boxes(self, samples: NumberedSamples, detector: Detector) -> list[PartBox]:
        """Boxes of the part in the annotated samples, inside the image."""
        _, height, width = samples.generator.spec.image_shape
        if self.boxes != _DETECTOR:
            boxes = [box for box in self._read_boxes if box.part == self.part]
            refuse_outside(boxes, self.annotated, height, width)
        else:
            found, part = detector.see(samples.of(range(self.annotated))), self._part(detector)
            corners = found.boxes[:, part, :2], found.boxes[:, part, :2] + found.boxes[:, part, 2:]
            low, high = (one.clip(0, (width, height)).astype(float) for one in corners)
            boxes = [
                PartBox(i, self.part, *low[i].tolist(), *(high[i] - low[i]).tolist())
                for i in np.flatnonzero(found.present[:, part]).tolist()
            ]
        if not boxes:
            raise DataError(f"no box of {self.part!r} in samples 0 … {self.annotated - 1}")
        return boxes

    def _part(self, detector: Detector) -> int:
        return detector.parts.part(self.part)

    def _drawn(
        self,
        samples: NumberedSamples,
        detector: Detector,
        layer: str,
        draws: Sequence[NDArray[np.int64]],
        work: Work,
    ) -> tuple[list[Found], NDArray[np.uint8]]:
        """What is seen in the samples without the maps of each draw, and the first three drawn."""
        numbers = range(self.annotated, self.annotated + self.tested)
        found, rows, shown = [], [], np.array([], np.int64)
        with work.progress.task("forget", len(draws), "draws") as advance:
            for maps in draws:
                with without_maps(samples.generator, layer, maps):
                    images = samples.of(numbers)
                found.append(detector.see(images))
                if len(found) == 1:
                    shown = np.flatnonzero(found[0].present[:, self._part(detector)])[:_SHOWN]
                    if len(shown) == 0:
                        raise DataError(
                            f"the detector sees no {self.part!r} in {self.tested} samples: "
                            "nothing to forget"
                        )
                if len(found) <= _SHOWN_DRAWS:
                    rows.append(images[shown])
                advance(1)
        return found, np.stack(rows)

    def _metrics(self, detector: Detector, found: Sequence[Found]) -> tuple[Metric, ...]:
        """Shares before and after, of the part, of the others, and of samples of any class."""
        metrics = []
        given = "the generator, the boxes, the detector"
        of_one = {"covers": "other samples", "given": given}
        of_draws = {"covers": "other samples, other maps at random", "given": given}
        for name, there in self._there(detector, found).items():
            before, after, others = there[0], there[1], there[2:]
            wanted = name == self.part
            less, more = ("high", "low") if wanted else ("low", "high")
            metrics += [
                change_metric(
                    f"{name} lost", before, after, better=less, headline=wanted, **of_one
                ),
                change_metric(
                    f"{name} lost by random maps", before, others, better="low", **of_draws
                ),
                share_metric(f"{name} before", before, better="high", **of_one),
                share_metric(f"{name} after", after, better=more, **of_one),
                share_metric(f"{name} after random maps", others, better="high", **of_draws),
            ]
        return tuple(metrics)

    def _there(self, detector: Detector, found: Sequence[Found]) -> dict[str, NDArray[np.bool_]]:
        """What is there, by name, (draws, samples): the part first."""
        present = np.stack([one.present for one in found])
        parts = dict(zip(detector.parts.names, np.moveaxis(present, 2, 0), strict=True))
        there = {self.part: parts.pop(self.part)}
        if detector.has_boxes:
            there |= parts
        else:
            there["other classes"] = np.stack([*parts.values()]).any(axis=0)
        return {**there, "any class": np.stack([one.classes >= 0 for one in found])}


PROTOCOL = Forget
