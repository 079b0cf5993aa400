from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from dcgan_eval.core import Timer, Took, load_average


def work(seconds: float = 0.1) -> None:
    """Keep a core busy: whatever else runs, this thread's own CPU seconds are as many."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_waiting_is_told_from_working() -> None:
    timer = Timer()
    work()
    worked = Took(*timer.took())
    time.sleep(0.3)
    slept = Took(*timer.took())
    assert worked.cpu is not None and slept.cpu is not None
    assert 0.1 <= worked.cpu < 0.2
    assert slept.cpu < 0.2 and slept.seconds > worked.seconds + 0.25
    assert slept.waited


def test_all_threads_and_ended_processes_count() -> None:
    timer = Timer()
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    of_threads = timer.took()[1]
    assert of_threads >= 0.3
    code = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert timer.took()[1] - of_threads > 0.25


def test_waited_is_more_than_half_as_many_seconds_again() -> None:
    assert not Took(15.0, 10.0).waited
    assert Took(15.1, 10.0).waited
    # Two threads on a quiet machine, and nothing known.
    assert not Took(10.0, 20.0).waited
    assert not Took(10.0, None).waited


def test_together_knows_the_cpu_of_all_or_of_none() -> None:
    assert Took.together([Took(1.5, 1.0), Took(2.0, 4.0)]) == Took(3.5, 5.0)
    assert Took.together([Took(1.5, 1.0), Took(2.0, None)]) == Took(3.5, None)


def test_a_system_without_a_load_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (1.239, 0.5, 0.1))
    assert load_average() == 1.24
    monkeypatch.delattr(os, "getloadavg")
    assert load_average() is None
