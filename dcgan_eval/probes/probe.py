"""The contract of a probe: fit along a grid on some rows, predict others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    Folder,
    Indices,
    Progress,
    Settings,
    SettingsError,
    build,
    identity,
    located,
    subclasses_of,
)
from dcgan_eval.probes.matrix import Matrix


@dataclass(frozen=True)
class Evaluation:
    """Rows to predict: all rows of a matrix, or those named."""

    X: Matrix
    rows: Indices | None = None

    def __len__(self) -> int:
        return int(self.X.shape[0]) if self.rows is None else len(self.rows)

    def blocks(self, size: int) -> Iterator[tuple[slice, NDArray[np.floating]]]:
        """The rows to predict, `size` at a time: their places among them, and their features."""
        for first in range(0, len(self), size):
            at = slice(first, min(first + size, len(self)))
            yield at, np.asarray(self.X[at if self.rows is None else self.rows[at]])


@dataclass(frozen=True)
class Predicted:
    """What a probe says along its grid.

    Attributes
    ----------
    predictions
        One array an evaluation: class numbers, (subsets, values, rows of the evaluation).
    details
        What is worth keeping of the fits, as JSON values (certified gaps, passes).
    scores
        Of each subset that is to be scored its decision values, (rows of the evaluation, classes),
        as `dcgan_eval.probes.as_scores` gives them, or None; nothing where the probe has none.
    """

    predictions: tuple[NDArray[np.int16], ...]
    details: dict[str, Any] = field(default_factory=dict)
    scores: tuple[NDArray[np.float16] | None, ...] = ()


@dataclass(frozen=True)
class Fits:
    """What is fitted and what is predicted: every value on every subset, for every evaluation.

    Attributes
    ----------
    X, y
        Features (n, d) and class numbers (n,).
    values
        Ascending values of the hyper-parameter.
    subsets
        Rows of X that each fit may see.
    evaluations
        What to predict.
    n_classes
        Number of classes of the data, of which `y` may lack some.
    scored
        Of how many subsets, the first ones, the decision values are wanted: those of the first
        evaluation, by the first value.
    """

    X: Matrix
    y: NDArray[np.int64]
    values: Sequence[float]
    subsets: Sequence[Indices]
    evaluations: Sequence[Evaluation]
    n_classes: int = 0
    scored: int = 0


class Probe(Settings):
    """A kind of probe with one hyper-parameter, and how it is fitted.

    Attributes
    ----------
    kind
        A file in ``probes/kinds/``, or an entry point of another package.
    standardize
        Centre columns and divide by their standard deviation, both of the fitted rows.
    l2_normalize
        Divide each row by its Euclidean length (before `standardize`).
    engine
        Rises when the same fit gets other bits: no finished unit of another engine is served.
    """

    engine: ClassVar[int] = 1

    kind: str = identity("l2svm")
    standardize: bool = identity(False)
    l2_normalize: bool = identity(False)

    @property
    @abstractmethod
    def parameter(self) -> str:
        """The hyper-parameter's name, such as ``"C"``."""

    @property
    @abstractmethod
    def prefer(self) -> Literal["small", "large"]:
        """Which of two values that score alike is taken: the one that regularises more."""

    def runs_code(self) -> str | None:
        """What of the user's own code it runs, by name; None where there is none."""
        return None

    def check_grid(self, grid: Sequence[float] | None) -> None:
        """Refuse a grid (None is ``auto``) that it has no use for, before any work."""
        return None

    @abstractmethod
    def auto_grid(self, X: Matrix, rows: Indices, fewest: int | None = None) -> tuple[float, ...]:
        """Make a grid that suits these features.

        Parameters
        ----------
        X, rows
            Features, and the rows whose scale they have.
        fewest
            Rows of the smallest fit, where some are made of fewer than `rows` (folds).
        """

    @abstractmethod
    def extend(self, grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
        """Two further values beyond an end of the grid; none where there is nothing beyond."""

    @abstractmethod
    def memory_bytes(
        self, rows: int, columns: int, n_classes: int, n_values: int, n_subsets: int
    ) -> int:
        """Predicted anonymous memory of `predict_path`, bytes."""

    @abstractmethod
    def predict_path(self, fits: Fits, *, device: str, progress: Progress) -> Predicted:
        """Fit every value on every subset of rows of X, and predict every evaluation.

        Parameters
        ----------
        fits
            What is fitted and predicted.
        device
            Torch device, for probes that use torch.
        progress
            Where to report.

        Returns
        -------
        Predicted
            In the order of `fits`: an array an evaluation, and the scores that are wanted
            where the probe has decision values.
        """


PROBES = Folder("dcgan_eval.probes.kinds", "PROBE", "probe", subclasses_of(Probe), "probes")


def read_probe(values: object) -> Probe:
    """Read ``probe:`` of a protocol: a name or keys with ``kind``."""
    if values is None:
        values = {}
    if isinstance(values, str):
        values = {"kind": values}
    if not isinstance(values, Mapping):
        raise SettingsError("probe: expected a probe's name or keys with 'kind'")
    with located("probe.kind"):
        probe = PROBES.load(values.get("kind", "l2svm"))
    return build(probe, {"kind": "l2svm", **values}, at="probe")
