"""Rows that belong together: a metric at growing numbers of samples, an encoder's layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dcgan_eval.reporting.results.experiment import Experiment
from dcgan_eval.reporting.results.rows import Row, in_order


@dataclass(frozen=True)
class Ladder:
    """One metric of one experiment at numbers of samples: our rows, then the published ones."""

    experiment: Experiment
    metric: str
    rows: tuple[Row, ...]

    @property
    def heading(self) -> str:
        """Metric and unit, without the number of samples."""
        return f"{self.metric} ({self.rows[0].unit})"

    @property
    def rungs(self) -> list[int]:
        """All numbers of samples, ascending."""
        return sorted({samples_of(row) for row in self.rows})

    def lines(self, sort: str = "value") -> list[list[Row]]:
        """One list a representation or published name, ascending; in order of their last rows."""
        lines: dict[tuple[str, bool], list[Row]] = {}
        for row in sorted(self.rows, key=samples_of):
            lines.setdefault((row.name, row.published), []).append(row)
        ends = {line[-1].key: line for line in lines.values()}
        return [ends[end.key] for end in in_order([line[-1] for line in lines.values()], sort)]


def find_ladders(rows: Sequence[Row]) -> list[Ladder]:
    """Ladders among rows of every metric, by experiment and by what they tell."""
    found: dict[tuple[Experiment, str], list[Row]] = {}
    for row in rows:
        if is_rung(row):
            found.setdefault((row.experiment, row.metric), []).append(row)
    return [Ladder(*key, tuple(one)) for key, one in found.items()]


def is_rung(row: Row) -> bool:
    """Whether a row is told at a number of samples, and at nothing else."""
    return row.at.keys() == {"samples"} and isinstance(row.at["samples"], int)


def samples_of(row: Row) -> int:
    """The number of samples of a rung."""
    return int(row.at["samples"])


@dataclass(frozen=True)
class LayerRows:
    """Rows of the same weights with different layers, under one experiment and metric.

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
        own = row.layers
        if own == self.layers:
            return "all"
        if len(own) == 1:
            return "alone"
        if own == self.layers[: len(own)]:
            return f"first {len(own)}"
        missing = [layer for layer in self.layers if layer not in own]
        return f"without {missing[0]}" if len(missing) == 1 else f"{len(own)} of {len(self.layers)}"


def find_layer_rows(rows: Sequence[Row]) -> list[LayerRows]:
    """Group rows by experiment, metric and weights; those with one choice of layers are left."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        weights = tuple(one.record.outcome.representation.weights for one in row.records)
        if weights and all(weights):
            groups.setdefault((row.experiment, row.label, weights), []).append(row)
    return [_layer_rows(group) for group in groups.values() if len({row.layers for row in group}) > 1]


def _layer_rows(rows: Sequence[Row]) -> LayerRows:
    """Order layers as the longest row has them, then rows from few layers to many."""
    longest = max(rows, key=lambda row: len(row.layers))
    layers = tuple(dict.fromkeys(layer for row in (longest, *rows) for layer in row.layers))
    order = {layer: place for place, layer in enumerate(layers)}
    ordered = sorted(rows, key=lambda row: (len(row.layers), [order[one] for one in row.layers]))
    return LayerRows(longest.name, layers, tuple(ordered))
