"""Settings: frozen models whose every field says whether it decides the outcome.

A field is *identity* (another value, another record id) or *execution* (device, threads, block
sizes, display names: the same id, the same outcome). A class with an unmarked field cannot be
defined.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticUndefined

from dcgan_eval.core.errors import SettingsError, located
from dcgan_eval.core.names import did_you_mean
from dcgan_eval.core.yaml12 import parse_yaml

S = TypeVar("S", bound="Settings")
Loc = tuple[int | str, ...]
"""Keys and indices that lead to a place within values."""

_SHOULD_BE = "Input should be "  # how pydantic says what it expected


def identity(default: Any = PydanticUndefined, *, later: bool = False, **constraints: Any) -> Any:
    """Mark a field that decides the outcome; `constraints` are pydantic's (``gt``, ``pattern``).

    Ids were made before a `later` field was there: its default is left out of them.
    """
    return Field(default, json_schema_extra={"role": "identity", "later": later}, **constraints)


def execution(default: Any = PydanticUndefined, **constraints: Any) -> Any:
    """Mark a field that changes how the work is done, never what comes out."""
    return Field(default, json_schema_extra={"role": "execution"}, **constraints)


class Settings(BaseModel):
    """Base of all settings: frozen, strict, unknown keys refused, every field marked."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        """Take values as Python has them; say in one line what is wrong."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            with located(type(self).__name__):
                raise _wrong("", *_first_problem(type(self), values, error)) from None

    # As of `pydantic.RootModel`: what is read of JSON does not come here.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        for name, field in cls.model_fields.items():
            extra = field.json_schema_extra
            if not isinstance(extra, dict) or extra.get("role") not in ("identity", "execution"):
                raise TypeError(f"{cls.__name__}.{name} must be marked identity() or execution()")

    def identity_values(self) -> dict[str, Any]:
        """The fields that decide the outcome, as JSON values; nested settings likewise."""
        chosen: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra
            value = getattr(self, name)
            if not isinstance(extra, dict) or extra["role"] != "identity":
                continue
            if not extra.get("later") or value != field.default:
                chosen[name] = _plain(value)
        return chosen


def _plain(value: object) -> Any:
    """A settings value as a JSON value, with execution fields left out."""
    if isinstance(value, Settings):
        return value.identity_values()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def build(model: type[S], values: object, *, at: str = "") -> S:
    """Make settings of plain values, or say in one line what is wrong with them.

    Parameters
    ----------
    model
        The settings class.
    values
        Mappings, lists and scalars as YAML or JSON has them.
    at
        Key path of `values` among those that they are part of; the path of what is wrong goes on
        from it.

    Raises
    ------
    SettingsError
        An unknown key, a wrong type, a value that is not allowed, a missing key.
    """
    if not isinstance(values, Mapping):
        wanted = ", ".join(model.model_fields)
        raise _wrong(at, (), f"found {_shown(values)}, expected keys: {wanted}")
    try:
        # By way of JSON, since strict JSON takes a list for a tuple but never "3" for 3.
        text = json.dumps(values, default=_as_json)
    except (TypeError, ValueError) as error:
        raise _wrong(at, (), str(error)) from None
    plain = json.loads(text)
    try:
        read = model.model_validate_json(text)
    except ValidationError as error:
        raise _wrong(at, *_first_problem(model, plain, error)) from None
    # What a model leaves open (a network's options) is seen by nobody else.
    for loc, value in _numbers(plain, ()):
        if not math.isfinite(value):
            raise _wrong(at, loc, f"found {value}: give a finite number")
    return read


def _as_json(value: object) -> object:
    """What is no JSON value as one: NumPy's numbers and arrays, paths."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise SettingsError(f"found {_shown(value)}: expected a number, a text, a list, or keys")


def _numbers(value: object, loc: Loc) -> Iterator[tuple[Loc, float]]:
    """All floats within a value, with their places."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, (*loc, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _numbers(item, (*loc, index))
    elif isinstance(value, float):
        yield loc, value


