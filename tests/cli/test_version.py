"""The version, wherever one looks for it."""

from __future__ import annotations

import re
import runpy
import sys
import tomllib
from pathlib import Path

import pytest

import dcgan_eval
from tests.make.commands import call

ROOT = Path(__file__).parents[2]


def test_the_command_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(["--version"], capsys)
    assert (done.code, done.out) == (0, f"dcgan-eval {dcgan_eval.__version__}\n")


def test_the_package_runs_as_a_module(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["dcgan_eval", "--version"])
    monkeypatch.delitem(sys.modules, "dcgan_eval.__main__", raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("dcgan_eval", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"dcgan-eval {dcgan_eval.__version__}\n"


def test_whoever_cites_it_names_the_same() -> None:
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited is not None and cited[1] == dcgan_eval.__version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]


def test_hooks_are_the_checks_of_make() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    makefile = (ROOT / "Makefile").read_text()
    recipe = makefile.split("\ncheck: install\n")[1].split("\n\n")[0]
    for line in recipe.splitlines():
        assert line.strip().replace("$(BIN)", ".venv/bin") in hooks
    assert re.findall(r"repo: (.+)", hooks) == ["local"]
