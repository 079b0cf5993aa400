"""Learning curves: the steps of each training on validation, the chosen one on test."""

from __future__ import annotations

from typing import Any

from dcgan_eval.reporting.cells import row_interval
from dcgan_eval.reporting.experiment import experiment_titles
from dcgan_eval.reporting.grid import Cell, Column, Grid, Table, from_dicts
from dcgan_eval.reporting.numbers import heading, interval_text, value_text
from dcgan_eval.reporting.request import Request
from dcgan_eval.reporting.rows import make_rows
from dcgan_eval.reporting.steps import Steps, find_steps

HEADER = (
    "method",
    "seed",
    "protocol",
    "dataset",
    "step",
    "scored_on",
    "metric",
    "score",
    "chosen",
    "test_value",
    "test_low",
    "test_high",
    "record",
)


def view(request: Request) -> Table:
    """Make the table."""
    found = find_steps(request.records)
    titles = experiment_titles(steps.experiment for steps in found)
    grids = []
    data: list[dict[str, Any]] = []
    for steps in found:
        grid, values = _one(steps, titles[steps.experiment], request)
        grids.append(grid)
        data += values
    _, rows = from_dicts(data)
    return Table(tuple(grids), HEADER, rows)


def _one(steps: Steps, title: str, request: Request) -> tuple[Grid, list[dict[str, Any]]]:
    """The grid of one training, and its data."""
    seed = "" if steps.seed is None else f", seed {steps.seed}"
    lines, data = [], []
    for stored, score in zip(steps.records, steps.scores, strict=True):
        chosen = stored is steps.chosen
        # Only what was chosen on validation is shown on test.
        on_test = chosen or steps.chosen is None
        (row,) = make_rows([stored], request.metric if request.metric != "all" else None)
        interval = row_interval(row, request.reader) if on_test else None
        step = stored.record.outcome.representation.step
        lines.append(
            (
                Cell(f"{step:,}", tag="chosen" if chosen else ""),
                Cell("" if score is None else value_text(score)),
                Cell(value_text(row.value) if on_test else ""),
                Cell(interval_text(interval)),
            )
        )
        values = (
            steps.method,
            steps.seed,
            steps.experiment.kind,
            steps.experiment.dataset,
            step,
            steps.scored_on,
            steps.metric,
            score,
            chosen,
            row.value if on_test else None,
            interval.low if interval else None,
            interval.high if interval else None,
            row.ids,
        )
        data.append(dict(zip(HEADER, values, strict=True)))
    columns = (
        Column("step"),
        Column(f"{steps.metric} (%), {steps.scored_on}", number=True),
        Column(f"{heading(row)}, test", number=True),
        Column("interval", number=True),
    )
    grid = Grid(
        f"Steps of {steps.method}{seed}: {title}", columns, tuple(lines), notes=(steps.note(),)
    )
    return grid, data
