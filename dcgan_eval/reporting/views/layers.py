"""Layer ablation: one encoder under one experiment with different layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dcgan_eval.reporting.cells import row_interval
from dcgan_eval.reporting.experiment import experiment_titles
from dcgan_eval.reporting.grid import Cell, Column, Grid, Table, from_dicts
from dcgan_eval.reporting.numbers import count_text, heading, interval_text, value_text
from dcgan_eval.reporting.request import Request
from dcgan_eval.reporting.rows import Row, make_rows
from dcgan_eval.reporting.significance import bold_of

HEADER = (
    "representation",
    "protocol",
    "dataset",
    "layers",
    "part",
    "metric",
    "value",
    "low",
    "high",
    "columns",
    "record",
)


@dataclass(frozen=True)
class Ablation:
    """Rows of the same weights with different layers.

    Attributes
    ----------
    layers
        All layers that occur, first to last.
    rows
        From single layers to all.
    """

    name: str
    layers: tuple[str, ...]
    rows: tuple[Row, ...]

    def part(self, row: Row) -> str:
        """What a row has of the layers: all, one alone, the first k, all but one."""
        own = layers_of(row)
        if own == self.layers:
            return "all"
        if len(own) == 1:
            return "alone"
        if own == self.layers[: len(own)]:
            return f"first {len(own)}"
        missing = [layer for layer in self.layers if layer not in own]
        return f"without {missing[0]}" if len(missing) == 1 else f"{len(own)} of {len(self.layers)}"


def layers_of(row: Row) -> tuple[str, ...]:
    """Layers of a row of our own."""
    return row.records[0].record.outcome.representation.layers


def find_ablations(rows: Sequence[Row]) -> list[Ablation]:
    """Group rows by experiment, metric and weights; those with one choice of layers are left."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        weights = tuple(one.record.outcome.representation.weights for one in row.records)
        if all(weights):
            groups.setdefault((row.experiment, row.label, weights), []).append(row)
    return [_ablation(group) for group in groups.values() if len({*map(layers_of, group)}) > 1]


def _ablation(rows: Sequence[Row]) -> Ablation:
    """Order layers as the longest row has them, then rows from few layers to many."""
    longest = max(rows, key=lambda row: len(layers_of(row)))
    known = dict.fromkeys(layers_of(longest))
    for row in rows:
        known.update(dict.fromkeys(layers_of(row)))
    layers = tuple(known)
    order = {layer: place for place, layer in enumerate(layers)}
    ordered = sorted(
        rows, key=lambda row: (len(layers_of(row)), [order[one] for one in layers_of(row)])
    )
    return Ablation(longest.name, layers, tuple(ordered))


def view(request: Request) -> Table:
    """Make the table."""
    found = find_ablations(make_rows(request.records, request.metric))
    titles = experiment_titles(one.rows[0].experiment for one in found)
    grids = []
    data: list[dict[str, Any]] = []
    for ablation in found:
        grid, values = _one(ablation, titles[ablation.rows[0].experiment], request)
        grids.append(grid)
        data += values
    _, rows = from_dicts(data)
    return Table(tuple(grids), HEADER, rows)


def _one(ablation: Ablation, title: str, request: Request) -> tuple[Grid, list[dict[str, Any]]]:
    """The grid of one encoder, and its data."""
    bold, said = bold_of(ablation.rows, request.bold, request.reader)
    lines, data = [], []
    for row, flag in zip(ablation.rows, bold, strict=True):
        interval = row_interval(row, request.reader)
        named = ", ".join(layers_of(row))
        lines.append(
            (
                Cell(named),
                Cell(ablation.part(row)),
                Cell(value_text(row.value), bold=bool(flag)),
                Cell(interval_text(interval)),
                Cell(count_text(row.columns)),
            )
        )
        values = (
            row.name,
            row.experiment.kind,
            row.experiment.dataset,
            named,
            ablation.part(row),
            row.label,
            row.value,
            interval.low if interval else None,
            interval.high if interval else None,
            row.columns,
            row.ids,
        )
        data.append(dict(zip(HEADER, values, strict=True)))
    columns = (
        Column("layers"),
        Column("part"),
        Column(heading(ablation.rows[0]), number=True),
        Column("interval", number=True),
        Column("columns", number=True),
    )
    return Grid(f"Layers of {ablation.name}: {title}", columns, tuple(lines), notes=said), data
