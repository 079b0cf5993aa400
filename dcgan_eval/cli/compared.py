"""What several verbs compare: stored results, or files of predictions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dcgan_eval.core import SettingsError

if TYPE_CHECKING:
    from dcgan_eval.reporting import ComparisonReport

Within = Annotated[
    list[Path] | None, typer.Option(help="Folder in which names and ids are looked for.")
]
PredictionFiles = Annotated[
    list[str] | None,
    typer.Option(help="A file of predictions, or name=file; in place of results."),
]
Targets = Annotated[Path | None, typer.Option(help="File of the true classes.")]
Groups = Annotated[
    str | None, typer.Option(help="Column beside the targets whose items belong together.")
]
ColumnNames = Annotated[
    list[str] | None,
    typer.Option(help="Name of a column: prediction=answer (id, scores, correct, target)."),
]
LogFilter = Annotated[str | None, typer.Option(help="Filter of logs of lm-evaluation-harness.")]
FileRows = Annotated[
    str | None,
    typer.Option(help="What several files of a name are: seeds (the default) or draws."),
]
MetricName = Annotated[
    str | None, typer.Option(help="A metric's name, or one of predictions: macro_f1, ...")
]
MidP = Annotated[bool, typer.Option("--mid-p", help="McNemar's mid-p.")]


def compared(
    results: list[str] | None,
    *,
    within: list[Path] | None,
    predictions: list[str] | None,
    targets: Path | None,
    groups: str | None,
    column: list[str] | None,
    filter: str | None,
    rows: str | None,
    metric: str | None,
    **options: Any,
) -> ComparisonReport:
    """Compare what was given; options of the other kind are refused.

    Parameters
    ----------
    options
        Of `compare` and `compare_predictions` alike.
    """
    from dcgan_eval.reporting import compare, compare_predictions

    if predictions:
        _leave_out("what is compared is given by --predictions", RESULTS=results, within=within)
        return compare_predictions(
            predictions,
            targets,
            metric=metric or "accuracy",
            groups=groups,
            columns=dict(map(_named, column or [])),
            filter=filter,
            rows=rows or "seeds",
            **options,
        )
    only = {"targets": targets, "groups": groups, "column": column}
    _leave_out("it goes with --predictions", **only, filter=filter, rows=rows)
    return compare(results or [], within=within or (), metric=metric, **options)


def _named(text: str) -> tuple[str, str]:
    """``role=column``."""
    role, equals, name = text.partition("=")
    if not equals:
        raise SettingsError(f"--column {text}: expected what it is and its name, prediction=answer")
    return role, name


def _leave_out(why: str, **options: object) -> None:
    """Refuse options that would have no effect."""
    for name, value in options.items():
        if value:
            raise SettingsError(f"{name if name.isupper() else f'--{name}'}: {why}; leave it out")
