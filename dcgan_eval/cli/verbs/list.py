"""``dcgan-eval list``: what there is by name, and the keys of each."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer

from dcgan_eval.core import SettingsError, described, did_you_mean

# Where the registry of each stands; it is imported when its members are asked for.
_FOLDERS = {
    "protocols": "dcgan_eval.protocols:PROTOCOLS",
    "probes": "dcgan_eval.probes:PROBES",
    "representations": "dcgan_eval.subjects:KINDS",
    "networks": "dcgan_eval.models:FAMILIES",
    "formats": "dcgan_eval.models:FORMATS",
    "readers": "dcgan_eval.data.readers:READERS",
}
# Those whose members are settings.
_WITH_KEYS = ("protocols", "probes", "representations", "networks")


def verb(
    what: Annotated[
        str | None,
        typer.Argument(
            help=f"One of {', '.join(_FOLDERS)}; or the name of one, such as few_labels."
        ),
    ] = None,
) -> None:
    """List protocols with their presets, probes, representations, networks, formats, readers.

    Of one of them by its name: its keys, with their defaults and what they mean.
    """
    if what is not None and what not in _FOLDERS:
        _print_keys(what)
        return
    for folder in [what] if what else _FOLDERS:
        print(f"{folder}:")
        for name in _registry(folder).names():
            print(f"  {name}{_presets(name) if folder == 'protocols' else ''}")


def _registry(folder: str) -> Any:
    module, _, attribute = _FOLDERS[folder].partition(":")
    return getattr(importlib.import_module(module), attribute)


def _print_keys(name: str) -> None:
    """The keys of whatever is called so."""
    found = [folder for folder in _WITH_KEYS if name in _registry(folder).names()]
    if not found:
        known = {*_FOLDERS, *(one for folder in _WITH_KEYS for one in _registry(folder).names())}
        raise SettingsError(f"nothing is called {name!r}; {did_you_mean(name, known)}")
    for folder in found:
        print(f"{name}, of {folder}:")
        for key in described(_registry(folder).load(name)):
            print(f"  {key.line()}")


def _presets(protocol: str) -> str:
    """The presets of a protocol, in brackets."""
    presets = sorted(_registry("protocols").load(protocol).presets)
    return f" (presets: {', '.join(presets)})" if presets else ""
