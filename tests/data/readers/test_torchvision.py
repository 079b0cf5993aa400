from __future__ import annotations

import hashlib
import os
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import DataError
from dcgan_eval.data import load_dataset, load_images
from tests.make.images import noise


def _idx(array: np.ndarray) -> bytes:
    return (
        b"\0\0\x08"
        + bytes([array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + (array.astype(np.uint8).tobytes())
    )


def _write_mnist(folder: Path, n: int = 20) -> tuple[np.ndarray, np.ndarray]:
    folder.mkdir(parents=True)
    images, labels = noise(n, 28, 28), np.arange(n) % 10
    for prefix in ("train", "t10k"):
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(_idx(images))
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(_idx(labels))
    return images, labels


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("mnist", "mnist/MNIST/raw"),
        ("mnist", "MNIST/raw"),
        ("fashion-mnist", "fashion-mnist/FashionMNIST/raw"),
    ],
)
def test_mnist_is_mapped(tmp_path: Path, name: str, place: str) -> None:
    images, labels = _write_mnist(tmp_path / place)
    train, test = load_dataset(name, roots=[tmp_path])
    for part in (train, test):
        assert np.array_equal(part.pixels[..., 0], images) and np.array_equal(part.y, labels)


def test_agrees_with_torchvision(tmp_path: Path) -> None:
    from torchvision.datasets import MNIST

    _write_mnist(tmp_path / "MNIST" / "raw")
    theirs = MNIST(tmp_path, train=False)
    ours = load_images("mnist", "test", roots=[tmp_path])
    assert np.array_equal(theirs.data.numpy(), ours.pixels[..., 0])
    assert np.array_equal(theirs.targets.numpy(), ours.y)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\x08\x03", _idx(noise(20, 28, 28))[:-1], b"\0\0\x09" + _idx(noise(20, 28, 28))[3:]],
)
def test_files_that_lie_about_their_size(tmp_path: Path, content: bytes) -> None:
    _write_mnist(tmp_path / "MNIST" / "raw")
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match="not a whole IDX file"):
        load_images("mnist", "train", roots=[tmp_path])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    _write_mnist(tmp_path / "MNIST" / "raw")
    (tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").unlink()
    for cache in (None, tmp_path / "cache"):
        with pytest.raises(DataError, match="t10k-labels-idx1-ubyte: cannot be read"):
            load_images("mnist", "test", roots=[tmp_path], cache=cache)


@pytest.fixture
def cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, np.ndarray]:
    """A small CIFAR-10 whose sums torchvision is told."""
    from torchvision.datasets import CIFAR10

    folder = tmp_path / "cifar10" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    images = noise(60, 32, 32, 3)
    flat = images.transpose(0, 3, 1, 2).reshape(60, -1)

    def dump(name: str, content: object) -> list[str]:
        data = pickle.dumps(content)
        (folder / name).write_bytes(data)
        return [name, hashlib.md5(data).hexdigest()]

    batches = [(f"data_batch_{i + 1}", slice(10 * i, 10 * i + 10)) for i in range(5)]
    batches.append(("test_batch", slice(50, 60)))
    lists = [dump(name, {"data": flat[rows], "labels": list(range(10))}) for name, rows in batches]
    monkeypatch.setattr(CIFAR10, "train_list", lists[:5])
    monkeypatch.setattr(CIFAR10, "test_list", lists[5:])
    names = dump("batches.meta", {"label_names": list("abcdefghij")})
    meta = {"filename": names[0], "key": "label_names", "md5": names[1]}
    monkeypatch.setattr(CIFAR10, "meta", meta)
    return tmp_path, images


def test_cifar_is_read(cifar: tuple[Path, np.ndarray]) -> None:
    root, images = cifar
    train, test = load_dataset("cifar10", roots=[root])
    assert np.array_equal(train.pixels, images[:50]) and np.array_equal(test.pixels, images[50:])
    assert train.class_names[:2] == ("airplane", "automobile") and test.y.tolist() == [*range(10)]


class _Payload:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("file", ["data_batch_3", "test_batch", "batches.meta"])
def test_a_pickle_that_is_not_the_published_one_is_not_run(
    cifar: tuple[Path, np.ndarray], file: str
) -> None:
    root, _ = cifar
    trace = root / "trace"
    path = root / "cifar10" / "cifar-10-batches-py" / file
    path.write_bytes(pickle.dumps(_Payload(trace)))
    with pytest.raises(DataError, match="not the published files"):
        load_images("cifar10", "train", roots=[root])
    assert not trace.exists()


def test_a_broken_torchvision_is_one_line(
    cifar: tuple[Path, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(DataError, match="torchvision cannot be imported"):
        load_images("cifar10", "train", roots=[cifar[0]])
