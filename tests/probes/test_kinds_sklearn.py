"""scikit-learn's classifiers by name against themselves, fitted by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, LinearSVC

from dcgan_eval.core import (
    CodeRefusedError,
    ConvergenceWarning,
    SettingsError,
    Silent,
    seed_for,
)
from dcgan_eval.pipeline import Options, make_plan, pipeline_from, run_pipeline
from dcgan_eval.probes import Evaluation, Fits, Predicted, Probe, read_probe
from dcgan_eval.protocols import read_protocol

pytestmark = pytest.mark.slow

SEED = seed_for("probe", "sklearn") % 2**32


def clouds(n: int, d: int, n_classes: int = 3) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(n)
    y = rng.integers(0, n_classes, n)
    X = rng.normal(size=(n, d)) + 0.7 * rng.normal(size=(n_classes, d))[y]
    return X.astype(np.float32), y


X, Y = clouds(120, 6)
STRANGERS = clouds(90, 6)[0]
SUBSETS = [np.arange(0, 120, 2), np.array([5, 7, 3, 11, 2, 90, 91, 33, 34, 35, 36, 99])]


def predicted(probe: Probe, values: list[float]) -> Predicted:
    evaluations = [Evaluation(STRANGERS), Evaluation(X, SUBSETS[1])]
    fits = Fits(X, Y, values, SUBSETS, evaluations)
    return probe.predict_path(fits, device="cpu", progress=Silent())


@pytest.mark.parametrize(
    ("keys", "values", "by_hand"),
    [
        ({}, [0.01, 1.0], lambda v: LinearSVC(C=v, random_state=SEED)),
        (
            {"params": {"loss": "hinge", "random_state": 3}},
            [0.01, 1.0],
            lambda v: LinearSVC(C=v, loss="hinge", random_state=3),
        ),
        (
            {"estimator": "sklearn.svm.SVC", "params": {"kernel": "poly"}, "vary": "degree"},
            [1.0, 3.0],
            lambda v: SVC(kernel="poly", degree=int(v)),
        ),
        (
            {"estimator": "sklearn.neighbors.KNeighborsClassifier", "vary": "n_neighbors"},
            [1.0, 5.0],
            lambda v: KNeighborsClassifier(int(v)),
        ),
        (
            {"estimator": "sklearn.ensemble.RandomForestClassifier", "vary": "max_depth"},
            [1.0, 4.0],
            lambda v: RandomForestClassifier(max_depth=int(v), random_state=SEED),
        ),
        (
            {"estimator": "sklearn.linear_model.RidgeClassifier", "vary": "alpha"},
            [1.0, 500.0],
            lambda v: RidgeClassifier(alpha=v, random_state=SEED),
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Liblinear failed:sklearn.exceptions.ConvergenceWarning")
def test_predicts_what_the_estimator_predicts(
    keys: dict[str, Any], values: list[float], by_hand: Any
) -> None:
    probe = read_probe({"kind": "sklearn", **keys})
    assert probe.parameter == keys.get("vary", "C")
    found = predicted(probe, values)
    for number, rows in enumerate(SUBSETS):
        for at, value in enumerate(values):
            model = by_hand(value).fit(X[rows], Y[rows])
            expected = (model.predict(STRANGERS), model.predict(X[SUBSETS[1]]))
            for one, other in zip(found.predictions, expected, strict=True):
                np.testing.assert_array_equal(one[number, at], other)


def test_half_precision_is_computed_with_as_float32() -> None:
    half = X.astype(np.float16)
    fits = Fits(half, Y, [0.1], SUBSETS, [Evaluation(half)])
    (found,) = read_probe("sklearn").predict_path(fits, device="cpu", progress=Silent()).predictions
    rows = SUBSETS[0]
    model = LinearSVC(C=0.1, random_state=SEED).fit(half[rows].astype(np.float32), Y[rows])
    np.testing.assert_array_equal(found[0, 0], model.predict(half.astype(np.float32)))


def test_says_how_many_fits_ended_early() -> None:
    probe = read_probe({"kind": "sklearn", "params": {"max_iter": 1}})
    with pytest.warns(ConvergenceWarning, match=r"LinearSVC: 2 of 2 fits .* raise max_iter"):
        assert predicted(probe, [10.0]).details == {"unfinished_fits": 2}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"estimator": "sklearn.svm.LinearSCV"}, "has no classifier 'LinearSCV'; did you mean"),
        ({"estimator": "sklearn.svm.SVR"}, "has no classifier 'SVR'"),
        ({"estimator": "sklearn.os.system"}, "scikit-learn has no sklearn.os;"),
        ({"estimator": "os.system"}, "expected a class of scikit-learn's"),
        ({"params": {"tolerance": 1}}, "LinearSVC has no argument 'tolerance'; known: C, "),
        ({"vary": "alpha"}, "LinearSVC has no argument 'alpha'; known: C, "),
        ({"params": {"C": 1.0}}, "C is varied; give its values as grid"),
        ({"version": "scikit-learn 0.1"}, "'scikit-learn 0.1' is not what is installed"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(keys: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        read_probe({"kind": "sklearn", **keys})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"params": {"tol": -1.0}}, "^probe: The 'tol' parameter of LinearSVC must be"),
        (
            {"estimator": "sklearn.neighbors.KNeighborsClassifier", "vary": "n_neighbors"},
            r"^probe: Expected n_neighbors <= n_samples_fit",
        ),
    ],
)
def test_what_an_estimator_refuses_is_one_line(keys: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        predicted(read_probe({"kind": "sklearn", **keys}), [100.0])
    assert "\n" not in str(caught.value)


def test_a_grid_is_made_for_C_alone() -> None:
    knn = {"estimator": "sklearn.neighbors.KNeighborsClassifier", "vary": "n_neighbors"}
    with pytest.raises(SettingsError, match="auto is for C alone; give values of n_neighbors"):
        read_protocol({"kind": "full_labels", "probe": {"kind": "sklearn", **knn}})
    probe = read_probe({"kind": "sklearn", **knn})
    assert probe.extend([1.0, 3.0], True) == ()
    svm = read_probe("sklearn")
    assert svm.auto_grid(X, SUBSETS[0]) == read_probe("l2svm").auto_grid(X, SUBSETS[0])
    assert svm.extend([0.1, 0.3], True) == (1.0, 3.0)


def test_one_of_them_is_not_taken_for_all_of_them() -> None:
    """An integer is a number of columns, and 1 among shares of them would mean all."""
    forest = {"estimator": "sklearn.ensemble.RandomForestClassifier", "vary": "max_features"}
    probe = read_probe({"kind": "sklearn", **forest})
    with pytest.raises(SettingsError, match=r"max_features=1 is one of them, not all, beside a sh"):
        probe.check_grid([0.25, 0.5, 1.0])
    probe.check_grid([1.0, 2.0, 4.0])
    gamma = {"estimator": "sklearn.svm.SVC", "vary": "gamma"}
    read_probe({"kind": "sklearn", **gamma}).check_grid([0.1, 1.0])


def pipeline(**keys: Any) -> dict[str, Any]:
    probe = {"kind": "sklearn", **keys}
    return {
        "name": "sklearn",
        "data": {"name": "digits"},
        "representations": [{"kind": "pixels"}],
        "protocol": {"kind": "full_labels", "train_size": 100, "grid": [0.001], "probe": probe},
        "results": "r",
    }


def test_another_version_is_another_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = Options(Path("cache"))
    (first,) = run_pipeline(pipeline_from(pipeline()), options)
    assert first.outcome.protocol.settings["probe"]["version"] == (
        f"scikit-learn {sklearn.__version__}"
    )
    monkeypatch.setattr(sklearn, "__version__", "99.0")
    (second,) = run_pipeline(pipeline_from(pipeline()), options)
    assert second.id != first.id
    assert len(list(Path("r").glob("*.predictions.npz"))) == 2


CODE = """
import numpy as np
from sklearn.base import BaseEstimator
class Nearest(BaseEstimator):
    def __init__(self, C=1.0, sign=1):
        self.C, self.sign = C, sign
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.means_ = np.stack([X[y == k].mean(axis=0) for k in self.classes_])
    def predict(self, X):
        far = ((X[:, None] - self.means_) ** 2).sum(axis=2)
        return self.classes_[(self.sign * far).argmin(axis=1)]
