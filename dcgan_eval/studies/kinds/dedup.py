"""Near-duplicates among training images, found as the DCGAN paper does, and how well they are.

1. An autoencoder learns the training images; an image's code is which units of its code layer are
active. 2. Training images with equal codes are a group (`within`: codes that differ in few bits).
3. Whether groups are duplicates: the pixels of a pair of each are compared; their distance must be
less than nearly all test images have to their nearest training image. 4. Whether duplicates are
found: test images, which the autoencoder never saw, are distorted, and image and distorted image
must have one code. 5. Test images with the code of a training image. 6. All of it with the
autoencoder before its training, and with pixels that are equal, as controls.

Source: Radford, Metz, Chintala, arXiv 1511.06434, section 4.1.1. docs/studies.md says what is ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from dcgan_eval.core import DataError, Subject, Work, identity, rng_for
from dcgan_eval.data import Items, Split, with_pixels
from dcgan_eval.protocols import Protocol, Result, Task
from dcgan_eval.records import Metric
from dcgan_eval.samples import RealSource
from dcgan_eval.studies.autoencoder import Autoencoder, first_code
from dcgan_eval.studies.distortions import DISTORTIONS
from dcgan_eval.studies.findings import MOST_PAIRS, Findings, Planted, find, groups_of, to_nearest
from dcgan_eval.studies.hashing import SIDE, CodeBits, Hash, Pixels, crops, pixel_codes
from dcgan_eval.studies.shares import share_metric
from dcgan_eval.studies.threads import one_thread

_TRAINED, _RANDOM, _PIXELS = "autoencoder", "random weights", "equal pixels"
# A pair is near where all but this percent of test images are farther from any training image.
_NEAR = 5.0
# Pairs and planted images of the exhibits.
_SHOWN, _FARTHEST, _PLANTED_SHOWN = 100, 50, 8
_PAIRS_A_ROW = 10
# Bits that may differ, up to which the record says how many planted duplicates are found.
_MOST_WITHIN = 8
# A crop takes a pixel off each edge.
_SMALLEST = 3
# The autoencoder, its optimiser, batches.
_NETWORK_BYTES = 300_000_000


# What intervals are given, and what most of them cover.
_SAID, _OTHERS = {"given": "the training images, the autoencoder"}, "other test images"


class Dedup(Protocol):
    """Settings of ``kind: dedup``; see the module.

    Attributes
    ----------
    autoencoder
        How it is trained; see `dcgan_eval.studies.Autoencoder`.
    threshold
        Activation above which a unit of the code is a 1.
    within
        Bits in which the codes of two images of a group may differ.
    planted
        Test images that are distorted, at most.
    seed
        Of the autoencoder, of the test images that are planted and of the pairs that are compared.
    """

    version: ClassVar[int] = 1
    takes: ClassVar[type[Subject]] = RealSource

    kind: Literal["dedup"] = identity("dedup")
    autoencoder: Autoencoder = identity(Autoencoder())
    threshold: float = identity(0.0, ge=0)
    within: int = identity(0, ge=0, le=_MOST_WITHIN)
    planted: int = identity(1000, ge=2, le=100_000)
    seed: int = identity(0, ge=0)

    def make_split(self, train: Items, test: Items) -> Split:
        """All of both sets."""
        rows = np.arange(len(train))
        return Split(train=rows, test=np.arange(len(test)), reference=rows, parts={})

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse labels without images, and images that nothing can be cut from."""
        super().check(subject, train)
        height, width, _ = with_pixels(train).image_shape
        if min(height, width) < _SMALLEST:
            raise DataError(
                f"{train.name}: images of {height}×{width}; give images of at least "
                f"{_SMALLEST}×{_SMALLEST}"
            )

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """Codes of all images, planted ones, a block of training images, the network."""
        pixels = math.prod(with_pixels(train).image_shape) + 3 * SIDE * SIDE
        codes = 200 * (len(split.train) + len(split.test))
        images = (len(DISTORTIONS) + 16) * self.planted + 32 * MOST_PAIRS
        return codes + images * pixels + _NETWORK_BYTES

    def journal_values(self) -> dict[str, Any]:
        """What decides the trained autoencoder: it is used again for another threshold."""
        return {"autoencoder": self.autoencoder.identity_values(), "seed": self.seed}

    def run(self, task: Task[RealSource], work: Work) -> Result:
        """Train, hash and group; then the same with the controls."""
        train, test = with_pixels(task.train), with_pixels(task.test)
        chosen = rng_for("dedup", self.seed, "planted").permutation(len(test))[: self.planted]
        images = test.images_of(np.sort(chosen))
        planted = Planted(
            crops(images), {name: crops(change(images)) for name, change in DISTORTIONS.items()}
        )
        with one_thread():
            trained = work.units.get("autoencoder")
            if trained is None:
                trained = self.autoencoder.fit(train, self.seed, work.progress)
                work.units.put("autoencoder", trained)
            first = first_code(train.image_shape[2], self.seed)
            codes: dict[str, Hash] = {
                _TRAINED: CodeBits(trained["weight"], trained["bias"], self.threshold),
                _RANDOM: CodeBits(first["weight"], first["bias"], self.threshold),
                _PIXELS: pixel_codes,
            }
            found = {
                name: find(
                    code,
                    self.within,
                    train,
                    test,
                    planted,
                    rng_for("dedup", self.seed, "pairs"),
                    work.progress,
                )
                for name, code in codes.items()
            }
        distances = to_nearest(planted.originals, train, work.device)
        near = float(np.percentile(distances, _NEAR))
        metrics = [
            metric
            for name, one in found.items()
            for metric in _metrics(name, one, self.within, near, len(test))
        ]
        return Result(
            metrics=tuple(metrics),
            notes=_notes(found[_TRAINED]),
            details={
                "groups": [rows.tolist() for rows in groups_of(found[_TRAINED].first)],
                "test_images_in_training": found[_TRAINED].in_training.tolist(),
                "near_distance": near,
                "planted": len(images),
                "losses": trained["losses"].tolist(),
                "found": {name: _told(one) for name, one in found.items()},
            },
            exhibits={"planted_duplicates": _planted_sheet(planted), **_pair_sheets(found)},
        )


