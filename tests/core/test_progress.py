"""Progress: job, rate and time left, as lines, on a terminal, or not at all."""

from __future__ import annotations

import io
import pickle
import sys
import time
from collections.abc import Iterator

import pytest
from rich.console import Console

from dcgan_eval.core import Lines, Silent, progress, shown_progress
from dcgan_eval.core.progress import Terminal
from tests.cli.screen import screen


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still unless a test moves it."""
    clock = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    return clock


def test_lines_tell_rate_and_time_left(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Lines(every=10).task("features", 1000, "images") as advance:
        for _ in range(10):
            now[0] += 4.0
            advance(100)
    assert capsys.readouterr().err.splitlines() == [
        "features: 300/1,000 images, 25 images/s, 28 s left",
        "features: 600/1,000 images, 25 images/s, 16 s left",
        "features: 900/1,000 images, 25 images/s, 4 s left",
    ]


def test_short_tasks_are_silent_and_lines_hold_no_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = Lines()
    with lines.task("short", 2, "steps") as advance:
        advance(2)
    assert capsys.readouterr().err == ""
    lines.say("a\x1b[31mb")
    assert "\x1b" not in capsys.readouterr().err


def test_what_was_there_before_is_in_no_rate(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Lines(every=10).task("draws", 100, "draws") as advance:
        advance(90, computed=False)
        now[0] += 10.0
        advance(2)
    assert capsys.readouterr().err == "draws: 92/100 draws, 0.2 draws/s, 40 s left\n"
    with Lines(every=10).task("draws", 100, "draws") as advance:
        now[0] += 10.0
        advance(90, computed=False)
    assert capsys.readouterr().err == "draws: 90/100 draws\n"


@pytest.mark.parametrize(
    ("seconds", "said"), [(119, "119 s"), (600, "10 min"), (7100, "118 min"), (9000, "2.5 h")]
)
def test_long_times_are_said_in_minutes_and_hours(
    now: list[float], capsys: pytest.CaptureFixture[str], seconds: int, said: str
) -> None:
    with Lines(every=1).task("steps", 1 + seconds, "steps") as advance:
        now[0] += 1.0
        advance(1)
    assert capsys.readouterr().err.endswith(f", {said} left\n")


def test_lines_name_the_job_they_belong_to(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(every=1)
    with lines.job("raw pixels", 2, 3), lines.task("features", 20, "images") as advance:
        now[0] += 1.0
        advance(10)
    with lines.task("decode", 4, "images") as advance:
        now[0] += 1.0
        advance(2)
    assert capsys.readouterr().err.splitlines() == [
        "job 2 of 3, raw pixels: features: 10/20 images, 10 images/s, 1 s left",
        "decode: 2/4 images, 2 images/s, 1 s left",
    ]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Terminal, io.StringIO]]:
    """A display of 80 columns, on which tasks show at once, and what it wrote."""
    monkeypatch.setattr(progress, "_SETTLED", 0)
    out = io.StringIO()
    yield Terminal(Console(file=out, force_terminal=True, width=80, color_system=None)), out


def test_a_terminal_shows_job_and_open_tasks(terminal: tuple[Terminal, io.StringIO]) -> None:
    shown, out = terminal
    with shown.job("raw [bold]pixels\x1b", 2, 3), shown.task("draws", 2000, "draws") as advance:
        advance(1000, computed=False)
        time.sleep(0.01)
        advance(10)
        with shown.task("L2-SVM", 3, "fits"):
            _drawn(shown)
            lines = screen(out.getvalue())
    assert lines[0] == "job 2 of 3, raw [bold]pixels\\x1b"
    assert lines[1].startswith("  draws   ━━━━━") and "  1,010/2,000 draws  " in lines[1]
    rate = float(lines[1].split(" draws/s")[0].split()[-1].replace(",", ""))
    assert 0 < rate <= 1000 and lines[1].endswith(" left")
    assert lines[2].startswith("  L2-SVM  ") and lines[2].endswith("  0/3 fits")
    assert len(lines) == 3


def test_a_display_leaves_what_was_said_and_the_cursor(
    terminal: tuple[Terminal, io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, out = terminal
    with pytest.raises(KeyboardInterrupt), shown.job("raw pixels", 1, 1):
        with shown.task("draws", 2, "draws") as advance:
            _drawn(shown)
            shown.say("one [red]line\x1b[2J")
            advance(1)
        with shown.task("more", 2, "draws"):
            _drawn(shown)
            # What is warned of meanwhile does not run into the display.
            print("a warning", file=sys.stderr)
            raise KeyboardInterrupt
    assert screen(out.getvalue()) == ["one [red]line\\x1b[2J", "a warning"]
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")
    with shown.task("again", 1, "steps"):
        _drawn(shown)
        assert "again" in screen(out.getvalue())[-1]


def _drawn(shown: Terminal) -> None:
    """Draw now, where the display's own thread would within a quarter of a second."""
    assert shown._live is not None
    shown._live.refresh()


def test_another_process_writes_lines(terminal: tuple[Terminal, io.StringIO]) -> None:
    shown, _ = terminal
    with shown.job("raw pixels", 1, 1):
        assert type(pickle.loads(pickle.dumps(shown))) is Lines


def test_where_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(shown_progress()) is Lines
    assert type(shown_progress(quiet=True)) is Silent
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert type(shown_progress()) is Terminal
    monkeypatch.setenv("TERM", "dumb")
    assert type(shown_progress()) is Lines
