"""What a results folder shows at a glance: its table and plots, written beside its records."""

from __future__ import annotations

from pathlib import Path

from dcgan_eval.core import write_bytes, write_text
from dcgan_eval.reporting.plots.make import make_plots
from dcgan_eval.reporting.tables.make import table


def write_summary(folder: Path) -> list[Path]:
    """Write ``table.md``, ``table.csv`` and a PNG a plot into a results folder.

    Parameters
    ----------
    folder
        A folder of records; they alone decide what is written.

    Returns
    -------
    list of Path
        The files, in the order in which they were written.
    """
    written = []
    for format in ("md", "csv"):
        path = folder / f"table.{format}"
        write_text(path, table([folder], format))
        written.append(path)
    for name, content in make_plots([folder]).files(["png"]):
        write_bytes(folder / name, content)
        written.append(folder / name)
    return written
