"""Learning curves: the steps of each training on validation, the chosen one on test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dcgan_eval.reporting.results.computed import rows_of_metric
from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.row_errors import with_intervals
from dcgan_eval.reporting.results.rows import Row, rows_of
from dcgan_eval.reporting.results.trainings import Step, Training
from dcgan_eval.reporting.tables.captions import experiment_words
from dcgan_eval.reporting.tables.column import Column, make_data, pick
from dcgan_eval.reporting.tables.grid import Grid, Table
from dcgan_eval.reporting.tables.notes import Note, notes_of_subset
from dcgan_eval.reporting.tables.numbers import (
    count_text,
    interval_text,
    value_and_interval,
    value_text,
)
from dcgan_eval.reporting.tables.request import Request
from dcgan_eval.reporting.tables.row_columns import ends


@dataclass(frozen=True)
class _Line:
    """One step of a training, with its row of test images."""

    training: Training
    step: Step
    row: Row

    @property
    def chosen(self) -> bool:
        """Whether validation chose it."""
        return self.step is self.training.chosen

    @property
    def on_test(self) -> Row | None:
        """Its row where that is shown."""
        return self.row if self.training.on_test(self.step) else None


PRINTED = ("step", "score", "test_value", "interval")
COLUMNS = (
    Column[_Line]("method", lambda line: line.training.method),
    Column[_Line]("seed", lambda line: line.training.seed),
    Column[_Line]("protocol", lambda line: line.training.experiment.kind),
    Column[_Line]("dataset", lambda line: line.training.experiment.dataset),
    Column[_Line](
        "step",
        lambda line: line.step.number,
        count_text,
        tag=lambda line: "chosen" if line.chosen else "",
    ),
    Column[_Line]("scored_on", lambda line: line.training.scored_on),
    Column[_Line]("metric", lambda line: line.training.metric),
    Column[_Line]("score", lambda line: line.step.score, value_text, number=True),
    Column[_Line]("chosen", lambda line: line.chosen),
    Column[_Line](
        "test_value", lambda line: line.on_test and line.on_test.value, value_text, number=True
    ),
    Column[_Line](
        "interval",
        lambda line: line.on_test and line.on_test.interval,
        interval_text,
        number=True,
        fields=ends("test_low", "test_high"),
    ),
    Column[_Line]("record", lambda line: line.row.ids),
)


def view(request: Request) -> Table:
    """Make the table."""
    found = [lines for one in request.findings.trainings if (lines := _lines(one, request))]
    titles = experiment_titles(lines[0].training.experiment for lines in found)
    grids = [_grid(lines, titles[lines[0].training.experiment], request) for lines in found]
    return Table(tuple(grids), *make_data(COLUMNS, [line for lines in found for line in lines]))


def _lines(training: Training, request: Request) -> list[_Line]:
    """The steps that have the metric; where all are asked for, the headline."""
    wanted = request.settings.metric
    metric = None if wanted == "all" else wanted
    computed = any(row.computed is not None for row in request.rows)
    lines = []
    for step in training.steps:
        every = rows_of([step.stored], training.experiment)
        # What some record tells is not computed for those that do not.
        rows, _ = rows_of_metric(every, metric, request.reader)
        rows = [row for row in rows if (row.computed is not None) == computed]
        if training.on_test(step):
            rows = with_intervals(rows, request.reader)
        lines += [_Line(training, step, row) for row in rows]
    return lines


def _grid(lines: Sequence[_Line], title: str, request: Request) -> Grid:
    """The grid of one training."""
    training, row = lines[0].training, lines[-1].row
    form, decimals = request.form("range"), request.settings.decimals
    within = form if form == "pm" else "none"
    columns = pick(
        COLUMNS,
        request.names(COLUMNS, PRINTED),
        score={"heading": training.heading, "text": lambda score: value_text(score, decimals)},
        test_value={
            "heading": f"{row.heading}, test",
            "value": lambda line: line.on_test,
            "text": lambda row: value_and_interval(row.value, row.interval, within, decimals),
        },
        interval={"text": lambda interval: interval_text(interval, decimals)},
    )
    what = f"Steps of {training.name}"
    return request.grid(
        f"{what}: {title}",
        columns,
        lines,
        [Note(training.note()), *notes_of_subset([row])],
        caption=f"{what}: {row.metric} on {experiment_words(training.experiment)}",
    )
