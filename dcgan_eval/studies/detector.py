"""A detector of parts: a small convolutional network, trained on real images and never on samples.

1. It is trained on real images whose parts are known (`Truth`). 2. The threshold of a part lies
midway between the score that 99 % of the validation images with it reach and the one that 99 % of
those without stay below; where all images have it, at the former. 3. What it then misses and
imagines is counted on real test images. 4. An image is of the class that has exactly the parts that
are found. It is of none where no class has (a room has a bed), or where a score lies so near to its
threshold as only one validation image in a hundred has one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import (
    CacheWarning,
    Settings,
    Work,
    digest_arrays,
    digest_json,
    identity,
    rng_for,
    same_but_for_rounding,
)
from dcgan_eval.data import ImageSet
from dcgan_eval.records import Journal
from dcgan_eval.studies.detector_network import (
    PartNetwork,
    rubbish,
    seen,
    steps_of,
    training,
)
from dcgan_eval.studies.parts import Marked, Parts, Truth, marked

# Raised whenever the same images would give other weights.
_VERSION = 1
# Share of the validation images of each side that a threshold gives up.
_TAIL = 0.01
_WITNESS, _WITNESS_STEPS = "witness", 2


class DetectorSettings(Settings):
    """How the detector is trained.

    Attributes
    ----------
    images
        That it is trained on; a third as many others fix the thresholds.
    epochs
        Passes over them.
    seed
        Of weights, order and choice of images.
    """

    images: int = identity(4000, ge=30, le=1_000_000)
    epochs: int = identity(10, ge=1, le=1000)
    seed: int = identity(0, ge=0)


@dataclass(frozen=True)
class Found:
    """What the detector sees in images.

    Attributes
    ----------
    present : bool array, (n, parts)
        Which parts there are.
    classes : int64 array, (n,)
        The class that has exactly these; −1 where none has, or a part is in doubt.
    boxes : float32 array, (n, parts, 4)
        Left, top, width, height in pixels, also of parts that are not there.
    """

    present: NDArray[np.bool_]
    classes: NDArray[np.int64]
    boxes: NDArray[np.float32]


@dataclass(frozen=True)
class Detector:
    """Sees which parts images have, and where.

    Attributes
    ----------
    parts
        What it looks for.
    network
        In evaluation mode, on the CPU.
    thresholds : float64 array, (parts,)
        Scores from which on a part is there.
    doubt
        A part whose score is nearer to its threshold leaves an image without a class.
    """

    parts: Parts
    network: PartNetwork
    thresholds: NDArray[np.float64]
    doubt: float

    @property
    def has_boxes(self) -> bool:
        """Whether it was shown where parts are; else parts are classes, and boxes mean nothing."""
        return self.network.has_boxes

    def see(self, pixels: NDArray[np.uint8]) -> Found:
        """Look at images, uint8 (n, height, width, channels)."""
        scores, boxes = seen(self.network, pixels)
        above = _above(scores, self.thresholds, self.has_boxes)
        present = above >= 0
        sure = np.abs(above).min(axis=1) >= self.doubt
        return Found(present, np.where(sure, self.parts.class_of(present), -1), boxes)

    def errors(self, test: Marked) -> dict[str, Any]:
        """Its errors on real images, as JSON values, shares.

        Returns
        -------
        dict
            ``images``; of each of ``parts`` ``misses`` among images with it, ``false_alarms`` among
            those without (null where there are none), and ``overlap``, the mean of intersection
            over union of the boxes of what it finds (null where boxes are whole images);
            ``no_class`` and ``wrong_class``; ``rubbish``, of as many images of nothing those that
            it puts into a class.
        """
        found = self.see(test.pixels)
        true, parts = test.present, {}
        for number, name in enumerate(self.parts.names):
            there, said = true[:, number], found.present[:, number]
            both = there & said
            overlap = _overlap(test.boxes[both, number], found.boxes[both, number])
            parts[name] = {
                "misses": _share(~said[there]),
                "false_alarms": _share(said[~there]),
                "overlap": _share(overlap) if self.has_boxes else None,
            }
        nothing = rubbish(test.pixels, rng_for("detector", "rubbish"))
        wrong = (found.classes >= 0) & (found.classes != self.parts.class_of(true))
        return {
            "images": len(true),
            "parts": parts,
            "no_class": _share(found.classes < 0),
            "wrong_class": _share(wrong),
            "rubbish": _share(self.see(nothing).classes >= 0),
        }


def trained_detector(
    settings: DetectorSettings, train: ImageSet, test: ImageSet, work: Work
) -> tuple[Detector, dict[str, Any]]:
    """Train the detector of a data set's parts; its weights are kept in the cache.

    The same settings and images give the same bits on one thread (`one_thread`).

    Returns
    -------
    Detector, dict
        And its `Detector.errors` on real test images.

    Raises
    ------
    DataError
        A class without images to learn it from.
    """
    truth = marked(train, test, settings.images, settings.seed)
    network = _weighted(settings, truth, work)
    scores, _ = seen(network, truth.validation.pixels)
    thresholds = _thresholds(scores, truth.validation.present)
    above = _above(scores, thresholds, truth.has_boxes)
    doubt = float(np.quantile(np.abs(above).min(axis=1), _TAIL))
    detector = Detector(truth.parts, network, thresholds, doubt)
    return detector, detector.errors(truth.test)


def detector_notes(errors: dict[str, Any]) -> tuple[str, ...]:
    """What a reader must know of a detector's errors: of rooms' parts each, of classes all."""
    on = f"of {errors['images']:,} real test images"
    parts = errors["parts"].items() if len(errors["parts"]) <= 3 else ()
    return (
        *(
            f"the detector misses {name} in {_percent(one['misses'])} {on} with it, imagines it in "
            f"{_percent(one['false_alarms'])} of those without"
            for name, one in parts
        ),
        f"the detector puts {_percent(errors['no_class'])} {on} into no class, "
        f"{_percent(errors['wrong_class'])} into a wrong one, and {_percent(errors['rubbish'])} of "
        "images of nothing into any",
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"


def _share(values: NDArray[Any]) -> float | None:
    """Their mean; None of none."""
    return float(values.mean()) if len(values) else None


def _weighted(settings: DetectorSettings, truth: Truth, work: Work) -> PartNetwork:
    """The network with its weights: from the cache, where today's code begins as theirs did."""
    train = truth.train

    def begun() -> PartNetwork:
        channels, n_parts = train.pixels.shape[3], len(truth.parts.names)
        return PartNetwork(channels, n_parts, settings.seed, truth.has_boxes)

    first = begun()
    for _ in zip(
        range(_WITNESS_STEPS), training(first, train, settings.epochs, settings.seed), strict=False
    ):
        pass
    witness = torch.cat([one.detach().ravel() for one in first.parameters()]).numpy()
    known = digest_arrays([("pixels", train.pixels), ("boxes", train.boxes)])
    key = digest_json(["detector", _VERSION, settings.identity_values(), known])
    states = Journal(work.cache / "states")
    state = None if work.is_due(f"state {key}") else states.get(key)
    if state is not None and not same_but_for_rounding(state.pop(_WITNESS), witness):
        warnings.warn(
            "detector: its weights are not what the code gives now; trained again",
            CacheWarning,
            stacklevel=3,
        )
        state = None
    network = begun()
    if state is None:
        total = steps_of(len(train.pixels), settings.epochs)
        with work.progress.task("detector", total, "steps") as advance:
            for _ in training(network, train, settings.epochs, settings.seed):
                advance(1)
        state = {name: one.numpy() for name, one in network.state_dict().items()}
        states.put(key, {**state, _WITNESS: witness})
    network.load_state_dict({name: torch.from_numpy(one) for name, one in state.items()})
    return network.eval()


def _thresholds(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Of each part, from scores (n, parts) of images that are known to have it or not."""
    found = []
    for score, there in zip(scores.T, present.T, strict=True):
        reached = np.quantile(score[there], _TAIL)
        below = np.quantile(score[~there], 1 - _TAIL) if not there.all() else reached
        found.append((reached + below) / 2)
    return np.array(found)


def _above(
    scores: NDArray[np.float64], thresholds: NDArray[np.float64], several: bool
) -> NDArray[np.float64]:
    """How far scores lie above their thresholds; of classes, one image has the foremost alone."""
    above = scores - thresholds
    if several:
        return above
    return np.where(above == above.max(axis=1, keepdims=True), above, -np.inf)


def _overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of boxes (n, 4), one by one."""
    low = np.maximum(a[:, :2], b[:, :2])
    high = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    common = (high - low).clip(0).prod(axis=1)
    overlap: NDArray[np.float32] = common / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - common)
    return overlap
