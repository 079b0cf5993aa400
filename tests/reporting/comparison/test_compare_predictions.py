"""Predictions of any program are compared as those of records are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from dcgan_eval import compare, compare_predictions
from dcgan_eval.records import read_records
from dcgan_eval.reporting import ComparisonReport
from dcgan_eval.stats import Design, compare_paired, find_metric, holm
from tests.make.commands import call
from tests.make.given import draw, write, write_log

RESULTS = Path(__file__).parents[3] / "results"
y, A = draw(seed=1)
_, B = draw(error=0.3, seed=2)
wrong_a, wrong_b = y != A, y != B


def numbers(report: ComparisonReport) -> list[dict[str, Any]]:
    """What was found of each pair, without names."""
    kept = ("difference", "low", "high", "p", "p_holm", "standard_error", "df", "detectable")
    pairs = json.loads(report.to_json())["pairs"]
    return [{name: pair[name] for name in kept} for pair in pairs]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".npz", ".npy"])
def test_every_kind_of_file_says_the_same(suffix: str, box: Path) -> None:
    wanted = numbers(compare_predictions({"A": A, "B": B}, y))
    paths = [write(f"{name}{suffix}", {"pred": one}) for name, one in (("A", A), ("B", B))]
    report = compare_predictions(paths, write(f"y{suffix}", {"label": y}))
    assert numbers(report) == wanted
    assert [row.name for row in report.rows] == ["A", "B"]
    if suffix == ".npy":
        return
    # With ids, whole numbers or texts, the order of the rows is no matter.
    for ids in (np.arange(len(y)) + 7, np.array([f"{i:03d}.png" for i in range(len(y))])):
        at = np.random.default_rng(3).permutation(len(y))
        files = {
            "A": write(f"a{suffix}", {"id": ids, "prediction": A}),
            "B": write(f"b{suffix}", {"id": ids[at], "prediction": B[at]}),
        }
        targets = write(f"y{suffix}", {"id": ids[at[::-1]], "target": y[at[::-1]]})
        assert numbers(compare_predictions(files, targets)) == wanted


def test_what_is_held(box: Path) -> None:
    wanted = numbers(compare_predictions({"A": A, "B": B}, y))
    names = np.array([f"class {i}" for i in range(10)])
    frames = {name: pd.DataFrame({"y_pred": names[one]}) for name, one in (("A", A), ("B", B))}
    assert numbers(compare_predictions(frames, pd.DataFrame({"y": names[y]}))) == wanted
    assert numbers(compare_predictions({"A": A.tolist(), "B": B.tolist()}, y.tolist())) == wanted
    assert numbers(compare_predictions({"A": pd.Series(A), "B": B * 1.0}, pd.Series(y))) == wanted
    # The targets beside the predictions, or how right each prediction is.
    beside = {name: {"pred": one, "label": y} for name, one in (("A", A), ("B", B))}
    assert numbers(compare_predictions(beside)) == wanted
    right = {name: {"correct": one == y} for name, one in (("A", A), ("B", B))}
    assert numbers(compare_predictions(right)) == wanted
    # The largest score, by the number of its column or by its name.
    scores = {name: np.eye(10)[one] + 0.1 for name, one in (("A", A), ("B", B))}
    assert numbers(compare_predictions(scores, y)) == wanted
    named = {
        name: {f"score_{k}": one[:, k] for k in (3, 1, 2, 0, *range(4, 10))}
        for name, one in scores.items()
    }
    assert numbers(compare_predictions(named, y)) == wanted


def test_the_report_says_how_rows_were_matched() -> None:
    ids = np.arange(len(y))
    by_order = compare_predictions({"A": A, "B": B}, y)
    assert by_order.warnings == ("Rows matched to items by their order.",)
    with_ids = {"id": np.append(ids, [-1, -2]), "pred": np.append(A, [0, 0])}
    report = compare_predictions({"A": with_ids, "B": B}, {"id": ids, "label": y})
    assert report.warnings == (
        "A: Rows matched to items by id. 2 rows of other items were left out.",
        "B: Rows matched to items by their order.",
    )
    assert all(said in report.render("md") for said in report.warnings)
    assert json.loads(report.to_json())["warnings"] == list(report.warnings)


def test_words_are_those_of_items() -> None:
    text = compare_predictions({"A": A, "B": B}, y, detect=1.0).render("md")
    assert "images" not in text and "discordant items" in text and "on 400 items" in text
    assert "given how the predictions were made" in text
    assert "predictions on items" in text


def test_one_prediction_an_item_is_mcnemars() -> None:
    (pair,) = compare_predictions({"A": A, "B": B}, y).pairs
    only_a, only_b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
    assert pair.found.discordant == (only_a, only_b)
    theirs = scipy.stats.binomtest(only_a, only_a + only_b)
    assert pair.found.p == pytest.approx(theirs.pvalue, abs=1e-12)
    contingency = pytest.importorskip("statsmodels.stats.contingency_tables")
    exact = contingency.mcnemar([[0, only_a], [only_b, 0]], exact=True)
    assert pair.found.p == pytest.approx(exact.pvalue, abs=1e-12)


def test_several_with_holm() -> None:
    models = {f"model {seed}": draw(error=0.2 + 0.03 * seed, seed=seed)[1] for seed in range(4)}
    report = compare_predictions(models, y)
    p = [pair.found.p for pair in report.pairs]
    assert [pair.adjusted_p for pair in report.pairs] == pytest.approx(holm(np.array(p, float)))
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    theirs = multitest.multipletests(p, method="holm")[1]
    assert [pair.adjusted_p for pair in report.pairs] == pytest.approx(list(theirs), abs=1e-12)


def scores_of(predictions: np.ndarray, seed: int) -> np.ndarray:
    """Scores, of which the largest is usually that of the prediction."""
    noise = np.random.default_rng(seed).normal(size=(len(predictions), 10))
    return np.asarray(np.eye(10)[predictions] * 2 + noise)


@pytest.mark.parametrize("name", ["balanced_accuracy", "macro_f1", "top5", "top2", "auroc"])
@pytest.mark.parametrize("grouped", [False, True])
def test_other_metrics(name: str, grouped: bool) -> None:
    scores = {"A": scores_of(A, 1), "B": scores_of(B, 2)}
    photo = np.arange(len(y)) // 4
    options = {"groups": "photo"} if grouped else {}
    targets = {"label": y, "photo": photo}
    report = compare_predictions(scores, targets, metric=name, **options)  # type: ignore[arg-type]
    (pair,) = report.pairs
    metric = find_metric(name)
    losses = [metric.losses(y, one.argmax(axis=1), one) for one in scores.values()]
    wanted = compare_paired(*losses, Design("none"), groups=photo if grouped else None)
    assert (pair.found.p, pair.found.standard_error) == (wanted.p, wanted.standard_error)
    for row, one in zip(report.rows, scores.values(), strict=True):
        value = metric.value(y, one.argmax(axis=1), one)
        assert row.value == pytest.approx(100 * value, abs=1e-9) and row.label == name
        assert row.interval is not None and row.interval.low < row.value < row.interval.high
    assert metric.title in report.render("md")


def test_metrics_are_those_of_scikit_learn() -> None:
    def values(metric: str, answers: dict[str, object], targets: object = y) -> list[float]:
        rows = compare_predictions(answers, targets, metric=metric).rows
        return [row.value / 100 for row in rows]

    scores = {"A": scores_of(A, 1), "B": scores_of(B, 2)}
    classes = {"A": A, "B": B}
    theirs = [sklearn.metrics.balanced_accuracy_score(y, one) for one in classes.values()]
    assert values("balanced_accuracy", classes) == pytest.approx(theirs, abs=1e-12)
    theirs = [sklearn.metrics.f1_score(y, one, average="macro") for one in classes.values()]
    assert values("macro_f1", classes) == pytest.approx(theirs, abs=1e-12)
    theirs = [sklearn.metrics.top_k_accuracy_score(y, one, k=5) for one in scores.values()]
    assert values("top5", scores) == pytest.approx(theirs, abs=1e-12)
    # Of two classes one score is enough; classes may be texts, and columns in any order.
    two = np.where(y < 5, "cat", "dog")
    one = {name: found[:, 5:].max(axis=1) for name, found in scores.items()}
    theirs = [sklearn.metrics.roc_auc_score(two == "dog", found) for found in one.values()]
    assert values("auroc", one, two) == pytest.approx(theirs, abs=1e-12)
    of_dogs = {name: {"score_dog": found} for name, found in one.items()}
    assert values("auroc", of_dogs, two) == pytest.approx(theirs, abs=1e-12)
    of_cats = {name: {"score_cat": -found} for name, found in one.items()}
    assert values("auroc", of_cats, two) == pytest.approx(theirs, abs=1e-12)
    both = {name: {"score_dog": found, "score_cat": -found} for name, found in one.items()}
    assert values("auroc", both, two) == pytest.approx(theirs, abs=1e-12)


def test_an_error_is_better_when_low() -> None:
    by_error = compare_predictions({"A": A, "B": B}, y, metric="error")
    (pair,), (other,) = by_error.pairs, compare_predictions({"A": A, "B": B}, y).pairs
    assert pair.difference == -other.difference and pair.found.p == other.found.p
    assert by_error.rows[0].value == pytest.approx(100 * wrong_a.mean())


def test_groups_belong_together() -> None:
    photo = np.arange(len(y)) // 4
    names = np.array([f"photo {i}" for i in photo])
    targets = {"label": y, "photo": names}
    (pair,) = compare_predictions({"A": A, "B": B}, targets, groups="photo").pairs
    wanted = compare_paired(wrong_a, wrong_b, Design("none"), groups=photo)
    assert (pair.found.p, pair.found.n_groups) == (wanted.p, 100)
    assert pair.found.method == "z over groups"


def test_seeds_and_draws_of_one_name(box: Path) -> None:
    for name, error in (("ours", 0.2), ("theirs", 0.25)):
        for seed in range(4):
            write(f"{name}{seed}.csv", {"pred": draw(error=error, seed=seed + len(name))[1]})
    files = [f"{name}={name}{seed}.csv" for name in ("ours", "theirs") for seed in range(4)]
    stacks = [
        np.stack([draw(error=error, seed=seed + k)[1] != y for seed in range(4)])
        for error, k in ((0.2, 4), (0.25, 6))
    ]
    (pair,) = compare_predictions(files, y).pairs
    assert pair.found.p == compare_paired(*stacks, Design("seeds", setting="method")).p
    assert (pair.a.name, pair.a.n_repeats, pair.found.method) == ("ours", 4, "two-way t (Welch)")
    (pair,) = compare_predictions(files, y, rows="draws").pairs
    assert pair.found.p == compare_paired(*stacks, Design("draws")).p
    assert pair.found.over_rows is not None and pair.found.method == "two-way t"
    two = [one for one in files if one[-5] in "01"]
    assert "Only checkpoints were compared" in compare_predictions(two, y).sentences[0]


def exported(path: Path) -> tuple[str, list[Path], Path]:
    """Predictions of a committed record as files: its name, one a draw, and the targets."""
    (stored,), _ = read_records([path])
    found = stored.predictions()
    assert found is not None
    files = [
        write(f"{path.stem}.{i}.csv", {"id": found.item_ids, "prediction": one})
        for i, one in enumerate(found.values)
    ]
    photo = np.zeros(len(found.targets), int) if found.groups is None else found.groups
    targets = {"id": found.item_ids, "target": found.targets, "photo": photo}
    return stored.outcome.representation.name, files, write(f"{path.parent.name}.csv", targets)


@pytest.mark.parametrize(
    ("folder", "options"),
    [("cifar10_3000", {}), ("svhn_subset", {"rows": "draws", "groups": "photo"})],
)
def test_predictions_of_records_give_what_the_records_give(
    folder: str, options: dict[str, str], box: Path
) -> None:
    records = [next((RESULTS / folder).glob(f"{name}*.json")) for name in ("raw-pixels", "DCGAN")]
    (name_a, a, targets), (name_b, b, _) = map(exported, records)
    (wanted,) = compare(records).pairs
    (pair,) = compare_predictions({name_a: a, name_b: b}, targets, **options).pairs
    for name in ("difference", "p", "standard_error", "df", "detectable", "discordant", "parts"):
        assert getattr(pair.found, name) == getattr(wanted.found, name), name
    for name in ("rows", "n_rows_a", "n_items", "n_groups", "over_rows", "method"):
        assert getattr(pair.found, name) == getattr(wanted.found, name), name
    assert pair.found.interval is not None and wanted.found.interval is not None
    for name in ("low", "high", "level", "method", "covers"):
        assert getattr(pair.found.interval, name) == getattr(wanted.found.interval, name)
    said, said_of_records = pair.sentence.replace(" items", " images"), wanted.sentence
    assert said == said_of_records


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60))
def test_any_two_are_compared_as_their_errors_are(wrong: list[tuple[bool, bool]]) -> None:
    a, b = (np.array(one) for one in zip(*wrong, strict=True))
    (pair,) = compare_predictions({"A": a.astype(int), "B": b.astype(int)}, np.zeros(len(a))).pairs
    wanted = compare_paired(a, b, Design("none"))
    assert (pair.found.p, pair.found.discordant) == (wanted.p, wanted.discordant)
    assert pair.found.difference == wanted.difference


def test_logs_of_lm_evaluation_harness(box: Path) -> None:
    rng = np.random.default_rng(0)
    strict = [(rng.random(200) < rate).astype(float).tolist() for rate in (0.5, 0.7)]
    loose = [[max(a, 0.0) for a in one] for one in strict[::-1]]
    logs = [
        write_log(Path(model), "gsm8k", {"strict-match": one, "flexible-extract": other})
        for model, one, other in zip(("org__a", "org__b"), strict, loose, strict=True)
    ]
    report = compare_predictions(logs, filter="strict-match")
    assert [row.name for row in report.rows] == ["org__a", "org__b"]
    (pair,) = report.pairs
    a, b = (1 - np.array(one) for one in strict)
    assert pair.found.p == compare_paired(a, b, Design("none")).p
    assert (pair.a.label, pair.a.value) == ("exact_match", pytest.approx(100 * np.mean(strict[0])))
    assert pair.found.discordant is not None
    other = compare_predictions(logs, filter="flexible-extract").pairs[0]
    assert other.difference == pytest.approx(-pair.difference)
    alone = [
        write_log(Path(model), "arc", {"none": one})
        for model, one in zip("ab", strict, strict=True)
    ]
    assert compare_predictions(alone).pairs[0].found.p == pair.found.p


def test_a_metric_from_0_to_1_is_a_mean(box: Path) -> None:
    rng = np.random.default_rng(1)
    f1 = rng.random((2, 150))
    rows = {name: {"id": range(150), "f1": one} for name, one in zip("ab", f1, strict=True)}
    (pair,) = compare_predictions(rows, columns={"correct": "f1"}).pairs
    assert pair.a.label == "f1" and pair.difference == pytest.approx(100 * (f1[1] - f1[0]).mean())
    difference = f1[1] - f1[0]
    z = abs(difference.mean()) / (difference.std(ddof=1) / np.sqrt(150))
    assert pair.found.p == pytest.approx(2 * scipy.stats.norm.sf(z))


def test_the_command_gives_what_the_function_gives(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.csv", {"id": range(400), "answer": A})
    write("b.csv", {"id": range(400), "answer": B})
    write("y.csv", {"id": range(400), "label": y, "photo": np.arange(400) // 2})
    words = ["compare", "--predictions", "a.csv", "--predictions", "best=b.csv"]
    words += ["--targets", "y.csv", "--groups", "photo", "--column", "prediction=answer"]
    done = call([*words, "--format", "json", "--detect", "1"], capsys)
    assert done.code == 0, done.err
    report = compare_predictions(
        ["a.csv", "best=b.csv"],
        "y.csv",
        groups="photo",
        columns={"prediction": "answer"},
        detect=1.0,
    )
    assert done.out == report.to_json()
    (pair,) = json.loads(done.out)["pairs"]
    assert (pair["a"], pair["b"]) == ("a", "best")
    for format in ("md", "csv", "latex", "html"):
        shown = call([*words, "--format", format], capsys)
        assert shown.code == 0 and "best" in shown.out


PAGE = (Path(__file__).parents[3] / "docs" / "predictions.md").read_text()
# A process in which what the page does not list is not installed.
ALONE = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}")
sys.meta_path.insert(0, Absent())
import dcgan_eval.records, dcgan_eval.stats
from dcgan_eval.reporting import compare, compare_predictions
from dcgan_eval.cli import main
main({words!r})
"""


