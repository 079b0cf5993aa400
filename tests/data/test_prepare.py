from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import DataError, StorageError
from dcgan_eval.data import check, prepare

Small = Callable[..., tuple[Path, np.ndarray, np.ndarray]]


def test_what_cannot_be_downloaded(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'cifr10' cannot be downloaded; did you mean 'cifar10'"):
        prepare("cifr10", tmp_path)
    assert prepare("digits", tmp_path) == ["digits: come with scikit-learn; nothing to prepare"]


def test_sums_are_taken_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import scipy.io
    from torchvision import datasets

    def download(root: Path, split: str, download: bool) -> None:
        assert download
        y = np.r_[1:11, 1:11][:, None].astype(np.uint8)
        X = np.zeros((32, 32, 3, 20), np.uint8)
        scipy.io.savemat(root / f"{split}_32x32.mat", {"X": X, "y": y})

    monkeypatch.setattr(datasets, "SVHN", download)
    lines = prepare("svhn", tmp_path)
    assert "SHA-256 sums of 2 files" in lines[1]
    sums = (tmp_path / "svhn" / "SHA256SUMS").read_text().splitlines()
    file = tmp_path / "svhn" / "test_32x32.mat"
    assert sums[0] == f"{hashlib.sha256(file.read_bytes()).hexdigest()}  test_32x32.mat"
    report = "\n".join(check("svhn", tmp_path))
    assert "2 files have the sums" in report
    assert "svhn/train: 20 images of 32×32×3, 10 classes of 2 to 2 images" in report
    assert "not the whole set, which has 73257 images" in report
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(DataError, match=r"test_32x32\.mat: does not have the sum"):
        check("svhn", tmp_path)
    for content, message in (
        (b"nonsense\n", "'nonsense' does not name a file"),
        (b"0" * 64 + b"  " + b"x" * 300, "0  x*' does not name a file"),
        (b"caf\xe9", r"SHA256SUMS: cannot be read \(.*can't decode"),
    ):
        (tmp_path / "svhn" / "SHA256SUMS").write_bytes(content)
        with pytest.raises(DataError, match=message):
            check("svhn", tmp_path)


def test_a_download_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import datasets

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError("no route\nto host")

    monkeypatch.setattr(datasets, "CIFAR10", refuse)
    with pytest.raises(DataError, match=r"could not be downloaded to .* \(no route to host\)"):
        prepare("cifar10", tmp_path)


def test_a_root_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="a file stands where a folder is needed"):
        prepare("mnist", tmp_path / "file")


def test_the_digits_are_those_of_the_committed_results() -> None:
    report = check("digits")
    assert sum("equal the copy of the committed results" in line for line in report) == 2


def test_a_set_of_ones_own(small: Small) -> None:
    root, _, _ = small()
    report = "\n".join(check("small", root))
    assert "small/test: 12 images of 6×5×3, 3 classes of 4 to 4 images" in report
    assert "no SHA256SUMS" in report
