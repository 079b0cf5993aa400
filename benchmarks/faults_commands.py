"""What faults befall: small commands of every verb that writes, each in a folder of its own."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from benchmarks.faults_disk import Disk
from benchmarks.faults_forks import Ended, forked
from dcgan_eval import cli
from dcgan_eval.core import rng_for
from dcgan_eval.features import prune

REPOSITORY = Path(__file__).resolve().parents[1]
_ROWS = [{"kind": "pixels"}, {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}]
_DATA = {"name": "own", "root": "."}
_PIPELINES: dict[str, dict[str, Any]] = {
    "full": {
        "representations": _ROWS,
        "protocol": {"kind": "full_labels", "grid": [0.01, 0.1], "extend": False},
    },
    "few": {
        "representations": [{"kind": "pixels"}],
        "protocol": {
            "kind": "few_labels",
            "per_class": 4,
            "draws": 11,
            "selection_draws": 2,
            "validation": 60,
            "grid": [0.01, 0.1],
            "extend": False,
        },
    },
    "trials": {
        "representations": [{"kind": "architecture", "network": "dcgan8"}],
        "protocol": {
            "kind": "supervised",
            "per_class": 10,
            "validation": 60,
            "trials": 2,
            "rungs": [1],
            "kept": [1],
            "epochs": 2,
            "batch": 10,
        },
    },
    "samples": {
        "generators": [{"kind": "deformed"}],
        "protocol": {"kind": "nearest_samples", "rungs": [64, 128], "compared": 40, "block": 64},
    },
}
_RECIPE = {
    "name": "small",
    "data": _DATA,
    "network": "dcgan8",
    "epochs": 2,
    "batch": 40,
    "keep_every": 1,
    "save_every": 4,
    "average": 0.9,
    "out": "trained",
}


COMMANDS = {
    "full": "run full.yaml --quiet",
    "few": "run few.yaml --quiet",
    "trials": "run trials.yaml --quiet",
    "samples": "run samples.yaml --quiet",
    "train": "train recipe.yaml --quiet",
    "extract": "extract full.yaml --out features --quiet",
    "sample": "sample given/g.safetensors --rows 2 --columns 2",
    "convert": "convert given/g.safetensors copy.safetensors",
    "report": "report given/results",
    "compare": "compare given/results --out compared.md",
    "plot": "plot given/results --format svg --format png",
}
_GIVEN = {
    "full": {"results": "results"},
    "train": {"trained/small_generator_0002.safetensors": "g.safetensors"},
}
# How many finished units may be computed again after a kill: those that are fitted, or drawn,
# together with the one in hand.
_AGAIN = {"few": 9, "samples": 2}


@dataclass(frozen=True)
class Found:
    """What a case of a part showed.

    Attributes
    ----------
    problems
        What is not as it has to be; none where all is well.
    numbers
        What was measured.
    """

    problems: list[str]
    numbers: dict[str, float] = field(default_factory=dict)


class World:
    """Folders in which the commands run.

    Attributes
    ----------
    folder
        Room for what needs some.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.base = folder, folder / "base"
        self._number = 0
        for variable in ("DCGAN_EVAL_DATA", "DCGAN_EVAL_CHECKPOINTS"):
            os.environ.pop(variable, None)
        os.environ |= {"DCGAN_EVAL_CACHE": "cache", "PYTHONPATH": str(REPOSITORY)}
        (self.base / "given").mkdir(parents=True)
        _write_inputs(self.base)
        for name in ("full", "train", "samples"):
            with self.place() as place:
                _run_here(name, place)
                for left, called in _GIVEN.get(name, {}).items():
                    shutil.move(place / left, self.base / "given" / called)
        self.reference = cache(lambda name: Reference(self, name))
        self.changes = cache(self._changes)

    @contextmanager
    def place(self) -> Iterator[Path]:
        """A folder with all inputs, removed at the end."""
        self._number += 1
        place = self.folder / f"{self._number}"
        shutil.copytree(self.base, place)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _changes(self, name: str) -> str:
        """How an undisturbed command changes the disk, in order; see `Disk.changes`."""
        reference = self.reference(name)
        with self.place() as place:
            disk = Disk(place)
            ended = forked(lambda: (disk.mount(), reference.run()), place)
            problems = reference.problems(place, ended, {})
        if problems:
            raise RuntimeError(f"{name} on a disk that counts: {problems[0]}")
        return disk.changes()

    def left(self, place: Path) -> dict[str, bytes]:
        """What commands left in a place, by path; of records what running again gives again."""
        found = {}
        for path in sorted(place.rglob("*")):
            name = path.relative_to(place).as_posix()
            private = name.startswith("cache/") or path.name == "state.pt"
            if path.is_dir() or private or (self.base / name).exists():
                continue
            found[name] = path.read_bytes()
            if path.suffix == ".json" and b'"outcome"' in found[name]:
                record = json.loads(found[name])
                found[name] = json.dumps([record["id"], record["outcome"]]).encode()
            elif path.parent.name == "results" and path.stem == "table":
                found[name] = found[name][-1:]  # its seconds are never the same
        return found


