from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.plots.bars import Bar, bars_plot
from dcgan_eval.reporting.plots.curves import Curve, curves_plot
from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.plots.make import make_plots
from dcgan_eval.reporting.plots.scatter import scatter_plot
from tests.make.records import save

pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def plots(tmp_path_factory: pytest.TempPathFactory) -> list[Plot]:
    folder = tmp_path_factory.mktemp("results")
    save(folder, "DCGAN", 0.2, weights="w")
    save(folder, "DCGAN, layer 1", 0.3, weights="w", layers=("conv1",))
    for step in (100, 200):
        save(folder, f"ours, step {step}", 0.25, method="ours", step=step, score=step / 4)
    return make_plots(folder)


def test_what_records_can_fill_is_drawn(plots: list[Plot]) -> None:
    assert [plot.title.split(":")[0] for plot in plots] == [
        "accuracy",
        "Steps of training",
        "Layers of DCGAN",
        "Choice of C",
    ]
    bars, steps, layers, selection = plots
    assert "DCGAN 80.0 (75.8 to 83.6)" in bars.text
    assert "Exemplar CNN 84.3 published" in bars.text
    assert "ours from 25.0 at step 100 to 50.0 at 200, chosen 200" in steps.text
    assert "conv1 70.0" in layers.text
    assert "chosen 0.001" in selection.text


def test_equal_results_give_equal_bytes(plots: list[Plot]) -> None:
    plot = plots[0]
    assert plot.svg() == plot.svg() and plot.svg_file() == plot.svg_file()
    assert plot.png() == plot.png() and plot.png().startswith(b"\x89PNG")


def test_files_are_whole_and_say_what_they_show(plots: list[Plot]) -> None:
    for plot in plots:
        root = ElementTree.fromstring(plot.svg())
        assert root.tag == f"{SVG}svg" and root.get("role") == "img"
        assert root.get("aria-label") == f"{plot.title}. {plot.text}"
        ElementTree.fromstring(plot.svg_file())
        assert "currentColor" in plot.svg() and "currentColor" not in plot.svg_file()
        assert "#010203" not in plot.svg() + plot.svg_file()


def test_ids_of_two_plots_on_a_page_differ(plots: list[Plot]) -> None:
    found = [re.findall(r'\bid="([^"]+)"', plot.svg(f"plot{i}")) for i, plot in enumerate(plots)]
    every = [one for ids in found for one in ids]
    assert len(every) == len(set(every))
    for i, plot in enumerate(plots):
        used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', plot.svg(f"plot{i}"))
        assert {a or b for a, b in used} <= set(found[i])


def test_labels_are_shown_as_they_are() -> None:
    name = "a <b> & $x^2$ \\frac \x1b[31m"
    svg = bars_plot("title", [Bar(name, 10.0)], "error (%)").svg_file()
    texts = [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert any("a <b> & $x^2$ \\frac" in text for text in texts)
    assert "\x1b" not in svg


def test_an_interval_that_does_not_hold_its_value_is_drawn() -> None:
    interval = MetricInterval(low=11.0, high=12.0, method="m", covers="c", given="g")
    assert bars_plot("title", [Bar("a", 10.0, interval)], "error (%)").png()


def test_many_bars_are_cut_and_said_so() -> None:
    plot = bars_plot("title", [Bar(f"row {i}", 10.0 + i) for i in range(100)], "error (%)")
    assert "60 more are in the table" in plot.text and "row 40" not in plot.svg()


def test_ticks_of_a_logarithmic_axis_do_not_overlap() -> None:
    rungs = (1e3, 1e4, 5e4, 6e4, 1e5, 1e6, 1e7)
    curve = Curve("A", rungs, tuple(range(len(rungs))), None)
    plot = curves_plot("ladder", [curve], "samples", "error", logarithmic=True)
    svg = plot.svg()
    labels = [one for one in ("1k", "10k", "50k", "60k", "100k", "1M", "10M") if f">{one}<" in svg]
    assert labels == ["1k", "10k", "50k", "1M", "10M"]


def test_scatter_has_a_legend_of_classes() -> None:
    points = np.random.default_rng(0).normal(size=(60, 2))
    labels = np.arange(60) % 3
    plot = scatter_plot("view", points, labels, ("cat", "dog", "frog"))
    svg = plot.svg()
    assert "60 test images of 3 classes" in plot.text
    assert all(f">{name}<" in svg for name in ("cat", "dog", "frog"))
    assert len(svg) < 200_000


def test_nothing_to_draw(tmp_path: Path) -> None:
    assert make_plots(tmp_path) == []


def test_long_titles_that_end_differently_have_names_of_their_own() -> None:
    title = "error by number of samples: nearest_samples on mnist, rungs "
    names = [bars_plot(title + end, [Bar("A", 1.0)], "error (%)").name for end in ("1", "2")]
    assert len(set(names)) == 2 and all(len(name) <= 60 for name in names)
    assert names[0].startswith("error-by-number-of-samples-nearest_samples-on-mnist-r")
