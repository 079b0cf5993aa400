"""Names that a user typed: suggestions, folders that are registries, text for a terminal."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable

from dcgan_eval.core.errors import SettingsError


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'? known: x, y`` for a name that is not among the known ones."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}known: {', '.join(names) if names else 'none'}"


def printable(text: str) -> str:
    """A text as one line without anything that a terminal would take for a command."""
    line = " ".join(text.split())
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)


class Folder:
    """A package whose modules are the known things of one kind: the folder is the registry.

    A module ``<package>.<name>`` serves the name ``<name>`` by its attribute `attribute`;
    modules whose names begin with an underscore are not members. Listing imports nothing.

    Parameters
    ----------
    package
        Dotted name of the package.
    attribute
        What each member module must define.
    what
        What a member is called in messages, such as ``"protocol"``.
    """

    def __init__(self, package: str, attribute: str, what: str) -> None:
        self.package, self.attribute, self.what = package, attribute, what

    def names(self) -> list[str]:
        """Names of all members, sorted."""
        paths = importlib.import_module(self.package).__path__
        found = (module.name for module in pkgutil.iter_modules(paths))
        return sorted(name for name in found if not name.startswith("_"))

    def load(self, name: object, where: str = "") -> object:
        """The member called `name`; an unknown name is a SettingsError with a suggestion."""
        names = self.names()
        if not isinstance(name, str) or name not in names:
            prefix = f"{where}: " if where else ""
            hint = did_you_mean(str(name), names)
            raise SettingsError(f"{prefix}unknown {self.what} {name!r}; {hint}")
        return getattr(importlib.import_module(f"{self.package}.{name}"), self.attribute)
