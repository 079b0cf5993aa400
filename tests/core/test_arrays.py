from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcgan_eval.core import RecordError, read_arrays, read_header, write_arrays


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    body = header.encode().ljust(117) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(body))
    return b"\x93NUMPY" + bytes([version, 0]) + length + body + data


def says(descr: str, shape: str) -> str:
    return f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}"


def test_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    arrays = {"b": np.arange(5), "a": np.eye(3, dtype=np.float32)}
    write_arrays(tmp_path / "1.npz", arrays)
    write_arrays(tmp_path / "2.npz", dict(reversed(arrays.items())))
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    with np.load(tmp_path / "1.npz", allow_pickle=False) as archive:
        assert (archive["a"] == arrays["a"]).all()


@pytest.mark.parametrize(
    "array",
    [np.array(3), np.zeros((0, 2)), np.asfortranarray(np.arange(6).reshape(2, 3)), np.eye(2)],
)
def test_what_was_written_is_read(tmp_path: Path, array: np.ndarray) -> None:
    write_arrays(tmp_path / "a.npz", {"x": array, "text": np.array("ä")})
    found = read_arrays(tmp_path / "a.npz", RecordError)
    np.testing.assert_array_equal(found["x"], array)
    assert found["x"].flags.writeable and str(found["text"]) == "ä"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (npy(says("<f4", "(30000000000,)")), r"x.npy claims 120000000128 bytes, its entry 128,"),
        (npy(says("<f4", "(-2, -2)"), bytes(16)), r"claims 144 .* the file is damaged"),
        (npy(says("<f4", "(3,)"), bytes(16)), r"claims 140 bytes, its entry 144"),
        (npy(says("|O", "(1,)"), bytes(8)), "x.npy holds Python objects, which are not read"),
        (npy(says("<f4", "(1,)"), bytes(4), 3), r"not a whole \.npz archive \(\.npy version"),
        (npy("__import__('os').getcwd()"), r"not a whole \.npz archive"),
        (npy("(" * 110), r"not a whole \.npz archive"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", r"a \.npy header of 4294967295 bytes"),
        (b"", r"not a whole \.npz archive"),
    ],
)
def test_an_entry_that_lies_is_one_line_and_takes_no_memory(
    tmp_path: Path, entry: bytes, message: str
) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", entry)
    tracemalloc.start()
    with pytest.raises(RecordError, match=message):
        read_arrays(tmp_path / "a.npz", RecordError)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_an_entry_that_claims_more_than_its_bytes_can_hold_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, {"x": np.zeros(1000)})
    with zipfile.ZipFile(path) as archive:
        (entry,) = archive.infolist()
    content = path.read_bytes()
    path.write_bytes(
        content.replace(struct.pack("<I", entry.file_size), struct.pack("<I", 1 << 30))
    )
    with pytest.raises(RecordError, match=r"claims 1073741824 bytes, stored in \d+; the file is"):
        read_arrays(path, RecordError)


def test_an_entry_that_claims_more_than_the_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, {"x": np.random.default_rng(0).integers(0, 256, 5000, np.uint8)})
    with zipfile.ZipFile(path) as archive:
        (entry,) = archive.infolist()
    before = struct.pack("<II", entry.compress_size, entry.file_size)
    path.write_bytes(path.read_bytes().replace(before, struct.pack("<I", 1 << 31) + before[4:]))
    tracemalloc.start()
    with pytest.raises(RecordError, match=r"x\.npy claims to be stored in 2147483648 bytes"):
        read_arrays(path, RecordError)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_an_encrypted_entry_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, {"x": np.zeros(3)})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    path.write_bytes(content)
    with pytest.raises(RecordError, match="is encrypted"):
        read_arrays(path, RecordError)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_header_is_a_value_error(data: st.DataObject) -> None:
    content = bytearray(npy(says("<f4", "(2, 3)"), bytes(24)))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, 70))] = data.draw(st.integers(0, 255))
    try:
        header = read_header(io.BytesIO(content))
    except ValueError:
        return
    assert isinstance(header.fits(24), bool)


@pytest.mark.parametrize("kind", ["<M8[D]", "<m8[s]"])
def test_dates_are_no_numbers(kind: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros(3, kind))
    with pytest.raises(RecordError, match="holds dates or times; save it as numbers"):
        read_arrays(tmp_path / "a.npz", RecordError)
