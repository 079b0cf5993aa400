"""What can be said of a table: as options, in Python, and in a file beside a paper."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from dcgan_eval.core import SettingsError
from dcgan_eval.reporting import Grid, make_table, table
from tests.make.commands import call
from tests.make.records import save, save_rungs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rows beside the published ones of CIFAR-10; of a part of SVHN, two."""
    folder = tmp_path_factory.mktemp("results")
    for name, error in (("A", 0.20), ("B", 0.21), ("C", 0.40)):
        save(folder / "whole", name, error, weights=name * 64, notes=("Said of all",))
    for name, error in (("A", 0.2), ("B", 0.4)):
        save(
            folder / "part",
            name,
            error,
            rows=5,
            protocol="few_labels",
            dataset="svhn",
            settings={"per_class": 100},
            subset="the first half",
            weights=name * 64,
        )
    return folder


def grid_of(folder: Path, format: str = "md", **options: Any) -> Grid:
    (grid,) = make_table(folder, format, **options).grids
    return grid


def shown(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows]


def test_columns_are_those_that_were_asked_for(folder: Path) -> None:
    asked = ["name", "metric", "n_repeats", "value"]
    grid = grid_of(folder / "whole", columns=asked, published=False)
    heads = ["representation", "metric", "repeats", "accuracy (%)"]
    assert [one.name for one in grid.columns] == heads
    assert shown(grid)[0] == ["A", "accuracy", "1", "80.00"]
    steps = folder / "steps"
    for step in (100, 200):
        save(steps, f"ours, {step}", 0.3, method="ours", step=step, score=step / 4)
    grid = grid_of(steps, view="steps", columns=["name", "test_value"], decimals=1)
    assert shown(grid) == [["100", ""], ["200", "70.0"]]
    save_rungs(folder / "rungs", "generator", {1000: 15.0, 50_000: 0.08})
    grid = grid_of(folder / "rungs", view="rungs", columns=["name", "50000"], interval="none")
    assert shown(grid)[0] == ["generator", "8.00"]


@pytest.mark.parametrize(
    ("interval", "heads", "first"),
    [
        ("range", ["value", "interval"], ["80.0", "75.8 to 83.6"]),
        ("pm", ["value"], ["80.0 ± 3.9"]),
        ("none", ["value"], ["80.0"]),
    ],
)
def test_intervals_and_decimals(
    folder: Path, interval: str, heads: list[str], first: list[str]
) -> None:
    grid = grid_of(
        folder / "whole",
        columns=["name", "value", "interval"],
        interval=interval,
        decimals=1,
        rename={"accuracy (%)": "value"},
    )
    assert [one.name for one in grid.columns[1:]] == heads and shown(grid)[0][1:] == first
    about = [note for note in grid.notes if "Wilson" in note]
    assert len(about) == (interval != "none")
    assert interval != "pm" or about[0].startswith("± is half the interval: 95 %")
    pivot = grid_of(folder / "whole", view="pivot", interval=interval, decimals=1)
    within = {"range": "80.0 (75.8 to 83.6)", "pm": "80.0 ± 3.9", "none": "80.0"}
    assert shown(pivot)[0][1] == within[interval]
    assert shown(grid_of(folder / "whole", view="pivot"))[0][1] == "80.00"


def test_published_rows_where_it_is_the_same_experiment(folder: Path) -> None:
    def published(folder: Path, **options: Any) -> int:
        return sum(row[0].tag == "published" for row in grid_of(folder, **options).rows)

    assert published(folder / "whole") == published(folder / "whole", published="yes") == 5
    assert published(folder / "part", published=True) == 9
    assert published(folder / "whole", published="same-experiment") == 5
    assert published(folder / "part", published="same-experiment") == 0
    assert published(folder / "whole", published="no") == 0


def test_notes_are_said_once(folder: Path) -> None:
    grid = grid_of(folder / "whole")
    assert not grid.footnotes and not any(cell.marks for row in grid.rows for cell in row)
    assert "Our rows: said of all." in grid.notes
    maps = "Published rows: 1024, 512, 3200, 6400, 4800 maps, in the order of the rows."
    assert maps in grid.notes
    assert sum("arXiv:1511.06434v2, table 1." in note for note in grid.notes) == 1


def test_notes_of_single_rows_stay_with_them(tmp_path: Path) -> None:
    save(tmp_path, "A", 0.2, notes=("C is 1", "Only of A"))
    save(tmp_path, "B", 0.3, notes=("C is 2",))
    save(tmp_path, "C", 0.4)
    grid = grid_of(tmp_path, published=False)
    assert grid.footnotes[:2] == ("C is 1, 2, in the order of the rows.", "Only of A.")
    assert [row[0].marks for row in grid.rows] == [(1, 2), (1,), ()]


def test_the_commonest_interval_is_said_once_and_the_others_beside_theirs(tmp_path: Path) -> None:
    for name in "AB":
        save(tmp_path, name, 0.2, weights=name)
    for seed in range(3):
        save(tmp_path, f"C, seed {seed}", 0.3, method="C", seed=seed)
    for interval, place in (("range", 2), ("pm", 1)):
        grid = grid_of(tmp_path, published=False, interval=interval)
        about = [note for note in grid.notes if "where nothing else is said" in note]
        assert len(about) == 1 and "Wilson" in about[0]
        assert [row[place].marks for row in grid.rows] == [(), (), (1,)]
        assert grid.footnotes[0].startswith("Interval: 95 %, two-way t")


def test_notes_in_short_and_none(folder: Path) -> None:
    assert grid_of(folder / "whole", notes="short").notes == (
        "Interval: 95 %.",
        "Published: Radford, Metz & Chintala 2016, arXiv:1511.06434v2, table 1.",
        "Bold: the best and those not significantly worse (Holm, 5 %).",
    )
    assert grid_of(folder / "whole", notes="none").notes == ()


