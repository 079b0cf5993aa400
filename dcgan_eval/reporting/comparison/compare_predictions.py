"""Which of several models is better, from predictions that were made anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dcgan_eval.reporting.comparison.compare import report_on
from dcgan_eval.reporting.comparison.comparison_report import ComparisonReport
from dcgan_eval.reporting.given.answers import Roles
from dcgan_eval.reporting.given.rows import given_rows, named_sources


def compare_predictions(
    predictions: object,
    targets: object = None,
    *,
    metric: str = "accuracy",
    groups: str | None = None,
    columns: Mapping[str, str] | None = None,
    filter: str | None = None,
    rows: str = "seeds",
    level: float = 0.95,
    mid_p: bool = False,
    bootstrap: bool = False,
    detect: float | None = None,
) -> ComparisonReport:
    """Compare all pairs of several models by their predictions, as `compare` does by records.

    Rows of files are matched to items by id where ids are there, else by order; the report says
    which.

    Parameters
    ----------
    predictions
        Names with a source each, or with several, its training seeds: ``{"A": "a.csv", "B":
        ["b0.csv", "b1.csv"]}``; or paths, called by their stems or as ``"name=path"`` says. A
        source is a .csv, .jsonl, .parquet, .npy or .npz, a data frame, a mapping of names to
        columns, or an array: of classes (items,), whole numbers or texts, or of scores (items,
        classes). A column ``correct`` (or ``acc``, ``exact_match``) from 0 to 1 is an answer
        without targets: logs of lm-evaluation-harness are read as they are.
    targets
        A source of the true classes; None where each source of predictions has a column of them.
    metric
        ``accuracy`` (or what a column `correct` holds), ``error``, ``balanced_accuracy``,
        ``macro_f1``; of scores ``top5``, ``auroc``, ``ece`` and whatever else
        `dcgan_eval.stats.METRICS` has.
    groups
        Column beside the targets: items that share its value belong together.
    columns
        Columns of other names by what they are (``id``, ``prediction``, ``scores``, ``correct``,
        ``target``): ``{"prediction": "answer"}``.
    filter
        Of logs of lm-evaluation-harness with several filters: which.
    rows
        What several sources of one name are: training ``seeds``, or ``draws`` of the labels that
        they were fitted on, the same in the same order for each name.
    level, mid_p, bootstrap, detect
        As in `compare`.

    Raises
    ------
    DataError
        A source that cannot be read, whose rows cannot be matched, or with a row that is none: the
        message names file, row and column.
    RecordError
        Fewer than two names, or names that were scored otherwise than each other.
    SettingsError
        An option that is unknown, or would have no effect.

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval import compare_predictions
    >>> y = np.arange(200) % 10
    >>> a, b = y.copy(), y.copy()
    >>> a[:10], b[5:40] = 11, 11
    >>> found = compare_predictions({"A": a, "B": b}, y)
    >>> print(found.sentences[0])
    A is better than B by 12.5 points (95 % interval 7.2 to 18.5, p < 0.0001) on 200 items.
    >>> found.pairs[0].found.discordant
    (5, 30)
    """
    roles = Roles(columns or {}, groups, filter)
    given = given_rows(named_sources(predictions), targets, roles, rows, metric)
    report = report_on(
        given.rows,
        given.reader,
        level=level,
        mid_p=mid_p,
        bootstrap=bootstrap,
        detect=detect,
        items="items",
    )
    return replace(report, warnings=(*given.notes, *report.warnings))
