"""How a run went: environment, revision, command, seconds by phase, warnings."""

from __future__ import annotations

import platform
import subprocess
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from dcgan_eval.core import Timer, device_name
from dcgan_eval.records import RunInfo

_LIBRARIES = (
    "dcgan-eval",
    "torch",
    "torchvision",
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "timm",
    "transformers",
)


def environment(devices: Iterable[str]) -> dict[str, str]:
    """Versions of what computes, and on what; nothing that names the machine or its user.

    Parameters
    ----------
    devices
        As `dcgan_eval.core.device_name` calls them.
    """
    import torch

    found = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "threads": str(torch.get_num_threads()),
        "device": " and ".join(sorted(set(devices))),
    }
    for library in _LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found


def git_revision() -> str | None:
    """Revision of the working folder, with ``+changes`` when it is not clean; None outside git."""
    try:
        revision = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{revision}+changes" if changed else revision


class Run:
    """Collects what a record says of its run.

    Parameters
    ----------
    command
        What a user would type to make the record again.
    settings
        All settings, execution fields included.
    device
        Torch device.
    load
        The machine's load average before the run.

    Attributes
    ----------
    devices
        All that computed some of it, in this run or before.
    guard
        What the subject gives for fixed noise, where code gives it.
    """

    def __init__(
        self, command: str, settings: dict[str, Any], device: str, load: float | None
    ) -> None:
        self.command, self.settings, self.load = command, settings, load
        self.devices = {device_name(device)}
        self.guard: tuple[float, ...] = ()
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}
        self.warnings: list[str] = []

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure a phase; warnings given in it are kept and given again when it ends."""
        timer = Timer()
        caught: list[warnings.WarningMessage] = []
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                yield
        finally:
            for kept, taken in zip((self.seconds, self.cpu_seconds), timer.took(), strict=True):
                kept[name] = round(kept.get(name, 0.0) + taken, 3)
            self.warnings.extend(str(one.message) for one in caught)
            for one in caught:
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)

    def info(self) -> RunInfo:
        """The record's part."""
        return RunInfo(
            started=self.started,
            seconds=self.seconds,
            cpu_seconds=self.cpu_seconds,
            load=self.load,
            environment=environment(self.devices),
            settings=self.settings,
            command=self.command,
            git_revision=git_revision(),
            warnings=tuple(self.warnings),
            guard=self.guard,
        )
