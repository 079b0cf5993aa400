"""From tensors to a network: what a state dict does not say, taken from where it is known.

A state dict holds no strides, paddings, slopes or input size. They come from our card, from a
layout that fits unambiguously, or from the user's ``geometry``; otherwise the error names the keys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import torch
from torch import nn

from dcgan_eval.core import CheckpointError, Settings, build
from dcgan_eval.models.encoder import Preprocess
from dcgan_eval.models.family import NETWORKS, NetworkFamily, load_family
from dcgan_eval.models.formats import Loaded, Tensors
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.geometry import (
    DiscriminatorGeometry,
    GeneratorGeometry,
    Geometry,
    check_family_keys,
)
from dcgan_eval.models.plain import CLASS_NUMBERING, plain_discriminator, plain_generator
from dcgan_eval.models.stack import find_stack

Role = Literal["discriminator", "generator"]
G = TypeVar("G", bound=Geometry)
S = TypeVar("S", bound=Settings)


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
    assumed
        What nobody said, and was taken as it usually is: a key of `geometry`, or a few words, and
        its value.
    """

    architecture: str
    network: nn.Module
    tensors: Tensors
    layers: tuple[str, ...]
    input_shape: tuple[int, int, int]
    preprocess: Preprocess
    missing_statistics: bool
    card: dict[str, Any]
    assumed: dict[str, Any]


@dataclass(frozen=True)
class DrawnFrom:
    """A generator whose weights are still to be loaded; attributes as of `Discriminator`."""

    architecture: str
    network: nn.Module
    tensors: Tensors
    spec: GeneratorSpec
    card: dict[str, Any]
    assumed: dict[str, Any]


def discriminator_from(loaded: Loaded, geometry: Mapping[str, Any] | None) -> Discriminator:
    """Find the discriminator to which tensors belong.

    Raises
    ------
    CheckpointError
        No layout fits, or more has to be known; the message names the keys to give.
    """
    if role_of(loaded) == "generator":
        raise CheckpointError("is a generator; give a discriminator's checkpoint")
    given = _geometry(DiscriminatorGeometry, loaded, geometry)
    card = loaded.card or {}
    preprocess = given.preprocess or build(
        Preprocess, card.get("preprocess", {}), at="card.preprocess"
    )
    assumed = _carried(loaded, geometry)
    # The one network that a format itself names has its authors' preprocessing.
    if given.preprocess is None and loaded.layout is None and "preprocess" not in card:
        assumed["preprocess"] = "x/127.5 − 1"
    name = _family_name(loaded, given, "discriminator")
    if name is not None:
        check_family_keys(given, name)
        family, options = _family(name, loaded, given)
        network = family.discriminator()
        tensors, lacking = _with_statistics(network, loaded.tensors)
        return Discriminator(
            architecture=f"{name} discriminator",
            network=network,
            tensors=tensors,
            layers=family.layers,
            input_shape=family.input_shape,
            preprocess=preprocess,
            missing_statistics=lacking,
            card={"family": name, "options": options},
            assumed={**_assumed_family(name, loaded, given), **assumed},
        )
    stack = find_stack(loaded.tensors)
    if stack is None or stack.kind == "transposed":
        raise _unknown(loaded)
    plain = plain_discriminator(stack, given)
    tensors, lacking = _with_statistics(plain.network, plain.renamed(loaded.tensors))
    return Discriminator(
        architecture=plain.architecture,
        network=plain.network,
        tensors=tensors,
        layers=plain.layers,
        input_shape=plain.image_shape,
        preprocess=preprocess,
        missing_statistics=lacking,
        card={"geometry": plain.card},
        assumed={**plain.assumed, **assumed},
    )


def generator_from(loaded: Loaded, geometry: Mapping[str, Any] | None) -> DrawnFrom:
    """Find the generator to which tensors belong.

    Raises
    ------
    CheckpointError
        No layout fits, or more has to be known; the message names the keys to give.
    """
    if role_of(loaded) == "discriminator":
        raise CheckpointError("is a discriminator; give a generator's checkpoint")
    given = _geometry(GeneratorGeometry, loaded, geometry)
    card = loaded.card or {}
    assumed = _carried(loaded, geometry)
    name = _family_name(loaded, given, "generator")
    if name is not None:
        check_family_keys(given, name)
        family, options = _family(name, loaded, given)
        network = family.generator()
        spec = family.generator_spec
        if "spec" in card:
            spec = build(GeneratorSpec, card["spec"], at="card.spec")
        tensors, _ = _with_statistics(network, loaded.tensors)
        kept = {"family": name, "options": options}
        assumed |= _assumed_family(name, loaded, given)
        if spec.n_classes and "spec" not in card and "family" not in card:
            assumed |= CLASS_NUMBERING
        return DrawnFrom(f"{name} generator", network, tensors, spec, kept, assumed)
    stack = find_stack(loaded.tensors)
    if stack is None or stack.kind == "conv":
        raise _unknown(loaded)
    plain = plain_generator(stack, given, loaded.tensors)
    tensors, _ = _with_statistics(plain.network, plain.renamed(loaded.tensors))
    assert plain.spec is not None
    return DrawnFrom(
        plain.architecture,
        plain.network,
        tensors,
        plain.spec,
        card={"geometry": plain.card},
        assumed={**plain.assumed, **assumed},
    )