class Texts(Nearest):
    def predict(self, X):
        return np.full(len(X), "cat")
"""


def test_the_users_own_estimator_is_run_only_when_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own_estimators.py").write_text(CODE)
    values = pipeline(estimator="own_estimators:Nearest")
    with pytest.raises(CodeRefusedError, match="own_estimators:Nearest: would run code"):
        make_plan(pipeline_from(values), Options(Path("cache")))
    assert "own_estimators" not in sys.modules
    allowed = Options(Path("cache"), allow_code=True)
    (record,) = run_pipeline(pipeline_from(values), allowed)
    assert record.outcome.metrics[0].value > 60
    worst = pipeline(estimator="own_estimators:Nearest", params={"sign": -1})
    assert run_pipeline(pipeline_from(worst), allowed)[0].outcome.metrics[0].value < 10
    with pytest.raises(SettingsError, match=r"probe: its predictions are not one of the fitted"):
        run_pipeline(pipeline_from(pipeline(estimator="own_estimators:Texts")), allowed)
    # Edited code is another estimator.
    (before,) = make_plan(pipeline_from(values), allowed).all_jobs()
    assert before.id == record.id
    Path("own_estimators.py").write_text(CODE + "\n# edited\n")
    (after,) = make_plan(pipeline_from(values), allowed).all_jobs()
    assert after.id != record.id


GUESSING = """
import numpy as np
from sklearn.base import BaseEstimator
class Guessing(BaseEstimator):
    def __init__(self, C=1.0):
        self.C = C
    def fit(self, X, y):
        self.weights_ = np.random.normal(size=(X.shape[1], 3))
    def predict(self, X):
        return (X @ self.weights_).argmax(axis=1)
