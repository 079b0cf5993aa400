"""Every script of examples/ runs as it stands and prints something."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
# A module that pipelines/module.yaml names: nothing to run.
SCRIPTS = sorted(
    set((REPOSITORY / "examples").glob("*.py")) - {REPOSITORY / "examples/own_networks.py"}
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setenv("DCGAN_EVAL_CACHE", str(tmp_path))
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out
    assert len(path.read_text().splitlines()) <= 45, "more than a screen"
