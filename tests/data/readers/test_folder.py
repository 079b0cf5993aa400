from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan_eval.core import DataError
from dcgan_eval.data import DataSettings, load_images
from tests.make.images import encoded, noise


def _write(root: Path, classes: dict[str, np.ndarray], suffix: str = ".png") -> None:
    for name, images in classes.items():
        (root / name).mkdir(parents=True)
        for i, image in enumerate(images):
            (root / name / f"{i}{suffix}").write_bytes(encoded(image))


def test_classes_are_folders_in_sorted_order(tmp_path: Path) -> None:
    images = noise(5, 4, 4, 3)
    _write(tmp_path / "s" / "train", {"dog": images[:2], "cat": images[2:]})
    (tmp_path / "s" / "train" / ".cache").mkdir()
    (tmp_path / "s" / "train" / "cat" / ".DS_Store").write_bytes(b"")
    got = load_images("s", "train", roots=[tmp_path])
    assert got.class_names == ("cat", "dog") and got.y.tolist() == [0, 0, 0, 1, 1]
    assert np.array_equal(got.pixels, images[[2, 3, 4, 0, 1]])


def test_photos_on_their_side_are_turned_as_their_exif_says(tmp_path: Path) -> None:
    images = noise(4, 4, 6, 3)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    for i, image in enumerate(images):
        folder = tmp_path / "s" / "train" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        stored = encoded(np.rot90(image), exif=exif) if i < 2 else encoded(image)
        (folder / f"{i}.png").write_bytes(stored)
    assert np.array_equal(load_images("s", "train", roots=[tmp_path]).pixels, images[[0, 2, 1, 3]])


def test_exif_that_is_cut_off_turns_nothing_and_is_quiet(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description, which is cut off"
    images = noise(2, 4, 6, 3)
    for name, image in zip("ab", images, strict=True):
        folder = tmp_path / "s" / "train" / name
        folder.mkdir(parents=True)
        (folder / "0.png").write_bytes(encoded(image, exif=exif.tobytes()[:-20]))
    assert np.array_equal(load_images("s", "train", roots=[tmp_path]).pixels, images)


def test_test_labels_are_numbered_by_the_training_classes(tmp_path: Path) -> None:
    images = noise(3, 4, 4, 3)
    _write(tmp_path / "s" / "train", {"a": images, "b": images, "c": images})
    _write(tmp_path / "s" / "test", {"c": images[:1], "b": images[1:]})
    got = load_images("s", "test", roots=[tmp_path])
    assert got.class_names == ("a", "b", "c") and got.y.tolist() == [1, 1, 2]


def test_the_settings_order_of_classes_wins(tmp_path: Path) -> None:
    images = noise(2, 4, 4, 3)
    _write(tmp_path / "train", {"a": images[:1], "b": images[1:]})
    _write(tmp_path / "test", {"a": images[:1], "b": images[1:]})
    values = DataSettings(
        name="s", train=tmp_path / "train", test=tmp_path / "test", class_names=("b", "a")
    )
    assert load_images(values, "train").y.tolist() == [1, 0]


def test_a_test_class_that_training_lacks_is_an_error(tmp_path: Path) -> None:
    images = noise(2, 4, 4, 3)
    _write(tmp_path / "s" / "train", {"cat": images, "dog": images})
    _write(tmp_path / "s" / "test", {"cats": images})
    with pytest.raises(DataError, match="class 'cats' is not among the classes; did you mean"):
        load_images("s", "test", roots=[tmp_path])


def test_a_class_without_images_is_named(tmp_path: Path) -> None:
    _write(tmp_path / "s" / "train", {"a": noise(2, 4, 4), "b": noise(0, 4, 4)})
    with pytest.raises(DataError, match=r"class 1 \(b\) has no image"):
        load_images("s", "train", roots=[tmp_path])


def test_nothing_is_left_out_silently(tmp_path: Path) -> None:
    _write(tmp_path / "s" / "train", {"a": noise(2, 4, 4), "b": noise(2, 4, 4)}, suffix=".bmp")
    with pytest.raises(DataError, match=r"a/0.bmp: expected only files called .png"):
        load_images("s", "train", roots=[tmp_path])


def test_a_corrupt_file_is_named(tmp_path: Path) -> None:
    _write(tmp_path / "s" / "train", {"a": noise(2, 4, 4), "b": noise(2, 4, 4)})
    file = tmp_path / "s" / "train" / "b" / "1.png"
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"s/train row 3 \(b/1.png\): damaged"):
        load_images("s", "train", roots=[tmp_path])


def test_moving_an_image_to_another_class_changes_the_cache_key(tmp_path: Path) -> None:
    _write(tmp_path / "s" / "train", {"a": noise(3, 4, 4), "b": noise(2, 4, 4)})
    cache = tmp_path / "cache"
    before = load_images("s", "train", roots=[tmp_path], cache=cache)
    (tmp_path / "s" / "train" / "a" / "2.png").rename(tmp_path / "s" / "train" / "b" / "2.png")
    after = load_images("s", "train", roots=[tmp_path], cache=cache)
    assert before.y.tolist() == [0, 0, 0, 1, 1] and after.y.tolist() == [0, 0, 1, 1, 1]
