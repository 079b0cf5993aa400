"""``dcgan-eval report`` on a real run of scikit-learn's digits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.make.records import sign

pytestmark = pytest.mark.system

PIPELINES = Path(__file__).parents[3] / "pipelines"


def dcgan_eval(*arguments: str | Path, cache: Path, cwd: Path) -> str:
    """Run the command; what it printed."""
    code = "from dcgan_eval.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "DCGAN_EVAL_CACHE": str(cache)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("work")
    run = ("run", PIPELINES / "digits.yaml", "--results", "results")
    dcgan_eval(*run, cache=work / "cache", cwd=work)
    return work


def test_pictures_are_found_by_fingerprint_and_caches_decide_nothing(work: Path) -> None:
    first, second = work / "first.html", work / "second.html"
    said = dcgan_eval("report", "results", "--out", first, cache=work / "cache", cwd=work)
    assert said.splitlines() == [str(first)]
    text = first.read_text()
    assert 'class="missed"' in text and 'alt="test image ' in text
    assert "not at hand" not in text and str(work) not in text

    shutil.rmtree(work / "cache")
    dcgan_eval("report", "results", "--out", second, cache=work / "other", cwd=work)
    assert second.read_bytes() == first.read_bytes()


def test_other_images_of_the_same_name_are_not_shown(work: Path) -> None:
    results = work / "changed"
    shutil.copytree(work / "results", results)
    (record,) = results.glob("*.????????????.json")
    values = json.loads(record.read_text())
    values["outcome"]["data"]["test"]["fingerprint"] = "other images"
    sign(record, values)
    dcgan_eval("report", "changed", "--out", "changed.html", cache=work / "cache", cwd=work)
    text = (work / "changed.html").read_text()
    assert "not at hand" in text and "<img" not in text
