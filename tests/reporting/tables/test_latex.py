r"""LaTeX tables: what they are made of, that they fit a column, and a real run where TeX is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_eval.reporting import compare, table
from dcgan_eval.reporting.tables.latex_text import escape, needs_t1
from tests.make.latex import read_tables, shortage, shown
from tests.make.records import save, save_rungs

RESULTS = Path(__file__).parents[3] / "results"
PAPER = RESULTS / "paper"
VIEWS = ("representations", "pivot", "layers", "steps", "rungs")
NAMES = (
    "50 % of $x_1^2$ & {braces} #1 ~tilde \\backslash",
    "[bracket] <angle> |bar| \"quotes\" `tick` 'apostrophe'",
    "*star* Ümläut é ß ñ ő ą Đ – — … ± × − ≥ “curly” ‘single’ «quoted»",
    "日本語 Ελλ ε → ∞ emoji 🙂 \x1b[31m",
    "\\input{/etc/passwd} \\write18{id} --two --- '' ,,",
)
LONG = (
    "DCGAN (authors, ImageNet), layers 1-4, maximum over 4 × 4 cells",
    "DCGAN (authors, ImageNet), layers 1-4, without layer 2",
    "ours (trained on CIFAR-10), cifar10_discriminator_0020.safetensors",
    "ours (trained on CIFAR-10), exponential moving average of weights",
    "random weights of the same architecture, layers 1-4",
    "K-means, 1,600 maps, whitened patches, triangle activation",
    "vit_base_patch16_224/dinov2, class token and mean of patches",
    "ResNet-50 (torchvision, IMAGENET1K_V2), average pool",
    "supervised convolutional network, same architecture",
    "raw pixels",
)
# Width and size in points, and the font: of a page of 6.9 inches, a slide, a column of 3.3 inches,
# the text of an article.
PAGE = (496.9, 10.0, "cmr10")
SLIDE = (307.3, 10.95, "cmss10")
COLUMNS = ((238.5, 10.0, "cmr10"), (345.0, 10.0, "cmr10"), SLIDE)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records for every view, under names that are commands in some language."""
    folder = tmp_path_factory.mktemp("nasty")
    for i, name in enumerate(NAMES):
        save(folder, name, 0.2 + i / 20, notes=(name,), subset="5 % of & everything_")
    save(folder, "DCGAN", 0.2, weights="w")
    save(folder, "DCGAN, one layer", 0.3, weights="w", layers=("conv_1",))
    for step in (100, 200):
        save(folder, f"ours_{step}", 0.25, method="ours_#1", step=step, score=step / 4)
    save_rungs(folder, "generator_#1", {1000: 15.0, 50_000: 0.08})
    return folder


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("options", [{}, {"interval": "pm", "notes": "short", "env": "table*"}])
def test_tables_are_such_as_tex_takes(nasty: Path, view: str, options: dict[str, str]) -> None:
    tables = read_tables(table(nasty, "latex", view=view, **options))
    assert tables and len({one.label for one in tables}) == len(tables)
    assert "env" not in options or {one.env for one in tables} == {options["env"]}
    assert all(one.caption and one.rows for one in tables)


@given(text=st.text(max_size=40))
def test_any_text_is_text(text: str) -> None:
    latex = escape(text)
    fonts = " and \\usepackage[T1]{fontenc}" if needs_t1(latex) else ""
    whole = (
        f"% needs \\usepackage{{booktabs,tabularx}}{fonts}\n"
        f"\\begin{{table}}[tbp]\n\\caption{{{latex}}}\n\\label{{tab:x}}\n"
        "\\begin{tabularx}{\\linewidth}{@{}rr@{}}\n\\toprule\na & b \\\\\n\\midrule\n"
        f"{latex} & {latex} \\\\\n\\bottomrule\n\\end{{tabularx}}\n\\end{{table}}\n"
    )
    (read,) = read_tables(whole)
    assert len(read.rows) == 1
    if text.isascii() and text.isprintable():
        assert shown(latex) == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("α ε φ Ω", r"$\alpha$ $\varepsilon$ $\varphi$ $\Omega$"),
        ("A → B ← C ⇒ D", r"A $\to$ B $\leftarrow$ C $\Rightarrow$ D"),
        ("70 ± 1, ≥ 3, − 2 × 4", r"70 $\pm$ 1, $\geq$ 3, $-$ 2 $\times$ 4"),
        ("1–4 — “so” ‘so’ …", r"1--4 --- ``so'' `so' \ldots{}"),
        ("é ï ñ å ő ž ç ệ", r"\'{e} \"{\i} \~{n} \r{a} \H{o} \v{z} \c{c} \^{\d{e}}"),
        ("e\u0301", r"\'{e}"),
        ("ß Ø ł", r"\ss{} \O{} \l{}"),
        ("a_b/c.d", r"a\_b/c.d"),
        ("discriminator_10.pt", r"discriminator\_\allowbreak{}10.\allowbreak{}pt"),
        ("--x --- ''", "-{}-x -{}-{}- '{}'"),
        ("25° m² x₁", r"25$^\circ$ m$^2$ x$_1$"),
        ("日", "{[}U+65E5{]}"),
    ],
)
def test_signs_are_as_latex_has_them(text: str, latex: str) -> None:
    assert escape(text) == latex and not needs_t1(latex)


def test_what_only_t1_has_is_said() -> None:
    assert all(needs_t1(escape(text)) for text in ("ą", "Đ", "«", "þ"))


