from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from dcgan_eval.core import DataError, RecordError, SettingsError
from dcgan_eval.records import MetricInterval
from dcgan_eval.reporting.plots.bars import Bar, bars_plot
from dcgan_eval.reporting.plots.curves import Curve
from dcgan_eval.reporting.plots.figure import FORMATS, Plot
from dcgan_eval.reporting.plots.lines import MOST_CURVES, curves_plot
from dcgan_eval.reporting.plots.make import Plots, make_plots
from dcgan_eval.reporting.plots.scatter import scatter_plot
from dcgan_eval.reporting.plots.style import COLOURS, PUBLISHED, Style
from dcgan_eval.reporting.plots.training import training_plots
from tests.make.records import save, save_rungs

pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"
COLUMN, TEXT = Style.of("column"), Style.of("text")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plots:
    folder = tmp_path_factory.mktemp("results")
    save(folder, "DCGAN", 0.2, weights="w")
    save(folder, "DCGAN, layer 1", 0.3, weights="w", layers=("conv1",))
    for step in (100, 200):
        save(folder, f"ours, step {step}", 0.25, method="ours", step=step, score=step / 4)
    return make_plots(folder)


@pytest.fixture(scope="module")
def plots(made: Plots) -> tuple[Plot, ...]:
    return made.plots


def drawn(plot: Plot, style: Style = TEXT) -> Figure:
    """The figure of a plot, laid out."""
    with matplotlib.rc_context(style.parameters("#000000")):
        figure = Figure(figsize=(style.width, style.width), layout="constrained")
        plot.draw(figure, style)
        figure.draw_without_rendering()
    return figure


def texts(svg: bytes | str) -> list[str]:
    """What can be read in a picture."""
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def legend_of(plot: Plot, style: Style = TEXT) -> list[str]:
    """What a plot's legend says."""
    (legend,) = drawn(plot, style).findobj(Legend)
    return [text.get_text() for text in legend.get_texts()]


def test_what_records_can_fill_is_drawn(plots: tuple[Plot, ...]) -> None:
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


@pytest.mark.parametrize("format", FORMATS)
def test_equal_results_give_equal_bytes(plots: tuple[Plot, ...], format: str) -> None:
    for plot in plots:
        content = plot.render(format, COLUMN)
        assert content == plot.render(format, COLUMN) and len(content) < 100_000
        assert content[:4] == {"pdf": b"%PDF", "svg": b"<?xm", "png": b"\x89PNG"}[format]
        assert b"Matplotlib" not in content and b"CreationDate" not in content
    with pytest.raises(SettingsError, match="format: 'svgg' is not known"):
        plots[0].render("svgg")


def test_the_readers_own_settings_of_matplotlib_change_nothing(plots: tuple[Plot, ...]) -> None:
    content = plots[0].render("svg")
    with matplotlib.rc_context({"lines.linewidth": 9, "font.family": "serif", "axes.grid": True}):
        assert plots[0].render("svg") == content


def test_files_are_named_by_their_titles(made: Plots) -> None:
    names = [name for name, _ in made.files(["pdf", "png"])]
    assert names[:2] == [
        "accuracy-full_labels-on-cifar10.pdf",
        "accuracy-full_labels-on-cifar10.png",
    ]
    assert len(names) == 8
    with pytest.raises(SettingsError, match="format: 'gif' is not known"):
        next(Plots((), ()).files(["gif"]), None)


def test_files_are_whole_and_say_what_they_show(plots: tuple[Plot, ...]) -> None:
    for plot in plots:
        root = ElementTree.fromstring(plot.svg())
        assert root.tag == f"{SVG}svg" and root.get("role") == "img"
        assert root.get("aria-label") == f"{plot.title}. {plot.text}"
        whole = plot.render("svg").decode()
        ElementTree.fromstring(whole)
        assert "currentColor" in plot.svg() and "currentColor" not in whole
        assert "#010203" not in plot.svg() + whole


def test_ids_of_two_plots_on_a_page_differ(plots: tuple[Plot, ...]) -> None:
    found = [re.findall(r'\bid="([^"]+)"', plot.svg(f"plot{i}")) for i, plot in enumerate(plots)]
    every = [one for ids in found for one in ids]
    assert len(every) == len(set(every))
    for i, plot in enumerate(plots):
        used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', plot.svg(f"plot{i}"))
        assert {a or b for a, b in used} <= set(found[i])


@pytest.mark.parametrize("style", [COLUMN, TEXT, Style.of("4", 14)])
def test_nothing_is_outside_the_figure(plots: tuple[Plot, ...], style: Style) -> None:
    for plot in plots:
        figure = drawn(plot, style)
        inside, page = figure.get_tightbbox(), figure.bbox_inches
        assert page.width == style.width
        assert inside.x0 >= -0.02 and inside.x1 <= page.x1 + 0.02
        assert inside.y0 >= -0.02 and inside.y1 <= page.y1 + 0.02


def test_labels_are_shown_as_they_are() -> None:
    name = "a <b> & $x^2$ \\frac \x1b[31m"
    svg = bars_plot("title", [Bar(name, 10.0), Bar("b", 1.0)], "error (%)").render("svg")
    assert any("a <b> & $x^2$ \\frac" in text for text in texts(svg))
    assert b"\x1b" not in svg


