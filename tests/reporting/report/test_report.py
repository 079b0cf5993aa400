from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import html5lib
import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan_eval.core import RecordError
from dcgan_eval.records import Record, ResultStore
from dcgan_eval.reporting import make_report, make_table
from dcgan_eval.reporting.results import pairing
from tests.make.records import (
    exhibits,
    make_predictions,
    make_record,
    save,
    save_bare,
    save_rungs,
    sign,
)

pytestmark = pytest.mark.slow

NASTY = '<script>alert(1)</script> & "q" $x$ {{ 7 }} \x1b[31m'


class Page(HTMLParser):
    """Collects what a page holds, and checks that tags are balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.unnamed: list[str] = []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attributes)
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.append(tag)
        self.ids += [value for key, value in attributes if key == "id" and value]
        self.links += [v for k, v in attributes if k in ("href", "xlink:href") and v]
        self.sources += [value for key, value in attributes if key == "src" and value]
        if (tag == "img" and not found.get("alt")) or (
            tag == "svg" and not found.get("aria-label")
        ):
            self.unnamed.append(tag)
        assert not any(key.startswith("on") for key in found)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, tag


def pictures(record: Record, rows: NDArray[np.integer]) -> NDArray[np.uint8]:
    return np.full((len(rows), 4, 4, 3), 128, dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    save(folder, NASTY, 0.2, weights="w")
    save(folder, "one layer", 0.35, weights="w", layers=("conv1",))
    for seed in range(3):
        save(folder, f"random, seed {seed}", 0.5, method="random", seed=seed)
    for step in (100, 200):
        save(folder, f"ours, step {step}", 0.3, method="ours", step=step, score=step / 4)
    for name in ("A", "B"):
        changes = {"settings": {"labels_per_class": 100}, "preset": "svhn1000", "grouped": True}
        save(folder, name, 0.3, 5, protocol="few_labels", dataset="svhn", **changes)
    predictions = make_predictions(0.1)
    samples = np.random.default_rng(0).integers(0, 256, (25, 8, 8, 1), dtype=np.uint8)
    record = make_record(predictions, "with samples")
    ResultStore(folder).save(record, predictions, {**exhibits(predictions), "samples": samples})
    (folder / "broken.000000000000.json").write_text("{")
    return folder


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return make_report(folder, title="Everything", images=pictures)


def test_page_is_well_formed_and_self_contained(text: str) -> None:
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    outside = [one for one in page.links + page.sources if not one.startswith(("#", "data:"))]
    assert not outside and "script" not in page.tags and not page.unnamed
    assert "url(http" not in text and "@import" not in text


def test_page_is_what_the_standard_of_html_asks(text: str) -> None:
    html5lib.HTMLParser(strict=True).parse(text)


def test_page_shows_all_parts(text: str) -> None:
    for words in (
        "What can be said of the differences",
        "Accuracy by class",
        "Confusion matrix of with samples",
        "Images most often got wrong",
        "Feature space of with samples",
        "with samples: samples",
        "Steps of training",
        "Layers of",
        "Choice of C",
        "Costs by phase",
        "dcgan-eval run pipelines/made.yaml",
        "broken.000000000000.json",
        "DCGAN + L2-SVM",
        "is better than",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    "change",
    [
        {"projection_rows": np.zeros(300, "V8")},
        {"projection_rows": np.zeros(300)},
        {"projection_rows": np.full(300, 400)},
        {"projection": np.zeros((300, 2), "V4")},
    ],
)
def test_a_view_that_is_none_is_left_out(tmp_path: Path, change: dict[str, Any]) -> None:
    predictions = make_predictions(0.1)
    made = make_record(predictions, "odd")
    ResultStore(tmp_path).save(made, predictions, {**exhibits(predictions), **change})
    page = make_report(tmp_path)
    assert "odd" in page and "Feature space" not in page


def test_costs_show_the_cpu_where_the_clock_says_little(tmp_path: Path, text: str) -> None:
    assert "CPU" not in text and "cached or finished before is not among them" in text
    save(tmp_path, "busy", 0.2, cpu_seconds={"features": 1.0, "protocol": 1.0}, load=7.25)
    page = make_report(tmp_path)
    costs = page[page.index("Costs by phase") :]
    assert re.search(r"<th[^>]*>CPU</th>", costs) and ">2.0<" in costs
    assert "the machine was busy" in costs
    assert "load before" not in text and "load before" in costs and "7.25" in costs


def test_pairs_are_tested_once_a_page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tested: list[int] = []
    test_all = pairing.all_pairs_pvalues

    def counted(errors: list[Any], *others: Any) -> Any:
        tested.append(len(errors))
        return test_all(errors, *others)

    monkeypatch.setattr(pairing, "all_pairs_pvalues", counted)
    make_report(folder)
    # Rows of single checkpoints: of both experiments, and the layers of one network.
    assert sorted(tested) == [2, 2, 4]


def test_names_are_escaped(text: str) -> None:
    assert "<script>" not in text and "&lt;script&gt;" in text
    assert "\x1b" not in text and "{{ 7 }}" in text


def test_page_is_the_same_when_made_again(folder: Path, text: str) -> None:
    assert make_report(folder, title="Everything", images=pictures) == text


def test_numbers_by_class_and_confusions_are_those_of_the_predictions(tmp_path: Path) -> None:
    path = save(tmp_path, "only", 0.4)
    text = make_report(tmp_path)
    with np.load(path.with_name(path.name.replace(".json", ".predictions.npz"))) as stored:
        values, targets = stored["values"][0], stored["targets"]
    for label in range(10):
        share = 100 * float((values[targets == label] == label).mean())
        row = re.search(rf'<th scope="row">class {label}</th>(.*?)</tr>', text)
        assert row and f"<strong>{share:.1f}</strong>" in row[1]
    shown = [int(one) for one in re.findall(r"\(row (\d+)\)", text)]
    assert len(shown) == 24 and all(values[i] != targets[i] for i in shown)
    assert "The data set is not at hand" in text
    strong = r"<strong>class (\d)</strong>"
    item = re.search(rf"<p>{strong} \(row (\d+)\), called {strong} in 100 %", text)
    assert item and targets[int(item[2])] == int(item[1]) and values[int(item[2])] == int(item[3])
    assert f"{(values != targets).sum()} of 400 test images are wrong in every prediction" in text


def tables_of(text: str) -> dict[str, str]:
    """Tables of a page by their captions."""
    found = re.findall(r"<caption>(.*?)</caption>(.*?)</table>", text, re.DOTALL)
    assert len(dict(found)) == len(found)
    return dict(found)


def test_published_rows_have_tables_of_their_own(tmp_path: Path) -> None:
    save(tmp_path, "A", 0.2)
    save(tmp_path, "B", 0.3)
    tables = tables_of(make_report(tmp_path))
    own, cited = tables["accuracy (%)"], tables["Published: accuracy (%)"]
    assert ">A<" in own and "DCGAN + L2-SVM" not in own
    assert "DCGAN + L2-SVM" in cited and ">A<" not in cited and "seconds" not in cited


def test_published_rungs_have_tables_of_their_own(tmp_path: Path) -> None:
    save_rungs(tmp_path, "generator", {1000: 15.0, 50_000: 9.0, 100_000: 0.08})
    tables = tables_of(make_report(tmp_path))
    own, cited = "error by number of samples", "Published: error by number of samples"
    assert "generator" in tables[own] and "permutation" not in tables[own]
    assert "permutation" in tables[cited] and "1,000<" not in tables[cited]


def test_the_name_of_an_experiment_is_a_heading_once(tmp_path: Path) -> None:
    save(tmp_path, "A", 0.2)
    save(tmp_path, "B", 0.3)
    body = re.sub(r'aria-label="[^"]*"', "", make_report(tmp_path, title="x"))
    assert body.count("full_labels on cifar10") == 2  # in the contents, and above the section


def test_a_phone_and_paper_show_all_of_it(text: str) -> None:
    assert '<p class="hint">Scroll the table sideways: it has 6 columns.</p>' in text
    provenance = text[text.index('<section id="provenance"') :]
    assert provenance.count("<details open>") == provenance.count("<details") == 10


def test_without_predictions_or_exhibits(tmp_path: Path) -> None:
    for name in ("a", "b"):
        path = save(tmp_path, name, 0.3)
        for what in ("predictions", "exhibits"):
            path.with_name(path.name.replace(".json", f".{what}.npz")).unlink()
    text = make_report(tmp_path)
    Page(text)
    assert "Files that could not be used" in text and "By class" not in text


def test_records_whose_protocol_leaves_no_predictions(tmp_path: Path) -> None:
    for name, error in (("A", 0.2), ("B", 0.3)):
        save_bare(tmp_path, name, error)
    made = make_table(tmp_path)
    assert [line[0] for line in made.data if line[10]] == ["A", "B"] and not made.problems
    assert any("Not compared" in note for grid in made.grids for note in grid.notes)
    text = make_report(tmp_path)
    Page(text)
    assert "full_labels on cifar10" in text and "By class" not in text


def test_many_classes_are_cut_and_said_so(tmp_path: Path) -> None:
    path = save(tmp_path, "only", 0.4)
    values = json.loads(path.read_text())
    names = [f"class {i}" for i in range(100)]
    values["outcome"]["data"]["class_names"] = names
    sign(path, values)
    text = make_report(tmp_path)
    Page(text)
    assert "Commonest confusions of only" in text


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no usable record"):
        make_report(tmp_path)
    (tmp_path / "x.000000000000.json").write_text("")
    with pytest.raises(RecordError, match=r"x\.000000000000\.json"):
        make_report(tmp_path)


@pytest.mark.system
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
def test_a_browser_shows_it_without_complaint(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(text)
    done = subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=360,800",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert "Costs by phase" in done.stdout
    assert "CONSOLE" not in done.stderr
