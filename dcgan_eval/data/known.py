"""Published image sets by name: their classes and sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class KnownSet:
    """What is published about an image set.

    Attributes
    ----------
    class_names
        In the order of the labels; None where a file says them.
    train, test
        Numbers of images of the whole set.
    downloadable
        Whether `prepare` can get it.
    part_of
        The published set that this one is a part of; its scores are not comparable.
    """

    class_names: tuple[str, ...] | None
    train: int
    test: int
    downloadable: bool = True
    part_of: str | None = None


KNOWN: Mapping[str, KnownSet] = MappingProxyType(
    {
        "cifar10": KnownSet(
            (
                "airplane",
                "automobile",
                "bird",
                "cat",
                "deer",
                "dog",
                "frog",
                "horse",
                "ship",
                "truck",
            ),
            50_000,
            10_000,
        ),
        "cifar100": KnownSet(None, 50_000, 10_000),
        "svhn": KnownSet(_DIGITS, 73_257, 26_032),
        "svhn_subset": KnownSet(_DIGITS, 7_999, 2_001, downloadable=False, part_of="svhn"),
        "mnist": KnownSet(_DIGITS, 60_000, 10_000),
        "fashion-mnist": KnownSet(
            (
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            60_000,
            10_000,
        ),
        "digits": KnownSet(_DIGITS, 1_437, 360, downloadable=False),
    }
)
