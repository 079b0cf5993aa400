"""``dcgan-eval list``: what there is by name."""

from __future__ import annotations

from typing import Annotated

import typer

from dcgan_eval.core import Folder, SettingsError, did_you_mean

_FOLDERS = {
    "protocols": "dcgan_eval.protocols.kinds",
    "probes": "dcgan_eval.probes.kinds",
    "representations": "dcgan_eval.features.representations",
    "networks": "dcgan_eval.models.networks",
    "formats": "dcgan_eval.models.checkpoints",
    "readers": "dcgan_eval.data.readers",
}


def verb(
    what: Annotated[str | None, typer.Argument(help=f"One of {', '.join(_FOLDERS)}.")] = None,
) -> None:
    """List protocols with their presets, probes, representations, networks, formats, readers."""
    if what is not None and what not in _FOLDERS:
        raise SettingsError(f"unknown kind of thing {what!r}; {did_you_mean(what, _FOLDERS)}")
    for name in [what] if what else _FOLDERS:
        print(f"{name}:")
        for member in Folder(_FOLDERS[name], "", name).names():
            print(f"  {member}{_presets(member) if name == 'protocols' else ''}")


def _presets(protocol: str) -> str:
    """The presets of a protocol, in brackets."""
    from dcgan_eval.protocols import load_protocol

    presets = sorted(load_protocol(protocol).presets)
    return f" (presets: {', '.join(presets)})" if presets else ""
