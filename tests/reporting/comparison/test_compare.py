from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcgan_eval.core import RecordError, SettingsError
from dcgan_eval.records import Predictions, read_records
from dcgan_eval.reporting import ComparisonReport, compare
from dcgan_eval.stats import Design, compare_paired, holm
from tests.make.records import save, save_bare

FEW: dict[str, Any] = {"protocol": "few_labels", "dataset": "svhn", "rows": 6}


def predictions(path: Path) -> Predictions:
    (stored,), _ = read_records([path])
    found = stored.predictions()
    assert found is not None
    return found


def two(folder: Path, a: float = 0.2, b: float = 0.3, **options: Any) -> tuple[Path, Path]:
    return save(folder, "A", a, **options), save(folder, "B", b, **options)


def without_predictions(path: Path) -> None:
    path.with_name(f"{path.stem}.predictions.npz").unlink()


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("rows", [1, 6])
def test_numbers_are_those_of_the_statistics(tmp_path: Path, rows: int, grouped: bool) -> None:
    a, b = two(tmp_path, **{**FEW, "rows": rows}, grouped=grouped)
    report = compare([a, b])
    (pair,) = report.pairs
    first, second = predictions(a), predictions(b)
    wanted = compare_paired(first.errors, second.errors, Design("draws"), groups=first.groups)
    assert pair.found.p == wanted.p and pair.found.parts == wanted.parts
    assert wanted.interval is not None and pair.interval is not None
    assert pair.difference == pytest.approx(100 * wanted.difference)
    ends = pair.interval.low, pair.interval.high
    assert ends == pytest.approx((100 * wanted.interval.low, 100 * wanted.interval.high))
    assert wanted.detectable is not None
    assert pair.detectable == pytest.approx(100 * wanted.detectable)
    assert pair.standard_error == pytest.approx(100 * wanted.standard_error)
    assert pair.significant is (wanted.p is not None and wanted.p < 0.05)
    assert pair.adjusted_p is None  # one pair needs no correction


def test_an_accuracy_rises_as_the_error_falls(tmp_path: Path) -> None:
    a, b = two(tmp_path)  # accuracies 80 and 70
    (pair,) = compare([a, b]).pairs
    assert pair.a.value == pytest.approx(80) and pair.b.value == pytest.approx(70)
    assert pair.difference == pytest.approx(-10)
    assert pair.interval is not None and pair.interval.low < -10 < pair.interval.high < 0
    assert pair.sentence.startswith("A is better than B by 10.0 points (95 % interval ")


def test_all_pairs_with_holm(tmp_path: Path) -> None:
    for name, error in (("A", 0.2), ("B", 0.22), ("C", 0.25), ("D", 0.5)):
        save(tmp_path, name, error)
    report = compare(tmp_path)
    assert [(one.a.name, one.b.name) for one in report.pairs] == [
        ("A", "B"),
        ("A", "C"),
        ("A", "D"),
        ("B", "C"),
        ("B", "D"),
        ("C", "D"),
    ]
    wanted = holm(np.array([one.found.p for one in report.pairs], dtype=float))
    assert [one.adjusted_p for one in report.pairs] == pytest.approx(list(wanted))
    assert all(one.found.pairs == 6 for one in report.pairs)
    # Holm decides, not the plain p: some pair has one below 5 % and one above.
    turned = [one for one in report.pairs if (one.found.p or 0) < 0.05 <= (one.adjusted_p or 0)]
    assert turned and all("can't be told apart" in one.sentence for one in turned)
    assert not any(one.significant for one in turned)
    assert all("after Holm for 6 pairs" in one.sentence for one in report.pairs)


def test_they_never_disagree(tmp_path: Path) -> None:
    a, b = two(tmp_path, 0.2, 0.2, draw=4)
    report = compare([a, b])
    (pair,) = report.pairs
    assert pair.found.p is None and pair.significant is None and pair.difference == 0
    assert "A and B never disagree on 400 images" in pair.sentence
    assert "no disagreement" in report.render("md")
    assert json.loads(report.render("json"))["pairs"][0]["never_disagree"] is True


def test_one_draw_says_what_is_not_in_its_interval(tmp_path: Path) -> None:
    a, b = two(tmp_path, **{**FEW, "rows": 1})
    text = compare([a, b]).render("md")
    assert "One draw: which labels were drawn is not in this interval." in text
    assert "paired t over draws" not in text


def test_draws_have_their_tests_under_their_own_name(tmp_path: Path) -> None:
    a, b = two(tmp_path, **FEW)
    report = compare([a, b])
    text = report.render("md")
    assert "paired t over draws, these test items" in text
    assert "conditional on these test items, and decide nothing here" in text
    assert "1.96 sd over draws is the spread that the DCGAN authors print" in text
    assert "draw x item" in text
    over = report.pairs[0].found.over_rows
    assert over is not None
    difference = predictions(b).errors.mean(axis=1) - predictions(a).errors.mean(axis=1)
    assert (over.sign_wins_a, over.sign_wins_b) == ((difference > 0).sum(), (difference < 0).sum())


