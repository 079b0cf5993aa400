from __future__ import annotations

import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dcgan_eval.core import CacheWarning, digest_arrays, write_arrays
from dcgan_eval.records import Journal


def test_units_come_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "made" / "later")
    assert journal.get("draw 1") is None
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.array("text"), "c": np.float32(2.5)}
    journal.put("draw 1", arrays)
    found = Journal(tmp_path / "made" / "later").get("draw 1")
    assert found is not None and set(found) == {"a", "b", "c"}
    np.testing.assert_array_equal(found["a"], arrays["a"])
    assert str(found["b"]) == "text" and found["c"].dtype == np.float32
    assert journal.get("draw 2") is None


def test_json_values_come_back_as_they_are(tmp_path: Path) -> None:
    values = {
        "errors": np.array([[0.25, 0.5]]),
        "details": {"passes": 3, "gaps": [1e-300, 0.1, None], "by": {"C\0": "é", "a": True}},
        "done": 3,
        "name": "text\0",
        "digest": "no array",
    }
    Journal(tmp_path).put("unit", values)
    found = Journal(tmp_path).get("unit")
    assert found is not None
    errors = found.pop("errors")
    assert isinstance(errors, np.ndarray) and errors.tolist() == [[0.25, 0.5]]
    assert found == {name: value for name, value in values.items() if name != "errors"}
    assert type(found["done"]) is int and list(found["details"]) == ["passes", "gaps", "by"]
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_neither_an_array_nor_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        Journal(tmp_path).put("unit", {"x": {1, 2}})
    assert not list(tmp_path.iterdir())


def test_units_of_an_earlier_form_are_absent(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put("unit", {"x": np.arange(3)})
    (path,) = tmp_path.iterdir()
    arrays = {"key": np.array("unit"), "x": np.arange(3)}
    write_arrays(path, {**arrays, "digest": np.array(digest_arrays(sorted(arrays.items())))})
    with pytest.warns(CacheWarning, match="computed again"):
        assert journal.get("unit") is None


@settings(max_examples=30, deadline=None)
@example(keys=["", "\0", "a", "a\0"], shape=(2, 2))  # NumPy drops NULs at the end of text
@given(
    keys=st.lists(st.text(max_size=20), unique=True, min_size=1, max_size=5),
    shape=st.tuples(st.integers(0, 4), st.integers(0, 4)),
)
def test_any_key_and_shape(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], shape: tuple[int, int]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal"))
    for i, key in enumerate(keys):
        journal.put(key, {"x": np.full(shape, i, order="F")})
    for i, key in enumerate(keys):
        found = journal.get(key)
        assert found is not None and found["x"].shape == shape and (found["x"] == i).all()


def test_a_unit_is_one_file_and_can_be_written_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for value in (1, 2):
        journal.put("C 0.01", {"x": np.array(value)})
    assert len(list(tmp_path.iterdir())) == 1
    found = journal.get("C 0.01")
    assert found is not None and found["x"] == 2


def test_every_flipped_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put("unit", {"x": np.arange(20), "done": 20})
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    noticed = 0
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = journal.get("unit")
        if found is None:
            assert [one.category for one in caught] == [CacheWarning]
            noticed += 1
        else:  # such as a date in the zip's directory, which nothing depends on
            np.testing.assert_array_equal(found["x"], np.arange(20))
            assert found["done"] == 20
    assert noticed > len(whole) / 2


def test_truncated_units_are_absent(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put("unit", {"x": np.arange(1000)})
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for length in (0, 1, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.warns(CacheWarning, match="damaged unit 'unit'; computed again"):
            assert journal.get("unit") is None


def test_a_unit_of_another_key_is_damage(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put("one", {"x": np.array(1)})
    (one,) = tmp_path.iterdir()
    journal.put("two", {"x": np.array(2)})
    (two,) = (path for path in tmp_path.iterdir() if path != one)
    two.write_bytes(one.read_bytes())
    with pytest.warns(CacheWarning):
        assert journal.get("two") is None


def test_a_header_that_lies_about_its_size_takes_no_memory(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put("unit", {"x": np.arange(3)})
    (path,) = tmp_path.iterdir()
    np.savez(path, x=np.arange(3))
    whole = path.read_bytes()
    lying = whole.replace(b"'shape': (3,), }             ", b"'shape': (30000000000,), }   ")
    assert lying != whole and len(lying) == len(whole)
    path.write_bytes(lying)
    tracemalloc.start()
    with pytest.warns(CacheWarning):
        assert journal.get("unit") is None
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_reserved_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="about"):
        Journal(tmp_path).put("unit", {"about": np.array(1)})
