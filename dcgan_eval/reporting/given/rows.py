"""From predictions that were made elsewhere to rows of one experiment, with their errors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, SettingsError, did_you_mean
from dcgan_eval.reporting.given.answers import Roles, Truth, read_answers, read_truth
from dcgan_eval.reporting.given.columns import read_columns
from dcgan_eval.reporting.given.losses import losses_of, roles_for
from dcgan_eval.reporting.given.matching import check_targets, match
from dcgan_eval.reporting.results.experiment import Experiment
from dcgan_eval.reporting.results.percent import Better, metric_value
from dcgan_eval.reporting.results.row_errors import ErrorReader, RowErrors
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.stats import Losses, Metric, find_metric

_FILES = ("seeds", "draws")
# A log of lm-evaluation-harness; it lies in the folder of its model.
_LOG = re.compile(r"samples_(.+)_\d{4}-\d\d-\d\dT[\d.:-]+")
# Of predictions nobody knows more.
_GIVEN = "how the predictions were made"


def named_sources(given: object) -> dict[str, list[object]]:
    """Sources of predictions by name; several of one name are its seeds or draws.

    Parameters
    ----------
    given
        Names with a source or several each; or paths, called by their stems (logs of
        lm-evaluation-harness by their folders), or as ``name=path`` says.

    Raises
    ------
    DataError
        Something that is no path and has no name.
    """
    if isinstance(given, Mapping):
        return {str(name): _several(one) for name, one in given.items()}
    found: dict[str, list[object]] = {}
    for source in _several(given):
        if not isinstance(source, str | PathLike):
            raise DataError(
                f"predictions are {type(source).__name__} without a name; give names with them: "
                "{'A': …, 'B': …}"
            )
        name, path = _named(str(source))
        found.setdefault(name, []).append(path)
    return found


@dataclass(frozen=True)
class GivenRows:
    """Rows of one experiment.

    Attributes
    ----------
    rows
        One of each name.
    reader
        Knows their errors.
    notes
        How rows of files were matched to items, in sentences.
    """

    rows: tuple[Row, ...]
    reader: ErrorReader
    notes: tuple[str, ...]


def given_rows(
    predictions: Mapping[str, Sequence[object]],
    targets: object,
    roles: Roles,
    files: str = "seeds",
    metric: str = "accuracy",
) -> GivenRows:
    """Make a row of each name.

    Parameters
    ----------
    predictions
        Sources by name, see `named_sources` and `read_columns`.
    targets
        Source of the targets; None where each source of predictions has them, or how right it is.
    roles
        Which columns are what.
    files
        What several sources of one name are: training ``seeds``, or labelled ``draws`` that all
        names share.
    metric
        As `dcgan_eval.stats.find_metric` takes it.

    Raises
    ------
    DataError
        Fewer than two names; what cannot be read, has nothing that the metric takes, or is of
        other items.
    SettingsError
        An unknown metric, or files that are neither seeds nor draws.
    """
    _check_counts({name: len(sources) for name, sources in predictions.items()}, files)
    wanted = find_metric(metric)
    truth = _truth(predictions, targets, roles)
    experiment = Experiment(
        kind="predictions",
        version=1,
        preset=None,
        settings="{}",
        dataset=Path(targets).stem if isinstance(targets, str | PathLike) else "items",
        train="",
        test="",
        subset=None,
        items=None,
    )
    rows, known, notes = [], {}, {}
    for name, sources in predictions.items():
        found = [_read(one, name, truth, roles, wanted, own=targets is None) for one in sources]
        row, errors = _row(name, found, wanted, experiment, truth, files)
        rows.append(row)
        known[row.key] = errors
        notes[name] = " ".join(dict.fromkeys(note for one in found for note in one.notes))
    same = set(notes.values())
    said = same if len(same) == 1 else (f"{name}: {note}" for name, note in notes.items())
    return GivenRows(tuple(rows), ErrorReader(known), tuple(said))


def _several(given: object) -> list[object]:
    """One source, or each of several; a list of numbers is one."""
    if isinstance(given, list | tuple) and not (given and isinstance(given[0], Real)):
        return list(given)
    return [given]


def _named(text: str) -> tuple[str, Path]:
    """Name and path of ``name=path``, or of a path alone."""
    name, equals, path = text.partition("=")
    if equals and name and not Path(text).exists():
        return name, Path(path)
    alone = Path(text)
    return (alone.parent.name if _LOG.fullmatch(alone.stem) else "") or alone.stem, alone


def _check_counts(counts: Mapping[str, int], files: str) -> None:
    """Refuse fewer than two names, names without files, and other numbers of draws."""
    if files not in _FILES:
        raise SettingsError(f"rows {files!r} unknown; {did_you_mean(files, _FILES)}")
    if len(counts) < 2 or not all(counts.values()):
        said = ", ".join(f"{name} with {count} files" for name, count in counts.items())
        raise DataError(
            f"predictions of {said or 'nobody'}; a comparison takes two names at least, and files "
            "of one name are its seeds or draws: give name=FILE"
        )
    if files == "draws" and len(set(counts.values())) > 1:
        said = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise DataError(f"{said} draws; give files of the same draws in the same order for each")


def _truth(predictions: Mapping[str, Sequence[object]], targets: object, roles: Roles) -> Truth:
    """The items: of the targets, or else of the first source of predictions."""
    if targets is None:
        name, sources = next(iter(predictions.items()))
        truth = read_truth(roles.rows(read_columns(sources[0], name)), roles, answers=True)
    else:
        truth = read_truth(read_columns(targets, "targets"), roles)
    if truth.n < 2:
        raise DataError(f"{truth.columns.name}: {truth.n} item; a comparison takes at least two")
    return truth


class _Found(NamedTuple):
    """What each item loses, what the metric is called, how rows were matched."""

    losses: Losses
    label: str
    notes: tuple[str, ...]


def _read(
    source: object, name: str, truth: Truth, roles: Roles, metric: Metric, *, own: bool
) -> _Found:
    """Read one source of predictions.

    Parameters
    ----------
    own
        Whether the targets are those beside the predictions.
    """
    columns = roles.rows(read_columns(source, name))
    answers = read_answers(columns, roles, roles_for(metric), with_targets=own)
    rows, notes = match(answers, truth)
    if own:
        check_targets(columns, read_truth(columns, roles, answers=True), rows, truth)
    label = answers.called if answers.called not in ("", "correct") else metric.name
    return _Found(losses_of(answers, rows, truth, metric), label, notes)


def _row(
    name: str,
    found: Sequence[_Found],
    metric: Metric,
    experiment: Experiment,
    truth: Truth,
    files: str,
) -> tuple[Row, RowErrors]:
    """One row of the files of a name, and its errors."""
    errors = np.stack([one.losses.values[0] for one in found])
    labels = list(dict.fromkeys(one.label for one in found))
    if len(labels) > 1:
        raise DataError(f"{name}: its files have {' and '.join(labels)}; give the same of each")
    better: Better = "high" if metric.higher_is_better else "low"
    row = Row(
        experiment=experiment,
        name=name,
        metric=labels[0],
        value=metric_value(float(errors.mean(dtype=np.float64)), better),
        unit="%",
        better=better,
        n_repeats=len(found),
        notes=() if metric.name == metric.title else (f"{metric.name}: {metric.title}.",),
    )
    known = RowErrors(
        errors=errors[np.newaxis] if files == "draws" else errors[:, np.newaxis],
        worth=found[0].losses.worth,
        excess=float(np.mean([one.losses.excess for one in found])),
        n_rows=len(found) if files == "draws" else 1,
        targets=_numbered(np.zeros(truth.n) if truth.targets is None else truth.targets),
        item_ids=np.arange(truth.n),
        groups=None if truth.groups is None else _numbered(truth.groups),
        rows="draws" if files == "draws" else "none",
        row_ids="",
        given=_GIVEN,
        parameter="",
    )
    return row, known


def _numbered(values: NDArray[Any]) -> NDArray[np.intp]:
    """Equal values as equal numbers."""
    numbers: NDArray[np.intp] = np.unique(values, return_inverse=True)[1].reshape(-1)
    return numbers