def test_axes_are_named_by_whatever_a_record_says() -> None:
    for plot in (
        bars_plot("title", [Bar("a", 10.0)], "err\ud800or"),
        curves_plot("title", [Curve("a", (1, 2), (3, 4))], "C\ud800", "error\ud800"),
    ):
        assert any("\\xd800" in text for text in texts(plot.render("svg")))
        assert plot.render("png") and plot.render("pdf")


def test_long_names_are_whole() -> None:
    names = [f"DCGAN (authors, ImageNet), all of the layers but number {i}" for i in (1, 2)]
    bars = bars_plot("title", [Bar(name, 10.0) for name in names], "error (%)")
    curves = curves_plot("t", [Curve(name, (1, 2), (3, 4)) for name in names], "C", "error (%)")
    for plot in (bars, curves):
        for style in (COLUMN, TEXT):
            shown = " ".join(texts(plot.render("svg", style)))
            assert all(name in shown for name in names)


def test_an_interval_that_does_not_hold_its_value_is_drawn() -> None:
    interval = MetricInterval(low=11.0, high=12.0, method="m", covers="c", given="g")
    assert bars_plot("title", [Bar("a", 10.0, interval)], "error (%)").render("png")


@pytest.mark.parametrize("values", [(0.0, 0.0), (-0.5, 0.002), (3.0, 1e6)])
def test_any_values_are_drawn(values: tuple[float, float]) -> None:
    assert bars_plot("title", [Bar("a", one) for one in values], "kid").render("png")


def test_many_bars_are_cut_and_said_so() -> None:
    plot = bars_plot("title", [Bar(f"row {i}", 10.0 + i) for i in range(100)], "error (%)")
    assert "60 more are in the table" in plot.text and "row 40" not in plot.svg()


def test_a_row_alone_has_no_picture_but_words(tmp_path: Path) -> None:
    save(tmp_path, "only", 0.2, dataset="mnist")
    made = make_plots(tmp_path)
    assert [plot.title for plot in made.plots] == ["Choice of C: full_labels on mnist"]
    assert made.in_words == (
        "full_labels on mnist, accuracy: one row, no picture: only 80.0 (75.8 to 83.6)",
    )


def test_published_rows_of_another_experiment_are_hatched_under_a_heading(tmp_path: Path) -> None:
    for folder, subset in (("whole", None), ("part", "100 of 50,000 training labels")):
        save(tmp_path / folder, "A", 0.2, subset=subset)
        bars = make_plots(tmp_path / folder).plots[0]
        patches = drawn(bars).axes[0].patches
        published = [one for one in patches if one.get_hatch() or colour(one) == PUBLISHED]
        assert len(patches) == 6 and len(published) == 5
        assert all(bool(one.get_hatch()) == (subset is not None) for one in published)
        shown = " ".join(texts(bars.render("svg")))
        assert "Published" in shown
        assert ("another experiment" in shown and "100 of 50,000" in shown) == bool(subset)
    assert not make_plots(tmp_path / "part", published=False).plots[0].title.startswith("accuracy")


def colour(patch: Any) -> str:
    from matplotlib.colors import to_hex

    return to_hex(patch.get_facecolor())


def test_ladders_have_bands_of_their_intervals(tmp_path: Path) -> None:
    save_rungs(tmp_path, "real", {1000: 12.0, 50_000: 0.03})
    save_rungs(tmp_path, "generator", {1000: 15.0, 50_000: 9.0, 100_000: 0.08})
    (plot,) = (one for one in make_plots(tmp_path).plots if "by number" in one.title)
    assert plot.text.endswith("Bands: 95 % interval.")
    assert len(drawn(plot).axes[0].collections) == 2
    assert legend_of(plot) == ["real", "generator", "95 % interval"]


def test_the_legend_is_of_what_can_be_seen() -> None:
    plain = Curve("plain", (1.0, 2.0), (3.0, 4.0))
    chosen = Curve("chosen one", (1.0, 2.0), (5.0, 6.0), 2.0, (4.0, 5.0), (6.0, 7.0), "± 1 sd")
    assert legend_of(curves_plot("t", [plain], "C", "error (%)")) == ["plain"]
    assert legend_of(curves_plot("t", [plain, chosen], "C", "error (%)"), COLUMN) == [
        *("plain", "chosen one", "chosen", "± 1 sd"),
    ]
    many = [Curve(f"curve {i}", (1.0, 2.0), (i, i + 1.0)) for i in range(MOST_CURVES + 2)]
    plot = curves_plot("t", many, "C", "error (%)")
    assert legend_of(plot)[-1] == "2 more are not drawn" and "curve 10" not in plot.svg()


def test_a_curve_under_another_is_seen_around_it() -> None:
    curves = [Curve(name, (1.0, 2.0, 3.0), (3.0, 9.0, 4.0)) for name in ("below", "above")]
    apart = Curve("apart", (1.0, 2.0, 3.0), (5.0, 2.0, 8.0))
    axes = drawn(curves_plot("t", [*curves, apart], "C", "error (%)")).axes[0]
    below, above, other = (line.get_linewidth() for line in axes.lines)
    assert below > 2 * above and above == other
    assert axes.lines[0].get_markersize() > axes.lines[1].get_markersize()


