"""Learning curves: the steps of each training on validation, the chosen one on test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dcgan_eval.reporting.results.experiment import experiment_titles
from dcgan_eval.reporting.results.row_errors import with_intervals
from dcgan_eval.reporting.results.rows import Row, rows_of
from dcgan_eval.reporting.results.trainings import Step, Training
from dcgan_eval.reporting.tables.column import Column, make_data, make_grid, pick
from dcgan_eval.reporting.tables.grid import Grid, Table
from dcgan_eval.reporting.tables.numbers import count_text, interval_text, value_text
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
    grids = [_grid(lines, titles[lines[0].training.experiment]) for lines in found]
    return Table(tuple(grids), *make_data(COLUMNS, [line for lines in found for line in lines]))


def _lines(training: Training, request: Request) -> list[_Line]:
    """The steps that have the metric; where all are asked for, the headline."""
    metric = None if request.metric == "all" else request.metric
    lines = []
    for step in training.steps:
        rows = [row for row in rows_of([step.stored], training.experiment) if row.is_of(metric)]
        if training.on_test(step):
            rows = with_intervals(rows, request.reader)
        lines += [_Line(training, step, row) for row in rows]
    return lines


def _grid(lines: Sequence[_Line], title: str) -> Grid:
    """The grid of one training."""
    training = lines[0].training
    columns = pick(
        COLUMNS,
        PRINTED,
        score={"heading": training.heading},
        test_value={"heading": f"{lines[-1].row.heading}, test"},
    )
    return make_grid(f"Steps of {training.name}: {title}", columns, lines, [training.note()])
