"""How tables look."""

from __future__ import annotations

from pathlib import Path

from dcgan_eval.reporting import table
from tests.make.fields.case import Case, Values
from tests.make.records import save_rungs


def written(values: Values) -> str:
    """A table of two records, beside published rows."""
    folder = Path("tables")
    if not folder.exists():
        save_rungs(folder, "B", {1000: 0.5, 50_000: 0.2}, weights="b")
        save_rungs(folder, "A", {1000: 0.5, 50_000: 0.4}, weights="a")
    return table(folder, "latex", **values)


CASES = {
    "reporting.tables.settings.TableSettings": Case(
        base={},
        key=written,
        outcome=None,
        changes={
            "view": "pivot",
            "metric": "copied",
            "sort": "name",
            "where": {"representation": "A"},
            "bold": "none",
            "published": "no",
            "columns": ["name", "value"],
            "interval": "pm",
            "decimals": 1,
            "caption": "What came out",
            "label": "tab:x",
            "rename": {"A": "C"},
            "env": "table*",
            "notes": "short",
        },
    )
}
