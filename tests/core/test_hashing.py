"""Content hashes: fixed for all time, and another hash for any other content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import digest_arrays, digest_file, digest_json


def test_json_is_hashed_in_canonical_form() -> None:
    expected = hashlib.sha256(b'{"a":[1,2.5,null],"b":"x"}').hexdigest()
    assert digest_json({"b": "x", "a": [1, 2.5, None]}) == expected
    assert digest_json({"a": (1, 2.5, None), "b": "x"}) == expected
    assert digest_json({"a": [2.5, 1, None], "b": "x"}) != expected
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest_json(float("nan"))


def test_a_file_is_hashed_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc" * 100_000)
    assert digest_file(tmp_path / "a") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_arrays_are_hashed_by_name_type_shape_and_values() -> None:
    base = np.arange(12, dtype=np.int32).reshape(3, 4)
    whole = b'["x", "<i4", [3, 4]]' + base.tobytes()
    assert digest_arrays([("x", base)]) == hashlib.sha256(whole).hexdigest()
    others = [
        ("y", base),
        ("x", base.reshape(4, 3)),
        ("x", base.astype(np.int64)),
        ("x", base.view(np.float32)),
        ("x", base + (base == 7)),
        ("x", base.T),
    ]
    assert len({digest_arrays([one]) for one in [("x", base), *others]}) == 7
    assert digest_arrays([("x", np.asfortranarray(base))]) == digest_arrays([("x", base)])
    assert digest_arrays([]) == hashlib.sha256().hexdigest()
    assert digest_arrays([("x", np.float64(2))]) != digest_arrays([("x", np.float64([2]))])


def test_blocks_of_rows_change_nothing() -> None:
    large = np.arange(3_000_000, dtype=np.int32).reshape(-1, 3)
    whole = b'["x", "<i4", [1000000, 3]]' + large.tobytes()
    assert digest_arrays([("x", large)]) == hashlib.sha256(whole).hexdigest()
