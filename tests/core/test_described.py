"""Every key that a user may write has a meaning, and is printed with it."""

from __future__ import annotations

import pytest

from dcgan_eval.core import Settings, described, identity
from dcgan_eval.models import FAMILIES
from dcgan_eval.probes import PROBES
from dcgan_eval.protocols import PROTOCOLS
from dcgan_eval.reporting.tables.settings import TableSettings
from dcgan_eval.subjects import KINDS

REGISTRIES = (PROTOCOLS, PROBES, KINDS, FAMILIES)


class Base(Settings):
    """What both share.

    Attributes
    ----------
    grid, maps
        See `dcgan_eval.features.Pooling`; in words of their own.
    name
        Of the base,
        in two lines.

    Notes
    -----
    none
        No key.
    """

    kind: str = identity("base")
    grid: int = identity(4)
    maps: tuple[str, ...] = identity(())
    name: str = identity()


class Derived(Base):
    """What one has.

    Attributes
    ----------
    seed : int
        Of the derived.
    name
        Of the derived.
    """

    seed: int | None = identity(None)


def test_a_class_goes_before_its_bases_and_references_are_followed() -> None:
    base, derived = ({key.name: key for key in described(kind)} for kind in (Base, Derived))
    assert list(derived) == ["grid", "maps", "name", "seed"]
    assert base["name"].line() == "name (required): Of the base, in two lines."
    assert derived["name"].text == derived["seed"].text == "Of the derived."
    assert base["grid"].line().startswith("grid (4): Cells a side of the pooled maps.")
    assert base["maps"].text == "See `dcgan_eval.features.Pooling`; in words of their own."
    assert (derived["seed"].default, derived["maps"].default) == ("", "")


@pytest.mark.parametrize(
    "kind",
    [
        *(registry.load(name) for registry in REGISTRIES for name in registry.names()),
        TableSettings,
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_key_has_a_meaning(kind: type[Settings]) -> None:
    for key in described(kind):
        assert key.text and not key.text.startswith("See "), key