@pytest.mark.parametrize("view", ["representations", "pivot", "layers", "steps", "rungs"])
@pytest.mark.parametrize("notes", ["full", "short", "none"])
def test_what_is_not_the_published_data_is_said_whatever_is_asked_for(
    view: str, notes: str, tmp_path: Path
) -> None:
    about: dict[str, Any] = {"subset": "the first half", "dataset": "svhn_subset", "weights": "w"}
    save(tmp_path, "A", 0.2, **about)
    save(tmp_path, "A, one layer", 0.3, layers=("conv1",), **about)
    if view == "steps":
        for step in (1, 2):
            about["weights"] = f"w{step}"
            save(tmp_path, f"s{step}", 0.3, method="s", step=step, score=step / 4, **about)
    if view == "rungs":
        shutil.rmtree(tmp_path)
        save_rungs(tmp_path, "generator", {1000: 15.0, 50_000: 0.08}, subset="the first half")
    for grid in make_table(tmp_path, view=view, notes=notes).grids:
        about = [note for note in grid.notes if "the whole published set" in note]
        assert len(about) == 1 and "the first half" in about[0]


def test_names_are_changed_in_rows_columns_and_notes(folder: Path, tmp_path: Path) -> None:
    for step in (100, 200):
        save(tmp_path, f"ours, {step}", 0.3, method="ours", step=step, score=step / 4)
    save(tmp_path, "other", 0.4)
    names = {"ours": "DCGAN (α)", "accuracy (%)": "test"}
    grid = grid_of(tmp_path, published=False, rename=names)
    assert [row[0].text for row in grid.rows] == ["DCGAN (α)", "other"]
    assert grid.columns[1].name == "test" and "test: higher is better." in grid.notes
    assert grid.footnotes == ("DCGAN (α): step 200, chosen among 2 steps on validation.",)


def test_captions_are_such_as_a_paper_has(folder: Path) -> None:
    assert grid_of(folder / "whole").caption == "Accuracy on CIFAR-10, all training labels"
    part = grid_of(folder / "part")
    assert part.caption == "Error on SVHN, the first half, 100 labels a class"
    given = grid_of(folder / "part", "html", caption="Mine", label="tab:x")
    assert (given.title, given.caption, given.label) == ("Mine", "Mine", "tab:x")
    latex = table(folder / "part", "latex", caption="50 % of α", label="tab:x", env="table*")
    assert r"\caption{50~\% of $\alpha$}" + "\n" + r"\label{tab:x}" in latex
    assert latex.count(r"{table*}") == 2
    assert '<table id="tab:x">\n<caption>Mine<' in table(
        folder / "part", "html", caption="Mine", label="tab:x"
    )


@pytest.mark.parametrize(
    ("format", "options", "message"),
    [
        ("md", {"label": "tab:x"}, "label: md has no place for it; leave it out, or write latex"),
        ("html", {"env": "table*"}, "env: html has no place for it"),
        ("csv", {"decimals": 1}, "decimals: csv has no place for it"),
        ("md", {"columns": ["name", "vlaue"]}, "columns: 'vlaue' is none of this view; did you me"),
        ("md", {"columns": ["value"]}, "columns: begin with name, by which rows are told apart"),
        ("md", {"rename": {"D": "E"}}, "rename: no row or column is called 'D'"),
        ("md", {"interval": "plusminus"}, "interval: found 'plusminus': expected 'range', 'pm' or"),
        ("md", {"decimals": -1}, "decimals: found -1"),
        ("latex", {"label": "a b"}, "label: found 'a b'"),
        ("md", {"colums": ["name"]}, "unknown key 'colums'; did you mean 'columns'?"),
    ],
)
def test_what_cannot_be_is_one_line(
    folder: Path, format: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        table(folder / "whole", format, **options)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_one_caption_is_of_one_table(folder: Path) -> None:
    for options in ({"caption": "x"}, {"label": "x"}):
        with pytest.raises(
            SettingsError, match=r"there are 2 tables .*; choose one by where or met"
        ):
            table(folder, "latex", where={"representation": "A"}, **options)


def test_a_file_holds_the_same_and_options_go_before_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    style = tmp_path / "table.yaml"
    style.write_text(
        "columns: [name, value, interval]\ninterval: pm\ndecimals: 1\npublished: no\n"
        "rename: {A: first, B: second}\nwhere: {dataset: cifar10}\n"
    )
    expected = table(
        folder,
        columns=["name", "value", "interval"],
        interval="pm",
        decimals=0,
        published="no",
        rename={"A": "one", "B": "second"},
        where={"dataset": "cifar10"},
    )
    typed = ["--decimals", "0", "--rename", "A=one"]
    done = call(["table", folder, "--style", style, *typed], capsys)
    assert done.out == expected == table(folder, style=style, decimals=0, rename={"A": "one"})
    typed = ["--columns", "name,value,interval", "--interval", "pm", "--published", "no"]
    typed += ["--rename", "A=one", "--rename", "B=second", "--where", "dataset=cifar10"]
    assert call(["table", folder, *typed, "--decimals", "0"], capsys).out == expected
    style.write_text("colums: [name]\n")
    done = call(["table", folder, "--style", style], capsys)
    assert done.code == 2 and done.err.startswith(f"dcgan-eval: {style}: unknown key 'colums'; did")
    done = call(["table", folder, "--rename", "A"], capsys)
    assert done.code == 2 and "--rename A: expected a=b, such as 'raw pixels=pixels'" in done.err