def installed_with(*distributions: str) -> set[str]:
    """Distributions that pip brings along, themselves included."""
    found: set[str] = set()
    for name in distributions:
        needs = (one for one in metadata.requires(name) or () if "extra ==" not in one)
        names = (normal(re.split(r"[^\w.-]", one)[0]) for one in needs)
        found |= {name} | installed_with(*(one for one in names if is_installed(one)))
    return found


def normal(distribution: str) -> str:
    return distribution.lower().replace("_", "-")


def is_installed(distribution: str) -> bool:
    try:
        return bool(metadata.version(distribution))
    except metadata.PackageNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("pyarrow",)])
def test_it_needs_what_the_page_says(more: tuple[str, ...], box: Path) -> None:
    (line,) = re.findall(r"^pip install (?!--no-deps)(.*)$", PAGE, re.MULTILINE)
    kept = installed_with(*line.split(), *more)
    packages = metadata.packages_distributions().items()
    absent = {name for name, by in packages if not kept & set(map(normal, by))}
    assert {"torch", "torchvision", "pandas", "sklearn", "matplotlib"} <= absent
    suffix = ".parquet" if more else ".csv"
    files = [write(f"{name}{suffix}", {"pred": one}) for name, one in (("a", A), ("b", B))]
    words = ["compare", "--predictions", str(files[0]), "--predictions", str(files[1])]
    words += ["--targets", str(write("y.npz", {"y": y})), "--format", "html"]
    code = ALONE.format(absent=absent - {"dcgan_eval"}, words=words)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "<table" in done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("room", ["records", "stats", "reporting", "cli.main"])
def test_no_torch_is_imported(room: str, box: Path) -> None:
    files = [str(write(f"{name}.csv", {"pred": one})) for name, one in (("a", A), ("b", B))]
    asked = {"reporting": f"rooms.compare_predictions({files}, {str(write('y.npy', {'': y}))!r})"}
    code = (
        f"import importlib, sys; rooms = importlib.import_module('dcgan_eval.{room}')\n"
        f"{asked.get(room, '')}\n"
        "print([one for one in ('torch', 'torchvision', 'pandas') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
