from __future__ import annotations

import os
from pathlib import Path

import pytest

from dcgan_eval.core import DoesNotFitError, available_memory, refuse_if_too_large

GB = 10**9
KIB = 1024
MEMINFO = "MemTotal:       64000000 kB\nMemFree:  1000 kB\nMemAvailable:   32000000 kB\n"
FREE = 32_000_000 * KIB


def machine(root: Path, cgroup: str | None, **files: str | int) -> Path:
    """A made-up /proc and /sys."""
    written = {"proc/meminfo": MEMINFO, "proc/self/cgroup": cgroup}
    written |= {f"sys/fs/cgroup/{name}": str(text) for name, text in files.items()}
    for name, text in written.items():
        if text is not None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
    return root


def v2(folder: str, limit: int | str, used: int, cache: int = 0) -> dict[str, str | int]:
    return {
        f"{folder}memory.max": f"{limit}\n",
        f"{folder}memory.current": f"{used}\n",
        f"{folder}memory.stat": f"anon 5\ninactive_file {cache}\nactive_file 7\n",
    }


def v1(folder: str, limit: int, used: int, cache: int = 0) -> dict[str, str | int]:
    return {
        f"{folder}memory.limit_in_bytes": f"{limit}\n",
        f"{folder}memory.usage_in_bytes": f"{used}\n",
        f"{folder}memory.stat": f"inactive_file 1\ntotal_inactive_file {cache}\n",
    }


NO_LIMIT = 9223372036854771712  # what version 1 says


@pytest.mark.parametrize(
    ("cgroup", "files", "expected"),
    [
        # Nothing limits it.
        (None, {}, FREE),
        ("0::/\n", {}, FREE),
        ("0::/user/a\n", v2("user/a/", "max", GB), FREE),
        ("4:memory:/a\n", v1("memory/a/", NO_LIMIT, GB), FREE),
        # A container whose limit is below what the machine has.
        ("0::/\n", v2("", 4 * GB, GB), 3 * GB),
        ("4:memory:/\n", v1("memory/", 4 * GB, GB), 3 * GB),
        # A container that sees its own group as the root, but not by its path.
        ("0::/docker/abc\n", v2("", 4 * GB, GB), 3 * GB),
        ("9:cpu:/x\n4:hugetlb,memory:/docker/abc\n", v1("memory/", 4 * GB, GB), 3 * GB),
        ("0::/../../abc\n", v2("abc/", 4 * GB, GB), 3 * GB),
        # Groups in groups: the least of what is left, wherever it is.
        ("0::/job/step\n", {**v2("job/step/", 4 * GB, GB), **v2("job/", 5 * GB, 3 * GB)}, 2 * GB),
        ("0::/job/step\n", {**v2("job/step/", 4 * GB, 3 * GB), **v2("job/", 9 * GB, GB)}, GB),
        ("0::/job/step\n", {**v2("job/step/", "max", GB), **v2("job/", 5 * GB, GB)}, 4 * GB),
        # Both versions side by side, memory in the first.
        ("4:memory:/a\n0::/b\n", v1("memory/a/", 4 * GB, GB), 3 * GB),
        ("4:cpu:/a\n0::/b\n", v2("unified/b/", 4 * GB, GB), 3 * GB),
        # Somebody else's group.
        ("0::/mine\n", v2("yours/", 4 * GB, GB), FREE),
        # Page cache is given back.
        ("0::/\n", v2("", 4 * GB, 4 * GB, cache=GB), GB),
        ("4:memory:/a\n", v1("memory/a/", 4 * GB, 4 * GB, cache=GB), GB),
        # More is used than the limit, which was just lowered.
        ("0::/\n", v2("", GB, 2 * GB), 0),
    ],
)
def test_the_least_that_is_left_anywhere(
    tmp_path: Path, cgroup: str | None, files: dict[str, str | int], expected: int
) -> None:
    assert available_memory(machine(tmp_path, cgroup, **files)) == expected


def test_without_proc_it_is_all_memory_of_the_machine(tmp_path: Path) -> None:
    everything = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert available_memory(tmp_path) == everything
    assert 0 < available_memory() <= everything


def test_a_refusal_has_both_numbers() -> None:
    refuse_if_too_large(GB, GB, "{it}", "needs {need:.1f} GB, {have:.2f} GB are there")
    with pytest.raises(DoesNotFitError, match=r"^\{it\} needs 2.5 GB, 1.00 GB are there$"):
        refuse_if_too_large(5 * GB // 2, GB, "{it}", "needs {need:.1f} GB, {have:.2f} GB are there")