def _metrics(name: str, found: Findings, within: int, near: float, tested: int) -> Iterator[Metric]:
    """The numbers of one kind of code; those of a control have its name before them."""
    of = "" if name == _TRAINED else f"{name} "
    if name != _PIXELS:
        for distortion, bits in found.changed.items():
            headline = name == _TRAINED and distortion == "jpeg 75"
            there = bits <= within
            said = {**_SAID, "better": "high", "headline": headline}
            yield share_metric(f"{of}{distortion} found", there, covers=_OTHERS, **said)
        if len(found.pairs.distances):
            near_pairs = found.pairs.distances < near
            yield share_metric(
                f"{of}near pairs", near_pairs, covers="other groups", better="high", **_SAID
            )
    there = np.arange(tested) < len(found.in_training)
    yield share_metric(f"{of}test images in training", there, covers=_OTHERS, better="low", **_SAID)
    share = 100 * found.removed / len(found.first)
    yield Metric(name=f"{of}removed", value=share, better="low")


def _told(found: Findings) -> dict[str, Any]:
    """What the record says of one kind of code beside its numbers."""
    sizes = np.bincount(found.first)
    within = range(_MOST_WITHIN + 1)
    return {
        "groups": int(np.sum(sizes > 1)),
        "removed": found.removed,
        "largest_group": int(sizes.max()),
        "test_images_in_training": len(found.in_training),
        "found_within_bits": {
            name: [int(np.sum(bits <= most)) for most in within]
            for name, bits in found.changed.items()
        },
    }


def _notes(found: Findings) -> tuple[str, ...]:
    """What a reader must know."""
    notes = ["how the autoencoder is trained is ours: the paper does not say it"]
    if not found.removed:
        notes.append("no group of training images was found: there are no pairs to judge")
    return tuple(notes)


def _planted_sheet(planted: Planted) -> Pixels:
    """An image a row, then how it is distorted."""
    columns = (planted.originals, *planted.distorted.values())
    return np.stack([one[:_PLANTED_SHOWN] for one in columns], axis=1)


def _pair_sheets(found: Mapping[str, Findings]) -> dict[str, Pixels]:
    """Pairs of groups side by side, in the order drawn and farthest first."""
    sheets = {}
    for name in (_TRAINED, _RANDOM):
        pairs = found[name].pairs
        if not len(pairs.images):
            continue
        of = f"_by_{name.replace(' ', '_')}"
        farthest = np.argsort(-pairs.distances, kind="stable")[:_FARTHEST]
        sheets[f"pairs{of}"] = _sheet(pairs.images[:_SHOWN])
        sheets[f"farthest_pairs{of}"] = _sheet(pairs.images[farthest])
    return sheets


def _sheet(pairs: Pixels) -> Pixels:
    """Pairs in rows of ten, the last row filled with white."""
    rows = -(-len(pairs) // _PAIRS_A_ROW)
    sheet = np.full((rows * _PAIRS_A_ROW, *pairs.shape[1:]), 255, np.uint8)
    sheet[: len(pairs)] = pairs
    return sheet.reshape(rows, 2 * _PAIRS_A_ROW, *pairs.shape[2:])


PROTOCOL = Dedup
