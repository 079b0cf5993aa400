"""Pipelines that cannot be, and places that cannot be written to."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.make.commands import call, refused
from tests.make.images import write_npz
from tests.make.networks import digits_state, saved_digits
from tests.make.pipelines import write_pipeline, write_row

NETWORK = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}

# Keys of a pipeline, and what the message says.
WRONG_SETTINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a misspelt key": (
        dict(representation=[]),
        ["unknown key 'representation'", "did you mean 'representations'?"],
    ),
    "a text for a list": (dict(representations="pixels"), ["representations"]),
    "no representation": (dict(representations=[]), ["at least one"]),
    "no data": (dict(data=None), ["data"]),
    "a default for nobody": (
        dict(defaults={"batch_norm": "dataset"}),
        ["defaults", "'batch_norm'", "remove it"],
    ),
    "a default that is wrong": (
        dict(defaults={"grid": "big"}, representations=[NETWORK]),
        ["grid", "'big'"],
    ),
    "twins": (
        dict(representations=[{"kind": "pixels"}, {"kind": "pixels", "name": "x"}]),
        ["'x' and 'raw pixels' are the same", "remove one"],
    ),
    "a storage that is none": (dict(dtype="float8"), ["dtype", "'float8'"]),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_wrong_settings(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed, fragments = WRONG_SETTINGS[case]
    refused(call(["run", write_pipeline(**changed)], capsys), 2, *fragments)


@pytest.mark.parametrize(
    ("option", "fragments"),
    [
        (["--set", "nonsense"], ["--set nonsense", "key.path=value"]),
        (["--set", "=3"], ["expected key.path=value"]),
        (["--set", "protocol.sead=3"], ["unknown key 'sead'", "did you mean 'seed'?"]),
        (["--set", "name.x=3"], ["--set name.x", "name has no keys"]),
        (["--set", "representations.7.kind=x"], ["'7' is not an index of a list of 1"]),
        (["--set", "protocol.seed=[3"], ["--set protocol.seed", "not valid YAML"]),
        (["--only", "0/3"], ["--only 0/3", "such as 2/8"]),
        (["--only", "4/3"], ["--only 4/3"]),
        (["--only", "1"], ["--only 1", "i/n"]),
        (["--limit", "5"], ["--limit", "20"]),
        (["--limit", "many"], ["--limit", "valid integer"]),
        (["--overwrite", "sometimes"], ["'sometimes'", "never, always, failed"]),
        (["--overwrite", "sometimes", "--dry-run"], ["'sometimes'", "never, always, failed"]),
        (["--device", "gpu"], ["device gpu", "cpu"]),
        (["--device", "cuda:99"], ["device cuda:99"]),
        (["--no-such-option"], ["--no-such-option"]),
        (["one-more"], ["one-more"]),
    ],
)
def test_wrong_options(
    option: list[str], fragments: list[str], box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(call(["run", write_pipeline(), *option], capsys), 2, *fragments)


def test_a_file_where_a_folder_is_needed(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("results").write_text("precious")
    refused(call(["run", write_pipeline()], capsys), 1, "results", "a file stands where a folder")
    assert Path("results").read_text() == "precious"
    refused(call(["run", write_pipeline(results="results/r")], capsys), 1, "a file stands where")
    other = ["--cache", "results"]
    refused(call(["run", write_pipeline(results="r"), *other], capsys), 1, "a file stands where")
    assert Path("results").read_text() == "precious"


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder of a user whom permissions stop; root becomes somebody else for a while."""
    folder = Path(tempfile.mkdtemp(prefix="dcgan-eval-test-"))
    folder.chmod(0o777)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DCGAN_EVAL_CACHE", "cache")
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(was)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        shutil.rmtree(folder)


def test_permissions(somebody: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("results").mkdir(mode=0o555)
    refused(
        call(["run", write_pipeline()], capsys), 1, "results", "cannot be written to", "permissions"
    )
    Path("cache").chmod(0o555)
    refused(call(["run", write_pipeline(results="r")], capsys), 1, "cache", "cannot be written to")
    Path("cache").chmod(0o755)
    Path("own").mkdir(mode=0o000)
    own = write_pipeline(data={"name": "own"})
    Path("results").chmod(0o755)
    refused(call(["run", own], capsys), 2, "own", "cannot be read", "Permission")
    Path("own").chmod(0o755)
    write_npz(Path("own/own.npz"))
    Path("own/own.npz").chmod(0o000)
    refused(call(["run", own], capsys), 2, "own.npz", "Permission")
    saved_digits(Path("a.safetensors"), digits_state())
    Path("a.safetensors").chmod(0o000)
    checkpoint = write_row(kind="checkpoint", path="a.safetensors", batch_norm="dataset")
    refused(call(["run", checkpoint], capsys), 2, "a.safetensors", "cannot be read")
    Path("p.yaml").chmod(0o000)
    refused(call(["run", "p.yaml"], capsys), 2, "p.yaml", "cannot be read", "Permission")
    Path("p.yaml").chmod(0o644)


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """Files may not grow beyond this: writing fails as on a full disk, which nothing fills."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("most_bytes", [2_000, 100_000, 300_000])
def test_a_full_disk(most_bytes: int, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Pixels of the digits take 92 KB decoded and 368 KB as features.
    with full_disk(most_bytes):
        done = call(["run", write_pipeline()], capsys)
    refused(done, 1, "the disk is full; free space or choose another folder")


@pytest.mark.slow
def test_a_disk_that_is_full_when_the_record_is_written(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--limit", "60"]
    assert call(["run", write_pipeline(results="elsewhere"), *few], capsys).code == 0
    # Features and journal are there; the record takes 3 KB, what lies beside it less.
    with full_disk(2_500):
        done = call(["run", write_pipeline(), *few], capsys)
    assert (done.code, done.err.count("\n")) == (1, 1) and "the disk is full" in done.err
    assert not list(Path("results").glob("*.json")) and not list(Path().rglob("*.tmp"))
    # There is space again.
    assert call(["run", write_pipeline(), *few], capsys).code == 0
    assert len(list(Path("results").glob("*.json"))) == 1
