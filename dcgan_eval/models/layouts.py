"""From tensors to a network: what a state dict does not say, taken from where it is known.

A state dict holds no strides, paddings, slopes or input size. They come from our card, from a
layout that fits unambiguously, or from the user's ``geometry``; otherwise the error names the keys.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from torch import nn

from dcgan_eval.core import CheckpointError, Settings, build, identity
from dcgan_eval.models.dcgan import SLOPE
from dcgan_eval.models.encoder import Preprocess
from dcgan_eval.models.family import NETWORKS, family_settings, load_family
from dcgan_eval.models.formats import Loaded, Tensors


class Geometry(Settings):
    """What a convolutional discriminator's state dict does not say.

    Attributes
    ----------
    input
        Height, width of the images.
    strides, paddings
        One number a convolution, the head's included.
    slope
        Of the LeakyReLU behind each convolution (0: ReLU).
    eps
        Of batch norm; PyTorch's default.
    """

    input: tuple[int, int] = identity()
    strides: tuple[int, ...] = identity()
    paddings: tuple[int, ...] = identity()
    slope: float = identity(SLOPE, ge=0)
    eps: float = identity(1e-5, gt=0)


@dataclass(frozen=True)
class Discriminator:
    """A network whose weights are still to be loaded.

    Attributes
    ----------
    architecture
        What it is, in words.
    tensors
        The weights under the network's own names.
    layers
        Names of its layers, in order.
    missing_statistics
        Whether its batch norms have no stored statistics.
    card
        What a model card has to say for the same network to be found again.
    """

    architecture: str
    network: nn.Module
    tensors: Tensors
    layers: tuple[str, ...]
    input_shape: tuple[int, int, int]
    preprocess: Preprocess
    missing_statistics: bool
    card: dict[str, Any]


def discriminator_from(
    loaded: Loaded, geometry: dict[str, Any] | None, path: Path
) -> Discriminator:
    """Find the network to which tensors belong.

    Raises
    ------
    CheckpointError
        No layout fits, or more has to be known; the message names the keys to give.
    """
    if loaded.card is not None and "family" in loaded.card:
        card = loaded.card
        found = _family(str(card["family"]), card.get("options", {}), loaded, path)
        preprocess = build(Preprocess, card.get("preprocess", {}), str(path), "card.preprocess")
        return replace(found, preprocess=preprocess)
    if loaded.card is not None and "geometry" in loaded.card and geometry is None:
        geometry = loaded.card["geometry"]
    if loaded.layout is not None:
        return _family(loaded.layout, {}, loaded, path)
    for name in NETWORKS.names():
        if _fits_family(name, loaded.tensors):
            return _family(name, {}, loaded, path)
    stack = _conv_stack(loaded.tensors)
    if stack is not None:
        return _sequential(stack, loaded.tensors, geometry, path)
    names = sorted(loaded.tensors)
    raise CheckpointError(
        f"{path}: no known layout has the weights {', '.join(names[:4])}…; build the network in "
        "your own code and use kind: module, or write a model card (dcgan-eval convert)"
    )


def _fits_family(name: str, tensors: Tensors) -> bool:
    """Whether a family's discriminator, with default options, has just these weights."""
    family = load_family(name)
    settings = family_settings(name, {})
    wanted = {
        key: value.shape
        for key, value in family.discriminator(settings).state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    given = {k: v.shape for k, v in tensors.items() if not k.endswith("num_batches_tracked")}
    return wanted == given


def _family(name: str, options: dict[str, Any], loaded: Loaded, path: Path) -> Discriminator:
    """One of our own families; statistics that the file lacks stay at their neutral values."""
    family = load_family(name, str(path))
    settings = family_settings(name, options, str(path))
    network = family.discriminator(settings)
    tensors = dict(loaded.tensors)
    lacking = False
    for key, value in network.state_dict().items():
        if key.endswith(("running_mean", "running_var")) and key not in tensors:
            tensors[key] = value
            lacking = True
    return Discriminator(
        architecture=f"{name} discriminator",
        network=network,
        tensors=tensors,
        layers=family.layers(settings),
        input_shape=family.input_shape(settings),
        preprocess=Preprocess(),
        missing_statistics=lacking,
        card={"family": name, "options": options},
    )


@dataclass(frozen=True)
class _ConvStack:
    """Convolutions of a numbered sequence, with the batch norm behind each where there is one."""

    prefix: str
    convs: tuple[int, ...]
    norms: dict[int, int]


def _conv_stack(tensors: Tensors) -> _ConvStack | None:
    """Recognise the layout of pytorch/examples: ``main.0.weight``, ``main.2.weight`` and so on."""
    numbered: dict[int, str] = {}
    prefixes = set()
    for name in tensors:
        match = re.fullmatch(
            r"((?:\w+\.)*?)(\d+)\.(weight|bias|running_mean|running_var|num_batches_tracked)", name
        )
        if match is None:
            return None
        prefixes.add(match[1])
        if match[3] == "weight":
            numbered[int(match[2])] = name
    if len(prefixes) != 1:
        return None
    convs = [index for index in sorted(numbered) if tensors[numbered[index]].ndim == 4]
    norms = [index for index in sorted(numbered) if tensors[numbered[index]].ndim == 1]
    behind = {max((c for c in convs if c < norm), default=-1): norm for norm in norms}
    channels = [tuple(tensors[numbered[c]].shape[:2]) for c in convs]
    chained = all(a[0] == b[1] for a, b in pairwise(channels))
    if not convs or not chained or len(convs) + len(behind) != len(numbered) or -1 in behind:
        return None
    return _ConvStack(prefixes.pop(), tuple(convs), behind)


def _sequential(
    stack: _ConvStack, tensors: Tensors, geometry: dict[str, Any] | None, path: Path
) -> Discriminator:
    """The discriminator of a numbered sequence of convolutions; the last one is its head."""
    kernels = [tuple(tensors[f"{stack.prefix}{c}.weight"].shape) for c in stack.convs]
    known = geometry is None and len(kernels) == 5 and all(k[2:] == (4, 4) for k in kernels)
    if known:
        # pytorch/examples, dcgan/main.py: 64×64, four halvings, then 4×4 to one number.
        geometry = {"input": [64, 64], "strides": [2, 2, 2, 2, 1], "paddings": [1, 1, 1, 1, 0]}
    if geometry is None:
        raise CheckpointError(
            f"{path}: {len(kernels)} convolutions in the layout of pytorch/examples, but a state "
            "dict does not say its input size, strides and paddings; give geometry: "
            "{input: [height, width], strides: [one a convolution], paddings: [one a convolution], "
            "slope: 0.2}"
        )
    given = build(Geometry, geometry, str(path), "geometry")
    if len(given.strides) != len(kernels) or len(given.paddings) != len(kernels):
        raise CheckpointError(
            f"{path}: geometry has {len(given.strides)} strides and {len(given.paddings)} "
            f"paddings; the checkpoint has {len(kernels)} convolutions"
        )
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    renamed: Tensors = {}
    for number, (index, kernel) in enumerate(zip(stack.convs, kernels, strict=True), start=1):
        head = number == len(kernels)
        name = "head" if head else f"layer{number}"
        block: OrderedDict[str, nn.Module] = OrderedDict()
        block["conv"] = nn.Conv2d(
            kernel[1],
            kernel[0],
            (kernel[2], kernel[3]),
            given.strides[number - 1],
            given.paddings[number - 1],
            bias=f"{stack.prefix}{index}.bias" in tensors,
        )
        sources = {"conv": index}
        if index in stack.norms:
            block["norm"] = nn.BatchNorm2d(kernel[0], eps=given.eps)
            sources["norm"] = stack.norms[index]
        if not head:
            block["activation"] = nn.LeakyReLU(given.slope)
        parts[name] = nn.Sequential(block)
        for part, source in sources.items():
            prefix = f"{stack.prefix}{source}."
            for key, tensor in tensors.items():
                if key.startswith(prefix):
                    renamed[f"{name}.{part}.{key.removeprefix(prefix)}"] = tensor
    has_statistics = any(key.endswith("running_mean") for key in renamed)
    network = nn.Sequential(parts)
    if stack.norms and not has_statistics:
        for key, value in network.state_dict().items():
            if key.endswith(("running_mean", "running_var")):
                renamed[key] = value
    return Discriminator(
        architecture=f"pytorch/examples DCGAN discriminator, {len(kernels)} convolutions",
        network=network,
        tensors=renamed,
        layers=tuple(name for name in parts if name != "head"),
        input_shape=(int(kernels[0][1]), *given.input),
        preprocess=Preprocess(),
        missing_statistics=bool(stack.norms) and not has_statistics,
        card={"geometry": given.identity_values()},
    )
