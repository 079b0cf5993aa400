"""Memory that is free, within the limits of control groups (containers), and one refusal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dcgan_eval.core.errors import DoesNotFitError

# Version of control groups → where they are mounted (the second: both versions side by side),
# files of the limit and of what is used, and the line of memory.stat that counts, with all groups
# below, the page cache that the kernel takes back first.
_GROUPS = {
    2: (
        ("sys/fs/cgroup", "sys/fs/cgroup/unified"),
        ("memory.max", "memory.current", "inactive_file"),
    ),
    1: (
        ("sys/fs/cgroup/memory",),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ),
}


def available_memory(root: Path = Path("/")) -> int:
    """Bytes that can be taken now without swapping.

    Parameters
    ----------
    root
        Where ``proc`` and ``sys`` lie.

    Returns
    -------
    int
        The smallest of the kernel's estimate (all memory of the machine where there is none) and
        of what is left in the process's control group and in each group around it.
    """
    return max(0, min([_of_the_machine(root), *_left_in_groups(root)]))


def refuse_if_too_large(need: int, have: int, what: str, message: str) -> None:
    """Raise DoesNotFitError when `need` exceeds `have`, both in bytes.

    Parameters
    ----------
    what
        Needs the memory; begins the line.
    message
        The rest of the line, in which ``{need}`` and ``{have}`` become gigabytes.
    """
    if need > have:
        raise DoesNotFitError(f"{what} {message.format(need=need / 1e9, have=have / 1e9)}")


def _of_the_machine(root: Path) -> int:
    """The kernel's estimate."""
    kilobytes = _lines(root / "proc/meminfo").get("MemAvailable:")
    if kilobytes is not None:
        return kilobytes * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _left_in_groups(root: Path) -> Iterator[int]:
    """What is left in each limited group that the process is in."""
    for version, path in _own_groups(root):
        mounts, (limit_file, used_file, cache_line) = _GROUPS[version]
        # Inside a container the mount may show the container's own group as its root: the groups
        # that the path names are then not there, and the root has the limit.
        for folder in (path, *path.parents):
            for mount in mounts:
                group = root / mount / folder.relative_to("/")
                limit, used = _number(group / limit_file), _number(group / used_file)
                if limit is not None and used is not None:
                    yield limit - used + _lines(group / "memory.stat").get(cache_line, 0)


def _own_groups(root: Path) -> Iterator[tuple[int, PurePosixPath]]:
    """Version and path of the process's groups that can limit memory."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return  # not Linux, or a kernel without control groups
    for line in lines:
        number, controllers, path = line.split(":", 2)
        # Outside its namespace a group is named by "..", of which there is nothing to see.
        below = PurePosixPath("/", *(part for part in path.split("/") if part not in ("", "..")))
        if number == "0":
            yield 2, below
        elif "memory" in controllers.split(","):
            yield 1, below


def _number(path: Path) -> int | None:
    """A file's number; None for no such file, and for no limit."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _lines(path: Path) -> dict[str, int]:
    """First word → number of each line; empty where the file cannot be read."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}
