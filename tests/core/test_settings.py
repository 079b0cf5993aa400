from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import field_validator, model_validator

from dcgan_eval.core import (
    Settings,
    SettingsError,
    build,
    execution,
    identity,
    override,
    parse_yaml,
    read_yaml,
)


class Inner(Settings):
    slope: float = identity(0.2)
    threads: int = execution(1)


class Open(Settings):
    options: dict[str, Any] = identity({})


class Outer(Settings):
    name: str = execution("x")
    layers: tuple[str, ...] = identity(("a",))
    inner: Inner = identity(Inner())
    draws: int = identity(10, ge=1)


class Alternatives(Settings):
    grid: tuple[float, ...] | Literal["auto"] = identity("auto")
    inner: Inner | None = identity(None)
    probe: Inner = identity(Inner())

    @field_validator("probe", mode="plain")
    @classmethod
    def _read(cls, value: object) -> Inner:
        return build(Inner, value, at="probe")

    @model_validator(mode="after")
    def _fitting(self) -> Alternatives:
        if self.inner is not None and self.grid == "auto":
            raise ValueError("inner has no effect without grid; remove it")
        return self


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"grid": "no"}, "at.grid: found 'no': expected a list or 'auto'"),
        ({"grid": [1, "x"]}, "at.grid[1]: found 'x': expected a valid number"),
        ({"inner": {"slope": "x"}}, "at.inner.slope: found 'x': expected a valid number"),
        ({"inner": {"slop": 1}}, "at.inner: unknown key 'slop'; did you mean 'slope'? known: "),
        ({"probe": {"slope": "x"}}, "at: probe.slope: found 'x': expected a valid number"),
        ({"inner": {}}, "at: inner has no effect without grid; remove it"),
        ({"grid": object()}, "at: found <object object at"),
        ({"inner": {("a",): 1}}, "at: keys must be"),
    ],
)
def test_the_place_is_made_of_keys_alone(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build(Alternatives, values, at="at")
    said = str(caught.value)
    assert said.startswith(message) and "\n" not in said


def test_numbers_of_numpy_and_paths_are_values() -> None:
    read = build(Alternatives, {"grid": np.array([0.1, 1.0]), "inner": {"threads": np.int64(2)}})
    assert read.grid == (0.1, 1.0) and read.inner == Inner(threads=2)
    assert build(Outer, {"name": Path("a/b")}).name == "a/b"
    with pytest.raises(SettingsError, match="found nan: give a finite number"):
        build(Open, {"options": {"a": np.array([np.nan])}})


def test_values_of_python_are_refused_in_one_line() -> None:
    with pytest.raises(
        SettingsError, match=r"^Inner: threads: found '2': expected a valid integer$"
    ):
        Inner(threads="2")


def test_an_unmarked_field_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="must be marked"):

        class Unmarked(Settings):
            draws: int = 3


def test_identity_leaves_execution_fields_out_at_every_depth() -> None:
    settings = build(Outer, {"inner": {"slope": 0.1, "threads": 8}, "name": "y"})
    assert settings.identity_values() == {
        "layers": ["a"],
        "inner": {"slope": 0.1},
        "draws": 10,
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"drwas": 3}, "unknown key 'drwas'; did you mean 'draws'?"),
        ({"inner": {"slop": 3}}, "inner: unknown key 'slop'; did you mean 'slope'?"),
        ({"draws": "3"}, "draws: found '3': "),
        ({"draws": True}, "draws: found True: "),
        ({"draws": 0}, "draws: found 0: "),
        ({"layers": [1]}, "layers[0]: found 1: "),
        ([], "found [], expected keys: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(values: object, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build(Outer, values)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"drwas": 3}, "rows[2]: unknown key 'drwas'; "),
        ({"inner": {"slop": 3}}, "rows[2].inner: unknown key 'slop'; "),
        ({"layers": [1]}, "rows[2].layers[0]: found 1: "),
        ([], "rows[2]: found [], expected keys: "),
    ],
)
def test_the_path_of_an_inner_key_goes_on_from_that_of_the_values(
    values: object, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        build(Outer, values, at="rows[2]")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1E+3", 1e3),
        (".5", 0.5),
        ("5.", 5.0),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("010", 10),
        ("0x10", 16),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("'1'", "1"),
        ("-.inf", float("-inf")),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    found = parse_yaml(f"a: {text}")
    assert found == {"a": value}
    assert type(found["a"]) is type(value)  # type: ignore[index]  # a mapping, see above


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_as_it_is_written(number: float) -> None:
    assert parse_yaml(f"a: {number!r}") == {"a": number}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "line 2: key 'a' is given twice"),
        ("a: {b: 1, b: 2}", "line 1: key 'b' is given twice"),
        ("1: x", "line 1: key 1 is not text"),
        ("a: [1", "line 1: not valid YAML"),
        ("a: !!python/object/apply:os.system [id]", "line 1: not valid YAML"),
        ("a: &x [*x]", "an alias contains itself"),
        ("a: b: c", "line 1: not valid YAML"),
    ],
)
def test_broken_documents(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_yaml(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_an_alias_bomb_is_refused_before_it_unfolds() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for depth in range(1, 30):
        aliases = ", ".join([f"*a{depth - 1}"] * 10)
        lines.append(f"a{depth}: &a{depth} [{aliases}]")
    with pytest.raises(SettingsError, match="unfold"):
        parse_yaml("\n".join(lines))


def test_files_that_are_no_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        read_yaml(tmp_path / "absent.yaml")
    with pytest.raises(SettingsError, match="is a folder"):
        read_yaml(tmp_path)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read_yaml(binary)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(SettingsError, match="larger than 1 MiB"):
        read_yaml(large)


def test_override_reads_values_as_yaml_and_goes_into_lists() -> None:
    values = {"a": {"b": 1}, "c": [{"d": 2}, {"d": 3}]}
    changed = override(values, ["a.b=1e-3", "c.1.d=[1, 2]", "e.f=no"])
    assert changed == {"a": {"b": 1e-3}, "c": [{"d": 2}, {"d": [1, 2]}], "e": {"f": "no"}}
    assert values["a"] == {"b": 1}


@pytest.mark.parametrize("assignment", ["a", "=1", "c.7.d=1", "c.x=1", "a.b.c=1"])
def test_an_override_that_fits_nowhere(assignment: str) -> None:
    with pytest.raises(SettingsError, match="--set"):
        override({"a": {"b": 1}, "c": [{"d": 2}]}, [assignment])