"""


def test_what_gets_no_seed_is_drawn_of_the_named_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("guessing_estimators.py").write_text(GUESSING)
    probe = read_probe({"kind": "sklearn", "estimator": "guessing_estimators:Guessing"})
    np.random.seed(1)
    first = predicted(probe, [1.0])
    drawn = np.random.normal()
    second = predicted(probe, [1.0])
    for one, other in zip(first.predictions, second.predictions, strict=True):
        np.testing.assert_array_equal(one, other)
    # What others draw of NumPy's stream stays what it was.
    np.random.seed(1)
    assert np.random.normal() == drawn


# The child measures its own peak of anonymous memory, in a process that does nothing else.
CHILD = """
import sys, json, threading, warnings, numpy as np
from dcgan_eval.core import Silent
from dcgan_eval.probes import Evaluation, Fits, read_probe

def anonymous():
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024

warnings.simplefilter("ignore")
X = np.load(sys.argv[1], mmap_mode="r")
y = np.arange(len(X)) % 3
probe = read_probe({"kind": "sklearn", **json.loads(sys.argv[2])})
before = peak = anonymous()
done = threading.Event()
def watch():
    global peak
    while not done.wait(0.005):
        peak = max(peak, anonymous())
watcher = threading.Thread(target=watch)
watcher.start()
fits = Fits(X, y, [1.0], [np.arange(len(X))], [Evaluation(X[:500])])
probe.predict_path(fits, device="cpu", progress=Silent())
done.set()
watcher.join()
print(peak - before, probe.memory_bytes(*X.shape, 3, 1, 1))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's RssAnon")
@pytest.mark.parametrize(
    ("keys", "n"),
    [
        # So many rows that what is foreseen beside them would not do.
        ('{"params": {"max_iter": 2}}', 5000),
        ('{"estimator": "sklearn.svm.SVC", "params": {"kernel": "rbf", "max_iter": 50}}', 1500),
        ('{"estimator": "sklearn.neighbors.KNeighborsClassifier", "vary": "n_neighbors"}', 1500),
    ],
)
def test_a_fit_takes_no_more_than_was_predicted(tmp_path: Path, keys: str, n: int) -> None:
    rows = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, (n, 3000))
    rng = np.random.default_rng(0)
    for start in range(0, n, 500):
        rows[start : start + 500] = rng.standard_normal((500, 3000), dtype=np.float32)
    rows.flush()
    run = [sys.executable, "-c", CHILD, str(tmp_path / "X.npy"), keys]
    said = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    taken, foreseen = map(int, said.split())
    print(f"predicted {foreseen / 1e6:.0f} MB, taken {taken / 1e6:.0f} MB")
    assert taken <= foreseen


