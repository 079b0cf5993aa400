"""A process that fits a long path is killed; the same call goes on to the same bits."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.system

# Saving is slowed down, so that the kill falls between the first part and the end.
CHILD = """
import sys, time, numpy as np
from pathlib import Path
from dcgan_eval.probes import l2svm_path
from dcgan_eval.records import Journal

class Slow(Journal):
    def put(self, key, values):
        super().put(key, values)
        time.sleep(float(sys.argv[4]))

data = np.load(sys.argv[1])
folds = [np.flatnonzero(np.arange(240) % 3 != fold) for fold in range(3)]
path = l2svm_path(data["X"], data["y"], [1e-3, 1e-2, 1e-1], subsets=folds, method=sys.argv[3],
                  units=Slow(Path(sys.argv[2])))
np.savez(sys.argv[5], coef=path.coef, gap=path.gap)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("method", ["span", "deflated"])
def test_a_killed_process_is_gone_on_from(tmp_path: Path, method: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 240)
    X = (rng.normal(size=(240, 60)) * 2 + rng.normal(size=(4, 60))[y] + 1).astype(np.float32)
    np.savez(tmp_path / "data.npz", X=X, y=y)

    def arguments(units: Path, pause: str, out: str) -> list[str]:
        files = [str(tmp_path / "data.npz"), str(units), method, pause, str(tmp_path / out)]
        return [sys.executable, "-c", CHILD, *files]

    killed = subprocess.Popen(arguments(tmp_path / "killed", "0.5", "never.npz"))
    try:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "killed").glob("*.npz")):
            assert killed.poll() is None
            assert time.monotonic() < deadline, "no part was saved within a minute"
            time.sleep(0.01)
    finally:
        killed.kill()
        code = killed.wait()
    assert code == -signal.SIGKILL
    assert not (tmp_path / "never.npz").exists()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "killed").glob("*.npz")}

    subprocess.run(arguments(tmp_path / "killed", "0", "resumed.npz"), check=True)
    subprocess.run(arguments(tmp_path / "whole", "0", "whole.npz"), check=True)
    resumed, whole = np.load(tmp_path / "resumed.npz"), np.load(tmp_path / "whole.npz")
    np.testing.assert_array_equal(resumed["coef"], whole["coef"])
    np.testing.assert_array_equal(resumed["gap"], whole["gap"])
    if method == "span":  # what was finished before the kill is not computed again
        assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
