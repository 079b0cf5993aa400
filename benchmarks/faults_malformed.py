"""Mutated files, read in process: part of faults."""

from __future__ import annotations

import json
import math
import resource
import signal
import sys
import time
import warnings
from pathlib import Path

from benchmarks.faults_commands import Found, World, shuffled
from benchmarks.faults_forks import BROKEN, forked
from benchmarks.faults_mutations import anywhere
from benchmarks.faults_readers import READERS, Reader
from dcgan_eval.core import DcganEvalError, rng_for

FILES = 100_000
# So many of one reader in a process.
_BATCH = 200
# What nobody's file may take of whoever reads it; seconds of the CPU, and any at all.
_MOST_BYTES, _MOST_SECONDS, _WAITED = 512 << 20, 10, 120
_ALARMS = (signal.SIGPROF, signal.SIGALRM)
_TOLD = "file: "


def malformed_cases(world: World) -> list[str]:
    """Readers by their shares, each with the number of its first file."""
    shares = sum(reader.share for reader in READERS.values())
    counts = {
        name: round(FILES * reader.share / shares / _BATCH) for name, reader in READERS.items()
    }
    cases = [f"{name}:{at * _BATCH}" for name, count in counts.items() for at in range(count)]
    return shuffled(cases, "malformed")


def malformed(world: World, case: str) -> Found:
    """Read some mutated files of a reader."""
    name, begin = case.split(":")
    return read_mutated(world, name, range(int(begin), int(begin) + _BATCH))


def read_mutated(world: World, name: str, numbers: range) -> Found:
    """Read these mutated files of a reader, in a process that may take half a gigabyte.

    Every second one is changed past its header. A file that ends the process is a problem, and the
    next process goes on behind it. Measured are how many files there were, how many of them their
    format's library opens, and the most memory and seconds that one took.
    """
    told: list[dict[str, float | str | bool]] = []
    while len(told) < len(numbers):
        with world.place() as place:
            left = numbers[len(told) :]
            ended = forked(
                lambda left=left: _read(READERS[name], name, left, place), place, math.inf
            )
        lines = [line for line in ended.said.splitlines() if line.startswith(_TOLD)]
        told += [json.loads(line.removeprefix(_TOLD)) for line in lines]
        if ended.code:
            if ended.code == BROKEN or len(told) == len(numbers):
                return Found([f"{name}: {ended.last}"], {"files": len(numbers)})
            why = "hangs" if -ended.code in _ALARMS else ended.last
            told.append({"problem": why, "opened": True, "seconds": _MOST_SECONDS, "mb": 0})
    problems = [
        f"{name} {number}: {one['problem']}"
        for number, one in zip(numbers, told, strict=True)
        if one["problem"]
    ]
    numbers_found = {
        "files": len(told),
        "beyond_header": sum(bool(one["opened"]) for one in told),
        "worst_seconds": max(one["seconds"] for one in told),
        "worst_mb": max(one["mb"] for one in told),
    }
    return Found(problems, numbers_found)


def _read(reader: Reader, name: str, numbers: range, place: Path) -> None:
    """Read in this process, and tell of each file on stderr."""
    warnings.simplefilter("ignore")
    for alarm in _ALARMS:
        signal.signal(alarm, signal.SIG_DFL)
    folder = place / "read"
    folder.mkdir()
    path, read = reader.make(place, folder)
    whole = path.read_bytes()
    value = read()
    if value is None and reader.exact:
        raise RuntimeError("its valid file is not read")
    used = _resident("VmSize") + _MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (used, used))
    before = _resident("VmRSS")
    for number in numbers:
        content = mutated(reader, name, number, whole)
        # A file of its own: what is still mapped of the one before stays as it is.
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        signal.setitimer(signal.ITIMER_PROF, _MOST_SECONDS)
        signal.alarm(_WAITED)
        begun = time.process_time()
        problem = _problem(reader, read, value)
        seconds = time.process_time() - begun
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        mb = max(0, _resident("VmHWM") - before) >> 20
        told = {"problem": problem, "opened": _opens(reader, content), "seconds": seconds, "mb": mb}
        print(_TOLD + json.dumps(told), file=sys.stderr, flush=True)


def mutated(reader: Reader, name: str, number: int, whole: bytes) -> bytes:
    """One of the mutated files; never the valid one."""
    rng = rng_for("faults", name, number)
    while True:
        content = (reader.form.within if number % 2 else anywhere)(rng, whole)
        if content != whole:
            return content


def _problem(reader: Reader, read: object, value: object) -> str:
    """What is wrong with how a file was read: neither what it says nor an error of one line."""
    try:
        found = read()
    except DcganEvalError as error:
        return "" if "\n" not in str(error) else f"several lines: {str(error)[:200]!r}"
    except BaseException as error:
        at = error.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        where = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else ""
        return f"{type(error).__name__} at {where}: {str(error)[:200]}"
    return "gives another value" if reader.exact and found not in (None, value) else ""


def _opens(reader: Reader, content: bytes) -> bool:
    """Whether the library of the file's format opens it."""
    try:
        reader.form.opens(content)
    except Exception:
        return False
    return True


def _resident(what: str) -> int:
    """Bytes of this process, by the kernel's name of them."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {what}")