def scored(keys: dict[str, Any], n_scored: int = 2) -> tuple[Any, ...]:
    fits = Fits(X, Y, [1.0], SUBSETS, [Evaluation(STRANGERS)], n_classes=4, scored=n_scored)
    probe = read_probe({"kind": "sklearn", **keys})
    return probe.predict_path(fits, device="cpu", progress=Silent()).scores


@pytest.mark.parametrize(
    ("keys", "values_of"),
    [
        ({}, lambda X, y: LinearSVC(random_state=SEED).fit(X, y).decision_function(STRANGERS)),
        (
            {"estimator": "sklearn.neighbors.KNeighborsClassifier", "vary": "n_neighbors"},
            lambda X, y: KNeighborsClassifier(1).fit(X, y).predict_proba(STRANGERS),
        ),
    ],
)
def test_scores_are_decision_values_else_probabilities(
    keys: dict[str, Any], values_of: Any
) -> None:
    found = scored(keys)
    assert len(found) == 2 and len(scored(keys, 1)) == 1 and scored(keys, 0) == ()
    for scores, rows in zip(found, SUBSETS, strict=True):
        np.testing.assert_array_equal(scores[:, :3], values_of(X[rows], Y[rows]).astype(np.float16))
        assert (scores[:, 3] == -65504).all()


WITHOUT_SCORES = """
import numpy as np
from own_estimators_with_scores import Nearest
class Bare(Nearest):
    pass
class Undefined(Nearest):
    def decision_function(self, X):
        return np.full((len(X), 3), np.nan)
class OneColumn(Nearest):
    def predict_proba(self, X):
        return np.ones(len(X))
class Failing(Nearest):
    def predict_proba(self, X):
        raise NotImplementedError
class Broken(Nearest):
    def predict_proba(self, X):
        return 1 / 0
"""


@pytest.mark.parametrize("name", ["Bare", "Undefined", "OneColumn", "Failing"])
def test_an_estimator_without_usable_decision_values_has_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own_estimators_with_scores.py").write_text(CODE)
    Path("without_scores.py").write_text(WITHOUT_SCORES)
    assert scored({"estimator": f"without_scores:{name}"}) == (None, None)


def test_what_breaks_while_it_scores_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own_estimators_with_scores.py").write_text(CODE)
    Path("scores_that_break.py").write_text(WITHOUT_SCORES)
    with pytest.raises(SettingsError, match="probe: division by zero"):
        scored({"estimator": "scores_that_break:Broken"})


def test_values_of_pairs_of_classes_are_none_of_classes() -> None:
    # Three classes make three pairs.
    keys = {"estimator": "sklearn.svm.SVC", "params": {"decision_function_shape": "ovo"}}
    assert scored(keys) == (None, None)
    assert all(one is not None for one in scored({"estimator": "sklearn.svm.SVC"}))
