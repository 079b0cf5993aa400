from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcgan_eval.core import DataError, SettingsError
from dcgan_eval.reporting import PowerReport, compare, compare_predictions, power
from dcgan_eval.reporting.planning.goal import make_goal
from dcgan_eval.stats import Pilot
from tests.make.commands import call, refused
from tests.make.records import save

FEW: dict[str, Any] = {"protocol": "few_labels", "dataset": "svhn", "rows": 6}


def two(folder: Path, a: float = 0.2, b: float = 0.3, **options: Any) -> tuple[Path, Path]:
    return save(folder, "A", a, **options), save(folder, "B", b, **options)


def test_numbers_are_those_of_the_statistics(tmp_path: Path) -> None:
    pilot = compare(list(two(tmp_path, **FEW)))
    found = power(pilot, differences=[2, 5], power=0.9, repeats=[4, 40])
    said = Pilot.of(pilot.pairs[0].found)
    low, high = said.extremes
    for goal, share in zip(found.goals, (0.02, 0.05), strict=True):
        assert goal.power == pytest.approx(100 * said.power(share))
        assert goal.items.number == said.items_needed(share, power=0.9)
        assert goal.repeats is not None
        assert goal.repeats.number == said.rows_needed(share, power=0.9)
        assert goal.items[1:] == tuple(x.items_needed(share, power=0.9) for x in (low, high))
        assert goal.repeats[1:] == tuple(x.rows_needed(share, power=0.9) for x in (low, high))
        assert goal.items_by_repeats == {n: said.items_needed(share, n, 0.9) for n in (4, 40)}


def test_repeats_are_those_around_the_pilots(tmp_path: Path) -> None:
    found = power(compare(list(two(tmp_path, **FEW))))
    assert list(found.goals[0].items_by_repeats) == [3, 6, 12, 30, 60]
    assert [goal.difference for goal in found.goals] == [0.5, 1, 2, 3, 5]
    assert "**Images by draws**" in found.render() and "60 draws" in found.render()


def test_of_several_results_two_are_named_and_the_level_is_divided(tmp_path: Path) -> None:
    two(tmp_path, **FEW)
    save(tmp_path, "C", 0.4, **FEW)
    pilot = compare(tmp_path)
    with pytest.raises(SettingsError, match="3 pairs"):
        power(pilot)
    with pytest.raises(SettingsError, match="no result is called 'D'"):
        power(pilot, pair=("A", "D"))
    with pytest.raises(SettingsError, match="twice"):
        power(pilot, pair=("A", "A"))
    found = power(pilot, pair=("B", "A"))
    assert found.pilot.alpha == pytest.approx(0.05 / 3)
    assert "divided by 3 pairs" in found.notes[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"differences": []}, "differences"),
        ({"differences": [0.0]}, "differences"),
        ({"power": 80}, "power 80"),
        ({"power": 0.01}, "power 0.01"),
        ({"repeats": [1]}, "at least 2"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    pilot = compare(list(two(tmp_path, **FEW)))
    with pytest.raises(SettingsError, match=words):
        power(pilot, **options)


def test_one_draw_says_nothing_of_draws(tmp_path: Path) -> None:
    found = power(compare(list(two(tmp_path, **{**FEW, "rows": 1}))), differences=[2])
    assert any("how many draws are needed cannot be said" in note for note in found.notes)
    assert all(goal.repeats is None and goal.items.number for goal in found.goals)
    with pytest.raises(SettingsError, match="over"):
        found.plot("repeats")
    with pytest.raises(SettingsError, match="leave them out"):
        power(compare(list(two(tmp_path / "b", **{**FEW, "rows": 1}))), repeats=[10])


@pytest.mark.slow
def test_training_seeds_are_planned_where_methods_are_compared(tmp_path: Path) -> None:
    checkpoints = power(compare(list(two(tmp_path / "single"))), differences=[5])
    assert any("how many seeds are needed" in note for note in checkpoints.notes)
    for method, error in (("A", 0.2), ("B", 0.3)):
        for seed in range(3):
            options = {"method": method, "seed": seed, "weights": f"{method}{seed}"}
            save(tmp_path / "methods", f"{method}, seed {seed}", error + 0.01 * seed, **options)
    found = power(compare(tmp_path / "methods"), differences=[5])
    assert found.pair.found.n_rows_a == 3 and "seeds for 80 %" in found.render()
    assert not any("cannot be said" in note for note in found.notes)


def test_a_pilot_without_disagreement_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="never disagree on 400 items"):
        power(compare(list(two(tmp_path, 0.0, 0.0))))