class Reference:
    """A command, and what it does when nothing happens.

    Attributes
    ----------
    left
        See `World.left`.
    cpu
        CPU seconds of a fork.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name, self.arguments = world, name, COMMANDS[name].split()
        with world.place() as place:
            ended = forked(self.run, place)
            self.left, self.cpu = world.left(place), ended.cpu
        if ended.code:
            raise RuntimeError(f"{name} alone: {ended.last}")

    def run(self) -> None:
        """Run it in this process."""
        cli.main(self.arguments)

    def execute(self) -> None:
        """Run it in a fresh interpreter, in place of this one."""
        code = "from dcgan_eval.cli import main; main()"
        os.execv(sys.executable, [sys.executable, "-c", code, *self.arguments])

    @cached_property
    def fresh(self) -> tuple[float, float, float]:
        """Wall and CPU seconds of a fresh process, and CPU seconds of one that finds all done."""
        with self.world.place() as place:
            begun = time.monotonic()
            whole = forked(self.execute, place)
            seconds = time.monotonic() - begun
            return seconds, whole.cpu, forked(self.execute, place).cpu

    def problems(self, place: Path, ended: Ended, units: Mapping[Path, int]) -> list[str]:
        """What is wrong after the command ended in a place where it had been disturbed.

        Parameters
        ----------
        units
            `finished_units` before it.
        """
        if ended.code:
            return [f"does not go on: {ended.last}"]
        found = differing(self.world.left(place), self.left)
        after = finished_units(place)
        again = [path.name for path in units if after.get(path) not in (None, units[path])]
        if len(again) > _AGAIN.get(self.name, 0):
            found.append(f"{len(again)} finished units were computed again, such as {again[0]}")
        prune(place / "cache", 1000.0)
        return found + leftovers(place)


def _run_here(name: str, place: Path) -> None:
    """Run a command in this process: its forks have then loaded and compiled what it needs."""
    before = Path.cwd()
    os.chdir(place)
    try:
        with redirect_stdout(io.StringIO()):
            cli.main(COMMANDS[name].split())
    except SystemExit as ended:
        if ended.code:
            raise RuntimeError(f"{name} alone ended with {ended.code}") from None
    finally:
        os.chdir(before)


def differing(
    left: Mapping[str, bytes], expected: Mapping[str, bytes], *, part: bool = False
) -> list[str]:
    """Files that are not as expected; with `part` some may be absent, or of fewer steps."""
    wrong = [
        f"{name}: is another"
        for name, content in left.items()
        if content != expected.get(name)
        and not (part and _is_of_fewer_steps(name, content, expected))
    ]
    return wrong + [f"{name}: missing" for name in expected if not part and name not in left]


def _is_of_fewer_steps(name: str, content: bytes, expected: Mapping[str, bytes]) -> bool:
    """Whether it shows a training as it was earlier, and is whole."""
    if name.endswith("_log.csv"):
        return expected.get(name, b"").startswith(content) and content.endswith(b"\n")
    if name.endswith("_samples.png"):
        Image.open(io.BytesIO(content)).load()
        return True
    return False


def leftovers(place: Path) -> list[str]:
    """What was being written and is nobody's."""
    return [f"leaves {path.relative_to(place)}" for path in place.rglob(".dcgan-eval-*")]


def finished_units(place: Path) -> dict[Path, int]:
    """Units, fitted states, features and decoded images that are finished, with their inodes."""
    kinds = ("journals/*/[!.]*", "states/[!.]*", "features/*/about.json", "images/*/entry.json")
    paths = [path for kind in kinds for path in (place / "cache").glob(kind)]
    return {path: path.stat().st_ino for path in paths if path.parent.suffix != ".part"}


def shuffled(cases: Sequence[str], name: str) -> list[str]:
    """Cases in an order of their own, in which a share of them has some of each kind."""
    return [cases[i] for i in rng_for("faults", name).permutation(len(cases))]


def _write_inputs(base: Path) -> None:
    """Pipelines, a recipe, and a data set of three classes that overlap."""
    for name, values in _PIPELINES.items():
        rows = {"name": name, "data": _DATA, "results": "results", **values}
        (base / f"{name}.yaml").write_text(yaml.safe_dump(rows))
    (base / "recipe.yaml").write_text(yaml.safe_dump(_RECIPE))
    rng, arrays = np.random.default_rng(0), {}
    for part, n in (("train", 240), ("test", 60)):
        y = np.arange(n) % 3
        pixels = rng.integers(0, 128, (n, 8, 8)) + 20 * y[:, None, None]
        arrays |= {f"x_{part}": pixels.astype(np.uint8), f"y_{part}": y}
    np.savez(base / "own.npz", **arrays)
