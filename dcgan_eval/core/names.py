"""Names that a user typed: suggestions, folders that are registries, text for a terminal."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeGuard, TypeVar

from dcgan_eval.core.errors import SettingsError

M = TypeVar("M")
Accepts = Callable[[object], TypeGuard[M]]
"""Tells a member of a kind from anything else."""


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


def instances_of(base: type[M]) -> Accepts[M]:
    """For a `Folder` whose members are objects of a class."""

    def accepts(member: object) -> TypeGuard[M]:
        # A class has the methods that a `typing.Protocol` asks for, and is no object of it.
        return isinstance(member, base) and not isinstance(member, type)

    return accepts


def subclasses_of(base: type[M]) -> Accepts[type[M]]:
    """For a `Folder` whose members are classes."""

    def accepts(member: object) -> TypeGuard[type[M]]:
        return isinstance(member, type) and issubclass(member, base)

    return accepts


@functools.cache
def _entry_points(group: str) -> dict[str, list[EntryPoint]]:
    """What other packages announce for a group; reading all their metadata takes milliseconds."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=group):
        found.setdefault(point.name, []).append(point)
    return found


class Folder(Generic[M]):
    """The known things of one kind: modules of packages, and entry points of other packages.

    A module ``<package>.<name>`` serves the name ``<name>`` by its attribute `attribute`;
    modules whose names begin with an underscore are not members. An entry point of the group
    ``dcgan_eval.<group>`` serves its own name. Listing imports nothing.

    Parameters
    ----------
    packages
        Dotted name of the package, or of several.
    attribute
        What each member module must define.
    what
        What a member is called in messages, such as ``"protocol"``.
    accepts
        Tells a member from anything else: `instances_of` or `subclasses_of`.
    group
        Under which other packages announce members; None where they cannot.
    """

    def __init__(
        self,
        packages: str | tuple[str, ...],
        attribute: str,
        what: str,
        accepts: Accepts[M],
        group: str | None = None,
    ) -> None:
        self.packages = (packages,) if isinstance(packages, str) else packages
        self.attribute, self.what = attribute, what
        self.accepts, self.group = accepts, group

    def names(self) -> list[str]:
        """Names of all members, sorted."""
        return sorted({*self._own(), *self._announced()})

    def load(self, name: object) -> M:
        """The member called `name`.

        Raises
        ------
        SettingsError
            An unknown name, with a suggestion; an entry point that cannot be imported, is of
            another kind or unfinished, or has the name of another or of one of ours.
        """
        member, whose = self._found(name)
        if not self.accepts(member):
            raise SettingsError(
                f"{self.what} {name!r} is {member!r:.80}, which is none; {whose} is to mend it"
            )
        if lacking := _lacking(member):
            raise SettingsError(
                f"{self.what} {name!r} lacks {', '.join(lacking)}; {whose} is to mend it"
            )
        return member

    def _found(self, name: object) -> tuple[object, str]:
        """What has the name, whatever it is, and where it comes from."""
        own, announced = self._own().get(str(name)), self._announced().get(str(name), [])
        if not isinstance(name, str) or not (own or announced):
            hint = did_you_mean(str(name), self.names())
            raise SettingsError(f"unknown {self.what} {name!r}; {hint}")
        if own and announced:
            raise SettingsError(
                f"{self.what} {name!r} is one of ours, {_from(announced[0])} has one of the same "
                "name; rename or uninstall it"
            )
        if own:
            module = importlib.import_module(f"{own}.{name}")
            return getattr(module, self.attribute), own
        if len(announced) > 1:
            whose = " and in ".join(map(_from, announced))
            raise SettingsError(f"{self.what} {name!r} is in {whose}; rename or uninstall one")
        return self._imported(announced[0]), _from(announced[0])

    def _own(self) -> dict[str, str]:
        """Names of the packages' modules, each with its package."""
        return {
            module.name: package
            for package in self.packages
            for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
            if not module.name.startswith("_")
        }

    def _announced(self) -> dict[str, list[EntryPoint]]:
        """Entry points of other packages by name."""
        return {} if self.group is None else _entry_points(f"dcgan_eval.{self.group}")

    def _imported(self, point: EntryPoint) -> object:
        """What an entry point names; whatever its import raises is its package's fault."""
        try:
            return point.load()
        except Exception as error:
            raise SettingsError(
                f"{self.what} {point.name!r} of {_from(point)} cannot be imported: "
                f"{type(error).__name__}: {error}"
            ) from error


def _lacking(member: object) -> list[str]:
    """What the base of a class of settings leaves to it: methods, and values of the class."""
    values = (name for name in getattr(member, "__class_vars__", ()) if not hasattr(member, name))
    return sorted({*getattr(member, "__abstractmethods__", ()), *values})


def _from(point: EntryPoint) -> str:
    """The package that announces an entry point."""
    return f"the package {point.dist.name}" if point.dist else point.value