def test_every_format_has_the_same_numbers(tmp_path: Path) -> None:
    found = power(compare(list(two(tmp_path, **FEW))), differences=[0.1, 5])
    values = json.loads(found.render("json"))
    assert (values["a"], values["b"], values["power"], values["pairs"]) == ("A", "B", 0.8, 1)
    assert values["pilot"]["items"] == 400 and values["pilot"]["repeats_a"] == 6
    lines = list(csv.DictReader(io.StringIO(found.render("csv"))))
    for goal, nested, line in zip(found.goals, values["differences"], lines, strict=True):
        assert nested["items"] == goal.items.number
        assert nested["items_low"] == goal.items.low and nested["items_high"] == goal.items.high
        assert line["items"] == ("" if goal.items.number is None else str(goal.items.number))
        assert nested["power"] == pytest.approx(goal.power) == float(line["power"])
    for over, curve in values["curves"].items():
        assert len(curve["at"]) == len(curve["power"]["5"]) > 3
        assert curve["power"]["5"] == sorted(curve["power"]["5"]), over
    assert "<table" in found.render("html") and r"\toprule" in found.render("latex")
    with pytest.raises(SettingsError, match="yaml"):
        found.render("yaml")


def test_where_no_number_is_enough_it_is_said(tmp_path: Path) -> None:
    found = power(compare(list(two(tmp_path, **FEW))), differences=[5])
    assert "∞" not in found.render()
    hopeless = make_goal(replace(found.pilot, rows=(0.01,)), 0.1, 0.8, [6])
    found = replace(found, goals=(hopeless,))
    assert "∞: no number is enough" in found.render()
    (said,) = json.loads(found.render("json"))["differences"]
    assert said["items"] is None and said["items_by_repeats"] == {"6": None}


def test_curves_cross_the_wished_power_where_it_is_reached(tmp_path: Path) -> None:
    found = power(compare(list(two(tmp_path, **FEW))), differences=[5])
    (goal,), curves = found.goals, json.loads(found.render("json"))["curves"]
    for over, needed in (("items", goal.items), ("repeats", goal.repeats)):
        assert needed is not None and needed.number is not None
        for n, reached in zip(curves[over]["at"], curves[over]["power"]["5"], strict=True):
            assert (reached >= 80) == (n >= needed.number)
        assert curves[over]["at"][-1] >= needed.number


def test_predictions_of_any_program_are_a_pilot() -> None:
    y = np.arange(400) % 10
    a, b = y.copy(), y.copy()
    a[:10], b[5:40] = 11, 11
    pilot = compare_predictions({"A": a, "B": b}, y)
    found = power(pilot, differences=[5])
    (goal,) = found.goals
    assert goal.items.number == Pilot.of(pilot.pairs[0].found).items_needed(0.05)
    assert found.pilot.method == "McNemar, exact" and found.pilot.items == 35 / 400
    assert "400 items" in found.notes[0] and "items for 80 %" in found.render()
    balanced = power(compare_predictions({"A": a, "B": b}, y, metric="balanced_accuracy"))
    assert balanced.pilot.method == "z over items"


def test_a_calibration_error_is_no_pilot() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 400)
    scores = [rng.dirichlet(np.ones(3), 400) for _ in "AB"]
    pilot = compare_predictions(dict(zip("AB", scores, strict=True)), y, metric="ece")
    with pytest.raises(DataError, match="what chance adds to this metric"):
        power(pilot)


def _lines(wrong: int) -> list[str]:
    """Predictions of 200 items of which the first are wrong."""
    return [f"{i % 10 + 20 * (i < wrong)},{i % 10}\n" for i in range(200)]


@pytest.mark.slow
def test_the_verb_prints_and_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    two(tmp_path, **FEW)
    monkeypatch.chdir(tmp_path)
    found: PowerReport = power(compare(["A", "B"], within=["."]), differences=[1, 4])
    given = ["power", "A", "B", "--within", ".", "--difference", "1", "--difference", "4"]
    assert call(given, capsys).out == found.render()
    done = call([*given, "--format", "json", "--out", "a.json", "--plot", "a.svg"], capsys)
    assert done.out == "" and done.code == 0
    assert Path("a.json").read_text() == found.to_json()
    assert "4 points" in Path("a.svg").read_text()
    assert call([*given, "--plot", "b.png", "--over", "repeats"], capsys).code == 0
    assert Path("b.png").read_bytes().startswith(b"\x89PNG")
    named = call(["power", ".", "--pair", "B", "A", "--difference", "1"], capsys)
    assert named.code == 0 and "A and B" in named.out
    for name, wrong in (("a", 5), ("b", 40)):
        Path(f"{name}.csv").write_text("".join(["prediction,target\n", *_lines(wrong)]))
    files = ["power", "--predictions", "a.csv", "--predictions", "b.csv", "--format", "json"]
    assert json.loads(call(files, capsys).out)["method"] == "McNemar, exact"
    refused(call([*files, "A"], capsys), 2, "--predictions", "leave it out")
    refused(call([*given, "--plot", "a.txt"], capsys), 2, "txt", "svg")
    refused(call([*given, "--over", "seeds", "--plot", "c.svg"], capsys), 2, "over", "repeats")
    refused(call([*given, "--over", "repeats"], capsys), 2, "--over", "--plot")
    refused(call(["power", "A", "--within", "."], capsys), 2, "at least two")
