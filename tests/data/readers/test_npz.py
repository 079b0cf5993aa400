from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import DataError
from dcgan_eval.data import load_images
from tests.make.images import noise

IMAGES, LABELS = noise(9, 6, 5, 3), np.arange(9) % 3


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_one_file_a_part(tmp_path: Path, save) -> None:  # type: ignore[no-untyped-def] # either writer
    (tmp_path / "s").mkdir()
    save(tmp_path / "s" / "train.npz", images=IMAGES, labels=LABELS.astype(np.uint8))
    got = load_images("s", "train", roots=[tmp_path])
    assert np.array_equal(got.pixels, IMAGES) and np.array_equal(got.y, LABELS)


def test_both_parts_in_one_file(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "s.npz",
        x_train=IMAGES[..., 0],
        y_train=LABELS[:, None],
        x_test=IMAGES[:4, ..., 1],
        y_test=LABELS[:4],
    )
    train = load_images("s", "train", roots=[tmp_path], cache=tmp_path / "cache")
    test = load_images("s", "test", roots=[tmp_path], cache=tmp_path / "cache")
    assert np.array_equal(train.pixels, IMAGES[..., :1]) and np.array_equal(train.y, LABELS)
    assert np.array_equal(test.pixels, IMAGES[:4, ..., 1:2])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": IMAGES, "label": LABELS}, "no array labels or y_train; did you mean 'label'"),
        ({"images": IMAGES / 255, "labels": LABELS}, "images of type float64; expected uint8"),
        (
            {"images": IMAGES.transpose(0, 3, 1, 2), "labels": LABELS},
            "transpose N×C×H×W|Fortran",
        ),
        (
            {"images": np.ascontiguousarray(IMAGES.transpose(0, 3, 1, 2)), "labels": LABELS},
            "transpose N×C×H×W",
        ),
        ({"images": IMAGES[..., :2].copy(), "labels": LABELS}, "with 1 or 3 channels"),
        ({"images": IMAGES, "labels": LABELS[:4]}, "4 labels, but more images"),
        ({"images": IMAGES[:4], "labels": LABELS}, "9 labels, but 4 images"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "has no images"),
        ({"images": IMAGES[:0], "labels": LABELS}, "9 labels, but no images"),
        ({"images": IMAGES, "labels": LABELS / 2}, "expected whole numbers"),
        ({"images": IMAGES, "labels": LABELS - 1}, "row 0: label -1; expected 0"),
        ({"images": IMAGES, "labels": LABELS + 10**12}, "largest label 1000000000002 with 9"),
        ({"images": IMAGES, "labels": LABELS * 2}, r"class 1 \(1\) has no image"),
        ({"images": IMAGES, "labels": LABELS * 0}, "all images are of one class"),
        ({"images": IMAGES, "labels": np.eye(9)}, "expected one number an image"),
        ({"images": np.array([{}]), "labels": LABELS}, "holds Python objects"),
    ],
)
def test_unsuitable_arrays_are_one_line(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    (tmp_path / "s").mkdir()
    np.savez(tmp_path / "s" / "train.npz", **arrays)
    with pytest.raises(DataError, match=message):
        load_images("s", "train", roots=[tmp_path])


def _claiming(shape: tuple[int, ...], data: bytes) -> bytes:
    """A .npy file whose header claims a shape."""
    stream = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + data


@pytest.mark.parametrize("shape", [(10**9, 32, 32, 3), (2, 4, 4, 3), (0, 4, 4, 3), (-1, 4, 4, 3)])
def test_a_header_that_lies_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    (tmp_path / "s").mkdir()
    with zipfile.ZipFile(tmp_path / "s" / "train.npz", "w") as archive:
        archive.writestr("images.npy", _claiming(shape, bytes(48)))
        archive.writestr("labels.npy", _claiming((1,), bytes(1)))
    with pytest.raises(DataError, match=r"claims .* the file is damaged|not a whole"):
        load_images("s", "train", roots=[tmp_path])


def test_an_archive_that_lies_about_an_entry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    file = tmp_path / "s" / "train.npz"
    entry = _claiming((10**6, 32, 32, 3), bytes(48))
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("images.npy", entry)
        archive.writestr("labels.npy", _claiming((1,), bytes(1)))
    claimed = len(entry) - 48 + 10**6 * 3072
    old, new = len(entry).to_bytes(4, "little"), claimed.to_bytes(4, "little")
    content = file.read_bytes()
    # The size as it is stored comes first, the size claimed for it follows.
    file.write_bytes(content.replace(old + old, old + new))
    with pytest.raises(DataError, match=r"claims .* the file is damaged|not a whole"):
        load_images("s", "train", roots=[tmp_path])


@pytest.mark.parametrize("keep", [0, 10, 200, 900])
def test_truncated_archives_are_one_line(tmp_path: Path, keep: int) -> None:
    (tmp_path / "s").mkdir()
    file = tmp_path / "s" / "train.npz"
    np.savez(file, images=IMAGES, labels=LABELS)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"not a whole \.npz archive"):
        load_images("s", "train", roots=[tmp_path])


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    file = tmp_path / "s" / "train.npz"
    np.savez(file, images=IMAGES, labels=LABELS)
    content = bytearray(file.read_bytes())
    content[content.index(IMAGES[4].tobytes()) + 3] ^= 4
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"not a whole \.npz archive"):
        load_images("s", "train", roots=[tmp_path])
