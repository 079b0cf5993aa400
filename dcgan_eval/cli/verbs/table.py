"""``dcgan-eval table``: the table of results folders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dcgan_eval.core import SettingsError, described, printable
from dcgan_eval.reporting.tables.settings import TableSettings

_KEYS = {key.name: key for key in described(TableSettings)}


def _option(key: str) -> Any:
    """An option that is a key of the settings, with what is said of it there."""
    said = _KEYS[key]
    return typer.Option(help=said.text, show_default=said.default or False)


def verb(
    folders: Annotated[list[Path], typer.Argument(help="Results folders or record files.")],
    format: Annotated[str, typer.Option(help="md, csv, latex or html.")] = "md",
    style: Annotated[
        Path | None, typer.Option(help="A YAML file of these options; what is typed goes before.")
    ] = None,
    view: Annotated[str | None, _option("view")] = None,
    metric: Annotated[str | None, _option("metric")] = None,
    sort: Annotated[str | None, _option("sort")] = None,
    where: Annotated[list[str] | None, _option("where")] = None,
    bold: Annotated[str | None, _option("bold")] = None,
    published: Annotated[str | None, _option("published")] = None,
    columns: Annotated[str | None, _option("columns")] = None,
    interval: Annotated[str | None, _option("interval")] = None,
    decimals: Annotated[int | None, _option("decimals")] = None,
    caption: Annotated[str | None, _option("caption")] = None,
    label: Annotated[str | None, _option("label")] = None,
    rename: Annotated[list[str] | None, _option("rename")] = None,
    env: Annotated[str | None, _option("env")] = None,
    notes: Annotated[str | None, _option("notes")] = None,
) -> None:
    """Print a table of stored results; needs neither checkpoints nor cache."""
    from dcgan_eval.reporting import make_table

    made = make_table(
        folders,
        format,
        style=style,
        view=view,
        metric=metric,
        sort=sort,
        where=_pairs("where", where, "kind=checkpoint"),
        bold=bold,
        published=published,
        columns=None if columns is None else [name.strip() for name in columns.split(",")],
        interval=interval,
        decimals=decimals,
        caption=caption,
        label=label,
        rename=_pairs("rename", rename, "'raw pixels=pixels'"),
        env=env,
        notes=notes,
    )
    print(made.render(format), end="")
    for problem in made.problems:
        print(printable(f"dcgan-eval: left out: {problem}"), file=sys.stderr)


def _pairs(option: str, texts: Sequence[str] | None, example: str) -> dict[str, str] | None:
    """``a=b``, given several times; nothing where it is not given."""
    found = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"--{option} {text}: expected a=b, such as {example}")
        found[key] = value
    return found or None
