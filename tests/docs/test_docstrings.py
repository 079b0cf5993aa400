"""Every public name has an example in its docstring, and what the example prints is true."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

import dcgan_eval
from dcgan_eval.core import Settings

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]


PUBLIC = sorted(set(dcgan_eval.__all__) - {"__version__"})


@pytest.mark.parametrize("name", PUBLIC)
def test_the_docstring_of_public_settings_names_every_key(name: str) -> None:
    public = getattr(dcgan_eval, name)
    if isinstance(public, type) and issubclass(public, Settings):
        named = set(re.findall(r"\w+", public.__doc__ or ""))
        assert set(public.model_fields) - {"kind", "name"} <= named  # those of every subject


@pytest.mark.parametrize("name", PUBLIC)
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
