"""Every public name has an example in its docstring, and what the example prints is true."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

import dcgan_eval

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(set(dcgan_eval.__all__) - {"__version__"}))
def test_the_example_of_a_public_name_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("pipelines", "results", "zoo"):
        (tmp_path / folder).symlink_to(REPOSITORY / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_EVAL_CACHE", str(tmp_path / "cache"))
    public = getattr(dcgan_eval, name)
    found = doctest.DocTestFinder(recurse=False).find(public, name, globs={})
    (example,) = found
    assert example.examples, f"{name} has no example"
    with np.printoptions(legacy="2.1"):
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example)
    assert not capsys.readouterr().out
