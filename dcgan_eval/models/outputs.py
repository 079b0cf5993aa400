"""What a layer is called and what it gives: one tensor, or several of which one is named.

A layer's name is that of a submodule as in ``named_modules()``, or ``.`` for the whole network.
Where a module gives a dictionary, a tuple or a dataclass, the name says which of its tensors is
meant: ``encoder[last_hidden_state]``, ``blocks.3[0]``. ``blocks[-4:]`` are the last four parts of
``blocks``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import nn

from dcgan_eval.core import SettingsError, did_you_mean

WHOLE = "."
_SLICE = re.compile(r"(?P<parent>.+)\[(?P<first>-?\d*):(?P<last>-?\d*)\]")
_ITEM = re.compile(r"(?P<module>[^\[]+)\[(?P<key>.+)\]")


def module_of(layer: str) -> str:
    """Name of the submodule whose output holds a layer."""
    found = _ITEM.fullmatch(layer)
    name = found["module"] if found else layer
    return "" if name == WHOLE else name


def key_of(layer: str) -> str | None:
    """Which of its module's outputs a layer is; None where nothing is said."""
    found = _ITEM.fullmatch(layer)
    return found["key"] if found else None


def expanded(layers: Iterable[str], network: nn.Module) -> list[str]:
    """Names of layers, slices such as ``blocks[-4:]`` written out.

    Raises
    ------
    SettingsError
        No such module, or one without parts in that slice.
    """
    modules = dict(network.named_modules())
    names: list[str] = []
    for layer in layers:
        found = _SLICE.fullmatch(layer)
        if found is None:
            names.append(layer)
            continue
        parent = found["parent"]
        if parent != WHOLE and parent not in modules:
            known = [name or WHOLE for name in modules]
            raise SettingsError(f"unknown layer {parent!r}; {did_you_mean(parent, known)}")
        prefix = "" if parent == WHOLE else f"{parent}."
        parts = [name for name, _ in modules[prefix[:-1]].named_children()]
        first, last = (int(text) if text.strip("-") else None for text in found.groups()[1:])
        if not parts[first:last]:
            raise SettingsError(f"{layer}: {parent!r} has {len(parts)} parts; choose among them")
        names += [f"{prefix}{part}" for part in parts[first:last]]
    return names


def tensor_of(layer: str, output: object) -> torch.Tensor:
    """The tensor that a layer's name means among what its module gave.

    Raises
    ------
    SettingsError
        There are several and the name says of none, or of one that is not there.
    """
    key = key_of(layer)
    if isinstance(output, torch.Tensor) and key is None:
        return output
    found = dict(_tensors(output, ""))
    if key is None and len(found) == 1:
        return next(iter(found.values()))
    if key in found:
        return found[key]
    if not found:
        raise SettingsError(f"layer {layer!r} gives {type(output).__name__}; choose another")
    module = module_of(layer) or WHOLE
    if set(found) == {""}:
        raise SettingsError(f"layer {module!r} gives one tensor; leave out [{key}]")
    several = ", ".join(f"{module}[{name}]" for name in found)
    raise SettingsError(f"layer {layer!r}: its module gives several outputs; name one of {several}")


def _tensors(output: object, path: str) -> Iterator[tuple[str, torch.Tensor]]:
    """All tensors within an output that may be maps, vectors or tokens, by their keys."""
    if isinstance(output, torch.Tensor):
        if output.is_floating_point() and 2 <= output.ndim <= 4:
            yield path, output
        return
    parts: Iterable[tuple[object, object]] = ()
    if isinstance(output, Mapping):
        parts = output.items()
    elif hasattr(output, "_fields"):
        parts = zip(output._fields, output, strict=True)  # type: ignore[call-overload]
    elif isinstance(output, tuple | list):
        parts = enumerate(output)
    elif dataclasses.is_dataclass(output):
        parts = ((field.name, getattr(output, field.name)) for field in dataclasses.fields(output))
    for key, part in parts:
        yield from _tensors(part, f"{path}.{key}" if path else str(key))
