"""What surrounds a command: full and read-only disks, closed streams, too little memory."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.make.commands import Finished, finish, refused, start
from tests.make.pipelines import write_pipeline

pytestmark = pytest.mark.slow

RECIPE = {
    "name": "small",
    "data": {"name": "digits"},
    "network": "dcgan8",
    "epochs": 1,
    "batch": 64,
    "out": "out",
}


def limited(kind: int, most: int) -> Callable[[], None]:
    """Run in a process before its command."""
    return lambda: resource.setrlimit(kind, (most, most))


@pytest.mark.parametrize(
    "arguments", [["run", "p.yaml"], ["train", "r.yaml"]], ids=["run", "train"]
)
def test_a_disk_that_takes_no_large_files(arguments: list[str], box: Path) -> None:
    """What a full disk says, too: nothing half-written, and the same command goes on."""
    write_pipeline()
    Path("r.yaml").write_text(yaml.safe_dump(RECIPE))
    few = limited(resource.RLIMIT_FSIZE, 50_000)
    refused(finish(start([*arguments, "--quiet"], box, before=few)), 1, "the disk is full")
    done = finish(start([*arguments, "--quiet"], box))
    assert done.code == 0, done.err
    assert not list(box.rglob("*.tmp"))


def test_too_little_memory(box: Path) -> None:
    write_pipeline()
    for gigabytes in (0.3, 2.5):
        few = limited(resource.RLIMIT_AS, int(gigabytes * 1e9))
        refused(finish(start(["run", "p.yaml", "--quiet"], box, before=few)), 1, "out of memory")


def to(stdout: str, arguments: list[str], box: Path, **variables: str) -> Finished:
    """A command in a shell that sends its output somewhere."""
    command = [sys.executable, "-m", "dcgan_eval", *arguments]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {stdout}', "sh", *command],
        cwd=box,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def test_where_the_output_goes(box: Path) -> None:
    refused(to(">&-", ["list", "protocols"], box), 2, "stdout is closed")
    refused(to("> /dev/full", ["list", "protocols"], box), 1, "stdout: No space left")
    odd = os.fsdecode(b"caf\xe9.pth")
    told = to("", ["inspect", odd], box, PYTHONIOENCODING="ascii")
    refused(told, 2, "no checkpoint there")
    told = to("", ["--help"], box, PYTHONIOENCODING="ascii")
    assert told.code == 0 and told.out and not told.err
    refused(to("", ["table", "a" * 300], box), 1, "File name too long")
    refused(to("", ["run", "a" * 300], box), 2, "File name too long")


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare here")
def test_a_cache_that_cannot_be_written_to(box: Path) -> None:
    write_pipeline()
    Path("cache").mkdir()
    closed = ["unshare", "-rm", "sh", "-c"]
    script = 'mount --bind cache cache && mount -o remount,ro,bind cache && "$@"'
    if subprocess.run([*closed, script, "sh", "true"], check=False, capture_output=True).returncode:
        pytest.skip("nothing may be mounted here")
    command = [sys.executable, "-m", "dcgan_eval", "run", "p.yaml", "--quiet"]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for more in ([], ["--dry-run"]):
        done = subprocess.run(
            [*closed, script, "sh", *command, *more],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        refused(Finished(done.returncode, done.stdout, done.stderr), 1, "cannot be written to")
    assert finish(start(["run", "p.yaml", "--quiet"], box)).code == 0
    # A report needs records alone: what the cache cannot hold it does not show.
    shutil.rmtree("cache")
    Path("cache").mkdir()
    command[3:5] = ["report", "results"]
    done = subprocess.run(
        [*closed, script, "sh", *command[:-1]],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and Path("report.html").stat().st_size > 10_000
