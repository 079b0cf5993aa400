"""Data sets that are none, or not what they say: one line, nothing written."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.make.commands import call, refused
from tests.make.images import encoded, noise, write_npz, write_parquet
from tests.make.pipelines import write_pipeline

# Keys of a pipeline, and what the message says.
WRONG_SETTINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a wrong type": (dict(data={"name": 3}), ["data.name", "found 3", "string"]),
    "a name that leads out": (
        dict(data={"name": "../x"}),
        ["data.name", "letters"],
    ),
    "a name of nothing": (
        dict(data={"name": "digit"}),
        ["no such data", "did you mean 'digits'?"],
    ),
    "a name to be downloaded": (
        dict(data={"name": "cifar10"}),
        ["no such data", "data prepare cifar10"],
    ),
    "a training part alone": (
        dict(data={"name": "x", "train": "a.npz"}),
        ["both train and test"],
    ),
    "a reader that is none": (
        dict(data={"name": "x", "reader": "npy"}),
        ["unknown", "'npy'", "did you mean 'npz'?"],
    ),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_wrong_settings(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed, fragments = WRONG_SETTINGS[case]
    refused(call(["run", write_pipeline(**changed)], capsys), 2, *fragments)


PNG = encoded(np.zeros((8, 8), np.uint8))


def save_npz(**changed: Any) -> None:
    write_npz(Path("own/own.npz"), **changed)


def parquet(pictures: list[bytes | None], labels: list[int]) -> None:
    for split in ("train", "test"):
        write_parquet(Path("own", f"{split}.parquet"), pictures, labels)


def folders(**pictures: bytes) -> None:
    for split in ("train", "test"):
        for name, content in pictures.items():
            Path("own", split, name).mkdir(parents=True)
            Path("own", split, name, "1.png").write_bytes(content)


def truncated_parquet() -> None:
    parquet([PNG] * 6, [0, 1, 2] * 2)
    path = Path("own/train.parquet")
    path.write_bytes(path.read_bytes()[:-20])


def parquet_with_a_hole() -> None:
    """The footer is whole, a page is not."""
    parquet([PNG + noise(3000).tobytes()] * 6, [0, 1, 2] * 2)
    path = Path("own/train.parquet")
    content = bytearray(path.read_bytes())
    content[4:1000] = bytes(996)
    path.write_bytes(content)


def lying_npz() -> None:
    """A header that promises 10^15 images."""
    save_npz()
    header = io.BytesIO()
    promised = {"descr": "|u1", "fortran_order": False, "shape": (10**15, 8, 8)}
    np.lib.format.write_array_header_1_0(header, promised)
    with zipfile.ZipFile("own/own.npz", "w") as archive:
        for name, content in (("x_train", header.getvalue() + bytes(64)), ("y_train", npy())):
            archive.writestr(f"{name}.npy", content)


def npy() -> bytes:
    """Labels as a whole .npy file."""
    content = io.BytesIO()
    np.save(content, np.arange(24) % 3)
    return content.getvalue()


def truncated_npz() -> None:
    save_npz()
    path = Path("own/own.npz")
    path.write_bytes(path.read_bytes()[:-300])


def two_sizes() -> None:
    parquet([PNG, PNG, encoded(np.zeros((9, 8), np.uint8))], [0, 1, 2])


WRONG_DATA: dict[str, tuple[Callable[[], None], list[str]]] = {
    "a truncated Parquet file": (truncated_parquet, ["train.parquet", "not a whole Parquet file"]),
    "a Parquet file with a hole": (parquet_with_a_hole, ["train.parquet"]),
    "a PNG that is none": (lambda: parquet([PNG, b"no PNG", PNG], [0, 1, 2]), ["row 1"]),
    "a truncated PNG": (lambda: parquet([PNG, PNG, PNG[:40]], [0, 1, 2]), ["row 2"]),
    "a file that is no PNG": (lambda: folders(red=PNG, green=b"no PNG"), ["green/1.png"]),
    "images of two sizes": (two_sizes, ["row 2", "resize"]),
    "a class without a training image": (
        lambda: save_npz(y_train=np.arange(24) % 2 * 2),
        ["class 1", "has no image"],
    ),
    "one class": (lambda: save_npz(y_train=np.zeros(24, int)), ["one class"]),
    "a label below zero": (lambda: save_npz(y_train=np.arange(24) % 3 - 1), ["label -1"]),
    "a wild label": (lambda: save_npz(y_train=np.arange(24) * 10**12), ["label"]),
    "a test label that no training image has": (
        lambda: save_npz(y_test=np.arange(24) % 4),
        ["own/test", "label 3", "0 … 2"],
    ),
    "labels that are no whole numbers": (
        lambda: save_npz(y_train=np.linspace(0, 1, 24)),
        ["whole numbers"],
    ),
    "labels of text": (lambda: save_npz(y_train=np.array(["a"] * 24)), ["own.npz"]),
    "fewer labels than images": (
        lambda: save_npz(y_train=np.arange(20) % 3),
        ["20 labels, but more images"],
    ),
    "more labels than images": (lambda: save_npz(y_train=np.arange(30) % 3), ["30", "24"]),
    "no images": (
        lambda: save_npz(x_train=np.zeros((0, 8, 8), np.uint8), y_train=np.zeros(0, int)),
        ["no images"],
    ),
    "no array of that name": (
        lambda: (Path("own").mkdir(), np.savez("own/own.npz", x_tran=np.zeros(3)))[0],
        ["x_tran"],
    ),
    "images of real numbers": (lambda: save_npz(x_train=np.zeros((24, 8, 8))), ["uint8"]),
    "channels first": (
        lambda: save_npz(x_train=np.zeros((24, 3, 8, 8), np.uint8)),
        ["transpose"],
    ),
    "an archive that lies about its size": (lying_npz, ["own.npz", "claims"]),
    "a truncated archive": (truncated_npz, ["own.npz", "not a whole"]),
    "an empty folder": (lambda: Path("own/train").mkdir(parents=True), ["own"]),
    "test images of another size": (
        lambda: save_npz(x_test=np.zeros((24, 9, 9), np.uint8)),
        ["8×8", "9×9", "resize"],
    ),
}


@pytest.mark.parametrize("case", WRONG_DATA)
def test_wrong_data(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, fragments = WRONG_DATA[case]
    make()
    refused(call(["run", write_pipeline(data={"name": "own"})], capsys), 2, *fragments)
