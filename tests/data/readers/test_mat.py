from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcgan_eval.core import DataError
from dcgan_eval.data import load_images
from dcgan_eval.data.readers.mat import MatSource
from tests.make.images import encoded, noise, write_parquet

# Not square, so that no pair of axes can be confused; every digit occurs.
IMAGES = noise(25, 6, 5, 3)
DIGITS = (np.arange(25) * 7) % 10


def _save(path: Path, *, compressed: bool = True, **arrays: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(path, arrays, do_compression=compressed)
    return path


def _as_published(digits: np.ndarray) -> np.ndarray:
    return np.where(digits == 0, 10, digits)[:, None].astype(np.uint8)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("reverse", [True, False])
def test_agrees_with_scipy(tmp_path: Path, compressed: bool, reverse: bool) -> None:
    arrays = {"X": IMAGES.transpose(1, 2, 3, 0), "y": _as_published(DIGITS)}
    if reverse:
        arrays = dict(reversed(arrays.items()))
    file = _save(tmp_path / "svhn" / "train_32x32.mat", compressed=compressed, **arrays)
    oracle = scipy.io.loadmat(file)
    got = load_images("svhn", "train", roots=[tmp_path])
    assert np.array_equal(got.pixels, oracle["X"].transpose(3, 0, 1, 2))
    assert np.array_equal(got.y, oracle["y"].ravel() % 10)


def test_label_ten_and_label_zero_are_the_same_digit(tmp_path: Path) -> None:
    """The .mat's 1 … 10 and torchvision's (and the Parquet copies') 0 … 9 give equal sets."""
    _save(
        tmp_path / "mat" / "svhn" / "train_32x32.mat",
        X=IMAGES.transpose(1, 2, 3, 0),
        y=_as_published(DIGITS),
    )
    pictures = [encoded(image) for image in IMAGES]
    write_parquet(tmp_path / "parquet" / "svhn" / "train.parquet", pictures, DIGITS)
    theirs = load_images("svhn", "train", roots=[tmp_path / "mat"])
    ours = load_images("svhn", "train", roots=[tmp_path / "parquet"])
    assert np.array_equal(theirs.y, DIGITS) and np.array_equal(ours.y, DIGITS)
    assert theirs.fingerprint == ours.fingerprint


def test_torchvision_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import SVHN, svhn

    _save(tmp_path / "train_32x32.mat", X=IMAGES.transpose(1, 2, 3, 0), y=_as_published(DIGITS))
    monkeypatch.setattr(svhn, "check_integrity", lambda *arguments: True)
    theirs = SVHN(tmp_path, split="train")
    ours = load_images("svhn", "train", roots=[tmp_path])
    assert np.array_equal(theirs.labels, ours.y)
    assert np.array_equal(theirs.data.transpose(0, 2, 3, 1), ours.pixels)


@pytest.mark.parametrize("dtype", [np.float64, np.int16, np.uint8])
def test_labels_of_any_whole_type(tmp_path: Path, dtype: type) -> None:
    file = _save(tmp_path / "a.mat", y=_as_published(DIGITS).astype(dtype))
    assert np.array_equal(MatSource(file).labels(), DIGITS)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": IMAGES.transpose(1, 2, 3, 0)}, "no variable y; it has X"),
        ({"X\nof\x1b": IMAGES}, r"no variable y; it has X of\\x1b$"),
        ({"X": IMAGES.transpose(1, 2, 3, 0), "y": np.full((25, 1), 11)}, "labels 11 … 11"),
        ({"X": IMAGES.transpose(1, 2, 3, 0), "y": np.full((25, 1), 0.5)}, "whole numbers"),
        ({"X": IMAGES[0], "y": _as_published(DIGITS)}, "X of shape"),
        (
            {"X": IMAGES.transpose(1, 2, 3, 0) / 2.0, "y": _as_published(DIGITS)},
            "expected uint8|expected 32",
        ),
    ],
)
def test_other_contents_are_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    _save(tmp_path / "svhn" / "train_32x32.mat", **arrays)
    with pytest.raises(DataError, match=message):
        load_images("svhn", "train", roots=[tmp_path])


def test_a_header_that_lies_about_the_number_of_images(tmp_path: Path) -> None:
    file = _save(
        tmp_path / "svhn" / "train_32x32.mat",
        compressed=False,
        X=IMAGES.transpose(1, 2, 3, 0),
        y=_as_published(DIGITS),
    )
    content = file.read_bytes()
    dims = struct.pack("<4i", 6, 5, 3, 25)
    assert content.count(dims) == 1
    file.write_bytes(content.replace(dims, struct.pack("<4i", 6, 5, 3, 2**30)))
    with pytest.raises(DataError, match="X does not have the size that it claims"):
        load_images("svhn", "train", roots=[tmp_path])


@pytest.mark.parametrize("start", [b"MATLAB 7.3 MAT-file", b"", b"x" * 500])
def test_other_formats_are_refused(tmp_path: Path, start: bytes) -> None:
    (tmp_path / "svhn").mkdir()
    (tmp_path / "svhn" / "train_32x32.mat").write_bytes(start.ljust(500 if start else 0))
    with pytest.raises(DataError, match=r"MATLAB 7.3|no little-endian level 5 header"):
        load_images("svhn", "train", roots=[tmp_path])


@pytest.mark.parametrize("compressed", [True, False])
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_damaged_files_are_one_line(tmp_path: Path, compressed: bool, data: st.DataObject) -> None:
    file = tmp_path / f"{compressed}.mat"
    if not file.exists():
        arrays = {"X": IMAGES.transpose(1, 2, 3, 0), "y": _as_published(DIGITS)}
        _save(file, compressed=compressed, **arrays)
    bad = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(bad) - 1))
    if data.draw(st.booleans()):
        bad = bad[:place]
    else:
        bad[place] = data.draw(st.integers(0, 255))
    broken = tmp_path / "bad.mat"
    broken.write_bytes(bad)
    source = MatSource(broken)
    try:
        source.labels()
        for item in source.items():
            assert isinstance(item.picture, np.ndarray)
    except DataError as error:
        assert "\n" not in str(error)
