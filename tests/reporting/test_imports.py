"""A page of records needs no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.make.records import save


@pytest.mark.slow
def test_a_page_imports_no_torch(tmp_path: Path) -> None:
    save(tmp_path)
    code = (
        "import sys; from dcgan_eval.reporting import make_report; "
        f"make_report({str(tmp_path)!r}); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
