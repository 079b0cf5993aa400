"""From a file's tensors to their network: by card, format or shapes one of ours, or a sequence.

A state dict holds no strides, paddings, slopes or input size. They come from our card, from a
layout that fits unambiguously, or from the user's ``geometry``; otherwise the error names the keys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

import torch

from dcgan_eval.core import CheckpointError, build, did_you_mean, distrusted
from dcgan_eval.models.families import FAMILIES, NetworkFamily, load_family
from dcgan_eval.models.files import Loaded
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput, Preprocess
from dcgan_eval.models.layers import named
from dcgan_eval.models.network import Network, Pair
from dcgan_eval.models.parts import nested_parts
from dcgan_eval.models.sequential import (
    CLASS_NUMBERING,
    sequence_discriminator,
    sequence_generator,
)
from dcgan_eval.models.sequential.geometry import (
    FAMILY_KEYS,
    DiscriminatorGeometry,
    GeneratorGeometry,
    Geometry,
    check_keys,
)
from dcgan_eval.models.sequential.rows import read_rows
from dcgan_eval.models.weights import Tensors, is_counter, is_statistic

Role = Literal["discriminator", "generator"]
G = TypeVar("G", bound=Geometry)


def recognise_discriminator(
    loaded: Loaded, geometry: Mapping[str, Any] | None
) -> Network[ImageInput]:
    """Find the discriminator to which tensors belong.

    Raises
    ------
    CheckpointError
        No layout fits, or more has to be known; the message names the keys to give.
    """
    if role_of(loaded) == "generator":
        raise CheckpointError("is a generator; give a discriminator's checkpoint")
    given = _geometry(DiscriminatorGeometry, loaded, geometry)
    pair = _pair(loaded, given, "discriminator")
    if pair is not None:
        network = pair.discriminator
    else:
        rows = read_rows(loaded.tensors)
        if rows is None or rows.kind == "transposed":
            raise _unknown(loaded, "module")
        network = sequence_discriminator(rows, given)
    assumed = {**network.assumed, **_carried(loaded, geometry)}
    takes = network.takes
    if given.preprocess is not None:
        takes = replace(takes, preprocess=given.preprocess)
    elif "preprocess" in loaded.card:
        said = build(Preprocess, loaded.card["preprocess"], at="card.preprocess")
        takes = replace(takes, preprocess=said)
    elif loaded.family is None and takes.preprocess == Preprocess():
        # The one network that a format itself names has its authors' preprocessing.
        assumed["preprocess"] = "x/127.5 − 1"
    return replace(network, takes=takes, assumed=assumed)


def recognise_generator(
    loaded: Loaded, geometry: Mapping[str, Any] | None
) -> Network[GeneratorSpec]:
    """Find the generator to which tensors belong.

    Raises
    ------
    CheckpointError
        No layout fits, or more has to be known; the message names the keys to give.
    """
    if role_of(loaded) == "discriminator":
        raise CheckpointError("is a discriminator; give a generator's checkpoint")
    given = _geometry(GeneratorGeometry, loaded, geometry)
    pair = _pair(loaded, given, "generator")
    assumed = _carried(loaded, geometry)
    if pair is not None:
        network = pair.generator
        if "spec" in loaded.card:
            spec = build(GeneratorSpec, loaded.card["spec"], at="card.spec")
            if _sizes(spec) != _sizes(network.takes):
                raise CheckpointError("card.spec is of another network than card.family")
            network = replace(network, takes=spec)
        elif network.takes.n_classes and "family" not in loaded.card:
            assumed |= CLASS_NUMBERING
    else:
        rows = read_rows(loaded.tensors)
        if rows is None or rows.kind == "conv":
            raise _unknown(loaded, "generator_module")
        network = sequence_generator(rows, given)
    # What the card says of the network and nobody else does decides samples as weights do.
    said = loaded.card.get("geometry", {})
    own = {key: said[key] for key in said if key not in (geometry or {})}
    return replace(
        network,
        assumed={**network.assumed, **assumed},
        beyond_weights={**network.beyond_weights, **({"card": own} if own else {})},
    )


def part_of(geometry: Mapping[str, Any] | None) -> str | None:
    """Which of several networks in a file is wanted."""
    part = (geometry or {}).get("part")
    return part if isinstance(part, str) else None


def role_of(loaded: Loaded) -> Role | None:
    """Discriminator or generator, as far as the file tells: by its card, format, names, shapes."""
    said = loaded.card.get("role", loaded.role)
    if said in ("discriminator", "generator"):
        return "discriminator" if said == "discriminator" else "generator"
    family = _matching_family(loaded.tensors)
    if family is not None:
        return family[1]
    rows = read_rows(loaded.tensors)
    if rows is None:
        return None
    if rows.may_draw:
        return None
    if rows.kind == "dense":
        # A judge of images gives one number, and nobody draws images of one pixel.
        return "discriminator" if rows.outputs() == 1 else "generator"
    return "discriminator" if rows.kind == "conv" else "generator"


def _geometry(model: type[G], loaded: Loaded, geometry: Mapping[str, Any] | None) -> G:
    """What the card says of a plain sequence, and what the user says instead or beside it."""
    said = loaded.card.get("geometry", {})
    if not isinstance(said, dict):
        raise CheckpointError("card.geometry is no mapping of keys")
    return build(model, {**said, **(geometry or {})}, at="geometry")


def _carried(loaded: Loaded, geometry: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the card says was assumed when it was written, but for what the user says now."""
    assumed = loaded.card.get("assumed", {})
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


