"""`ComparisonReport`: what a comparison found, in words, tables, CSV and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.reporting.comparison.columns import (
    NESTED_COLUMNS,
    PAIR_COLUMNS,
    ROW_DATA,
    details_grid,
    pairs_grid,
    rows_grid,
    sources_grid,
)
from dcgan_eval.reporting.comparison.pair import Pair
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.tables.column import as_dict, make_data
from dcgan_eval.reporting.tables.grid import FORMATS, Table


@dataclass(frozen=True)
class ComparisonReport:
    """All pairs of several rows of one experiment and metric.

    Attributes
    ----------
    items
        What an item is called, plural.
    warnings
        What a reader must know: differing devices or versions, rows that were left out.
    problems
        Files that could not be used, and why.
    """

    title: str
    rows: tuple[Row, ...]
    pairs: tuple[Pair, ...]
    level: float
    items: str = "images"
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=(), repr=False)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each pair in words."""
        return tuple(pair.sentence for pair in self.pairs)

    def table(self) -> Table:
        """Grids to look at; as data, one line a pair."""
        grids = [rows_grid(self.title, self.rows), pairs_grid(self.pairs)]
        more = sources_grid(self.pairs, self.items), details_grid(self.pairs, self.items)
        grids += [grid for grid in more if grid]
        header, data = make_data(PAIR_COLUMNS, self.pairs)
        return Table(tuple(grids), header, data, self.problems, (*self.sentences, *self.warnings))

    def render(self, format: str = "md") -> str:
        """Write it as ``md``, ``csv``, ``json``, ``latex`` or ``html``."""
        if format == "json":
            return self.to_json()
        known = ["json", *FORMATS.names()]
        if format not in known:
            raise SettingsError(
                f"--format: unknown format {format!r}; {did_you_mean(format, known)}"
            )
        return self.table().render(format)

    def to_json(self) -> str:
        """Everything that was found, as JSON."""
        values = {
            "title": self.title,
            "level": self.level,
            "rows": [as_dict(ROW_DATA, row) for row in self.rows],
            "pairs": [as_dict(NESTED_COLUMNS, pair) for pair in self.pairs],
            "warnings": list(self.warnings),
        }
        return json.dumps(values, indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        return self.render("md")

    def _repr_html_(self) -> str:
        return self.render("html")