def test_every_curve_has_a_colour_and_a_marker_of_its_own() -> None:
    curves = [Curve(f"curve {i}", (1.0, 2.0), (i, i + 1.0)) for i in range(MOST_CURVES)]
    lines = drawn(curves_plot("t", curves, "C", "error (%)")).axes[0].lines
    assert [line.get_color() for line in lines] == list(COLOURS)
    assert len({line.get_marker() for line in lines}) == MOST_CURVES


@pytest.mark.parametrize("style", [COLUMN, TEXT])
@pytest.mark.parametrize(
    "x",
    [
        (1e3, 1e4, 5e4, 6e4, 1e5, 1e6, 1e7),
        (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2),
        (3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3),
        tuple(float(step) for step in range(1000, 100_001, 1000)),
    ],
)
def test_labels_of_ticks_do_not_touch(x: tuple[float, ...], style: Style) -> None:
    plot = curves_plot("t", [Curve("A", x, x)], "x", "y", logarithmic=len(x) < 10)
    axes = drawn(plot, style).axes[0]
    boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
    assert len(boxes) >= 3
    assert all(a.x1 + 2 < b.x0 for a, b in pairwise(boxes))


def test_powers_of_ten_come_first_among_ticks() -> None:
    rungs = (1e3, 1e4, 5e4, 6e4, 1e5, 1e6, 1e7)
    shown = texts(
        curves_plot("t", [Curve("A", rungs, rungs)], "samples", "y", logarithmic=True).render("svg")
    )
    assert [one for one in shown if one in ("1k", "10k", "50k", "60k", "100k", "1M", "10M")] == [
        *("1k", "10k", "100k", "1M", "10M"),
    ]
    grid = (2e-5, 1e-4, 1e-3)
    shown = texts(
        curves_plot("t", [Curve("A", grid, grid)], "C", "y", logarithmic=True).render("svg")
    )
    assert {"2·10⁻⁵", "10⁻⁴", "10⁻³"} <= set(shown)


def test_scatter_has_a_legend_of_classes() -> None:
    points = np.random.default_rng(0).normal(size=(60, 2))
    labels = np.arange(60) % 3
    plot = scatter_plot("view", points, labels, ("cat", "dog", "frog"))
    svg = plot.svg()
    assert "60 test images of 3 classes" in plot.text
    assert all(f">{name}<" in svg for name in ("cat", "dog", "frog"))
    assert len(svg) < 200_000


def test_ten_classes_have_ten_colours() -> None:
    points = np.random.default_rng(0).normal(size=(200, 2))
    plot = scatter_plot("view", points, np.arange(200) % 10, tuple("abcdefghij"))
    found = {tuple(one.get_facecolor()[0][:3]) for one in drawn(plot).axes[0].collections}
    assert len(found) == 10


def test_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no records there"):
        make_plots(tmp_path)


def test_long_titles_that_end_differently_have_names_of_their_own() -> None:
    title = "error by number of samples: nearest_samples on mnist, rungs "
    names = [bars_plot(title + end, [Bar("A", 1.0)], "error (%)").name for end in ("1", "2")]
    assert len(set(names)) == 2 and all(len(name) <= 60 for name in names)
    assert names[0].startswith("error-by-number-of-samples-nearest_samples-on-mnist-r")


@pytest.mark.filterwarnings("ignore:Glyph")
def test_an_svg_is_xml_whatever_a_name_holds() -> None:
    plot = Plot("odd", "", lambda figure, _: figure.suptitle("a\x01b\x1b\ufffe<c"))
    for text in (plot.svg(), plot.render("svg")):
        root = ElementTree.fromstring(text)
        assert "".join(root.itertext()).count("\N{REPLACEMENT CHARACTER}") == 3


def test_a_trainings_log_is_two_plots(tmp_path: Path) -> None:
    header = "step,loss_D,loss_G,accuracy_real,accuracy_fake\n"
    path = tmp_path / "mine_log.csv"
    path.write_text(f"{header}2,1.5,0.7,0.5,0.625\n4,0.5,,0.75,1\n6,inf,2,1,1\n")
    losses, right = training_plots(path)
    assert losses.title == "Losses of mine" and right.title == "How often D of mine is right"
    # What is missing or infinite is no point of a curve.
    assert "D from 1.5 at step 2 to 0.5 at 4; G from 0.7 at step 2 to 2.0 at 6" in losses.text
    assert "about fake images from 62.5 at step 2 to 100.0 at 6" in right.text
    for plot in (losses, right):
        assert plot.render("pdf")[:5] == b"%PDF-"
    for content in ("", "step\n1\n", f"{header}2,a,b,c,d\n", f"{header}2,,,,\n", "\x00"):
        path.write_text(content)
        with pytest.raises(DataError, match=r"mine_log.csv: give the log that a training wrote"):
            training_plots(path)