def _pair(loaded: Loaded, given: Geometry, role: Role) -> Pair | None:
    """The pair of the family that the user, the card, the format or the shapes name."""
    said = given.family or loaded.card.get("family") or loaded.family
    found = (str(said), role) if said else _matching_family(loaded.tensors)
    if found is None or found[1] != role:
        return None
    name = found[0]
    check_keys(given, FAMILY_KEYS, f"its network is {name}")
    options = given.options or loaded.card.get("options", {})
    family = build(FAMILIES.load(name), options, at="options")
    with distrusted(CheckpointError, f"options of {name} that give no network"):
        pair = _built(family)
    about: dict[str, Any] = {
        "architecture": f"{name} {role}",
        "card": {"family": name, "options": options},
        "assumed": {} if said else {"layout": name},
    }
    return Pair(replace(pair.discriminator, **about), replace(pair.generator, **about))


def _built(family: NetworkFamily) -> Pair:
    """A pair on "meta", where a width of any size takes no memory; weights come in its place."""
    with torch.device("meta"):
        pair = family.pair()
    modules = (pair.discriminator.module, pair.generator.module)
    if all({name for name, _ in one.named_buffers()} <= set(one.state_dict()) for one in modules):
        return pair
    return family.pair()  # no file holds all of it


def _sizes(spec: GeneratorSpec) -> tuple[int, ...]:
    """What a generator's weights decide of what it takes and gives."""
    return spec.z_dim, spec.n_classes, math.prod(spec.image_shape)


def _matching_family(tensors: Tensors) -> tuple[str, Role] | None:
    """The family one of whose networks, with its usual settings, has these names and shapes."""
    given = _shapes(tensors)
    for name in FAMILIES.names():
        pair = _built(load_family(name))
        if _shapes(pair.discriminator.module.state_dict()) == given:
            return name, "discriminator"
        if _shapes(pair.generator.module.state_dict()) == given:
            return name, "generator"
    return None


def _shapes(tensors: Tensors) -> dict[str, tuple[int, ...]]:
    """Shapes by name, without what batch norms keep of their batches, which files may lack."""
    kept = {name for name in tensors if is_statistic(name) or is_counter(name)}
    return {name: tuple(t.shape) for name, t in tensors.items() if name not in kept}


def _unknown(loaded: Loaded, kind: str) -> CheckpointError:
    """The error for weights that no layout has; by which kind the user's own code is read."""
    names = sorted(loaded.tensors)
    parts = nested_parts(loaded.tensors)
    several = f"; of several networks ({', '.join(parts[:8])}) name one by geometry: {{part: KEY}}"
    return CheckpointError(
        f"no known layout has the weights {', '.join(names[:4])}… (known: our families, "
        "and numbered sequences of convolutions or dense layers with batch norm directly behind "
        f"them); build the network in your own code and use kind: {kind}"
        + (several if parts else "")
    )


def whole_part(
    network: Network[ImageInput], loaded: Loaded, layers: Sequence[str] | None = None
) -> tuple[Network[ImageInput], Tensors]:
    """Cut a network before its first missing array, if the wanted layers end before it.

    Parameters
    ----------
    network, loaded
        The network that the file holds, and the file.
    layers
        Wanted ones; None for as many as are whole.

    Returns
    -------
    network, tensors
        As they are where nothing is missing.

    Raises
    ------
    CheckpointError
        A wanted layer is not whole, or none is.
    """
    if not loaded.missing:
        return network, loaded.tensors
    whole: list[str] = []
    for layer in network.layers:
        if any(missing.startswith(f"{layer}.") for missing in loaded.missing):
            break
        whole.append(layer)
    for layer in layers or whole or network.layers:
        if layer not in network.layers:
            raise CheckpointError(f"unknown layer {layer!r}; {did_you_mean(layer, network.layers)}")
        if layer not in whole:
            use = f", or use the whole layers alone: layers: [{', '.join(whole)}]" if whole else ""
            raise CheckpointError(f"missing: {', '.join(loaded.missing)}; fetch them{use}")
    parts = dict(network.module.named_children())
    last = list(parts).index(whole[-1])
    module = named(**dict(list(parts.items())[: last + 1]))
    kept = module.state_dict()
    names_of = network.names
    tensors = {n: tensor for n, tensor in loaded.tensors.items() if names_of.get(n, n) in kept}
    return replace(network, module=module, layers=tuple(whole)), tensors
