"""Processes that are killed, disks that are full, processes that share a cache: parts of faults."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

from benchmarks.faults_commands import (
    COMMANDS,
    REPOSITORY,
    Found,
    World,
    differing,
    finished_units,
    leftovers,
    shuffled,
)
from benchmarks.faults_disk import Disk
from benchmarks.faults_forks import begin, collect, forked
from dcgan_eval.core import rng_for
from dcgan_eval.features import cache, prune

KILLS = 200
# Commands whose processes may share what they write, so many processes, so many rounds.
_SHARING, _PROCESSES, _ROUNDS = ("full", "few", "trials", "samples", "extract"), 8, 2
_STALE = "tests/pipeline/test_stale.py"


def kill_cases(world: World) -> list[str]:
    """Random moments of fresh processes, the commands in turn."""
    names = list(COMMANDS)
    return shuffled([f"{names[i % len(names)]}:{i}" for i in range(KILLS)], "kills")


def kill(world: World, case: str) -> Found:
    """Kill a fresh process at a random moment, and give the same command again.

    Wasted are the CPU seconds that both took beyond those of an undisturbed process and of one
    that finds all done.
    """
    reference, rng = world.reference(case.split(":")[0]), rng_for("faults", "kill", case)
    seconds, whole, served = reference.fresh
    while True:
        with world.place() as place:
            # Nothing is begun in the first third: Python imports.
            killed = forked(reference.execute, place, seconds * rng.uniform(0.3, 1.0))
            if killed.code != -signal.SIGKILL:
                seconds *= 0.8  # it was faster: the machine was busier before
                continue
            units = finished_units(place)
            resumed = forked(reference.execute, place)
            wasted = max(0.0, killed.cpu + resumed.cpu - whole - served)
            return Found(reference.problems(place, resumed, units), {"wasted_s": wasted})


def kill_point_cases(world: World) -> list[str]:
    """Every change of files of every command."""
    cases = [f"{name}:{at + 1}" for name in COMMANDS for at in range(len(world.changes(name)))]
    return shuffled(cases, "kill points")


def kill_point(world: World, case: str) -> Found:
    """Kill a process at a change of files, and give the same command again."""
    name, at = case.split(":")
    reference = world.reference(name)
    with world.place() as place:
        disk = Disk(place, int(at))
        killed = forked(lambda: (disk.mount(), reference.run()), place)
        units = finished_units(place)
        resumed = forked(reference.run, place)
        problems = reference.problems(place, resumed, units)
        if killed.code not in (0, -signal.SIGKILL):
            problems.append(f"not killed, but {killed.last}")
        wasted = max(0.0, killed.cpu + resumed.cpu - reference.cpu)
        return Found(problems, {"wasted_s": wasted})


def disk_full_cases(world: World) -> list[str]:
    """Every change that takes room, of every command."""
    cases = [
        f"{name}:{at + 1}"
        for name in COMMANDS
        for at, letter in enumerate(world.changes(name))
        if letter == "g"
    ]
    return shuffled(cases, "disk full")


def disk_full(world: World, case: str) -> Found:
    """Fill the disk at a change: one line, nothing half-written, and the same command goes on."""
    name, at = case.split(":")
    reference = world.reference(name)
    with world.place() as place:
        disk = Disk(place, int(at), full=True)
        refused = forked(lambda: (disk.mount(), reference.run()), place)
        problems = [] if refused.code == 0 else _refused(refused.code, refused.said)
        if refused.code or name != "report":  # a page is shown without pictures that have no room
            problems += differing(world.left(place), reference.left, part=True)
        problems += leftovers(place)
        resumed = forked(reference.run, place)
        return Found(problems + reference.problems(place, resumed, {}))


def _refused(code: int, said: str) -> list[str]:
    """What is wrong with how a command said that the disk is full."""
    lines = [line for line in said.splitlines() if ": warning: " not in line]
    words = ("the disk is full", "No space left on device")
    good = code == 1 and len(lines) == 1 and any(word in said for word in words)
    bad = "Traceback" in said or "(a bug" in said or "stdout" in said
    return [] if good and not bad else [f"exit {code}: {said.strip()[-300:]!r}"]


def shared_cases(world: World) -> list[str]:
    """Commands of which eight processes run at once."""
    return shuffled([f"{name}:{i}" for name in _SHARING for i in range(_ROUNDS)], "shared")


def shared(world: World, case: str) -> Found:
    """Eight processes do the same in one cache, which another one prunes all the time."""
    reference = world.reference(case.split(":")[0])
    with world.place() as place:
        pruning = begin(_prune_without_end, place)
        running = [begin(reference.run, place) for _ in range(_PROCESSES)]
        ended = [collect(one) for one in running]
        pruned = collect(pruning, 0.0)
        problems = [one.last for one in ended if one.code]
        if pruned.code != -signal.SIGKILL:
            problems.append(f"prune: {pruned.last}")
        problems += differing(world.left(place), reference.left)
        prune(place / "cache", 1000.0)
        return Found(problems + leftovers(place))


def _prune_without_end() -> None:
    """Take away whatever nobody has used for some seconds, of which a run here has many."""
    cache._IN_USE = 2.0
    while True:
        prune(Path("cache"), 0.0)


class _Listing:
    """Writes down what pytest finds."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_collection_finish(self, session: object) -> None:
        """Called by pytest."""
        self.path.write_text("\n".join(item.nodeid for item in session.items))


def stale_cases(world: World) -> list[str]:
    """Rows of the table of what may not be served for something else."""
    listing = world.folder / "stale.txt"
    forked(lambda: _pytest(world, ["--collect-only", _STALE], [_Listing(listing)]), REPOSITORY)
    return shuffled(listing.read_text().splitlines(), "stale")


def stale(world: World, case: str) -> Found:
    """One of its rows."""
    ended = forked(lambda: _pytest(world, [case], []), REPOSITORY)
    return Found([] if ended.code == 0 else [ended.last])


def _pytest(world: World, arguments: Sequence[str], plugins: Sequence[object]) -> None:
    import pytest

    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={world.folder / 'pytest'}"]
    raise SystemExit(int(pytest.main([*options, *arguments], plugins=plugins)))