def test_published_rows_stand_below_a_line(nasty: Path) -> None:
    text = table(nasty, "latex", where={"representation": "DCGAN*"})
    body = text.split(r"\midrule")
    assert len(body) == 3 and body[2].startswith("\n\\multicolumn{3}{@{}l@{}}{\\emph{Published}}")
    assert text.count("ublished}") == 1
    assert (
        r"\midrule"
        not in table(nasty, "latex", published="no")
        .split(r"\midrule", 1)[1]
        .split(r"\bottomrule")[0]
    )


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten records of long names."""
    folder = tmp_path_factory.mktemp("long")
    for i, name in enumerate(LONG):
        save(folder, name, 0.2 + i / 40, weights=name)
    return folder


def test_ten_rows_of_long_names_fit_a_column(long: Path) -> None:
    for options in ({}, {"interval": "pm"}, {"interval": "none"}, {"decimals": 1}):
        (read,) = read_tables(table(long, "latex", published="no", **options))
        assert len(read.rows) == 10
        for column in COLUMNS:
            assert shortage(read, *column) <= 0, (options, column)


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["cifar10_3000", "svhn_subset", "mnist_nn"])
def test_real_tables_fit_a_column(folder: str) -> None:
    for read in read_tables(table(RESULTS / folder, "latex")):
        assert read.env == "table"
        for column in COLUMNS:
            assert shortage(read, *column) <= 0, column


@pytest.mark.slow
@pytest.mark.parametrize("view", ["rungs", "pivot"])
def test_what_does_not_fit_a_column_stands_across_the_page(view: str) -> None:
    for read in read_tables(table(RESULTS / "mnist_nn", "latex", view=view)):
        assert read.env == "table*" and shortage(read, *COLUMNS[0]) > 0
        assert shortage(read, *PAGE) <= 0
    (read,) = read_tables(table(RESULTS / "mnist_nn", "latex", style=PAPER / "mnist_nn.yaml"))
    assert read.env == "table" and shortage(read, *COLUMNS[0]) <= 0


def test_what_is_too_wide_is_found(tmp_path: Path) -> None:
    save(tmp_path, "a" * 60, 0.2)
    (read,) = read_tables(table(tmp_path, "latex", published="no"))
    assert shortage(read, *COLUMNS[0]) > 100
    save(tmp_path, "b", 0.2)
    wide = ["name", "value", "interval", "n_repeats", "columns", "seconds", "cpu_seconds"]
    where = {"representation": "b"}
    (read,) = read_tables(table(tmp_path, "latex", published="no", columns=wide, where=where))
    assert shortage(read, *COLUMNS[0]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10_3000", "svhn_subset", "mnist_nn"])
def test_the_tables_of_the_paper_are_those_of_the_records(name: str) -> None:
    text = table(RESULTS / name, "latex", style=PAPER / f"{name}.yaml")
    assert text == (PAPER / f"{name}.tex").read_text(), "run `make -C results/paper tables`"
    for prefix, columns in (("", COLUMNS), ("slide_", [SLIDE])):
        for read in read_tables((PAPER / f"{prefix}{name}.tex").read_text()):
            for column in columns:
                assert shortage(read, *column) <= 0, (prefix, column)


def _has_tex() -> bool:
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return False
    packages = ["booktabs.sty", "tabularx.sty", "beamer.cls", "geometry.sty"]
    return subprocess.run(["kpsewhich", *packages], capture_output=True).returncode == 0


_STRICTLY = ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape")


def compiled(folder: Path, name: str) -> None:
    """Run pdflatex twice, without a PDF, and check that no box is too full by more than a point."""
    for _ in range(2):
        done = subprocess.run(
            ["pdflatex", "-draftmode", *_STRICTLY, name],
            cwd=folder,
            capture_output=True,
            timeout=100,
            check=False,
        )
        log = done.stdout.decode(errors="replace")
        assert done.returncode == 0, log[-1500:]
    assert "Missing character" not in log and "undefined references" not in log
    too_full = re.findall(r"Overfull \\[hv]box \(([\d.]+)pt too", log)
    assert all(float(points) <= 1 for points in too_full), log[-3000:]


needs_tex = pytest.mark.skipif(
    not _has_tex(), reason="no pdflatex with booktabs, tabularx, beamer, geometry"
)


def document(text: str, columns: str = "onecolumn") -> str:
    """An article with a table in it; of two columns, those of 3.3 inches."""
    page = "\\usepackage[textwidth=6.9in,columnsep=0.3in]{geometry}\n"
    return (
        f"\\documentclass[{columns}]{{article}}\n\\usepackage{{booktabs,tabularx}}\n"
        f"\\usepackage[T1]{{fontenc}}\n{page if columns == 'twocolumn' else ''}"
        f"\\begin{{document}}\n{text}\n\\end{{document}}\n"
    )


@pytest.mark.system
@needs_tex
@pytest.mark.parametrize("view", VIEWS)
def test_tables_compile(nasty: Path, view: str, tmp_path: Path) -> None:
    (tmp_path / "table.tex").write_text(document(table(nasty, "latex", view=view)))
    compiled(tmp_path, "table")


@pytest.mark.system
@needs_tex
def test_long_names_compile_in_a_column(long: Path, tmp_path: Path) -> None:
    (tmp_path / "table.tex").write_text(document(table(long, "latex"), "twocolumn"))
    compiled(tmp_path, "table")


@pytest.mark.system
@needs_tex
def test_a_comparison_compiles_in_a_document_of_one_column(tmp_path: Path) -> None:
    names = ["K-means, 1,600 maps", "raw pixels", "random weights"]
    text = compare(names, within=RESULTS / "svhn_subset").render("latex")
    (tmp_path / "compared.tex").write_text(document(text))
    compiled(tmp_path, "compared")


@pytest.mark.system
@needs_tex
@pytest.mark.parametrize("name", ["article", "two_columns", "slides"])
def test_the_paper_compiles(name: str, tmp_path: Path) -> None:
    shutil.copytree(PAPER, tmp_path / "paper")
    compiled(tmp_path / "paper", name)
