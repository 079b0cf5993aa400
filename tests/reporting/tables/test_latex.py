r"""A real LaTeX run of the tables: what ``\usepackage{booktabs}`` alone can set."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dcgan_eval.reporting import table
from tests.make.records import save, save_rungs

pytestmark = pytest.mark.system

NAMES = (
    "50 % of $x_1^2$ & {braces} #1 ~tilde \\backslash",
    "[bracket] <angle> |bar| \"quotes\" `tick` 'apostrophe'",
    "Ümläut é ß ñ – — … ± × − ≥ “curly” ‘single’",
    "日本語 Ελλ emoji 🙂 \x1b[31m",
    "\\input{/etc/passwd} \\write18{id}",
)


def _booktabs() -> bool:
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return False
    return subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True).returncode == 0


@pytest.mark.skipif(not _booktabs(), reason="no pdflatex with booktabs")
@pytest.mark.parametrize("view", ["representations", "pivot", "layers", "steps", "rungs"])
def test_tables_compile(view: str, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    for i, name in enumerate(NAMES):
        save(folder, name, 0.2 + i / 20, notes=(name,), subset="5 % of & everything_")
    save(folder, "DCGAN", 0.2, weights="w")
    save(folder, "DCGAN, one layer", 0.3, weights="w", layers=("conv_1",))
    for step in (100, 200):
        save(folder, f"ours_{step}", 0.25, method="ours_#1", step=step, score=step / 4)
    save_rungs(folder, "generator_#1", {1000: 15.0, 50_000: 0.08})
    text = table(folder, "latex", view=view)
    document = (
        "\\documentclass{article}\n\\usepackage{booktabs}\n"
        f"\\begin{{document}}\n{text}\n\\end{{document}}\n"
    )
    (tmp_path / "table.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "table.tex"],
        cwd=tmp_path,
        capture_output=True,
        timeout=100,
        check=False,
    )
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-1500:]
    assert (tmp_path / "table.pdf").stat().st_size > 1000
    assert "Missing character" not in log
