"""Progress: rate and time left, at most one line in so many seconds."""

from __future__ import annotations

import pytest

from dcgan_eval.core import Lines, progress


def test_lines_tell_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with Lines(every=10).task("features", 1000, "images") as advance:
        for _ in range(10):
            now[0] += 4.0
            advance(100)
    assert capsys.readouterr().err.splitlines() == [
        "features: 300/1000 images, 25 images/s, 28 s left",
        "features: 600/1000 images, 25 images/s, 16 s left",
        "features: 900/1000 images, 25 images/s, 4 s left",
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
