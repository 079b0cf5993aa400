"""What one kind of code finds among images, and how well: groups, pairs, planted duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Indices, Progress
from dcgan_eval.data import ImageSet
from dcgan_eval.probes import NearestNeighborScorer
from dcgan_eval.studies.duplicates import first_of_group
from dcgan_eval.studies.hashing import SIDE, Hash, Pixels, crops, differing_bits, flat, images_codes

# Groups of which a pair is compared, at most.
MOST_PAIRS = 1000
_BLOCK = 1024
# Length of a crop of one colour, less than that of any other.
_FLAT = 1e-6


@dataclass(frozen=True)
class Planted:
    """Crops of images, and of the same images distorted.

    Attributes
    ----------
    originals : uint8 (n, 32, 32, channels)
    distorted
        By name, each like `originals`.
    """

    originals: Pixels
    distorted: Mapping[str, Pixels]


@dataclass(frozen=True)
class Pairs:
    """A pair of each group: its first image and another one, drawn; groups in a drawn order.

    Attributes
    ----------
    images : uint8 (pairs, 2, 32, 32, channels)
        Crops.
    distances : (pairs,)
        Euclidean, of `standardized` crops.
    """

    images: Pixels
    distances: NDArray[np.float64]


@dataclass(frozen=True)
class Findings:
    """What a code finds.

    Attributes
    ----------
    first : int64 (training images,)
        See `first_of_group`.
    in_training : int64 (found, 2)
        Test images that are in a group with a training image, and the first of that group.
    changed
        By distortion: bits in which the codes of a planted image and its original differ, (n,).
    pairs
        Of the groups.
    """

    first: Indices
    in_training: Indices
    changed: Mapping[str, NDArray[np.int64]]
    pairs: Pairs

    @property
    def removed(self) -> int:
        """Training images that are not the first of their group."""
        return int(np.sum(self.first != np.arange(len(self.first))))


def find(
    code: Hash,
    within: int,
    train: ImageSet,
    test: ImageSet,
    planted: Planted,
    rng: np.random.Generator,
    progress: Progress,
) -> Findings:
    """Group training images, look test images up among them, compare planted duplicates.

    Parameters
    ----------
    within
        Bits in which codes of one group may differ; see `first_of_group`.
    rng
        Draws the pairs.
    """
    ours, theirs = (images_codes(images, code, progress) for images in (train, test))
    first = first_of_group(ours, within)
    both = first_of_group(np.concatenate([ours, theirs]), within)[len(ours) :]
    rows = np.flatnonzero(both < len(ours))
    originals = code(planted.originals)
    return Findings(
        first,
        np.stack([rows, both[rows]], axis=1),
        {name: differing_bits(originals, code(one)) for name, one in planted.distorted.items()},
        _pairs(groups_of(first), train, rng),
    )


def groups_of(first: Indices) -> list[Indices]:
    """Rows of each group of two or more, ascending, in the order of their first."""
    order = np.argsort(first, kind="stable")
    _, begins = np.unique(first[order], return_index=True)
    return [rows for rows in np.split(order, begins[1:]) if len(rows) > 1]


def _pairs(groups: list[Indices], train: ImageSet, rng: np.random.Generator) -> Pairs:
    """A pair of each group, or of as many as are compared."""
    drawn = [groups[at] for at in rng.permutation(len(groups))[:MOST_PAIRS]]
    rows = np.array([(one[0], rng.choice(one[1:])) for one in drawn], np.int64).reshape(-1, 2)
    shape = (len(rows), 2, SIDE, SIDE, train.image_shape[2])
    images = crops(train.images_of(rows.ravel())).reshape(shape)
    apart = standardized(images[:, 0]) - standardized(images[:, 1])
    return Pairs(images, np.sqrt(np.square(apart.astype(np.float64)).sum(axis=1)))


def standardized(found: Pixels) -> NDArray[np.float32]:
    """Crops less their mean and at length 1, (n, columns): brightness and contrast do not count.

    The squared distance of two is 2 − 2r, r the correlation of their pixels.
    """
    rows = flat(found).astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.maximum(lengths, _FLAT), np.float32)


def to_nearest(found: Pixels, train: ImageSet, device: str) -> NDArray[np.float64]:
    """Distance of `standardized` crops to the nearest of all training images, (n,)."""
    scorer = NearestNeighborScorer(standardized(found), device=device)
    for start in range(0, len(train), _BLOCK):
        block = crops(train.images(start, min(start + _BLOCK, len(train))))
        scorer.partial_fit(standardized(block), np.zeros(len(block), np.int64))
    return scorer.neighbors().distances