def method(folder: Path, name: str, errors: list[float], **options: Any) -> None:
    for seed, error in enumerate(errors):
        save(folder, f"{name}, seed {seed}", error, method=name, seed=seed, **options)


def test_methods_with_three_seeds(tmp_path: Path) -> None:
    method(tmp_path, "ours", [0.20, 0.24, 0.22], **FEW)
    method(tmp_path, "random", [0.40, 0.43, 0.41, 0.44], **FEW)
    report = compare(tmp_path)
    (pair,) = report.pairs
    assert (pair.a.name, pair.b.name) == ("ours", "random")
    assert (pair.found.rows, pair.found.n_rows_a, pair.found.n_rows_b) == ("seeds", 3, 4)
    assert pair.found.method == "two-way t (Welch)"
    assert {part.name for part in pair.found.parts} >= {"seeds of A", "seeds of B"}
    stacks = []
    for row in report.rows:
        found = [one.predictions() for one in row.records]
        stacks.append(np.stack([one.errors.mean(axis=0) for one in found if one is not None]))
    wanted = compare_paired(*stacks, Design("seeds", setting="method"))
    assert pair.found.p == pytest.approx(wanted.p)
    assert "Only checkpoints" not in pair.sentence


def test_with_fewer_seeds_only_checkpoints_are_compared(tmp_path: Path) -> None:
    method(tmp_path, "ours", [0.20, 0.24], **FEW)
    method(tmp_path, "random", [0.40, 0.43, 0.41], **FEW)
    (pair,) = compare(tmp_path).pairs
    assert (pair.found.rows, pair.found.n_rows_a) == ("draws", 6)  # draws stay in the interval
    assert "Only checkpoints were compared, not methods" in pair.sentence


def test_named_seeds_are_compared_as_checkpoints(tmp_path: Path) -> None:
    method(tmp_path, "random", [0.40, 0.30, 0.41])
    save(tmp_path, "A", 0.2)
    report = compare(["random, seed 0", "random, seed 1"], within=tmp_path)
    assert [row.name for row in report.rows] == ["random, seed 0", "random, seed 1"]
    assert [row.n_repeats for row in compare(["random", "A"], within=tmp_path).rows] == [3, 1]


def test_what_can_be_given(tmp_path: Path) -> None:
    a, b = two(tmp_path / "one")
    c = save(tmp_path / "two", "C", 0.4)
    (stored,), _ = read_records([c])
    names = [row.name for row in compare([a, tmp_path / "two"]).rows]
    assert names == ["A", "C"]
    within = [tmp_path / "one", tmp_path / "two"]
    by_id = compare([stored.record.id[:8], "B"], within=within)
    assert [row.name for row in by_id.rows] == ["C", "B"]
    assert [row.name for row in compare([stored, str(b)]).rows] == ["C", "B"]
    # A folder and a record of it: each result once.
    assert len(compare([tmp_path / "one", a]).rows) == 2


