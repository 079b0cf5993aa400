"""Arrays of others' files: the same from every kind of file, mapped, and one line for a bad one."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from dcgan_eval.core import CacheWarning, DataError, find_array, keep_array, map_array

X = np.random.default_rng(0).normal(size=(1500, 7)).astype(np.float32)
IDS = np.array([f"item {row}" for row in range(len(X))])


def write(path: Path, array: np.ndarray = X) -> Path:
    """The array in a file of that kind, with ids where the kind holds several."""
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.name.startswith("compressed"):
        np.savez_compressed(path, features=array, ids=IDS)
    elif path.suffix == ".npz":
        np.savez(path, ids=IDS, features=array)
    elif path.suffix == ".safetensors":
        save_file({"other": array[:3].copy(), "features": array}, path)
    elif path.name.startswith("lists"):
        pq.write_table(pa.table({"id": IDS, "features": list(array)}), path, row_group_size=400)
    else:
        columns = {f"f{at}": array[:, at] for at in range(array.shape[1])}
        pq.write_table(pa.table({"id": IDS, **columns}), path)
    return path


NAMES = ["a.npy", "a.npz", "compressed.npz", "a.safetensors", "lists.parquet", "columns.parquet"]


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_file_gives_the_same_array_mapped(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    found = map_array(path, ("features",), DataError, tmp_path / "given")
    assert np.array_equal(found, X) and found.dtype == np.float32
    assert isinstance(found.base, np.memmap)
    unpacked = sorted(one.name for one in (tmp_path / "given").glob("*"))
    assert len(unpacked) == (name in ("compressed.npz", "lists.parquet", "columns.parquet"))
    again = map_array(path, ("features",), DataError, tmp_path / "given")
    assert np.array_equal(again, X)
    assert sorted(one.name for one in (tmp_path / "given").glob("*")) == unpacked


@pytest.mark.parametrize("name", NAMES)
def test_an_array_by_its_exact_name(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    found = find_array(path, ("ids", "id"), DataError, tmp_path / "given", exact=True)
    if name in ("a.npy", "a.safetensors"):
        assert found is None
    else:
        assert found is not None and np.array_equal(found.astype(str), IDS)


def test_columns_of_parquet_that_are_no_features(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = {"a": X[:, 0], "b": X[:, 1], "y": np.arange(len(X), dtype=float)}
    pq.write_table(pa.table(columns), path)
    assert map_array(path, ("features",), DataError, tmp_path).shape == (len(X), 2)
    pq.write_table(pa.table({**columns, "count": np.arange(len(X))}), path)
    with pytest.raises(DataError, match="column 'count' has whole numbers; features are floats"):
        map_array(path, ("features",), DataError, tmp_path)


def test_other_numbers_and_orders(tmp_path: Path) -> None:
    for array in (X.astype(np.float64), np.asfortranarray(X), X.astype(np.float16)):
        path = write(tmp_path / "a.npy", array)
        assert np.array_equal(map_array(path, ("x",), DataError, tmp_path), array)
    kept = keep_array(np.asfortranarray(X), tmp_path / "given")
    assert np.array_equal(np.load(kept), X)
    assert keep_array(X, tmp_path / "given") == kept


def damaged_npz(path: Path) -> None:
    write(path)
    path.write_bytes(path.read_bytes()[:-900])


def claims_much(path: Path) -> None:
    header = json.dumps(
        {"features": {"dtype": "F32", "shape": [1 << 40, 8], "data_offsets": [0, 1 << 45]}}
    ).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))


def long_header(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 1 << 60) + bytes(64))


def short(path: Path) -> None:
    np.save(path, X)
    path.write_bytes(path.read_bytes()[:-4])


def bombed(path: Path) -> None:
    """Of an archive the directory alone says how much an entry unfolds to."""
    np.savez_compressed(path, features=np.zeros(30, np.uint8))
    content = path.read_bytes()
    at = content.index(b"PK\x01\x02")
    path.write_bytes(content[: at + 24] + struct.pack("<I", 10**9 + 128) + content[at + 28 :])


BAD: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "absent": ("a.npy", lambda path: None, "no such file"),
    "kind": ("a.csv", lambda path: path.write_text("1,2"), "ends in '.csv'; expected one of .npy"),
    "objects": (
        "a.npy",
        lambda path: np.save(path, np.array([{}], object), allow_pickle=True),
        "holds Python objects",
    ),
    "short": ("a.npy", short, "claims 42000 bytes, has 41996"),
    "no zip": ("a.npz", lambda path: path.write_bytes(b"x" * 99), "not a whole .npz archive"),
    "cut": ("a.npz", damaged_npz, "not a whole .npz archive"),
    "several": (
        "a.npz",
        lambda path: np.savez(path, feature=X, other=X),
        "no array features; did you mean 'feature'",
    ),
    "claims": ("a.safetensors", claims_much, "claims bytes that it does not have"),
    "header": ("a.safetensors", long_header, "claims a header of"),
    "no parquet": ("a.parquet", lambda path: path.write_bytes(b"x" * 99), "cannot be read"),
    "texts": (
        "a.parquet",
        lambda path: pq.write_table(pa.table({"a": ["x", "y"]}), path),
        "no array or column features",
    ),
    "nulls": (
        "a.parquet",
        lambda path: pq.write_table(pa.table({"a": [1.0, None]}), path),
        "has rows without a value",
    ),
    "ragged": (
        "a.parquet",
        lambda path: pq.write_table(pa.table({"features": [[1.0], [1.0, 2.0, 3.0]]}), path),
        "its lists are of several lengths",
    ),
    "long texts": (
        "a.parquet",
        lambda path: pq.write_table(pa.table({"features": ["x" * 10**6, *[""] * 99]}), path),
        "has 100 texts of up to 1000000 characters",
    ),
    "a zip that lies": ("a.npz", bombed, "claims 1000000128 bytes"),
}


@pytest.mark.parametrize("name, make, message", BAD.values(), ids=BAD)
def test_a_bad_file_is_one_line(
    tmp_path: Path, name: str, make: Callable[[Path], object], message: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(DataError) as caught:
        map_array(tmp_path / name, ("features",), DataError, tmp_path / "given")
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert not list(tmp_path.glob("given/*"))


def flip_the_last_byte(kept: Path) -> None:
    content = bytearray(kept.read_bytes())
    content[-1] ^= 1
    kept.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        flip_the_last_byte,
        Path.unlink,
        lambda kept: kept.with_name("sha256").write_bytes(b"\xff\xfe"),
        lambda kept: kept.with_name("sha256").unlink(),
    ],
)
def test_a_damaged_copy_is_written_again(tmp_path: Path, damage: Callable[[Path], Any]) -> None:
    path = write(tmp_path / "compressed.npz")
    for give in (
        lambda: keep_array(X, tmp_path / "given"),
        lambda: map_array(path, ("features",), DataError, tmp_path / "given"),
    ):
        give()
        (kept,) = (tmp_path / "given").glob("*/values.npy")
        damage(kept)
        with pytest.warns(CacheWarning, match="damaged; unpacked again"):
            give()
        give()
        assert np.array_equal(np.load(kept), X)
        shutil.rmtree(tmp_path / "given")
