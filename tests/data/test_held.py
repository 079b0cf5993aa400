"""What people hold: the same set as from files, and one line for what is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset
from torchvision import transforms

from dcgan_eval.core import DataError
from dcgan_eval.data import DataSettings, ImageSet, as_data, load_dataset, load_images
from tests.make.images import noise

GREY, RGB, Y = noise(30, 8, 8), noise(30, 6, 5, 3), np.arange(30) % 3


class Pictures(Dataset[Any]):
    """As torchvision's: Pillow images, or what a transform makes of them."""

    classes = ("ant", "bee", "cow")

    def __init__(self, transform: Any = None, images: Any = RGB) -> None:
        self.transform, self.images = transform, images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[Any, int]:
        image = Image.fromarray(self.images[row])
        return (self.transform(image) if self.transform else image), int(Y[row])


class Names:
    names = ("ant", "bee", "cow")


class Rows:
    """As Hugging Face's `Dataset`: rows are mappings, features say the names."""

    features: dict[str, Any] = {"img": None, "label": Names()}  # noqa: RUF012

    def __len__(self) -> int:
        return len(RGB)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"img": Image.fromarray(RGB[row]), "label": int(Y[row])}


def from_files(folder: Path, images: np.ndarray, labels: np.ndarray = Y) -> ImageSet:
    """The same images, read from a file."""
    np.savez(folder / "train.npz", images=images, labels=labels)
    return load_images(DataSettings(name="x", train=folder / "train.npz", test=folder), "train")


def held(folder: Path, train: object, **keys: Any) -> ImageSet:
    """What becomes of a training set in memory."""
    settings = as_data(train, (RGB, Y), cache=folder / "cache", **keys)
    return load_images(settings, "train", cache=folder / "cache")


@pytest.mark.parametrize(
    "given",
    [
        (RGB, Y),
        [RGB, list(Y)],
        (torch.tensor(RGB).permute(0, 3, 1, 2), torch.tensor(Y)),
        (torch.tensor(RGB), Y.astype(np.float32)),
        TensorDataset(torch.tensor(RGB).permute(0, 3, 1, 2), torch.tensor(Y)),
        Subset(Pictures(), range(30)),
        Pictures(transforms.PILToTensor()),
        Rows(),
    ],
    ids=["arrays", "list", "NCHW", "NHWC", "tensors", "subset", "CHW", "rows"],
)
def test_the_same_images_give_the_same_set_as_from_files(tmp_path: Path, given: object) -> None:
    found, file = held(tmp_path, given), from_files(tmp_path, RGB)
    assert found.fingerprint == file.fingerprint
    assert np.array_equal(found.pixels, RGB) and np.array_equal(found.y, Y)
    assert isinstance(found.pixels.base, np.memmap)


def test_grey_images_need_no_channel(tmp_path: Path) -> None:
    train = (GREY, Y)
    settings = as_data(train, train, cache=tmp_path)
    assert load_dataset(settings, cache=tmp_path)[0].image_shape == (8, 8, 1)


def test_floats_are_pixels_when_that_is_said(tmp_path: Path) -> None:
    for given in (
        ((RGB / 255).astype(np.float32), Y),
        (torch.tensor(RGB).permute(0, 3, 1, 2) / 255, Y),
        Pictures(transforms.ToTensor()),
    ):
        assert np.array_equal(held(tmp_path, given, pixels="unit").pixels, RGB)
        with pytest.raises(DataError, match=r"train: .*pixels='unit' if they lie in \[0, 1\]"):
            held(tmp_path, given)


def test_texts_and_data_sets_name_the_classes(tmp_path: Path) -> None:
    words = np.array(["cow", "ant", "bee"])[Y]
    settings = as_data((RGB, words), (RGB[1:3], words[1:3]), cache=tmp_path)
    train, test = load_dataset(settings, cache=tmp_path)
    assert train.class_names == test.class_names == ("ant", "bee", "cow")
    assert np.array_equal(train.y[:3], [2, 0, 1])
    # Of a test part that lacks a class, labels are those of the training part all the same.
    assert np.array_equal(test.y, [0, 1])
    for given in (Pictures(), Subset(Pictures(), range(30)), Rows()):
        assert held(tmp_path, given).class_names == ("ant", "bee", "cow")
    assert held(tmp_path, (RGB, Y)).class_names == ("0", "1", "2")