def _wrong(at: str, loc: Loc, message: str) -> SettingsError:
    """``key.path[2].key: message``, the key path being that of `loc` within `at`."""
    for part in loc:
        at += f"[{part}]" if isinstance(part, int) else f".{part}" if at else part
    return SettingsError(f"{at}: {message}" if at else message)


def _shown(value: object) -> str:
    """A value as it is quoted in a message, cut short."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _first_problem(
    model: type[Settings], values: object, error: ValidationError
) -> tuple[Loc, str]:
    """The first thing that is wrong, unknown keys first: a misspelt key is also a missing one."""
    problems = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    problem = problems[0]
    loc, above = _place(problem["loc"], values), _place(problem["loc"][:-1], values)
    if problem["type"] == "extra_forbidden":
        known, key = _fields_at(model, above), str(loc[-1])
        return above, f"unknown key {key!r}; {did_you_mean(key, known)}"
    if problem["type"] == "missing":
        beside = [one["loc"] for one in problems if one["type"] == "missing"]
        keys = [repr(str(loc[-1])) for loc in beside if loc[:-1] == problem["loc"][:-1]]
        if len(keys) > 1:
            return above, f"keys {', '.join(keys)} are missing; give them"
        return above, f"key {keys[0]} is missing; give it"
    said = problem.get("ctx", {}).get("error")
    if isinstance(said, SettingsError):  # of what is read by settings of its own
        return above, str(said)
    if problem["type"] == "value_error" and isinstance(problem["input"], Mapping | BaseModel):
        return loc, str(said)  # of several keys at once
    here = [one["msg"] for one in problems if _place(one["loc"], values) == loc]
    return loc, f"found {_shown(problem['input'])}: {_expected(here)}"


def _place(loc: Loc, values: Any) -> Loc:
    """Keys and indices alone: which alternative of a type was tried leads nowhere in the values."""
    found: Loc = ()
    for part in loc:
        inner = range(len(values)) if isinstance(values, list | tuple) else values
        if isinstance(inner, Mapping | range) and part in inner:
            values = values[part]
            found = (*found, part)
    return found


def _expected(said: Sequence[str]) -> str:
    """What pydantic says of a value, of all alternatives that it tried."""
    wanted = [one.removeprefix(_SHOULD_BE) for one in said if one.startswith(_SHOULD_BE)]
    if not wanted:
        return said[0].removeprefix("Value error, ")
    return f"expected {' or '.join(dict.fromkeys(wanted))}".replace("a valid array", "a list")


def _fields_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """Names of the fields of the model that stands at a place in another model."""
    for part in loc:
        field = model.model_fields.get(str(part))
        inner = field.annotation if field else None
        candidates = [inner, *getattr(inner, "__args__", ())]
        for candidate in candidates:
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
                break
    return list(model.model_fields)


def override(values: object, assignments: list[str]) -> dict[str, Any]:
    """Apply ``--set a.b=c`` to plain values; the value is read by the YAML parser.

    Parameters
    ----------
    values
        What a YAML file held.
    assignments
        Texts of the form ``key.path=value``; a number in a path is a list index.
    """
    if not isinstance(values, Mapping):
        raise SettingsError(f"found {_shown(values)}, expected keys and values")
    root: dict[str, Any] = json.loads(json.dumps(values))
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path.strip():
            raise SettingsError(f"--set {assignment}: expected key.path=value")
        with located(f"--set {path}"):
            _assign(root, path.strip().split("."), parse_yaml(text))
    return root


def _assign(target: Any, keys: list[str], value: object) -> None:
    """Set one value deep inside lists and mappings, making mappings on the way."""
    for depth, key in enumerate(keys):
        last = depth == len(keys) - 1
        place: Any = key
        if isinstance(target, list):
            if not key.isdigit() or int(key) >= len(target):
                raise SettingsError(f"{key!r} is not an index of a list of {len(target)}")
            place = int(key)
        elif not isinstance(target, dict):
            raise SettingsError(f"{'.'.join(keys[:depth])} has no keys")
        if last:
            target[place] = value
        elif isinstance(target, dict):
            target = target.setdefault(place, {})
        else:
            target = target[place]
