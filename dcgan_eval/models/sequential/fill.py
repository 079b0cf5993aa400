"""What stands in the gaps of a numbered sequence: read, said by key, usual, or asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.sequential.geometry import Geometry, LayerBetween, Norm, Pool
from dcgan_eval.models.sequential.rows import Row, Rows


def fill(rows: Rows, given: Geometry, reshaped: bool) -> Rows:
    """Say what stands at each row, as far as it is known.

    Parameters
    ----------
    rows, given
        What the state dict says, and what the user does.
    reshaped
        Whether the network's input is reshaped before its first layer, so that one number there
        is usual.

    Raises
    ------
    CheckpointError
        `given.between` names no gap, or what the file contradicts.
    """
    # A list of layers without any number between has its activations in forward().
    bare = all(not layer[-1].numbered for layer in rows.layers[:-1])
    layers = []
    for at, layer in enumerate(rows.layers):
        gaps = [row for row in layer[1:] if not row.norm]
        usual = ["leaky_relu"] if at < len(rows.layers) - 1 else []
        if rows.dense_head and at == rows.convolutions - 1:
            usual = ["leaky_relu", "identity"]  # nn.Flatten does nothing to maps
        elif usual and layer[0].dense and len(gaps) == 2:
            # Of all that has no weights, only Dropout is usual behind a unit's activation.
            usual = ["leaky_relu", "dropout"]
        if any(row.shapes or (not row.numbered and not bare) for row in gaps):
            usual = []
        norms = [replace(row, layer=_norm(row, given)) for row in layer[1:] if row.norm]
        layers.append((layer[0], *norms, *_said(gaps, given, usual)))
    before = _said(rows.before, given, ["identity"] if reshaped else [])
    filled = replace(rows, before=tuple(before), layers=tuple(layers))
    places = [row.number for row, _ in filled.between() if not row.norm]
    for number in given.between:
        if number not in places:
            known = ", ".join(map(str, places)) or "of which it has none"
            raise CheckpointError(
                f"geometry: between: {number} is none of its places, {known}; correct it"
            )
    for row, first in filled.between():
        if row.layer is not None:
            width = None if first is None else rows.width(first)
            dense = rows.kind == "dense" if first is None else first.dense
            _check(row, row.layer, width, dense)
    return filled


def _norm(row: Row, given: Geometry) -> LayerBetween | None:
    """A norm: batch norm where it has statistics, else what the user says."""
    if row.statistics or given.norm == "batch":
        return LayerBetween(kind="batch_norm")
    if given.norm == "group" and given.groups is not None:
        return LayerBetween(kind="group_norm", groups=given.groups)
    return LayerBetween(kind="instance_norm") if given.norm == "instance" else None


def _said(gaps: Sequence[Row], given: Geometry, usual: list[str]) -> list[Row]:
    """What the user says of gaps, or what usually stands in so many."""
    filled = []
    for at, row in enumerate(gaps):
        said = given.between.get(row.number)
        if said is None and len(usual) == len(gaps):
            layer = LayerBetween.model_validate({"kind": usual[at]})
            filled.append(replace(row, layer=layer, usual=True))
        else:
            filled.append(replace(row, layer=said))
    return filled


def _check(row: Row, layer: LayerBetween, width: int | None, dense: bool) -> None:
    """Refuse a layer that the weights, or the kind of sequence, contradict."""
    if not row.norm and (layer.kind == "prelu") != bool(row.shapes):
        has = "has weights" if layer.kind == "prelu" else "has none"
        there = "a weight" if row.shapes else "none"
        raise CheckpointError(
            f"geometry: between: {row.number} is {layer.kind}, which {has}, the file has {there} "
            "there; correct it"
        )
    if dense and layer.kind in {*get_args(Pool), "instance_norm"}:
        raise CheckpointError(
            f"geometry: {layer.kind} goes with maps, not behind a dense layer; correct it"
        )
    if layer.kind in get_args(Norm) and width is None:
        raise CheckpointError(
            f"geometry: between: {row.number} is {layer.kind}, before the first layer; build the "
            "network in your own code and use kind: module"
        )
    if layer.groups is not None and width is not None and width % layer.groups:
        raise CheckpointError(
            f"geometry: {layer.groups} groups of {width} channels are not equal; correct it"
        )


def unsaid(rows: Rows) -> dict[int, str]:
    """What must be asked: number → what to give there."""
    return {
        row.number: "prelu" if row.shapes else "…"
        for row, _ in rows.between()
        if row.layer is None and not row.norm
    }


def gap_keys(rows: Rows, given: Geometry) -> list[str]:
    """Keys that decide what stands in the gaps, all of which must be known."""
    unnamed = any(row.norm and not row.statistics for row, _ in rows.between())
    keys = {"slope": uses_slope(rows), "norm": unnamed, "groups": given.norm == "group"}
    return [key for key, used in keys.items() if used]


def uses_slope(rows: Rows) -> bool:
    """Whether a LeakyReLU takes the slope of the whole geometry."""
    layers = [row.layer for row, _ in rows.between() if row.layer is not None]
    return any(layer.kind == "leaky_relu" and layer.slope is None for layer in layers)


def lack_statistics(rows: Rows) -> bool:
    """Whether a batch norm has none."""
    return any(
        row.layer is not None and row.layer.kind == "batch_norm" and not row.statistics
        for row, _ in rows.between()
    )


def assumed(rows: Rows, said: Geometry, known: dict[str, Any]) -> dict[str, Any]:
    """What nobody said, but what is usual or a known layout has.

    Parameters
    ----------
    rows
        Filled.
    said
        What the user says.
    known
        What a known layout says.
    """
    values = {key: value for key, value in known.items() if getattr(said, key) is None}
    kinds = {row.layer.kind for row, _ in rows.between() if row.layer is not None}
    if kinds & set(get_args(Norm)) and "eps" not in said.model_fields_set:
        values["eps"] = said.eps
    between: dict[str, str] = {}
    for gaps in (rows.before, *rows.layers):
        alone = sum(not (row.matrix or row.norm) for row in gaps) == 1
        # Whoever gives a slope says that there is a LeakyReLU in each gap.
        if gaps is rows.before or not (alone and "slope" in said.model_fields_set):
            usual = [(row.number, row.layer) for row in gaps if row.usual]
            between |= {str(number): layer.kind for number, layer in usual if layer is not None}
    plain = {k: list(value) if isinstance(value, tuple) else value for k, value in values.items()}
    return {**({"between": between} if between else {}), **plain}
