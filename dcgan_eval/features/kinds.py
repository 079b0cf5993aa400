"""The contract of a kind of representation, and the folder of all kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from dcgan_eval.core import Folder, SettingsError, build, execution, identity, instances_of
from dcgan_eval.features.ablation import Ablation, ablations
from dcgan_eval.features.representation import Place, Representation, RepresentationSettings


class RepresentationKind(ABC):
    """One kind: the settings it reads and the representations it makes of them."""

    settings: ClassVar[type[RepresentationSettings]]

    @abstractmethod
    def make(self, settings: Any, place: Place) -> list[Representation]:
        """Make what the settings describe: several seeds or steps are several representations."""


KINDS = Folder(
    "dcgan_eval.features.representations",
    "KIND",
    "kind of representation",
    instances_of(RepresentationKind),
    "subjects",
)


class EncoderSettings(RepresentationSettings):
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


def read_representations(
    entries: object, defaults: Mapping[str, object], source: str
) -> list[RepresentationSettings]:
    """Read the ``representations:`` list of a pipeline.

    Parameters
    ----------
    entries
        The list, as YAML has it.
    defaults
        Keys that every entry gets where its kind has them and it does not say otherwise.
    source
        File name, for messages.
    """
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise SettingsError(f"{source}: representations: expected a list with at least one entry")
    known: set[str] = set()
    read: list[RepresentationSettings] = []
    for index, entry in enumerate(entries):
        at = f"representations[{index}]"
        if not isinstance(entry, Mapping) or "kind" not in entry:
            raise SettingsError(
                f"{source}: {at}: expected keys with 'kind', one of {', '.join(KINDS.names())}"
            )
        kind = KINDS.load(entry["kind"], f"{source}: {at}.kind")
        fields = kind.settings.model_fields
        known.update(fields)
        applied = {key: value for key, value in defaults.items() if key in fields}
        read.append(build(kind.settings, {**applied, **entry}, source, at))
    unused = sorted(set(defaults) - known)
    if unused:
        raise SettingsError(
            f"{source}: defaults: no representation has a key {unused[0]!r}; remove it"
        )
    return read


def make_representations(
    settings: Sequence[RepresentationSettings], place: Place
) -> list[Representation]:
    """Make all representations of a pipeline, in order, each followed by its ablations."""
    made: list[Representation] = []
    for one in settings:
        kind = KINDS.load(one.kind)
        for representation in kind.make(one, place):
            made.append(representation)
            if isinstance(one, EncoderSettings):
                made.extend(ablations(representation, one.ablate))
    return made
