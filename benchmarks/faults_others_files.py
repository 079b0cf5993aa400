"""Valid files that others write, and what reads them: checkpoints, data sets, features, answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import torch
from safetensors.torch import save_file

from benchmarks.faults_own_files import Made, Maker
from dcgan_eval.core import digest_file
from dcgan_eval.data import DataSettings, LabelFiles, check, load_images, load_labels
from dcgan_eval.models import inspect_checkpoint, load_generator, read_checkpoint, save_checkpoint
from dcgan_eval.reporting import compare_predictions
from dcgan_eval.subjects import Place, read_subjects
from tests.make.given import draw, write
from tests.make.images import encoded, noise, write_npz, write_parquet
from tests.make.networks import digits_state, examples_discriminator, state, write_authors

Put = Callable[[Path], object]
"""Writes a file, or a data set below a folder."""


def checkpoint(name: str, put: Put) -> Maker:
    """A discriminator of this name."""

    def make(base: Path, folder: Path) -> Made:
        path = folder / name
        put(path)
        return path, lambda: inspect_checkpoint(path).lines()

    return make


def ours(path: Path) -> None:
    """Our own format, of a known family."""
    save_checkpoint(path, digits_state(), {"family": "dcgan8", "role": "discriminator"})


def sequence(path: Path) -> None:
    """Our own format, of a sequence of layers."""
    geometry = {"input": [8, 8], "strides": [1, 1], "paddings": [1, 0], "slope": 0.2}
    weights = {"0.weight": torch.ones(2, 1, 3, 3), "2.weight": torch.ones(1, 2, 8, 8)}
    save_file(weights, path, {"dcgan_eval_card": json.dumps({"geometry": geometry})})


def zipped(path: Path, **options: Any) -> None:
    """What a training script in PyTorch saves."""
    network = state(examples_discriminator(2))
    torch.save({"netD": network, "epoch": 3, "args": {"lr": 0.1}}, path, **options)


def pickled(path: Path) -> None:
    """The same in PyTorch's first format."""
    zipped(path, _use_new_zipfile_serialization=False)


def generator(base: Path, folder: Path) -> Made:
    """The generator of a training."""
    path = Path(shutil.copy(base / "given" / "g.safetensors", folder))
    return path, lambda: load_generator(path).weights_hash


def authors(name: str) -> Maker:
    """A file of a set in the authors' format."""

    def make(base: Path, folder: Path) -> Made:
        shapes = [(4, 3, 5, 5), (8, 4, 5, 5), (8,), (8,), (9, 8, 5, 5), (9,), (9,), (144, 1)]
        path = write_authors(folder / "d.jl", [np.ones(shape, np.float32) for shape in shapes])
        return folder / name, lambda: sorted(read_checkpoint(path, "discriminator")[1].tensors)

    return make


def images(file: str, put: Put, name: str = "own") -> Maker:
    """A file of a data set."""

    def make(base: Path, folder: Path) -> Made:
        put(folder)
        settings = DataSettings(name=name, root=folder)
        return folder / file, lambda: load_images(settings, "train").fingerprint

    return make


def archive(folder: Path) -> None:
    """A NumPy archive of both parts."""
    write_npz(folder / "own" / "own.npz")


def plain_mat(folder: Path, packed: bool = False) -> None:
    """SVHN's format."""
    (folder / "svhn").mkdir()
    arrays = {"X": noise(30, 6, 5, 3).transpose(1, 2, 3, 0), "y": np.arange(30)[:, None] % 10 + 1}
    scipy.io.savemat(folder / "svhn" / "train_32x32.mat", arrays, do_compression=packed)


def packed_mat(folder: Path) -> None:
    """SVHN's format as it is published."""
    plain_mat(folder, packed=True)


def idx(folder: Path) -> None:
    """MNIST's format."""
    place = folder / "MNIST" / "raw"
    place.mkdir(parents=True)
    arrays = {"images-idx3": noise(20, 7, 7), "labels-idx1": (np.arange(20) % 10).astype(np.uint8)}
    for name, array in arrays.items():
        sizes = b"".join(side.to_bytes(4, "big") for side in array.shape)
        header = b"\0\0\x08" + bytes([array.ndim]) + sizes
        (place / f"train-{name}-ubyte").write_bytes(header + array.tobytes())


