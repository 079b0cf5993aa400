"""What stands between the layers of a numbered sequence: read, given by key, assumed, or asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.geometry import Geometry, LayerBetween
from dcgan_eval.models.stack import Place, Stack

NORMS = {"batch_norm", "instance_norm", "group_norm"}
_POOLS = {"max_pool", "avg_pool"}
_ACTIVATIONS = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


@dataclass(frozen=True)
class Standing:
    """What stands at a place.

    Attributes
    ----------
    layer
        None where it is still to be asked for.
    usual
        Whether nobody said it: the activation behind a layer, and what does nothing.
    """

    place: Place
    layer: LayerBetween | None
    usual: bool = False


@dataclass(frozen=True)
class Gaps:
    """What stands before the first layer of a sequence, and behind each.

    Attributes
    ----------
    unnamed_norms
        Whether there are norms without running statistics, which `norm` says.
    """

    before: tuple[Standing, ...]
    behind: tuple[tuple[Standing, ...], ...]
    unnamed_norms: bool

    def all(self) -> Iterator[Standing]:
        """Every place."""
        yield from self.before
        for standing in self.behind:
            yield from standing

    def unsaid(self) -> dict[int, str]:
        """What must be asked: number → what to give there."""
        return {
            one.place.number: "prelu" if one.place.tensors else "…"
            for one in self.all()
            if one.layer is None and not one.place.norm
        }

    def uses_slope(self) -> bool:
        """Whether a LeakyReLU takes the slope of the whole geometry."""
        layers = [one.layer for one in self.all() if one.layer is not None]
        return any(layer.kind == "leaky_relu" and layer.slope is None for layer in layers)

    def assumed(self, slope_said: bool) -> dict[str, Any]:
        """What nobody said; whoever gives a slope says that there is a LeakyReLU in each gap."""
        found: dict[str, str] = {}
        for gap in (self.before, *self.behind):
            alone = sum(not one.place.norm for one in gap) == 1
            if slope_said and alone and gap is not self.before:
                continue
            usual = [(one.place.number, one.layer) for one in gap if one.usual]
            found |= {str(number): layer.kind for number, layer in usual if layer is not None}
        return {"between": found} if found else {}

    def lack_statistics(self) -> bool:
        """Whether a batch norm has none."""
        return any(
            one.layer is not None and one.layer.kind == "batch_norm" and not one.place.statistics
            for one in self.all()
        )

    def has_norms(self) -> bool:
        """Whether ε is used."""
        return any(one.place.norm or (one.layer and one.layer.kind in NORMS) for one in self.all())


def find_gaps(stack: Stack, given: Geometry, reshaped: bool) -> Gaps:
    """Say what stands at each place, as far as it is known.

    Parameters
    ----------
    stack, given
        What the state dict says, and what the user does.
    reshaped
        Whether the network's input is reshaped before its first layer, so that one number there
        is usual.

    Raises
    ------
    CheckpointError
        `given.between` names no place, or what the file contradicts.
    """
    # A list of layers without any number between has its activations in forward().
    bare = all(not block.behind or not block.behind[-1].numbered for block in stack.blocks[:-1])
    before = _said(stack.before, given, ["identity"] if reshaped else [])
    behind = []
    for number, block in enumerate(stack.blocks):
        usual = ["leaky_relu"] if number < len(stack.blocks) - 1 else []
        free = [place for place in block.behind if not place.norm]
        if usual and stack.kind == "dense" and len(free) == 2:
            # Of all that has no weights, only Dropout is usual behind a unit's activation.
            usual = ["leaky_relu", "dropout"]
        if any(place.tensors or (not place.numbered and not bare) for place in free):
            usual = []
        norms = tuple(_norm(place, given) for place in block.behind if place.norm)
        behind.append((*norms, *_said(free, given, usual)))
    gaps = Gaps(
        before,
        tuple(behind),
        any(block.norm and not block.norm.statistics for block in stack.blocks),
    )
    _check_numbers(gaps, given)
    for one in gaps.before:
        _check_kind(stack, one, None)
    for block, standing in zip(stack.blocks, gaps.behind, strict=True):
        for one in standing:
            _check_kind(stack, one, stack.width(block))
    return gaps


def _norm(place: Place, given: Geometry) -> Standing:
    """A norm: batch norm where it has statistics, else what the user says."""
    if place.statistics:
        return Standing(place, LayerBetween(kind="batch_norm"))
    if given.norm == "group" and given.groups is not None:
        return Standing(place, LayerBetween(kind="group_norm", groups=given.groups))
    if given.norm == "batch":
        return Standing(place, LayerBetween(kind="batch_norm"))
    return Standing(place, LayerBetween(kind="instance_norm") if given.norm == "instance" else None)


def _said(
    places: tuple[Place, ...] | list[Place], given: Geometry, usual: list[str]
) -> tuple[Standing, ...]:
    """What the user says of places, or what usually stands at so many."""
    if len(usual) != len(places):
        usual = []
    found = []
    for at, place in enumerate(places):
        said = given.between.get(place.number)
        layer = said
        if said is None and usual:
            layer = LayerBetween.model_validate({"kind": usual[at]})
        found.append(Standing(place, layer, usual=said is None and layer is not None))
    return tuple(found)


def _check_numbers(gaps: Gaps, given: Geometry) -> None:
    """Refuse what is said of numbers that are no places."""
    places = [one.place.number for one in gaps.all() if not one.place.norm]
    for number in given.between:
        if number not in places:
            known = ", ".join(map(str, places)) or "of which it has none"
            raise CheckpointError(
                f"geometry: between: {number} is none of its places, {known}; correct it"
            )


def _check_kind(stack: Stack, one: Standing, width: int | None) -> None:
    """Refuse a layer that the weights, or the kind of sequence, contradict."""
    number, layer = one.place.number, one.layer
    if layer is None:
        return
    if not one.place.norm and (layer.kind == "prelu") != bool(one.place.tensors):
        has = "has weights" if layer.kind == "prelu" else "has none"
        there = "a weight" if one.place.tensors else "none"
        raise CheckpointError(
            f"geometry: between: {number} is {layer.kind}, which {has}, the file has {there} "
            "there; correct it"
        )
    if stack.kind == "dense" and layer.kind in {*_POOLS, "instance_norm"}:
        raise CheckpointError(
            f"geometry: {layer.kind} goes with maps, the checkpoint has dense layers; correct it"
        )
    if layer.kind in NORMS and width is None:
        raise CheckpointError(
            f"geometry: between: {number} is {layer.kind}, before the first layer; build the "
            "network in your own code and use kind: module"
        )
    if layer.groups is not None and width is not None and width % layer.groups:
        raise CheckpointError(
            f"geometry: {layer.groups} groups of {width} channels are not equal; correct it"
        )


def make_layer(one: Standing, width: int, slope: float, eps: float, dense: bool) -> nn.Module:
    """Build what stands at a place.

    Parameters
    ----------
    one
        With its layer.
    width
        Channels or units.
    slope, eps
        Of LeakyReLUs that say no other, and of norms.
    dense
        Whether it takes vectors.
    """
    layer = one.layer
    assert layer is not None
    affine = "weight" in one.place.tensors
    if layer.kind == "leaky_relu":
        return nn.LeakyReLU(slope if layer.slope is None else layer.slope)
    if layer.kind == "prelu":
        return nn.PReLU(one.place.length)
    if layer.kind == "batch_norm":
        make = nn.BatchNorm1d if dense else nn.BatchNorm2d
        return make(width, eps=eps, affine=affine)
    if layer.kind == "instance_norm":
        return nn.InstanceNorm2d(width, eps=eps, affine=affine)
    if layer.groups is not None:
        return nn.GroupNorm(layer.groups, width, eps=eps, affine=affine)
    if layer.size is not None:
        pool = nn.MaxPool2d if layer.kind == "max_pool" else nn.AvgPool2d
        return pool(layer.size, layer.stride, layer.padding or 0)
    made: nn.Module = _ACTIVATIONS.get(layer.kind, nn.Identity)()
    return made


def names(standing: tuple[Standing, ...]) -> list[str]:
    """What the layers of one gap are called in the network: by what they are, told apart."""
    found: list[str] = []
    for one in standing:
        assert one.layer is not None
        kind: str = one.layer.kind
        name = "norm" if kind in NORMS else "pool" if kind in _POOLS else kind
        if kind in {"leaky_relu", "prelu", *_ACTIVATIONS}:
            name = "activation"
        found.append(f"{name}{one.place.number}" if name in found else name)
    return found
