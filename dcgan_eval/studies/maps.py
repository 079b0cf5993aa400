"""Feature maps of a generator: finding a layer, reading its maps, drawing without some of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.models import Generator

_Convolution = nn.Conv2d | nn.ConvTranspose2d


def below_the_last_convolution(generator: Generator) -> str:
    """The layer of the second-highest convolution: what the last one is given, by name.

    It is the last module of that convolution's shape before the last convolution: its activation,
    where that is a module.

    Raises
    ------
    SettingsError
        Fewer than two convolutions.
    """
    passed = [
        (name, module, shape)
        for name, module, shape in _passed(generator)
        if not list(module.children())
    ]
    convolutions = [
        i for i, (_, module, _) in enumerate(passed) if isinstance(module, _Convolution)
    ]
    if len(convolutions) < 2:
        raise SettingsError(
            f"the generator has {len(convolutions)} convolutions, and no maps below the last one; "
            "give a convolutional generator, or name a layer that gives maps"
        )
    below, last = convolutions[-2:]
    alike = [name for name, _, shape in passed[below:last] if shape == passed[below][2]]
    return alike[-1]


def check_maps(generator: Generator, layer: str) -> None:
    """Refuse a layer that is none, or gives no maps.

    Raises
    ------
    SettingsError
        Such a layer.
    """
    shapes = {name: shape for name, _, shape in _passed(generator)}
    if layer not in shapes:
        raise SettingsError(f"unknown layer {layer!r}; {did_you_mean(layer, shapes)}")
    if len(shapes[layer]) != 4:
        raise SettingsError(
            f"layer {layer!r} gives {shapes[layer][1:]}, no maps; name one that gives (channels, "
            "height, width)"
        )


def _passed(generator: Generator) -> list[tuple[str, nn.Module, tuple[int, ...]]]:
    """Modules in the order in which they give their output, and its shape, of two samples."""
    passed: list[tuple[str, nn.Module, tuple[int, ...]]] = []

    def noted(name: str) -> object:
        def hook(module: nn.Module, _: object, output: object) -> None:
            if isinstance(output, torch.Tensor):
                passed.append((name, module, tuple(output.shape)))

        return hook

    named = [(name, one) for name, one in generator.network.named_modules() if name]
    handles = [one.register_forward_hook(noted(name)) for name, one in named]
    try:
        generator.try_out()
    finally:
        for handle in handles:
            handle.remove()
    return passed


@contextmanager
def read_maps(generator: Generator, layer: str) -> Iterator[list[NDArray[np.float32]]]:
    """Keep what a layer gives while the block lasts: one array (n, maps, height, width) a batch."""
    kept: list[NDArray[np.float32]] = []

    def hook(module: nn.Module, _: object, output: torch.Tensor) -> None:
        kept.append(output.float().cpu().numpy().copy())

    handle = generator.network.get_submodule(layer).register_forward_hook(hook)
    try:
        yield kept
    finally:
        handle.remove()


@contextmanager
def without_maps(generator: Generator, layer: str, maps: NDArray[np.int64]) -> Iterator[None]:
    """Let a layer give zeros in place of some maps while the block lasts."""

    def hook(module: nn.Module, _: object, output: torch.Tensor) -> torch.Tensor:
        left = output.clone()
        left[:, torch.from_numpy(maps)] = 0
        return left

    handle = generator.network.get_submodule(layer).register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
