"""What a table holds and how it looks: options of ``dcgan-eval table``, keys of a YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from pydantic import field_validator

from dcgan_eval.core import Settings, SettingsError, build, identity, located, read_yaml

# Of each format, what it has no place for.
_NO_PLACE = {
    "csv": ("columns", "interval", "decimals", "caption", "label", "rename", "env", "notes"),
    "md": ("label", "env"),
    "html": ("env",),
}


class TableSettings(Settings):
    """What a table holds and how it looks: options of the command, keys of a YAML file.

    Attributes
    ----------
    view
        representations (a grid an experiment), pivot (representations × experiments), layers
        (ablations), steps (learning curves on validation) or rungs (by number of samples).
    metric
        A metric's label, such as error or error@50000, all of the records, or one of their
        predictions, such as macro_f1, top3, recall; where none is given, each record's first.
    sort
        value (best first), name, columns, seconds or given.
    where
        Only rows that match, by patterns of representation, kind, protocol, preset or dataset:
        representation=DCGAN*.
    bold
        tests (the best row and every row not significantly worse), max (the best value) or none.
    published
        Published rows beside ours: yes, no, or same-experiment (only where ours are of the whole
        published set).
    columns
        Which columns, in this order, such as name,value,interval.
    interval
        range (69.3 to 71.1), pm (70.2 ± 0.9, half its width) or none; where none is given, range,
        and none in a pivot and of rungs in LaTeX.
    decimals
        Of values and their intervals.
    caption
        In place of the one that is made; plain text in every format.
    label
        What LaTeX refers to it by, and the id of an HTML table: tab:x.
    rename
        Other names of rows and of columns: a=b.
    env
        Of LaTeX: table, or table* across both columns of a page; where none is given, as it fits.
    notes
        full, short (a few words each, none of single rows) or none (only what is not the
        published data).

    Examples
    --------
    >>> TableSettings(interval="pm", decimals=1, rename={"raw pixels": "pixels"}).notes
    'full'
    """

    view: str = identity("representations")
    metric: str | None = identity(None)
    sort: Literal["value", "name", "columns", "seconds", "given"] = identity("value")
    where: dict[str, str] = identity({})
    bold: Literal["tests", "max", "none"] = identity("tests")
    published: Literal["yes", "no", "same-experiment"] = identity("yes")
    columns: tuple[str, ...] = identity(())
    interval: Literal["range", "pm", "none"] | None = identity(None)
    decimals: int = identity(2, ge=0, le=6)
    caption: str | None = identity(None, min_length=1)
    label: str | None = identity(None, pattern=r"^[A-Za-z][A-Za-z0-9:._-]*$")
    rename: dict[str, str] = identity({})
    env: Literal["table", "table*"] | None = identity(None)
    notes: Literal["full", "short", "none"] = identity("full")

    @field_validator("published", mode="before")
    @classmethod
    def _as_word(cls, value: object) -> object:
        """True is yes, in Python and in YAML."""
        return ("no", "yes")[value] if isinstance(value, bool) else value


def table_settings(
    style: str | PathLike[str] | None, options: Mapping[str, Any], format: str
) -> TableSettings:
    """Settings of a YAML file, and those given beside it, which go before.

    Parameters
    ----------
    style
        The file; none where None.
    options
        Keys of `TableSettings`; those that are None are not given. Of ``where`` and ``rename``
        each entry goes before that of the file.
    format
        What the table will be written as.

    Raises
    ------
    SettingsError
        An unknown key, a value that is not allowed, or one that the format has no place for.
    """
    values: dict[str, Any] = {}
    if style is not None:
        read = read_yaml(Path(style))
        with located(style):
            values = build(TableSettings, read).model_dump(exclude_unset=True)
    for name, value in options.items():
        if value is not None:
            both = isinstance(value, Mapping) and name in values
            values[name] = {**values[name], **value} if both else value
    for name in _NO_PLACE.get(format, ()):
        if name in values:
            raise SettingsError(
                f"{name}: {format} has no place for it; leave it out, or write latex"
            )
    return build(TableSettings, values)
