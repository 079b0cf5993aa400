"""CSV (RFC 4180, line feeds): the data of a table."""

from __future__ import annotations

import csv
import io
from typing import Any

from dcgan_eval.reporting.tables.grid import Table

# A spreadsheet takes a cell that begins so for a formula; some read full-width forms alike.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def render(table: Table) -> str:
    """Header and rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows([[_value(value) for value in row] for row in table.data])
    return out.getvalue()


def _value(value: Any) -> str:
    """Numbers as the shortest text that reads back equal; text that is no formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    # Escaped like this a control character begins no formula and ends no line.
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(value))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