def role_of(loaded: Loaded) -> Role | None:
    """Discriminator or generator, as far as the file tells: by its card, format, names, shapes."""
    said = (loaded.card or {}).get("role", loaded.role)
    if said in ("discriminator", "generator"):
        return "discriminator" if said == "discriminator" else "generator"
    roles: tuple[Role, ...] = ("discriminator", "generator")
    for role in roles:
        if _matching_family(loaded.tensors, role) is not None:
            return role
    stack = find_stack(loaded.tensors)
    if stack is None:
        return None
    if stack.kind == "dense":
        # A judge of images gives one number, and nobody draws images of one pixel.
        return "discriminator" if stack.outputs() == 1 else "generator"
    return "discriminator" if stack.kind == "conv" else "generator"


def _geometry(model: type[G], loaded: Loaded, geometry: Mapping[str, Any] | None) -> G:
    """What the card says of a plain sequence, and what the user says instead or beside it."""
    said = (loaded.card or {}).get("geometry", {})
    if not isinstance(said, dict):
        raise CheckpointError("card.geometry is no mapping of keys")
    return build(model, {**said, **(geometry or {})}, at="geometry")


def _carried(loaded: Loaded, geometry: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the card says was assumed when it was written, but for what the user says now."""
    assumed = (loaded.card or {}).get("assumed", {})
    if not isinstance(assumed, dict) or not all(map(_is_plain, assumed.values())):
        raise CheckpointError("card.assumed is no mapping of keys to plain values")
    return {key: value for key, value in assumed.items() if key not in (geometry or {})}


def _is_plain(value: object) -> bool:
    """Whether a value of a card is a text, a finite number, or a few of them."""
    if isinstance(value, dict):
        return all(isinstance(item, str) for item in value.values())
    if isinstance(value, list):
        return all(isinstance(item, int) for item in value)
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _assumed_family(name: str, loaded: Loaded, given: Geometry) -> dict[str, Any]:
    """The family, where names and shapes of the weights alone tell it."""
    said = given.family, (loaded.card or {}).get("family"), loaded.layout
    return {"layout": name} if all(one is None for one in said) else {}


def _family_name(loaded: Loaded, given: Geometry, role: Role) -> str | None:
    """The family that the user, the card, the format or the shapes name."""
    said = (loaded.card or {}).get("family")
    if given.family is not None or said is not None:
        return given.family or str(said)
    return loaded.layout or _matching_family(loaded.tensors, role)


def _family(name: str, loaded: Loaded, given: Geometry) -> tuple[NetworkFamily, dict[str, Any]]:
    """A family, and the options that gave it."""
    options = given.options or (loaded.card or {}).get("options", {})
    return build(NETWORKS.load(name), options, at="options"), options


def _matching_family(tensors: Tensors, role: Role) -> str | None:
    """The family whose network, with its usual settings, has just these names and shapes."""
    given = {name: tuple(t.shape) for name, t in tensors.items() if not _is_statistic(name)}
    for name in NETWORKS.names():
        family = load_family(name)
        # Only names and shapes are wanted: no memory is taken on the "meta" device.
        with torch.device("meta"):
            network = family.discriminator() if role == "discriminator" else family.generator()
        wanted = network.state_dict().items()
        if {key: tuple(t.shape) for key, t in wanted if not _is_statistic(key)} == given:
            return name
    return None


def _is_statistic(name: str) -> bool:
    """Whether a tensor is one of a batch norm's running statistics."""
    return name.endswith(("running_mean", "running_var", "num_batches_tracked"))


def _with_statistics(network: nn.Module, tensors: Tensors) -> tuple[Tensors, bool]:
    """Neutral statistics where a file has none at all; whether that was so."""
    wanted = [
        name
        for name in network.state_dict()
        if _is_statistic(name) and not name.endswith("num_batches_tracked")
    ]
    if not wanted or any(name in tensors for name in wanted):
        return tensors, False
    neutral = network.state_dict()
    return {**tensors, **{name: neutral[name] for name in wanted}}, True


def _unknown(loaded: Loaded) -> CheckpointError:
    """The error for weights that no layout has."""
    names = sorted(loaded.tensors)
    return CheckpointError(
        f"no known layout has the weights {', '.join(names[:4])}… (known: our families, "
        "and numbered sequences of convolutions or dense layers with batch norm directly behind "
        "them); build the network in your own code and use kind: module"
    )
