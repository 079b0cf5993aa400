"""Long work in real processes: on a terminal, into pipes, and interrupted."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.screen import screen
from tests.make.commands import finish, start

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
RUN = ["run", "p.yaml", "--cache", "cache"]
# A shell that starts tests in the background has them ignore interruptions.
HEARS = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)"
# As if ten seconds had gone by.
TALKS = "from dcgan_eval.core import Lines\nLines.__init__.__defaults__ = (0.2,)"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    protocol = {"kind": "few_labels", "per_class": 5, "draws": 20, "selection": "within_draw"}
    network = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}
    pipeline = {
        "name": "small",
        "data": {"name": "digits"},
        "representations": [{"kind": "pixels"}, network],
        "protocol": {**protocol, "folds": 2},
        "results": "results",
    }
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(pipeline))
    return tmp_path


def test_a_terminal_gets_one_live_display_and_stdout_a_table(box: Path) -> None:
    terminal, other_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from dcgan_eval.cli import main; main()", *RUN],
        cwd=box,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "TERM": "xterm",
            "COLUMNS": "200",
        },
        stdout=subprocess.PIPE,
        stderr=other_end,
        text=True,
    )
    os.close(other_end)
    written, screens = b"", set()
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # how a terminal says that nobody writes to it any more
            break
        if not piece:
            break
        written += piece
        screens.add("\n".join(screen(written.decode(errors="ignore"))))
    os.close(terminal)
    out, _ = process.communicate(timeout=100)
    assert process.returncode == 0, written

    assert out.startswith("**few_labels on digits**\n") and out.rstrip().endswith("5 %).")
    assert "\x1b" not in out and "job " not in out
    # One line for the job, one for what is done in it; the first job's result above the second.
    shown = re.compile(
        r"raw pixels: error .*\njob 2 of 2, random dcgan8\n"
        r"  labelled draws  ━.*  \d+/20 draws  [\d.]+ draws/s  \d+ s left"
    )
    assert any(shown.fullmatch(one) for one in screens), screens
    assert all(one.count("job ") <= 1 for one in screens)
    last = screen(written.decode())
    names = [line.split(":")[0] for line in last]
    assert names == ["raw pixels", "random dcgan8", "written"]
    assert written.rindex(b"\x1b[?25h") > written.rindex(b"\x1b[?25l")


def test_a_pipe_gets_plain_lines_and_quiet_none(box: Path) -> None:
    told = finish(start(RUN, box, code=TALKS))
    assert told.code == 0 and "\x1b" not in told.err + told.out
    line = re.compile(
        r"job 1 of 2, raw pixels: labelled draws: \d+/20 draws, [\d.]+ draws/s, \d+ s left"
    )
    assert any(line.fullmatch(one) for one in told.err.splitlines()), told.err
    assert told.out.startswith("**few_labels on digits**\n")

    (record, *_) = (box / "results").glob("raw*.json")
    record.unlink()
    quiet = finish(start([*RUN, "--quiet"], box, code=TALKS))
    assert quiet.code == 0 and quiet.err == ""
    assert masked(quiet.out) == masked(told.out)
    assert "--quiet" not in json.loads(record.read_text())["run"]["command"]


def masked(table: str) -> list[list[str]]:
    """The first five columns of a table: all but the seconds."""
    return [line.split(" | ")[:5] for line in table.splitlines() if line.startswith("| ")]


def test_ctrl_c_is_said_and_the_same_command_goes_on(box: Path) -> None:
    whole = finish(start([*RUN[:-1], "whole", "--results", "whole"], box))
    assert whole.code == 0, whole.err

    process = start(RUN, box, code=f"{HEARS}\n{TALKS}")
    assert process.stderr is not None
    before = 0
    for line in process.stderr:
        found = re.match(r"job 2 of 2.*labelled draws: (\d+)/20", line)
        if found:
            before = int(found[1])
            break
    process.send_signal(signal.SIGINT)
    ended = finish(process)
    assert ended.code == 130 and ended.out == ""
    assert ended.err.splitlines()[-1] == (
        "dcgan-eval: interrupted; the same command goes on from here"
    )
    assert "Traceback" not in ended.err

    again = finish(start(RUN, box, code=TALKS))
    assert again.code == 0, again.err
    assert "raw pixels: done before, results\n" in again.err
    draws = [int(n) for n in re.findall(r"labelled draws: (\d+)/20", again.err)]
    assert before >= 1 and all(n > before for n in draws)
    assert outcomes(box / "results") == outcomes(box / "whole")


def outcomes(folder: Path) -> dict[str, str]:
    found = {one.name: json.loads(one.read_text())["outcome"] for one in folder.glob("*.json")}
    assert len(found) == 2
    return {name: json.dumps(outcome) for name, outcome in found.items()}
