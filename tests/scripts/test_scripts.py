"""Short scripts of users: each runs as it stands, by the public names alone, and says what is true.

A script runs in this process, in an empty folder with a cache of its own and the repository's
``zoo/`` as the folder of checkpoints. What it looks at (numbers, shapes, files) it asserts itself.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SCRIPTS = sorted(set(HERE.glob("*.py")) - {Path(__file__)})
# Libraries that not everybody has.
NEEDS = {
    "hugging_face_data_set": "datasets",
    "in_a_notebook": "nbclient",
    "timm_swin": "timm",
    "timm_vit": "timm",
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script(script: Path, box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if script.stem in NEEDS:
        pytest.importorskip(NEEDS[script.stem], reason=f"needs {NEEDS[script.stem]}")
    monkeypatch.setenv("DCGAN_EVAL_CHECKPOINTS", str(HERE.parents[1] / "zoo"))
    runpy.run_path(str(script), run_name="__main__")
