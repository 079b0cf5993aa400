"""Rows of a pipeline: settings that make the subjects they describe, and the folder of kinds."""

from __future__ import annotations

import tempfile
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import model_validator

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
from dcgan_eval.features import (
    GEM_EPS,
    GEM_P,
    Ablation,
    Pool,
    Pooling,
    Representation,
    SmallMaps,
    Tokens,
    ablations,
)


@dataclass(frozen=True)
class Place:
    """Where and how subjects are made; nothing of it decides what comes out.

    Attributes
    ----------
    checkpoint_roots
        Folders in which relative paths of checkpoints are looked for, after the working folder.
    allow_code
        Whether ``module:`` may run the user's code.
    allow_download
        Whether weights may be downloaded; they are looked for in the libraries' caches first.
    cache
        Where arrays that cannot be mapped as they are stored are unpacked, and where those that
        were held in memory lie.
    beside
        Folder of the pipeline's file, where code is looked for behind the working folder.
    """

    checkpoint_roots: tuple[Path, ...] = ()
    allow_code: bool = False
    allow_download: bool = False
    cache: Path | None = None
    beside: Path | None = None

    def unpacked(self) -> Path:
        """Folder of what is unpacked; one of the system's for temporary files without a cache."""
        return (self.cache or Path(tempfile.gettempdir(), "dcgan-eval")) / "given"


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

    def __init__(self, **keys: Any) -> None:
        """Take keys as an entry of a pipeline has them, lists for tuples; say what is wrong."""
        with located(type(self).__name__):
            read = build(type(self), keys)
        self.__setstate__(read.__getstate__())

    # As of `pydantic.RootModel`: what is read of JSON does not come here.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

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
    grid, small_maps, pool, gem_p, gem_eps
        See `dcgan_eval.features.Pooling`.
    tokens, prefix_tokens
        See `dcgan_eval.features.Pooling`; one token before the patches' when not given.
    batch_norm
        ``stored``, ``dataset`` (the split's reference images, the authors' way) or ``batch``.
    ablate
        Further representations made of columns of the same features: ``each`` layer alone, all
        ``without`` one, each ``prefix`` of the layers.
    """

    layers: tuple[str, ...] | None = identity(None)
    grid: int = identity(4, ge=1, le=64)
    batch_norm: Literal["stored", "dataset", "batch"] = identity("stored")
    small_maps: SmallMaps = identity("error")
    pool: Pool = identity("max")
    gem_p: float = identity(GEM_P, gt=0)
    gem_eps: float = identity(GEM_EPS, gt=0)
    tokens: Tokens | None = identity(None)
    prefix_tokens: int | None = identity(None, ge=0)
    ablate: tuple[Ablation, ...] = execution(())

    @model_validator(mode="after")
    def _only_what_counts(self) -> Self:
        """Refuse settings that would have no effect."""
        gem = self.pool == "gem"
        for name, idle, reader, reads in (
            ("gem_p", self.gem_p == GEM_P, "pool: gem", gem),
            ("gem_eps", self.gem_eps == GEM_EPS, "pool: gem", gem),
            ("prefix_tokens", self.prefix_tokens is None, "tokens", self.tokens is not None),
        ):
            if not (idle or reads):
                raise ValueError(f"{name} has no effect without {reader}; remove it")
        return self

    def pooling(self, prefix_tokens: int = 1) -> Pooling:
        """What becomes of layers; `prefix_tokens` are a network's own, where none are given."""
        return Pooling(
            self.grid,
            self.small_maps,
            self.pool,
            self.gem_p,
            self.gem_eps,
            self.tokens,
            prefix_tokens if self.prefix_tokens is None else self.prefix_tokens,
        )

    @abstractmethod
    def representation(self, part: int, place: Place) -> Representation:
        """Make one part with all of its layers."""

    def make(self, part: int, place: Place) -> list[Subject]:
        """The representation of all its layers, then its ablations."""
        return self.with_ablations(self.representation(part, place))

    def with_ablations(self, whole: Representation) -> list[Subject]:
        """What is made of the representation of all its layers."""
        return [whole, *ablations(whole, self.ablate)]

    def with_layers_of(self, rows: Iterable[SubjectSettings]) -> Self:
        """Give this row, without a name, all layers of those rows that differ in nothing else.

        It itself where it has them all.
        """
        bare = {"name": None, "ablate": (), "layers": None}
        plain = self.model_copy(update=bare)
        alike = [
            row.layers
            for row in rows
            if isinstance(row, EncoderSettings) and row.model_copy(update=bare) == plain
        ]
        if self.layers is None:
            return self
        if None in alike:
            return plain
        union = sorted({layer for layers in alike for layer in layers or ()})
        if union == sorted(self.layers):
            return self
        return plain.model_copy(update={"layers": tuple(union)})


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
    read = [
        read_subject(entry, defaults, at=f"representations[{index}]")
        for index, entry in enumerate(entries)
    ]
    known = {key for row in read for key in type(row).model_fields}
    unused = sorted(set(defaults) - known)
    if unused:
        raise SettingsError(f"defaults: no representation has a key {unused[0]!r}; remove it")
    return read


def read_subject(
    entry: object, defaults: Mapping[str, object] = MappingProxyType({}), *, at: str = ""
) -> SubjectSettings:
    """Read one entry of the list; see `read_subjects`.

    Parameters
    ----------
    at
        Its key path, for messages.
    """
    if not isinstance(entry, Mapping) or "kind" not in entry:
        kinds = f"expected keys with 'kind', one of {', '.join(KINDS.names())}"
        raise SettingsError(f"{at}: {kinds}" if at else kinds)
    with located(f"{at}.kind" if at else "kind"):
        kind = KINDS.load(entry["kind"])
    applied = {key: value for key, value in defaults.items() if key in kind.model_fields}
    return build(kind, {**applied, **entry}, at=at)
