"""Published image sets by name: their classes and sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_DIGITS = tuple("0123456789")
_CIFAR10 = tuple(
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
)
_CIFAR100_NAMES = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
    butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch
    crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo
    keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain
    mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain
    plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone
    television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
_CIFAR100 = tuple(_CIFAR100_NAMES.split())
_FASHION = (
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
)


@dataclass(frozen=True)
class KnownSet:
    """What is known about an image set.

    Attributes
    ----------
    class_names
        In the order of the labels.
    train, test
        Numbers of images of the whole set.
    downloadable
        Whether `prepare` can get it.
    part_of
        The published set that this one is a part of; its scores are not comparable.
    fingerprints
        Of the parts (``train``, ``test``) as the committed results were made with them.
    """

    class_names: tuple[str, ...]
    train: int
    test: int
    downloadable: bool = True
    part_of: str | None = None
    fingerprints: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def _prints(train: str, test: str) -> Mapping[str, str]:
    """Fingerprints of the two parts."""
    return MappingProxyType({"train": train, "test": test})


KNOWN: Mapping[str, KnownSet] = MappingProxyType(
    {
        "cifar10": KnownSet(
            _CIFAR10,
            50_000,
            10_000,
            fingerprints=_prints(
                "051f84dd2e4e856eba0c55a4ace05ade50f2fc9a8cecb88c92cd8c7b4de483c9",
                "aa0b6c423338aa15ea2baca742f04118c2432ddd7e33388135140ea4c357adbf",
            ),
        ),
        "cifar100": KnownSet(_CIFAR100, 50_000, 10_000),
        "digits": KnownSet(
            _DIGITS,
            1_437,
            360,
            downloadable=False,
            fingerprints=_prints(
                "e7f1364122bba24a67b42e6bc1505a744dcb2859de5dbceeb824b39c1b1d0562",
                "43ac319b3f2c600da709d8b173af0ad761937e34a362ed3f014f46affe17d184",
            ),
        ),
        "fashion-mnist": KnownSet(_FASHION, 60_000, 10_000),
        "mnist": KnownSet(
            _DIGITS,
            60_000,
            10_000,
            fingerprints=_prints(
                "e371892e21604b43587d9ddb9a4a102fbb4e64704f5570e622cbd3953bc4a1ce",
                "12af33a3ee136cc5206392d97585f458d8775aec5b5bb5380ad8d3af120a2bb5",
            ),
        ),
        "rooms": KnownSet(
            ("bed", "bed and window", "bed and lamp", "bed, window and lamp"),
            10_000,
            2_000,
            downloadable=False,
            fingerprints=_prints(
                "2105a1fe65cc4315fa0583b07d4a8bf26614d8ea3a6540d0e791f2592b13062b",
                "f9459463fe02a2fad53ee5f6fbb9737b282e73700fe169c66ef034ab29d97b2f",
            ),
        ),
        "svhn": KnownSet(_DIGITS, 73_257, 26_032),
        "svhn_subset": KnownSet(
            _DIGITS,
            7_999,
            2_001,
            downloadable=False,
            part_of="svhn",
            fingerprints=_prints(
                "c9dbe8aeb889991c2fd564126a4df0ebf30a8d14c3c1d48c024abde4ccade62a",
                "4d0cc52ecb69d664fbf1060623723b6e1fb8c188be086e6c1daba710d19eca92",
            ),
        ),
    }
)
