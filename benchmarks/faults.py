"""Processes that are killed, disks that are full, files that lie: none lost, none hung, none ugly.

    python -m benchmarks.faults [--budget SECONDS] [--part NAME] [--record]

Parts, each of seeded cases in a seeded order:

- ``kills``: 200 random SIGKILLs of fresh processes, over all verbs that write and all protocols,
  each followed by the same command;
- ``kill_points``: the same in forks, killed once at every change of a file (see
  `benchmarks.faults_disk`), in the middle of writes;
- ``disk_full``: no more room from each change on that takes room: one line, nothing half-written,
  the same command goes on;
- ``malformed``: 100,000 mutated files over all readers, half of them changed past the header: a
  one-line error, or what the file says; at most 10 s and 512 MB;
- ``shared``: eight processes in one cache, which is pruned all the time;
- ``stale``: the table of tests/pipeline/test_stale.py: nothing old is served for something new.

What was tried is noted in ``build/faults-DIGEST.jsonl``, where the digest is that of the code: the
same command goes on from there, a budget is shared by the parts, and parts may run side by side.
With ``--earlier FILE`` parts tried with other code alone count too; the record says which.
Exit status 1 where anything failed.

Figures: of each part its name, how many cases there were, and ``NAME_failed``;
``malformed_beyond_header``, the share of mutated files that the library of their format opens.
Details: what failed, CPU seconds, cases left, and of kills the CPU seconds that were wasted.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import faults_killed as killed
from benchmarks.common import Benchmark
from benchmarks.faults_commands import REPOSITORY, Found, World
from benchmarks.faults_malformed import malformed, malformed_cases
from dcgan_eval.core import Timer, digest_file, digest_json


class Part(NamedTuple):
    """Cases by name, and what tries one."""

    cases: Callable[[World], list[str]]
    attempt: Callable[[World, str], Found]


PARTS = {
    "malformed": Part(malformed_cases, malformed),
    "kill_points": Part(killed.kill_point_cases, killed.kill_point),
    "disk_full": Part(killed.disk_full_cases, killed.disk_full),
    "shared": Part(killed.shared_cases, killed.shared),
    "stale": Part(killed.stale_cases, killed.stale),
    "kills": Part(killed.kill_cases, killed.kill),
}


class Log:
    """What was tried with this code, a line a case; whoever is killed loses the one in hand."""

    def __init__(self) -> None:
        sources = sorted(
            [*REPOSITORY.glob("dcgan_eval/**/*.py"), *REPOSITORY.glob("benchmarks/faults*.py")]
        )
        digest = digest_json([[path.name, digest_file(path)] for path in sources])
        self.path = REPOSITORY / "build" / f"faults-{digest[:12]}.jsonl"
        self.path.parent.mkdir(exist_ok=True)
        text = self.path.read_text() if self.path.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            self.path.write_text(whole)
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in whole.splitlines()]

    def take(self, earlier: Path) -> None:
        """Take parts of which nothing was tried with this code from the log of other code."""
        own = {line["part"] for line in self.lines}
        for line in map(json.loads, earlier.read_text().splitlines()):
            if line["part"] not in own:
                self.lines.append({**line, "log": earlier.stem})

    def add(self, part: str, case: str, found: Found, cpu: float) -> None:
        """Note a case."""
        line = {"part": part, "case": case, "problems": found.problems, "cpu": cpu}
        self.lines.append({**line, "numbers": found.numbers})
        with self.path.open("a") as stream:
            stream.write(json.dumps(self.lines[-1]) + "\n")

    def of(self, part: str) -> list[dict[str, Any]]:
        """The cases of a part."""
        return [line for line in self.lines if line["part"] == part]


def tried(part: str, world: World, log: Log, until: float) -> int:
    """Try cases of a part, at least one, until it is so late; how many are left then."""
    done = {line["case"] for line in log.of(part)}
    left = [case for case in PARTS[part].cases(world) if case not in done]
    tries = 0
    while left and (not tries or time.monotonic() < until):
        case, timer, tries = left.pop(0), Timer(), tries + 1
        found = PARTS[part].attempt(world, case)
        log.add(part, case, found, timer.took()[1])
        for problem in found.problems:
            print(f"{part} {case}: {problem}", flush=True)
    return len(left)


def figures_of(part: str, log: Log) -> dict[str, float]:
    """How much of a part was tried, and failed."""
    lines = log.of(part)
    counts = [int(line["numbers"].get("files", 1)) for line in lines]
    failed = [min(len(line["problems"]), n) for line, n in zip(lines, counts, strict=True)]
    figures: dict[str, float] = {part: sum(counts), f"{part}_failed": sum(failed)}
    if part == "malformed" and counts:
        opened = sum(line["numbers"].get("beyond_header", 0) for line in lines)
        figures["malformed_beyond_header"] = opened / sum(counts)
    return figures


def details_of(part: str, log: Log, left: int | None) -> dict[str, Any]:
    """What a part took, by what its cases are of."""
    found: dict[str, Any] = {"left": left, "failed": [], "of": {}}
    found["log"] = next((line["log"] for line in log.of(part) if "log" in line), log.path.stem)
    for line in log.of(part):
        found["failed"] += line["problems"]
        of = found["of"].setdefault(line["case"].rpartition(":")[0], {"cases": 0, "cpu_s": 0.0})
        of["cases"] += 1
        of["cpu_s"] = round(of["cpu_s"] + line["cpu"], 2)
        for name, value in line["numbers"].items():
            worst = name.startswith("worst_")
            of[name] = round(max(of.get(name, 0.0), value) if worst else of.get(name, 0) + value, 3)
    return found


def main() -> None:
    """Try what is left, print, and record when asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--budget", type=float, default=float("inf"), help="seconds; no end when none"
    )
    parser.add_argument("--part", choices=PARTS, help="this one alone")
    parser.add_argument(
        "--earlier",
        type=Path,
        nargs="*",
        default=[],
        help="logs of other code, for parts not tried",
    )
    benchmark = Benchmark("faults", parser)
    begun, log = time.monotonic(), Log()
    chosen = list(PARTS) if benchmark.options.part is None else [benchmark.options.part]
    left: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        world = World(Path(folder))
        for number, part in enumerate(chosen):
            remains = begun + benchmark.options.budget - time.monotonic()
            until = time.monotonic() + remains / (len(chosen) - number)
            left[part] = tried(part, world, log, until)
            said = ", ".join(f"{key} {value:.4g}" for key, value in figures_of(part, log).items())
            print(f"{said}; {left[part]} cases left", flush=True)
    for earlier in benchmark.options.earlier:
        log.take(earlier)
    figures, details = {}, {}
    for part in PARTS:
        figures |= figures_of(part, log)
        details[part] = details_of(part, log, left.get(part))
    benchmark.record(figures, details)
    if any(line["problems"] for line in log.lines):
        parser.exit(1, f"what failed is in {log.path}\n")


if __name__ == "__main__":
    main()
