"""The contract of a probe: fit along a grid on some rows, predict others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    Folder,
    Progress,
    Settings,
    SettingsError,
    build,
    identity,
    instances_of,
)

Rows = NDArray[np.int64]


class Matrix(Protocol):
    """Rows of features: anything with a shape, a dtype and row slices."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float16, sometimes float64."""
        ...

    def __getitem__(self, rows: Any) -> NDArray[np.floating]: ...


@dataclass(frozen=True)
class Evaluation:
    """Rows to predict: all rows of a matrix, or those named."""

    X: Matrix
    rows: Rows | None = None

    def __len__(self) -> int:
        return int(self.X.shape[0]) if self.rows is None else len(self.rows)


@dataclass(frozen=True)
class Predicted:
    """What a probe says along its grid.

    Attributes
    ----------
    predictions
        One array an evaluation: class numbers, (subsets, values, rows of the evaluation).
    details
        What is worth keeping of the fits, as JSON values (certified gaps, passes).
    """

    predictions: tuple[NDArray[np.int16], ...]
    details: dict[str, Any] = field(default_factory=dict)


class ProbeSettings(Settings):
    """Base of the settings of all probes.

    Attributes
    ----------
    kind
        A file in ``probes/kinds/``.
    standardize
        Centre columns and divide by their standard deviation, both of the fitted rows.
    l2_normalize
        Divide each row by its Euclidean length (before `standardize`).
    """

    kind: str = identity("l2svm")
    standardize: bool = identity(False)
    l2_normalize: bool = identity(False)


class Probe(ABC):
    """A kind of probe with one hyper-parameter.

    Attributes
    ----------
    parameter
        Its name, such as ``"C"``.
    prefer
        Which of two values that score alike is taken: ``"small"`` or ``"large"``, the one that
        regularises more.
    """

    settings: ClassVar[type[ProbeSettings]]
    parameter: ClassVar[str]
    prefer: ClassVar[Literal["small", "large"]]

    @abstractmethod
    def auto_grid(self, X: Matrix, rows: Rows) -> tuple[float, ...]:
        """Make a grid that suits these features."""

    @abstractmethod
    def extend(self, grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
        """Two further values beyond an end of the grid; none where there is nothing beyond."""

    @abstractmethod
    def memory_bytes(
        self, settings: Any, rows: int, columns: int, n_classes: int, n_values: int, n_subsets: int
    ) -> int:
        """Predicted anonymous memory of `predict_path`, bytes."""

    @abstractmethod
    def predict_path(
        self,
        settings: Any,
        X: Matrix,
        y: NDArray[np.int64],
        values: Sequence[float],
        subsets: Sequence[Rows],
        evaluations: Sequence[Evaluation],
        device: str,
        progress: Progress,
    ) -> Predicted:
        """Fit every value on every subset of rows of X, and predict every evaluation.

        Parameters
        ----------
        settings
            Of the probe's own class.
        X, y
            Features (n, d) and class numbers (n,).
        values
            Ascending values of the hyper-parameter.
        subsets
            Rows of X that each fit may see.
        evaluations
            What to predict.
        device
            Torch device, for probes that use torch.
        progress
            Where to report.
        """


PROBES = Folder("dcgan_eval.probes.kinds", "PROBE", "probe", instances_of(Probe), "probes")


def read_probe(values: object, source: str, at: str) -> ProbeSettings:
    """Read ``probe:`` of a protocol: a name or keys with ``kind``."""
    if values is None:
        values = {}
    if isinstance(values, str):
        values = {"kind": values}
    if not isinstance(values, Mapping):
        raise SettingsError(f"{source}: {at}: expected a probe's name or keys with 'kind'")
    probe = load_probe(values.get("kind", "l2svm"), f"{source}: {at}.kind")
    return build(probe.settings, {"kind": "l2svm", **values}, source, at)


def load_probe(kind: object, where: str = "") -> Probe:
    """The probe of a kind."""
    return PROBES.load(kind, where)
