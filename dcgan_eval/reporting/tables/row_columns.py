"""Columns of rows, each declared once; a view names those that it prints and those of its data."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from dcgan_eval.reporting.results.percent import Better
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.series import is_rung, samples_of
from dcgan_eval.reporting.tables.column import Column
from dcgan_eval.reporting.tables.numbers import (
    count_text,
    interval_note,
    interval_text,
    seconds_text,
    value_and_interval,
    value_text,
)


def interval_notes(row: Row) -> list[str]:
    """What is said of its interval, where the intervals of a grid are not of one kind."""
    return [] if row.interval is None else [interval_note(row.interval)]


def ends(low: str, high: str) -> Mapping[str, Any]:
    """An interval in data: its ends, under these names."""
    return {low: attrgetter("low"), high: attrgetter("high")}


ROW_COLUMNS = (
    Column[Row](
        "representation",
        lambda row: row.name,
        tag=lambda row: "published" if row.published else "",
        footnotes=lambda row: row.notes,
    ),
    Column[Row]("protocol", lambda row: row.experiment.kind),
    Column[Row]("preset", lambda row: row.experiment.preset),
    Column[Row]("dataset", lambda row: row.experiment.dataset),
    Column[Row]("subset", lambda row: None if row.published else row.experiment.subset),
    Column[Row]("layers", lambda row: "" if row.published else ", ".join(row.layers)),
    Column[Row]("metric", lambda row: row.label),
    Column[Row]("unit", lambda row: row.unit),
    Column[Row]("better", lambda row: row.better),
    Column[Row]("value", lambda row: row.value, value_text, number=True, bold=lambda row: row.bold),
    Column[Row](
        "interval", lambda row: row.interval, interval_text, number=True, fields=ends("low", "high")
    ),
    Column[Row]("bold", lambda row: row.bold),
    Column[Row]("n_repeats", lambda row: row.n_repeats, count_text, "repeats", number=True),
    Column[Row]("columns", lambda row: row.columns, count_text, number=True),
    Column[Row]("seconds", lambda row: row.took and row.took.seconds, seconds_text, number=True),
    Column[Row](
        "cpu_seconds",
        lambda row: row.took and row.took.cpu,
        seconds_text,
        "CPU seconds",
        number=True,
    ),
    Column[Row]("record", lambda row: row.ids),
    Column[Row]("published", lambda row: row.source),
)


def as_shown(form: str, decimals: int) -> dict[str, dict[str, Any]]:
    """Changes of value and interval: decimals, and ``±`` within the value.

    Parameters
    ----------
    form
        ``range``, ``pm`` or ``none``.
    """
    within = form if form == "pm" else "none"
    return {
        "value": {
            "value": lambda row: row,
            "text": lambda row: value_and_interval(row.value, row.interval, within, decimals),
        },
        "interval": {"text": lambda interval: interval_text(interval, decimals)},
    }


def heading_of(row: Row) -> str:
    """Metric and unit in words: ``error (%) at 50,000 samples``."""
    return (
        f"{row.metric} ({row.unit}) at {samples_of(row):,} samples" if is_rung(row) else row.heading
    )


def better_note(heading: str, better: Better) -> str:
    """``error (%): lower is better.``."""
    return f"{heading}: {'higher' if better == 'high' else 'lower'} is better."
