"""``dcgan-eval diff``: what it prints, and one line for what it cannot find."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make.commands import call

FOLDER = Path(__file__).parents[2] / "results" / "cifar10_3000"
PIXELS = FOLDER / "raw-pixels.bbe639b79baa.json"


def test_a_line_a_field_then_what_differs_beside_the_id(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(["diff", PIXELS, "K-means, 1,600 maps", "--within", FOLDER], capsys)
    assert done.code == 0 and not done.err
    lines = done.out.splitlines()
    assert lines[0] == 'representation.kind: "pixels" in A, "kmeans" in B'
    assert "representation.identity.maps: absent in A, 1600 in B" in lines
    assert 'name: "raw pixels" in A, "K-means, 1,600 maps" in B' in lines
    same = call(["diff", PIXELS, "bbe639b79baa", "--within", FOLDER], capsys)
    assert (same.code, same.out) == (0, "same id\n")


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ([PIXELS, "raw pixel", "--within", FOLDER], "did you mean 'raw pixels'?"),
        ([PIXELS, "absent.json"], "'absent.json' is no file, folder, name or id"),
        ([PIXELS, FOLDER], "records; give one by its file or id: "),
        ([PIXELS], "Missing argument"),
        ([PIXELS, "x", "--within", "absent"], "absent: no such record or folder of results"),
    ],
)
def test_wrong_arguments(
    arguments: list[Path | str], fragment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(["diff", *arguments], capsys)
    assert done.code == 2 and not done.out
    assert done.err.count("\n") == 1 and done.err.startswith("dcgan-eval: ")
    assert fragment in done.err


def test_a_damaged_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = tmp_path / "x.0123456789ab.json"
    damaged.write_text("{")
    done = call(["diff", PIXELS, damaged], capsys)
    assert done.code == 2 and done.err.count("\n") == 1
    assert "not a whole JSON file" in done.err