def pictures(kind: str) -> Put:
    """A folder of image files of two classes."""

    def put(folder: Path) -> None:
        for label, pixels in zip("ab", noise(2, 9, 8, 3), strict=True):
            place = folder / "own" / "train" / label
            place.mkdir(parents=True)
            (place / f"0.{kind}").write_bytes(encoded(pixels, kind.upper()))

    return put


def shard(folder: Path) -> None:
    """Hugging Face's format."""
    encoded_images: list[bytes | None] = [encoded(one) for one in noise(24, 8, 8)]
    write_parquet(folder / "own" / "train.parquet", encoded_images, np.arange(24) % 3)


def sums(base: Path, folder: Path) -> Made:
    """Sums that lie beside a data set."""
    archive(folder)
    path = folder / "own" / "SHA256SUMS"
    path.write_text(f"{digest_file(folder / 'own' / 'own.npz')}  own.npz\n")
    return path, lambda: check("own", folder)


def labels(suffix: str) -> Maker:
    """Labels without images."""

    def make(base: Path, folder: Path) -> Made:
        path = write(folder / f"y.{suffix}", {"labels": np.arange(30) % 3})
        settings = DataSettings(name="own", labels=LabelFiles(train=path, test=path))
        return path, lambda: [one.fingerprint for one in load_labels(settings, cache=folder)]

    return make


def _given(folder: Path, **keys: str) -> Callable[[], object]:
    """Reads what a pipeline names."""
    (row,) = read_subjects([keys], {})
    return lambda: [one.identity_values() for one in row.make(0, Place(cache=folder / "cache"))]


def features(suffix: str, *, packed: bool = False) -> Maker:
    """Features computed elsewhere."""

    def make(base: Path, folder: Path) -> Made:
        path, X = folder / f"X.{suffix}", noise(30, 8).astype(np.float32)
        if suffix == "npz" and not packed:
            np.savez(path, X=X, ids=np.arange(30))
        elif suffix == "safetensors":
            save_file({"X": torch.from_numpy(X)}, path)
        elif suffix == "parquet":
            write(path, {"id": np.arange(30), "a": X[:, 0], "b": X[:, 1]})
        else:
            write(path, {"X": X} if suffix == "npy" else {"X": X, "ids": np.arange(30)})
        return path, _given(folder, kind="features", train=str(path), test=str(path))

    return make


def columns(base: Path, folder: Path) -> Made:
    """What is said of the columns of features."""
    path, read = features("npy")(base, folder)
    said = path.with_name("columns.json")
    said.write_text(json.dumps({"layer1": [0, 5], "layer2": [5, 8]}))
    return said, read


def unpacked(name: str) -> Maker:
    """A file of an entry of the cache that features were unpacked into."""

    def make(base: Path, folder: Path) -> Made:
        _, read = features("npz", packed=True)(base, folder)
        read()
        return next(folder.glob(f"cache/given/*/{name}")), read

    return make


def samples(base: Path, folder: Path) -> Made:
    """Samples drawn elsewhere."""
    path = folder / "s.npz"
    np.savez(path, images=noise(30, 8, 8), labels=np.arange(30) % 3)
    return path, _given(folder, kind="samples", images=str(path))


def answers(suffix: str) -> Maker:
    """Predictions made elsewhere, of two models."""

    def make(base: Path, folder: Path) -> Made:
        files = []
        for seed, name in enumerate("ab"):
            y, predicted = draw(60, seed=seed)
            columns = {"id": np.arange(60), "prediction": predicted, "label": y}
            columns = {"prediction": predicted} if suffix == "npy" else columns
            files.append(write(folder / f"{name}.{suffix}", columns))
        targets = write(folder / "y.npy", {"label": y}) if suffix == "npy" else None
        return files[0], lambda: compare_predictions(files, targets).sentences

    return make