def test_groups_come_along(tmp_path: Path) -> None:
    photos = np.arange(30) // 2 * 7
    settings = as_data((RGB, Y, photos), (RGB, Y, photos), cache=tmp_path)
    train, _ = load_dataset(settings, cache=tmp_path)
    assert train.item_groups is not None and np.array_equal(train.item_groups, np.arange(30) // 2)
    # And from there into another cache.
    again = as_data(train, train.take(np.arange(9)), cache=tmp_path / "other")
    other = load_dataset(again, cache=tmp_path / "other")
    assert other[0].fingerprint == train.fingerprint and other[1].item_groups is not None
    assert np.array_equal(other[1].item_groups, np.arange(9) // 2)
    with pytest.raises(DataError, match="train alone has groups"):
        as_data((RGB, Y, photos), (RGB, Y), cache=tmp_path)


def test_image_sets_and_names(tmp_path: Path) -> None:
    digits = load_images("digits", "train")
    assert as_data("digits", "digits", cache=tmp_path) == DataSettings(name="digits")
    mixed = as_data(digits, "digits", name="mine", cache=tmp_path)
    train, test = load_dataset(mixed, cache=tmp_path)
    assert train.fingerprint == digits.fingerprint and train.class_names == digits.class_names
    assert test.fingerprint == load_images("digits", "test").fingerprint
    assert train.name == "mine/train"
    both = (digits, load_images("digits", "test"))
    assert as_data(*both, cache=tmp_path).name == "digits"
    assert as_data(*both, name="mine", cache=tmp_path).name == "mine"
    assert as_data(*reversed(both), cache=tmp_path).name == "images"
    # A choice of rows is the set of those images.
    rows = np.arange(40)
    small = (digits.images(0, 40), digits.y[:40])
    by_rows = as_data(digits.take(rows), digits, cache=tmp_path)
    by_pixels = as_data(small, digits, cache=tmp_path)
    one, other = (load_images(x, "train", cache=tmp_path) for x in (by_rows, by_pixels))
    assert one.fingerprint == other.fingerprint
    # Whatever a set made by hand says that it is, its pixels decide.
    lying = ImageSet(
        name="x", labels=Y, class_names=("0", "1", "2"), fingerprint="same", pixels=RGB
    )
    others = ImageSet(
        name="x", labels=Y, class_names=("0", "1", "2"), fingerprint="same", pixels=255 - RGB
    )
    assert held(tmp_path, lying).fingerprint != held(tmp_path, others).fingerprint


def test_what_is_held_is_decoded_once_and_a_damaged_copy_is_made_again(tmp_path: Path) -> None:
    first = as_data((RGB, Y), (RGB, Y), cache=tmp_path)
    assert first.train is not None and not first.train.is_absolute()
    pixels = tmp_path / first.train / "pixels.npy"
    before = pixels.stat().st_mtime_ns
    assert as_data((RGB, Y), (RGB, Y), cache=tmp_path) == first
    assert pixels.stat().st_mtime_ns == before
    content = bytearray(pixels.read_bytes())
    content[-1] ^= 1
    pixels.write_bytes(content)
    with pytest.raises(DataError, match=r"pixels\.npy does not have the hash"), pytest.warns():
        load_dataset(first, cache=tmp_path)
    with pytest.warns(match="decoded again"):
        as_data((RGB, Y), (RGB, Y), cache=tmp_path)
    assert np.array_equal(load_dataset(first, cache=tmp_path)[0].pixels, RGB)


BAD: dict[str, tuple[Any, str]] = {
    "no labels": (RGB, "train: is an array without labels; give (images, labels)"),
    "lengths": ((RGB, Y[:-1]), "train: 30 images, 29 labels; give one an image"),
    "shape": ((noise(30, 8), Y), "train: images are (30, 8); expected N×H×W"),
    "channels": ((noise(30, 8, 8, 4), Y), "train: images are (30, 8, 8, 4); expected"),
    "order": ((noise(30, 3, 8, 8), Y), "give them as images.transpose(0, 2, 3, 1)"),
    "integers": ((RGB.astype(np.int64), Y), "train: pixels are int64; expected uint8"),
    "half labels": ((RGB, Y + 0.5), "train: labels of type float64; expected whole numbers"),
    "one-hot": ((RGB, np.eye(3)[Y]), "train: labels of shape (30, 3); expected one number"),
    "empty": ((RGB[:0], Y[:0]), "train: no images; give at least one of each class"),
    "empty set": (Subset(Pictures(), []), "train: no images; give at least one of each class"),
    "missing class": ((RGB, Y + 1), "images/train: class 0 (0) has no image"),
    "loader": (DataLoader(Pictures()), "train: is a DataLoader; give its data set"),
    "number": (5, "train: is int; expected (images, labels), a torch or Hugging Face data set"),
    "no pairs": (list(range(9)), "train: row 0 is int; expected (image, label)"),
    "no image": ([{"text": "a", "label": 0}], "train: items have text, label; expected image or"),
    "random": (
        Pictures(transforms.Compose([transforms.RandomCrop(4), transforms.PILToTensor()])),
        "is another image each time it is asked for",
    ),
    "sizes": ([(RGB[0], 0), (RGB[1, 1:], 1)], "images/train row 1: 5×5×3, but row 0 is 6×5×3"),
    "alpha": ([(Image.new("RGBA", (4, 4)), 0)], "train: row 0: has pixels of kind RGBA"),
}


@pytest.mark.parametrize("given, message", BAD.values(), ids=BAD)
def test_bad_data_are_one_line(tmp_path: Path, given: object, message: str) -> None:
    with pytest.raises(DataError) as caught:
        held(tmp_path, given)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [1.5, -0.1, np.nan])
def test_floats_outside_are_refused(tmp_path: Path, value: float) -> None:
    pixels = RGB / 255
    pixels[7, 0, 0, 0] = value
    with pytest.raises(DataError, match=r"pixels lie in .*undo what normalised them"):
        held(tmp_path, (pixels, Y), pixels="unit")
