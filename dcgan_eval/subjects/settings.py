"""Rows of a pipeline: settings that make the subjects they describe, and the folder of kinds."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dcgan_eval.core import (
    Folder,
    Settings,
    SettingsError,
    Subject,
    build,
    execution,
    identity,
    located,
    subclasses_of,
)
from dcgan_eval.features import Ablation, Representation, ablations


@dataclass(frozen=True)
class Place:
    """Where and how subjects are made; nothing of it decides what comes out.

    Attributes
    ----------
    checkpoint_roots
        Folders in which relative paths of checkpoints are looked for, after the working folder.
    allow_code
        Whether ``module:`` may run the user's code.
    """

    checkpoint_roots: tuple[Path, ...] = ()
    allow_code: bool = False


class SubjectSettings(Settings):
    """Base of the settings of all kinds of subject.

    Attributes
    ----------
    kind
        Name of the kind: a file in ``subjects/kinds/``, or an entry point of another package.
    name
        What tables call it.
    """

    kind: str = identity()
    name: str | None = execution(None)

    def parts(self, place: Place) -> int:
        """How many parts (files, seeds) there are, each made on its own; nothing is loaded."""
        return 1

    @abstractmethod
    def make(self, part: int, place: Place) -> list[Subject]:
        """Make one part; the first of its subjects may be followed by ablations of it."""


class EncoderSettings(SubjectSettings):
    """What all kinds with an encoder share.

    Attributes
    ----------
    layers
        Layers to use; all when not given.
    grid
        Cells a side of the pooled maps.
    batch_norm
        ``stored``, ``dataset`` (the split's reference images, the authors' way) or ``batch``.
    small_maps
        ``error`` or ``keep``: maps smaller than the grid.
    ablate
        Further representations made of columns of the same features: ``each`` layer alone, all
        ``without`` one, each ``prefix`` of the layers.
    """

    layers: tuple[str, ...] | None = identity(None)
    grid: int = identity(4, ge=1, le=64)
    batch_norm: Literal["stored", "dataset", "batch"] = identity("stored")
    small_maps: Literal["error", "keep"] = identity("error")
    ablate: tuple[Ablation, ...] = execution(())

    @abstractmethod
    def representation(self, part: int, place: Place) -> Representation:
        """Make one part with all of its layers."""

    def make(self, part: int, place: Place) -> list[Subject]:
        """The representation of all its layers, then its ablations."""
        whole = self.representation(part, place)
        return [whole, *ablations(whole, self.ablate)]


KINDS = Folder(
    "dcgan_eval.subjects.kinds",
    "SUBJECT",
    "kind of representation",
    subclasses_of(SubjectSettings),
    "subjects",
)


def read_subjects(entries: object, defaults: Mapping[str, object]) -> list[SubjectSettings]:
    """Read the ``representations:`` (or ``generators:``) list of a pipeline.

    Parameters
    ----------
    entries
        The list, as YAML has it.
    defaults
        Keys that every entry gets where its kind has them and it does not say otherwise.
    """
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise SettingsError("representations: expected a list with at least one entry")
    known: set[str] = set()
    read: list[SubjectSettings] = []
    for index, entry in enumerate(entries):
        at = f"representations[{index}]"
        if not isinstance(entry, Mapping) or "kind" not in entry:
            raise SettingsError(
                f"{at}: expected keys with 'kind', one of {', '.join(KINDS.names())}"
            )
        with located(f"{at}.kind"):
            kind = KINDS.load(entry["kind"])
        known.update(kind.model_fields)
        applied = {key: value for key, value in defaults.items() if key in kind.model_fields}
        read.append(build(kind, {**applied, **entry}, at=at))
    unused = sorted(set(defaults) - known)
    if unused:
        raise SettingsError(f"defaults: no representation has a key {unused[0]!r}; remove it")
    return read