def test_unknown_and_ambiguous_names(tmp_path: Path) -> None:
    two(tmp_path)
    save(tmp_path, "A", 0.4, weights="another run")
    with pytest.raises(RecordError, match=r"'Bb' is no file, .*did you mean 'B'"):
        compare(["Bb", "B"], within=tmp_path)
    with pytest.raises(RecordError, match="'A' is the name of 2 results; give an id: ") as caught:
        compare(["A", "B"], within=tmp_path)
    ids = re.findall(r"[0-9a-f]{12}", str(caught.value))
    assert len(compare([*ids, "B"], within=tmp_path).rows) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"items": "others"}, "test items"),
        ({"row_ids": "other draws"}, "other draws of labelled images"),
        ({"version": 2}, "protocol version (1 and 2)"),
        ({"settings": {"per_class": 5}}, "per_class (none and 5)"),
        ({"dataset": "mnist"}, "dataset (svhn and mnist)"),
        ({"n_items": 300}, "other test items"),
    ],
)
def test_what_is_not_comparable_is_refused(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    a = save(tmp_path, "A", 0.2, **FEW)
    b = save(tmp_path, "B", 0.3, **{**FEW, **change})
    with pytest.raises(RecordError) as caught:
        compare([a, b])
    assert reason in str(caught.value) and "\n" not in str(caught.value)


def test_missing_predictions(tmp_path: Path) -> None:
    a, b = two(tmp_path)
    without_predictions(b)
    with pytest.raises(RecordError, match="nothing to compare: B has no predictions beside"):
        compare([a, b])
    c = save(tmp_path, "C", 0.4)
    report = compare([a, b, c])
    assert [row.name for row in report.rows] == ["A", "C"]
    assert any(line.startswith("Left out: B has no predictions") for line in report.warnings)
    assert "Left out: B" in report.render("md")


def test_too_few_results(tmp_path: Path) -> None:
    a = save(tmp_path, "A", 0.2)
    with pytest.raises(RecordError, match=r"1 result given \(A\); a comparison takes at least two"):
        compare([a, a])
    with pytest.raises(RecordError, match="0 result"):
        compare([])
    with pytest.raises(RecordError, match="is no file, folder, name or id"):
        compare(["nowhere", a])


def test_records_whose_protocol_leaves_no_predictions_are_refused(tmp_path: Path) -> None:
    for name, error in (("A", 0.2), ("B", 0.3)):
        save_bare(tmp_path, name, error)
    reason = r"A has no predictions: its protocol leaves none, so that it can be shown but not"
    with pytest.raises(RecordError, match=f"^nothing to compare: {reason}"):
        compare(tmp_path)


def test_differing_devices_and_versions_are_warned_of(tmp_path: Path) -> None:
    environment = {"python": "3.11.9", "device": "cuda", "torch": "2.15.0"}
    a = save(tmp_path, "A", 0.2)
    b = save(tmp_path, "B", 0.3, environment=environment)
    warnings = compare([a, b]).warnings
    assert "The runs differ in device: cpu (A); cuda (B)." in warnings
    assert "The runs differ in torch: 2.11.0 (A); 2.15.0 (B)." in warnings
    assert len(warnings) == 2
    assert compare([a, save(tmp_path, "C", 0.3)]).warnings == ()


def test_steps_of_a_folder_are_chosen_on_validation(tmp_path: Path) -> None:
    save(tmp_path, "A", 0.2)
    for step, error, score in ((100, 0.4, 50.0), (200, 0.3, 70.0), (300, 0.1, 60.0)):
        save(tmp_path, f"ours, {step}", error, method="ours", step=step, score=score)
    report = compare(tmp_path)
    assert [row.value for row in report.rows] == pytest.approx([80, 70])
    named = compare(["ours, 100", "ours, 300"], within=tmp_path)
    assert any("choose among steps on validation" in line for line in named.warnings)


def test_formats(tmp_path: Path) -> None:
    for name, error in (("A", 0.2), ("B", 0.25), ("C", 0.5)):
        save(tmp_path, name, error, **FEW, grouped=True)
    report = compare(tmp_path)
    values = json.loads(report.render("json"))
    lines = list(csv.DictReader(io.StringIO(report.render("csv"))))
    assert len(values["pairs"]) == len(lines) == 3
    for pair, nested, line in zip(report.pairs, values["pairs"], lines, strict=True):
        for key in ("difference", "low", "high", "p", "p_holm", "detectable", "standard_error"):
            assert float(line[key]) == nested[key]
        assert nested["difference"] == pytest.approx(pair.difference)
        assert nested["sentence"] == pair.sentence
        shares = [part["share_percent"] for part in nested["variance_parts"]]
        assert sum(shares) >= 100 - 1e-9 or sum(shares) == pytest.approx(100, abs=60)
        assert {part["name"] for part in nested["variance_parts"]} == {
            "items",
            "groups",
            "draws",
            "draw x item",
        }
    assert "p (Holm)" in report.render("md") and r"\toprule" in report.render("latex")
    assert str(report) == report.render("md")
    assert report._repr_html_() == report.render("html")
    with pytest.raises(SettingsError, match="did you mean 'json'"):
        report.render("jsn")


def test_options_reach_the_statistics(tmp_path: Path) -> None:
    a, b = two(tmp_path, 0.2, 0.22)
    plain, mid = compare([a, b]), compare([a, b], mid_p=True)
    assert plain.pairs[0].found.p is not None and mid.pairs[0].found.p is not None
    assert mid.pairs[0].found.p < plain.pairs[0].found.p
    wide = compare([a, b], level=0.99).pairs[0].interval
    narrow = plain.pairs[0].interval
    assert (
        wide is not None and narrow is not None and wide.low < narrow.low < narrow.high < wide.high
    )
    detect = compare([a, b], detect=1.0).pairs[0].sentence
    assert "To find a true difference of 1.0 points four times in five, about" in detect
    draws = two(tmp_path / "draws", **FEW)
    with pytest.raises(SettingsError):
        compare(list(draws), mid_p=True)


def test_a_subset_is_said(tmp_path: Path) -> None:
    a, b = two(tmp_path, subset="limit")
    assert "Not the whole published set: limit." in compare([a, b]).render("md")


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    a, b = two(tmp_path, **FEW)

    def text(report: ComparisonReport) -> list[str]:
        return [report.render(format) for format in ("md", "csv", "json", "html", "latex")]

    assert text(compare([a, b])) == text(compare([a, b]))


@pytest.mark.slow
def test_a_comparison_imports_no_torch(tmp_path: Path) -> None:
    a, b = two(tmp_path)
    code = (
        "import sys; from dcgan_eval.reporting import compare; "
        f"compare([{str(a)!r}, {str(b)!r}]).render('md'); "
        "print([m for m in ('torch', 'pandas', 'matplotlib', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
