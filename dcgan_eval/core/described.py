"""What the keys of settings mean, as the docstrings of their classes say it."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from typing import Any, NamedTuple

from dcgan_eval.core.settings import Settings

_SECTION = re.compile(
    r"^(?:Attributes|Parameters)\n-+\n(.*?)(?=^\w[\w ]*\n---|\Z)", re.DOTALL | re.MULTILINE
)
_ENTRY = re.compile(r"^(\w.*)\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)
_REFERENCE = re.compile(r"See `(dcgan_eval[\w.]+)\.(\w+)`")


class Key(NamedTuple):
    """One key: its default as it would be written (nothing where none is given), its meaning."""

    name: str
    default: str
    text: str

    def line(self) -> str:
        """One line about it."""
        return f"{self.name}{self.default and f' ({self.default})'}: {self.text}"


def described(model: type[Settings]) -> list[Key]:
    """The keys of settings, ``kind`` left out, which chooses the class.

    A meaning that begins with a reference (See `dcgan_eval.room.Name`) is what stands there.
    """
    said: dict[str, str] = {}
    for one in reversed(model.__mro__):
        said |= _meanings(one)
    for name, text in said.items():
        if found := _REFERENCE.match(text):
            there = getattr(importlib.import_module(found[1]), found[2])
            said[name] = _meanings(there).get(name, text)
    fields = {name: field for name, field in model.model_fields.items() if name != "kind"}
    return [Key(name, _default(field), said.get(name, "")) for name, field in fields.items()]


def _meanings(thing: object) -> dict[str, str]:
    """What a docstring says of each attribute or parameter."""
    found: dict[str, str] = {}
    for section in _SECTION.findall(inspect.cleandoc(thing.__doc__ or "")):
        for names, text in _ENTRY.findall(section):
            found |= dict.fromkeys(names.partition(" : ")[0].split(", "), " ".join(text.split()))
    return found


def _default(field: Any) -> str:
    """The default of a field."""
    if field.is_required():
        return "required"
    value = field.default
    if value in (None, (), {}) or isinstance(value, Settings):
        return ""
    return value if isinstance(value, str) else json.dumps(value)
