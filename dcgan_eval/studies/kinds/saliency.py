"""What an encoder's maps look at: guided backpropagation, and how well a map tells a class.

1. A map's value of an image is its largest over places. 2. For each target (a class against the
rest, or several) the maps are ordered by the area under the ROC curve on training images; the best
is scored on test images, which had no part in the choice: nothing is left to correct for the number
of maps. 3. What in an image makes a map large is the gradient of that value with respect to pixels,
guided or plain. Its share inside the boxes of a part, over the share of pixels inside, is 1 where
the map looks anywhere. 4. Control: all of it again, choice of maps included, with the same network,
whose weights are in random order.

Sources: Radford, Metz, Chintala, arXiv 1511.06434, section 6.2 and figure 5; Springenberg et al.,
arXiv 1412.6806; Adebayo et al., arXiv 1810.03292 (networks at random as a control of saliency).
docs/studies.md derives the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from dcgan_eval.core import (
    DataError,
    SettingsError,
    Subject,
    Work,
    did_you_mean,
    digest_json,
    execution,
    identity,
    located,
    rng_for,
)
from dcgan_eval.data import ImageSet, Items, Split, with_pixels
from dcgan_eval.features import EncoderRepresentation, Pooling
from dcgan_eval.models import rectifiers
from dcgan_eval.protocols import Protocol, Result, Task
from dcgan_eval.stats import auroc
from dcgan_eval.studies.boxes import (
    PartBox,
    item_numbers,
    masks,
    read_boxes,
    refuse_outside,
    room_boxes,
)
from dcgan_eval.studies.looking import (
    Inside,
    Target,
    Told,
    details,
    look_metrics,
    sheet,
    told,
)
from dcgan_eval.studies.opened import OpenedLayer, with_shuffled_weights
from dcgan_eval.studies.threads import one_thread

# Networks, and what goes back through them.
_NETWORK_BYTES = 1_500_000_000
_GIVEN = "the network, maps chosen on training images, one network at random"
_ROOMS = re.compile(r"rooms(?::(\d{1,9}))?")


class Saliency(Protocol):
    """Settings of ``kind: saliency``; see the module.

    Attributes
    ----------
    layer
        Whose maps; the encoder's last when None.
    maps
        Numbers of the maps that are looked at; the best for each target when None.
    features
        How many best maps of each target, where `maps` are not given.
    targets
        Names of what is to be told, each with the classes that have it; each class when None.
    gradient
        ``guided``, or ``plain``.
    boxes
        A ``.csv`` or ``.json`` file of the boxes of the test images; of rooms ``rooms``, or
        ``rooms:SEED``. A part of a target's name is looked for in its boxes, else all parts are.
    images
        Test images whose responses are measured, of those with boxes, for each target at most.
    top
        Images of a map that are shown: those of its largest values.
    seed
        Of the random weights, and of the choice of images.
    """

    version: ClassVar[int] = 1
    takes: ClassVar[type[Subject]] = EncoderRepresentation
    opens: ClassVar[bool] = True

    kind: Literal["saliency"] = identity("saliency")
    layer: str | None = identity(None)
    maps: tuple[int, ...] | None = identity(None, min_length=1, max_length=64)
    features: int = identity(2, ge=1, le=64)
    targets: dict[str, tuple[str, ...]] | None = identity(None, min_length=1)
    gradient: Literal["guided", "plain"] = identity("guided")
    boxes: str | None = execution(None)
    images: int = identity(200, ge=2, le=1_000_000)
    top: int = identity(6, ge=1, le=100)
    seed: int = identity(0, ge=0)

    @model_validator(mode="after")
    def _only_what_counts(self) -> Saliency:
        """Refuse settings that would have no effect."""
        usual = type(self).model_fields
        if self.maps is not None and self.features != usual["features"].default:
            raise ValueError("features has no effect beside maps; remove it")
        if self.maps is not None and len(set(self.maps)) < len(self.maps):
            raise ValueError("a map is named twice; name each once")
        if self.boxes is None and self.images != usual["images"].default:
            raise ValueError("images has no effect without boxes; remove it")
        return self

    def identity_values(self) -> dict[str, Any]:
        """The boxes themselves, wherever they lie."""
        boxes = self.boxes
        if boxes is not None and not _ROOMS.fullmatch(boxes):
            boxes = digest_json(self._read_boxes)
        return {**super().identity_values(), "boxes": boxes}

    @cached_property
    def _read_boxes(self) -> list[PartBox]:
        """Those of a file, read once."""
        with located("protocol.boxes"):
            return read_boxes(str(self.boxes))

    def make_split(self, train: Items, test: Items) -> Split:
        """All of both sets."""
        rows = np.arange(len(train))
        return Split(train=rows, test=np.arange(len(test)), reference=rows, parts={})

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse layers, maps and targets that are none, and what has no effect on maps."""
        super().check(subject, train)
        if not isinstance(subject, EncoderRepresentation):
            return
        with located(subject.name):
            subject.encoder.check_images(with_pixels(train).image_shape)
            layer = self._layer(subject)
            shape = subject.encoder.layers[layer]
            if shape.tokens is not None:
                raise SettingsError(f"protocol.layer: {layer!r} gives tokens, no maps")
            if max(self.maps or (0,)) >= shape.channels or min(self.maps or (0,)) < 0:
                raise SettingsError(
                    f"protocol.maps: found {list(self.maps or ())}; {layer!r} has maps 0 … "
                    f"{shape.channels - 1}"
                )
            if subject.pooling != Pooling():
                raise SettingsError(
                    "a map counts by its largest value: remove grid, pool, tokens and small_maps"
                )
            if subject.batch_norm == "batch":
                raise SettingsError(
                    "batch_norm: batch makes maps depend on the images beside; set dataset or "
                    "stored"
                )
            if self.gradient == "guided" and not rectifiers(subject.encoder, layer):
                raise SettingsError(
                    f"protocol.gradient: no ReLU or LeakyReLU that can be guided leads to "
                    f"{layer!r}; set plain"
                )
        self._having(train)

    def _layer(self, subject: EncoderRepresentation) -> str:
        """The layer that is opened."""
        layer, known = self.layer or subject.layers[-1], subject.encoder.layers
        if layer not in known:
            hint = did_you_mean(layer, known)
            raise SettingsError(f"protocol.layer: unknown layer {layer!r}; {hint}")
        return layer

    def _having(self, items: Items) -> dict[str, NDArray[np.bool_]]:
        """Which items have each target."""
        names = items.class_names
        found = {}
        for target, classes in (self.targets or {name: (name,) for name in names}).items():
            for name in classes:
                if name not in names:
                    known = did_you_mean(name, names)
                    raise SettingsError(
                        f"protocol.targets.{target}: unknown class {name!r}; {known}"
                    )
            has = np.isin(items.y, [names.index(name) for name in classes])
            if has.all() or not has.any():
                many = "all" if has.any() else "none"
                raise DataError(
                    f"{items.name}: {many} of the images are {target!r}; give other targets"
                )
            found[target] = has
        return found

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """Largest values of a layer's maps, their ranks as float64, and the networks."""
        return 30 * len(train) * 2048 + _NETWORK_BYTES

    def run(self, task: Task[EncoderRepresentation], work: Work) -> Result:
        """Look through the network, then through the same at random."""
        subject, train, test = task.given, with_pixels(task.train), with_pixels(task.test)
        having = self._having(train), self._having(test)
        inside = self._inside(test, list(having[0]))
        targets = {
            name: Target(has, having[1][name], inside.get(name, {}))
            for name, has in having[0].items()
        }
        layer = self._layer(subject)
        networks = {"trained": subject, "random": with_shuffled_weights(subject, self.seed)}
        found: dict[str, dict[str, Told]] = {}
        exhibits = {}
        for name, given in networks.items():
            guided = self.gradient == "guided"
            opened = OpenedLayer(given, layer, train, work, guided=guided)
            found[name], exhibits[f"{name}_maps"] = self._look(
                opened, targets, train, test, work, name
            )
        groups = test.item_groups
        return Result(
            metrics=look_metrics(found, targets, groups, _GIVEN),
            notes=_notes(found, self.gradient),
            details={
                "layer": layer,
                "receptive_field": opened.field and [list(axis) for axis in opened.field],
                "images_with_boxes": {name: len(rows) for name, rows in inside.items()},
                **{name: details(one, groups) for name, one in found.items()},
            },
            exhibits=exhibits,
        )

    def _look(
        self,
        opened: OpenedLayer,
        targets: Mapping[str, Target],
        train: ImageSet,
        test: ImageSet,
        work: Work,
        name: str,
    ) -> tuple[dict[str, Told], NDArray[np.uint8]]:
        """What one network's maps say of each target, and the sheet of the maps."""
        having = np.stack([target.train for target in targets.values()], 1)
        training_areas = auroc(opened.largest(train), having)
        values = opened.largest(test)
        maps = self.maps or self.features
        total = sum(len(target.inside) for target in targets.values())
        with one_thread(), work.progress.task(f"{name} responses", total, "images") as advance:
            found = {
                key: told(opened, values, areas, target, test, maps, advance)
                for (key, target), areas in zip(targets.items(), training_areas, strict=True)
            }
            shown = list(dict.fromkeys(one for each in found.values() for one in each.maps))
            return found, sheet(opened, values, shown, test, self.top)

    def _inside(self, test: ImageSet, targets: list[str]) -> dict[str, Inside]:
        """For each target the test images that are measured, and the pixels inside its boxes."""
        if self.boxes is None:
            return {}
        height, width, _ = test.image_shape
        rooms = _ROOMS.fullmatch(self.boxes)
        with located("protocol.boxes"):
            boxes = room_boxes(test, int(rooms[1] or 0)) if rooms else self._read_boxes
            refuse_outside(boxes, len(test.labels), height, width)
        parts, numbers = {box.part for box in boxes}, item_numbers(test)
        order = rng_for("saliency", self.seed, "images").permutation(len(test))
        found: dict[str, Inside] = {}
        for target in targets:
            wanted = {target} & parts or parts
            of_image: dict[int, NDArray[np.bool_]] = {}
            for (image, part), mask in masks(boxes, height, width).items():
                if part in wanted and mask.any():
                    of_image[image] = mask | of_image.get(image, mask)
            rows = [int(row) for row in order if numbers[row] in of_image][: self.images]
            if len(rows) < 2:
                raise DataError(
                    f"protocol.boxes: {len(rows)} test images have boxes of {target!r}; two are "
                    "needed for an interval"
                )
            found[target] = {row: of_image[numbers[row]] for row in rows}
        return found


def _notes(found: Mapping[str, Mapping[str, Told]], gradient: str) -> tuple[str, ...]:
    """What a reader must know."""
    notes = ["random: the same network, the values of each weight tensor in random order"]
    if gradient == "guided":
        notes.append("guided: nothing goes back through a LeakyReLU whose input is not positive")
    for name, targets in found.items():
        silent = sum(one.silent for one in targets.values())
        if silent:
            notes.append(f"{name}: {silent} responses are nowhere, and count as everywhere alike")
    return tuple(notes)


PROTOCOL = Saliency
