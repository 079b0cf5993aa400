"""``dcgan-eval verify``: what it prints, its exit status, and one line for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make.commands import call
from tests.make.pipelines import write_pipeline

pytestmark = pytest.mark.slow

PROTOCOL = {"kind": "full_labels", "train_size": 60, "grid": [0.001, 0.01]}


def made(capsys: pytest.CaptureFixture[str]) -> Path:
    assert call(["run", write_pipeline(protocol=PROTOCOL)], capsys).code == 0
    (path,) = Path("results").glob("*.json")
    return path


@pytest.mark.slow
def test_the_same_is_0_and_anything_else_1(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = made(capsys)
    done = call(["verify", "results", "--out", "again"], capsys)
    assert done.code == 0
    assert done.out.startswith("raw pixels (") and ": same (" in done.out
    assert (Path("again") / record.name).is_file()
    kept = record.read_text()
    record.write_text(kept.replace('"name": "digits"', '"name": "nowhere"'))
    done = call(["verify", "results"], capsys)
    assert done.code == 1 and "edited since it was saved" in done.out
    record.write_text(kept.replace('"train_size": 60', '"train_size": 61', 1))
    done = call(["verify", record], capsys)
    assert done.code == 1 and done.out.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["verify"], "Missing argument"),
        (["verify", "absent"], "absent: no such record or folder of results"),
        (["verify", "results", "--match", "raw pixel"], "did you mean 'raw pixels'?"),
        (["verify", "results", "--device", "gpu"], "device gpu"),
    ],
)
def test_wrong_arguments(
    arguments: list[str], fragment: str, box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(capsys)
    done = call(arguments, capsys)
    assert done.code == 2 and not done.out
    assert done.err.count("\n") == 1 and done.err.startswith("dcgan-eval: ")
    assert fragment in done.err


def test_a_folder_without_records(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    done = call(["verify", "empty"], capsys)
    assert done.code == 2 and done.err.count("\n") == 1
    assert "no record matches '*'; known: none" in done.err


def test_a_place_that_cannot_be_written_to(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(capsys)
    Path("file").write_text("")
    done = call(["verify", "results", "--out", "file/below"], capsys)
    assert done.code == 1 and done.err.count("\n") == 1
    assert "a file stands where a folder is needed" in done.err
