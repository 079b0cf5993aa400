from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

from dcgan_eval.core import RecordError, RecordWarning, SettingsError
from dcgan_eval.records import ResultStore
from dcgan_eval.reporting import load_results, make_plots, make_report, make_table, table
from tests.make.records import save, save_rungs

NAMED = [
    "representation",
    "protocol",
    "dataset",
    "metric",
    "value",
    "low",
    "high",
    "n_repeats",
    "columns",
    "seconds",
    "record",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two experiments; in the first A and B are close and C is far, in the second all are."""
    folder = tmp_path_factory.mktemp("results")
    for name, error in (("A", 0.20), ("B", 0.21), ("C", 0.40)):
        save(folder / "cifar10", name, error, weights=name * 64)
        save(
            folder / "svhn",
            name,
            error,
            rows=5,
            protocol="few_labels",
            dataset="svhn",
            settings={"per_class": 100},
            subset="part",
            weights=name * 64,
        )
    return folder


def lines_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_begins_with_the_named_columns_and_reads_back(folder: Path) -> None:
    text = table(folder, "csv")
    assert next(csv.reader(io.StringIO(text)))[: len(NAMED)] == NAMED
    own = {(one["representation"], one["dataset"]): one for one in lines_of(text) if one["record"]}
    assert len(own) == 6
    for stored in ResultStore(folder / "svhn").load() + ResultStore(folder / "cifar10").load():
        outcome = stored.record.outcome
        line = own[outcome.representation.name, outcome.data.name]
        interval = outcome.headline.interval
        assert interval is not None
        said = [float(line[name]) for name in ("value", "low", "high")]
        numbers = (outcome.headline.value, interval.low, interval.high)
        assert said == [float(f"{one:.12g}") for one in numbers]
        assert line["record"] == stored.record.id[:12]
        assert int(line["columns"]) == outcome.representation.columns
        assert int(line["n_repeats"]) == outcome.headline.n_repeats
        assert float(line["seconds"]) == 3.75


def test_pandas_reads_the_csv_as_the_frame(folder: Path) -> None:
    import pandas as pd

    made = make_table(folder)
    read = pd.read_csv(io.StringIO(made.render("csv")))
    pd.testing.assert_frame_equal(
        read[["representation", "value", "low", "high"]],
        made.to_frame()[["representation", "value", "low", "high"]],
        check_exact=True,
    )


def test_published_rows_stand_beside_and_are_never_bold(folder: Path) -> None:
    for bold in ("tests", "max"):
        lines = lines_of(table(folder, "csv", bold=bold))
        published = [one for one in lines if one["published"]]
        assert {one["representation"] for one in published} >= {"Exemplar CNN", "M1 + M2"}
        assert all(one["bold"] == "false" for one in published)
        assert all("arXiv:1511.06434v2" in one["published"] for one in published)
    assert not [one for one in lines_of(table(folder, "csv", published=False)) if one["published"]]
    assert "M1 + M2 *published*" in table(folder, "md")


def test_a_part_of_the_set_is_never_put_beside_published_numbers_unsaid(folder: Path) -> None:
    text = table(folder, "md", where={"dataset": "svhn"})
    said = "Our rows are not of the whole published set (part)"
    assert text.count(said) == text.count("the published rows are: not the same experiment.") == 1
    assert text.count("*published*") == 9
    assert said not in table(folder, "md", where={"dataset": "cifar10"})
    alone = table(folder, "md", where={"dataset": "svhn"}, published=False)
    assert "Not the whole published set: part." in alone
    assert said in table(folder, "md", view="pivot")


def test_bold_is_the_best_and_what_is_not_significantly_worse(folder: Path) -> None:
    lines = lines_of(table(folder, "csv", where={"dataset": "cifar10"}))
    bold = {one["representation"] for one in lines if one["bold"] == "true"}
    assert bold == {"A", "B"}
    text = table(folder, "md", where={"dataset": "cifar10"})
    assert "| A | **80.00** |" in text and "**60.00**" not in text
    assert "all 3 pairs of our own rows, Holm at 5 %" in text


def test_bold_max_is_the_best_alone_and_says_so(folder: Path) -> None:
    lines = lines_of(table(folder, "csv", bold="max"))
    assert [one["representation"] for one in lines if one["bold"] == "true"] == ["A", "A"]
    assert "whether or not it is significantly better" in table(folder, "md", bold="max")
    assert "**80" not in table(folder, "md", bold="none")


def test_where_all_would_be_bold_none_is(tmp_path: Path) -> None:
    save(tmp_path, "A", 0.20)
    save(tmp_path, "B", 0.21)
    assert "No row is bold" in table(tmp_path, "md")
    assert {one["bold"] for one in lines_of(table(tmp_path, "csv"))} == {"false"}


def test_a_row_without_predictions_is_shown_and_named(tmp_path: Path) -> None:
    for name, error in (("A", 0.2), ("B", 0.4), ("C", 0.1)):
        path = save(tmp_path, name, error)
    path.with_name(f"{path.stem}.predictions.npz").unlink()
    made = make_table(tmp_path)
    assert "| C | 90.00 | 86.67 to 92.57 |" in str(made)
    assert "predictions are missing, of other draws or of another metric: C." in str(made)
    assert "| A | **80.00** |" in str(made)
    assert any(path.name in problem for problem in made.problems)


def test_sorting(folder: Path) -> None:
    def names(sort: str) -> list[str]:
        lines = lines_of(table(folder, "csv", sort=sort, published=False, metric="error"))
        return [one["representation"] for one in lines]

    assert names("value") == ["A", "B", "C"]
    assert lines_of(table(folder, "csv", published=False, metric="accuracy"))[0]["value"] == "80.0"
    assert names("name") == ["A", "B", "C"]
    assert names("given") == [
        one.record.outcome.representation.name for one in ResultStore(folder / "svhn").load()
    ]


def test_filters(folder: Path) -> None:
    lines = lines_of(table(folder, "csv", where={"representation": "[AB]", "dataset": "svh*"}))
    assert {one["representation"] for one in lines if one["record"]} == {"A", "B"}
    assert {one["dataset"] for one in lines} == {"svhn"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"sort": "valeu"},
            "sort: found 'valeu': expected 'value', 'name', 'columns', 'seconds' or 'given'",
        ),
        ({"bold": "maxx"}, "bold: found 'maxx': expected 'tests', 'max' or 'none'"),
        ({"view": "pivto"}, "unknown view 'pivto'; did you mean 'pivot'?"),
        ({"format": "latx"}, "did you mean 'latex'?"),
        ({"where": {"data": "x"}}, "where: 'data' is not known; did you mean 'dataset'?"),
    ],
)
def test_unknown_options_are_refused_with_a_suggestion(
    folder: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        table(folder, **options)  # type: ignore[arg-type]  # what a user may type
    assert message in str(caught.value)


def test_nothing_to_show_says_why(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(RecordError, match="no records there"):
        table(tmp_path)
    with pytest.raises(RecordError, match="no such record or folder"):
        table(tmp_path / "nowhere")
    with pytest.raises(RecordError, match="none of 6 records matches representation=Z"):
        table(folder, where={"representation": "Z"})
    with pytest.raises(RecordError, match=r"'acuracy' is in no record; did you mean 'accuracy'"):
        table(folder, metric="acuracy")
    for view in ("layers", "steps"):
        with pytest.raises(RecordError, match=f"view '{view}': nothing for it among 6 records"):
            table(folder, view=view)
    (tmp_path / "x.0123456789ab.json").write_text("{")
    with pytest.raises(RecordError, match=r"no usable record: x\.0123456789ab\.json"):
        table(tmp_path)


def test_a_folder_with_damage_is_shown_and_named(tmp_path: Path) -> None:
    path = save(tmp_path, "A", 0.2)
    save(tmp_path, "A", 0.3, weights="another run")
    (tmp_path / "cut.000000000001.json").write_text(path.read_text()[:300])
    future = path.read_text().replace('"schema_version": 2', '"schema_version": 7')
    (tmp_path / "future.000000000002.json").write_text(future)
    made = make_table(tmp_path)
    names = {str(one[0]) for one in made.data if one[10]}
    assert len(names) == 2 and all(name.startswith("A [") for name in names)
    assert len(made.problems) == 2
    with pytest.warns(RecordWarning) as caught:
        frame = load_results(tmp_path)
    assert len(caught) == 2 and len(frame) == 2


def test_seconds_of_different_devices_say_so(tmp_path: Path) -> None:
    save(tmp_path, "A", 0.2)
    save(tmp_path, "B", 0.3)
    assert "Seconds on" not in table(tmp_path)
    save(tmp_path, "C", 0.4, environment={"device": "A100", "torch": "2.11.0"})
    text = table(tmp_path)
    assert "Seconds on cpu." in text
    assert "Seconds on A100." in text


def test_seconds_of_the_cpu_are_beside_those_that_they_do_not_explain(tmp_path: Path) -> None:
    save(tmp_path, "A", 0.2, cpu_seconds={"features": 1.0, "protocol": 1.5})
    save(tmp_path, "B", 0.3)
    # 3.75 s in all, and 2.5 s are the last that explain them.
    assert "CPU" not in table(tmp_path)
    save(tmp_path, "C", 0.4, cpu_seconds={"features": 1.0, "protocol": 1.4})
    (grid,) = make_table(tmp_path).grids
    assert [one.name for one in grid.columns][-2:] == ["seconds", "CPU seconds"]
    own = {row[0].text: [cell.text for cell in row[-2:]] for row in grid.rows}
    assert [own[name] for name in "ABC"] == [["3.8", "2.5"], ["3.8", ""], ["3.8", "2.4"]]
    assert sum("the machine was busy" in note for note in grid.notes) == 1
    lines = csv.DictReader(io.StringIO(make_table(tmp_path).render("csv")))
    assert [line["cpu_seconds"] for line in lines][:3] == ["2.5", "", "2.4"]
    frame = load_results(tmp_path).set_index("representation")
    assert frame.cpu_seconds["C"] == 2.4 and frame.cpu_seconds.isna()["B"]


def test_experiments_that_differ_are_not_mixed(tmp_path: Path) -> None:
    save(tmp_path, "A", 0.2, version=1)
    save(tmp_path, "A", 0.2, version=2)
    save(tmp_path, "A", 0.2, version=2, settings={"grid": [1]})
    made = make_table(tmp_path)
    titles = [grid.title for grid in made.grids]
    assert len(set(titles)) == 3
    assert sum("protocol version 1" in title for title in titles) == 1
    assert sum("grid [1]" in title for title in titles) == 1


def test_experiments_that_differ_late_in_a_long_setting_have_titles_and_plots_of_their_own(
    tmp_path: Path,
) -> None:
    rungs = [1_000, 10_000, 50_000, 60_000, 100_000, 200_000, 500_000]
    ladders = [[*rungs, 1_000_000], [*rungs, 10_000_000], [2_000, *rungs[1:], 1_000_000]]
    for ladder in ladders:
        save(tmp_path, "A", 0.2, settings={"rungs": ladder})
    titles = [grid.title for grid in make_table(tmp_path).grids]
    assert [title.partition("rungs ")[2] for title in titles] == [
        f"[{ladder[0]}, ..., {ladder[-1]}]" for ladder in ladders
    ]
    names = [plot.name for plot in make_plots(tmp_path).plots]
    assert len(set(names)) == len(names) == 6
    save(tmp_path, "A", 0.2, settings={"rungs": [1_000, *ladders[0][2:]]})
    titles = [grid.title for grid in make_table(tmp_path).grids]
    assert sum(str(ladders[0]) in title for title in titles) == 1 and len(set(titles)) == 4


def test_pivot_has_a_column_an_experiment(folder: Path) -> None:
    made = make_table(folder, view="pivot", published=False)
    assert made.header[2:] == (
        "full_labels on cifar10: accuracy (%)",
        "few_labels on svhn: error (%)",
    )
    assert made.data[0] == ("A", False, 80.0, 20.0)
    with_papers = make_table(folder, view="pivot")
    paper = next(one for one in with_papers.data if one[:2] == ("DCGAN + L2-SVM", True))
    assert paper[2:] == (82.8, 22.48)


def test_pivot_says_which_column_a_note_is_about(tmp_path: Path) -> None:
    for dataset, names in (("cifar10", "ABC"), ("mnist", "AB")):
        for name, error in zip(names, (0.2, 0.4, 0.6), strict=False):
            save(tmp_path / dataset, name, error, dataset=dataset, weights=name * 64)
    made = make_table(tmp_path, view="pivot", published=False)
    notes = [note for note in made.grids[0].notes if note.startswith("Bold")]
    assert {note.rsplit("(", 1)[1] for note in notes} == {
        "all 3 pairs of our own rows, Holm at 5 %), in full_labels on cifar10.",
        "one pair of our own rows, Holm at 5 %), in full_labels on mnist.",
    }
    common = make_table(tmp_path, view="pivot", published=False, bold="max").grids[0].notes
    assert "Bold: the best value, whether or not it is significantly better." in common


def test_layers_are_a_table_of_one_encoder(tmp_path: Path) -> None:
    for layers, error in (
        (("conv1",), 0.5),
        (("conv2",), 0.4),
        (("conv1", "conv2"), 0.35),
        (("conv2", "conv3"), 0.33),
        (("conv1", "conv2", "conv3"), 0.3),
    ):
        save(tmp_path, "ours " + "+".join(layers), error, weights="same", layers=layers)
    save(tmp_path, "other", 0.1, weights="other", layers=("conv1",))
    made = make_table(tmp_path, view="layers")
    parts = [(one[3], one[4], one[9]) for one in made.data]
    assert parts == [
        ("conv1", "alone", 1024),
        ("conv2", "alone", 1024),
        ("conv1, conv2", "first 2", 2048),
        ("conv2, conv3", "without conv1", 2048),
        ("conv1, conv2, conv3", "all", 3072),
    ]
    assert "**70.00**" in str(made)


def test_steps_show_validation_and_only_the_chosen_one_on_test(tmp_path: Path) -> None:
    for step, error, score in ((100, 0.4, 50.0), (200, 0.3, 70.0), (300, 0.1, 60.0)):
        save(tmp_path, f"ours, {step}", error, method="ours", step=step, score=score)
    made = make_table(tmp_path, view="steps")
    assert [(one[4], one[7], one[8], one[9]) for one in made.data] == [
        (100, 47.0 + 3.0, False, None),
        (200, 70.0, True, 70.0),
        (300, 60.0, False, None),
    ]
    assert "90.00" not in str(made) and "200 *chosen*" in str(made)


def test_a_training_without_the_metric_is_left_out(tmp_path: Path) -> None:
    for step in (100, 200):
        save(tmp_path, f"ours, {step}", 0.3, method="ours", step=step, score=50.0)
    save(tmp_path, "other", 0.3, protocol="few_labels", dataset="svhn")
    with pytest.raises(RecordError, match="view 'steps': nothing for it among 3 records"):
        make_table(tmp_path, view="steps", metric="error")


def test_only_numbers_of_samples_are_rungs(tmp_path: Path) -> None:
    save_rungs(tmp_path, "generator", {1000: 15.0, 50_000: 0.08})
    (stored,) = ResultStore(tmp_path).load()
    first, last, copied = stored.record.outcome.metrics
    places = ({"layer": "conv1"}, {"samples": 1000, "k": 3}, {"samples": "many"})
    others = [first.model_copy(update={"at": at}) for at in places]
    outcome = stored.record.outcome.model_copy(update={"metrics": (first, last, copied, *others)})
    record = stored.record.model_copy(update={"outcome": outcome})
    ladder = make_table(record, view="rungs", published=False)
    assert sorted(one[4] for one in ladder.data) == [1000, 50_000]
    told = {one[3] for one in make_table(record, metric="all").data}
    assert told >= {"error@layer=conv1", "error@k=3@1000", "error@many", "error@1000", "copied"}
    assert "error@layer=conv1 (%)" in table(record, metric="error@layer=conv1")
    report = make_report(record)
    assert "error@many" in report and "error@1000 (%)" not in report


@pytest.mark.slow
def test_rungs_are_columns_beside_the_published_ones(tmp_path: Path) -> None:
    save_rungs(tmp_path, "real", {1000: 12.0, 50_000: 0.03})
    save_rungs(tmp_path, "generator", {1000: 15.0, 50_000: 9.0, 100_000: 0.08})
    made = make_table(tmp_path, view="rungs")
    (grid,) = made.grids
    assert [c.name for c in grid.columns] == ["representation", "1,000", "50,000", "100,000"]
    lines = {line[0].text: [cell.text for cell in line[1:]] for line in grid.rows}
    assert lines["real"][0].startswith("12.00 (") and lines["real"][2] == ""
    assert lines["generator"][2].startswith("8.00 (")
    assert lines["DCGAN"] == ["", "2.98", ""]
    values = {(one[0], one[4]): one[5] for one in made.data}
    assert values["generator", 1000] == 15.0 and values["real data", 50_000] == 3.1
    plot = next(p for p in make_plots(tmp_path).plots if p.title.startswith("error by number"))
    assert "generator from 15.0 at samples 1000 to 8.0 at 100000" in plot.text
    page = make_report(tmp_path)
    assert page.count("error by number of samples") >= 2 and "copied" in page


def test_tables_depend_on_records_alone(folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "elsewhere"
    shutil.copytree(folder, copy)
    for format in ("md", "csv", "latex", "html"):
        assert table(folder, format) == table(copy, format)


@pytest.mark.slow
def test_a_table_imports_neither_torch_nor_what_it_does_not_use(folder: Path) -> None:
    code = (
        "import sys; from dcgan_eval.reporting import table; "
        f"table({str(folder)!r}, 'md'); "
        "print([m for m in ('torch', 'pandas', 'matplotlib', 'jinja2', 'sklearn') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
