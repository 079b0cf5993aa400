"""``dcgan-eval list``: what there is by name."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer

from dcgan_eval.core import SettingsError, did_you_mean

# Where the registry of each stands; it is imported when its members are asked for.
_FOLDERS = {
    "protocols": "dcgan_eval.protocols:PROTOCOLS",
    "probes": "dcgan_eval.probes:PROBES",
    "representations": "dcgan_eval.subjects:KINDS",
    "networks": "dcgan_eval.models:FAMILIES",
    "formats": "dcgan_eval.models:FORMATS",
    "readers": "dcgan_eval.data.readers:READERS",
}


def verb(
    what: Annotated[str | None, typer.Argument(help=f"One of {', '.join(_FOLDERS)}.")] = None,
) -> None:
    """List protocols with their presets, probes, representations, networks, formats, readers."""
    if what is not None and what not in _FOLDERS:
        raise SettingsError(f"unknown kind of thing {what!r}; {did_you_mean(what, _FOLDERS)}")
    for name in [what] if what else _FOLDERS:
        print(f"{name}:")
        module, _, attribute = _FOLDERS[name].partition(":")
        for member in getattr(importlib.import_module(module), attribute).names():
            print(f"  {member}{_presets(member) if name == 'protocols' else ''}")


def _presets(protocol: str) -> str:
    """The presets of a protocol, in brackets."""
    from dcgan_eval.protocols import PROTOCOLS

    presets = sorted(PROTOCOLS.load(protocol).presets)
    return f" (presets: {', '.join(presets)})" if presets else ""
