"""Any classifier of scikit-learn's, or the user's own, by name: fitted as it is, in memory.

Every fit sees its rows in one array, as float32 (float64 where the features are); products use one
thread, so that a number of threads decides nothing. What of the estimator is random is drawn from
one named seed, the same for every fit, unless ``params`` gives its ``random_state``.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import packages_distributions, version
from inspect import signature
from typing import Any, Literal

import numpy as np
import sklearn
from numpy.typing import NDArray
from pydantic import field_validator, model_validator
from sklearn.base import ClassifierMixin
from threadpoolctl import threadpool_limits

from dcgan_eval.core import (
    ConvergenceWarning,
    Indices,
    Progress,
    SettingsError,
    did_you_mean,
    digest_json,
    identity,
)
from dcgan_eval.models import call_code, find_code_here, user_sources
from dcgan_eval.probes import estimators
from dcgan_eval.probes.grids import half_decades_around, half_decades_beyond
from dcgan_eval.probes.matrix import Matrix
from dcgan_eval.probes.probe import Fits, Predicted, Probe

_OURS = re.compile(r"sklearn(\.\w+)+")
_USERS = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")

# Our rows (4 bytes an entry), and what liblinear, the greediest, makes of them: a float64 copy and
# a node of 16 bytes, 24.06 bytes an entry measured.
_BYTES_PER_ENTRY = 32
# L-BFGS keeps ten pairs of vectors like the weights, and needs as many again as it goes.
_WEIGHTS = 24
# Libraries, and a block of rows that is predicted.
_BESIDE = 1 << 28
# In MiB: of scikit-learn's own blocks of distances, a GiB unless it is told.
_WORKING_MEMORY = 128


class SklearnProbe(Probe):
    """``probe: sklearn``.

    Attributes
    ----------
    estimator
        A classifier of scikit-learn's by its dotted name, or the user's own, with scikit-learn's
        ``fit``, ``predict``, ``get_params`` and ``set_params``, as ``package.module:Class`` (run
        only when code is allowed).
    params
        Its arguments.
    vary
        The argument that the protocol's grid has values of, whole ones as integers unless its
        default is a float. A grid of ``auto``, and its extension, are for ``C``
        alone.
    ties
        Which of two values that score alike is taken: that which regularises more.
    version
        Of what fits: scikit-learn's, and of the user's own code a digest of its files or the
        version of its package. It is filled in, so that another version is another outcome with an
        id of its own; a version that is not the one installed is refused.
    """

    kind: Literal["sklearn"] = identity("sklearn")
    estimator: str = identity("sklearn.svm.LinearSVC")
    params: dict[str, Any] = identity({})
    vary: str = identity("C")
    ties: Literal["small", "large"] = identity("small")
    version: str = identity("")

    @property
    def parameter(self) -> str:
        """The argument that is varied."""
        return self.vary

    @property
    def prefer(self) -> Literal["small", "large"]:
        """See `ties`."""
        return self.ties

    @model_validator(mode="before")
    @classmethod
    def _installed(cls, values: object) -> object:
        """Fill in the version; what is wrong with the rest is said by the fields."""
        if not isinstance(values, Mapping) or values.get("version"):
            return values
        estimator = values.get("estimator", cls.model_fields["estimator"].default)
        return {**values, "version": _version(estimator) if _is_name(estimator) else ""}

    @field_validator("estimator")
    @classmethod
    def _a_name(cls, value: str) -> str:
        if not _is_name(value):
            raise ValueError(
                "expected a class of scikit-learn's, such as sklearn.svm.LinearSVC, or "
                "package.module:Class"
            )
        return value

    @model_validator(mode="after")
    def _known(self) -> SklearnProbe:
        """Refuse arguments that scikit-learn's class does not take; the user's is not run yet."""
        if self.vary in self.params:
            raise ValueError(f"params: {self.vary} is varied; give its values as grid")
        if self.runs_code() is None:
            known = list(signature(_class(self.estimator)).parameters)
            for name in (*self.params, self.vary):
                if name not in known:
                    hint = did_you_mean(name, known)
                    raise ValueError(f"{self.estimator} has no argument {name!r}; {hint}")
        installed = _version(self.estimator)
        if self.version != installed:
            raise ValueError(
                f"version {self.version!r} is not what is installed, {installed!r}: install it, or "
                "leave version out"
            )
        return self

    def runs_code(self) -> str | None:
        """The user's own estimator."""
        return None if _OURS.fullmatch(self.estimator) else self.estimator

    def check_grid(self, grid: Sequence[float] | None) -> None:
        """``auto`` is known for C alone; whole values are counts, also beside shares."""
        if grid is None and self.vary != "C":
            raise SettingsError(f"grid: auto is for C alone; give values of {self.vary}")
        if grid is not None and 1 in grid and min(grid) < 1 and self._takes_shares():
            raise SettingsError(
                f"grid: {self.vary}=1 is one of them, not all, beside a share such as "
                f"{min(grid):g}; leave it out"
            )

    def _takes_shares(self) -> bool:
        """Whether scikit-learn takes a number of things, or a share of them, for `vary`."""
        if self.runs_code() is not None:
            return False
        known = getattr(_class(self.estimator), "_parameter_constraints", {}).get(self.vary, ())
        kinds = (getattr(getattr(one, "type", None), "__name__", None) for one in known)
        return "RealNotInt" in kinds

    def auto_grid(self, X: Matrix, rows: Indices, fewest: int | None = None) -> tuple[float, ...]:
        """Seven half-decade steps around C = 1/mean‖x‖²."""
        return half_decades_around(X, rows, 1.0)

    def extend(self, grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
        """Two half-decade steps beyond an end of values of C."""
        return half_decades_beyond(grid, upwards) if self.vary == "C" else ()

    def memory_bytes(
        self, rows: int, columns: int, n_classes: int, n_values: int, n_subsets: int
    ) -> int:
        """Rows in memory, as liblinear has them, which takes more than any other linear one.

        What compares all rows with each other (a Gaussian process) takes 8 n² bytes and more, which
        nothing here foresees.
        """
        weights = _WEIGHTS * n_classes * (columns + 1) * 8
        return _BESIDE + _BYTES_PER_ENTRY * rows * columns + weights

    def predict_path(self, fits: Fits, *, device: str, progress: Progress) -> Predicted:
        """Fit every value on every subset, one after the other, and predict with it at once."""
        shape = len(fits.subsets), len(fits.values)
        predictions = tuple(np.empty((*shape, len(one)), np.int16) for one in fits.evaluations)
        scores: list[NDArray[np.float16] | None] = []
        unfinished = 0
        name = self.estimator.replace(":", ".").rpartition(".")[2]
        with (
            progress.task(name, shape[0] * shape[1], "fits") as advance,
            threadpool_limits(1),
            sklearn.config_context(working_memory=_WORKING_MEMORY),
        ):
            for number, rows in enumerate(fits.subsets):
                X, y = estimators.in_memory(fits.X[rows]), fits.y[rows]
                for at, value in enumerate(fits.values):
                    model = self._made(value)
                    with estimators.seeded():
                        unfinished += estimators.fit(model, X, y)
                    for one, found in zip(fits.evaluations, predictions, strict=True):
                        found[number, at] = estimators.predict(model, one, np.unique(y))
                    if number < fits.scored and at == 0:
                        first = fits.evaluations[0]
                        scores.append(estimators.scores(model, first, np.unique(y), fits.n_classes))
                    advance(1)
        if unfinished:
            warnings.warn(
                f"{name}: {unfinished} of {shape[0] * shape[1]} fits ended before their tolerance; "
                "raise max_iter in params, or scale the features",
                ConvergenceWarning,
                stacklevel=2,
            )
        return Predicted(predictions, {"unfinished_fits": unfinished}, tuple(scores))

    def _made(self, value: float) -> Any:
        """The estimator with one value of the argument that is varied."""
        try:
            if self.runs_code() is None:
                model = _class(self.estimator)(**self.params)
            else:
                model = call_code(self.estimator, self.params, allow_code=True)
            own = model.get_params(deep=False)
            whole = not isinstance(own.get(self.vary), float) and value == int(value)
            model.set_params(**{self.vary: int(value) if whole else value})
            if "random_state" in own and own["random_state"] is None:
                model.set_params(random_state=estimators.SEED)
        except estimators.FAILURES as error:
            raise estimators.refused(error) from error
        return model


def _is_name(estimator: object) -> bool:
    """Whether an estimator is named as one of scikit-learn's or of the user's."""
    named = isinstance(estimator, str)
    return named and any(form.fullmatch(str(estimator)) for form in (_OURS, _USERS))


def _class(name: str) -> type:
    """A classifier of scikit-learn's by its dotted name."""
    place, _, attribute = name.rpartition(".")
    try:
        module = vars(importlib.import_module(place))
    except ImportError:
        raise ValueError(f"scikit-learn has no {place}; sklearn.svm.LinearSVC is one") from None
    known = {
        key: found
        for key, found in module.items()
        if isinstance(found, type)
        and issubclass(found, ClassifierMixin)
        and found.__module__.startswith("sklearn.")
    }
    if attribute not in known:
        hint = did_you_mean(attribute, known)
        raise ValueError(f"{place} has no classifier {attribute!r}; {hint}")
    return known[attribute]


def _version(estimator: str) -> str:
    """What decides how an estimator fits, beside its arguments; nothing is imported for it."""
    ours = f"scikit-learn {sklearn.__version__}"
    if _OURS.fullmatch(estimator):
        return ours
    find_code_here()
    module = estimator.partition(":")[0]
    sources = user_sources([module])
    if sources:
        return f"{ours}, source {digest_json(sources)[:32]}"
    packages = packages_distributions().get(module.partition(".")[0], [])
    return ", ".join([ours, *(f"{one} {version(one)}" for one in sorted(set(packages)))])


PROBE = SklearnProbe
