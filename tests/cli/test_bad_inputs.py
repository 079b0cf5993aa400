"""Words on the command line that are wrong, and names that lead elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make.commands import call, finish, refused, start
from tests.make.networks import digits_state, saved_digits
from tests.make.pipelines import write_pipeline, write_row


@pytest.mark.slow
def test_as_a_process(box: Path) -> None:
    unknown = start(["run", write_pipeline(protocol="full_label")], box)
    Path("a.pth").write_bytes(b"")
    empty = start(["inspect", "a.pth"], box)
    refused(finish(unknown), 2, "did you mean 'full_labels'?")
    refused(finish(empty), 2, "not a whole PyTorch file")


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (["rum"], ["rum"]),
        (["list", "protocol"], ["did you mean 'protocols'?"]),
        (["inspect"], ["checkpoint"]),
        (["inspect", "no.pth"], ["no.pth", "no checkpoint there"]),
        (["inspect", "no.pth", "--geometry", "3"], ["no.pth"]),
        (["extract", "p.yaml"], ["--out"]),
        (["convert", "no.pth", "b.safetensors"], ["no.pth"]),
        (["cache", "explain", "123"], ["123"]),
        (["cache", "prune", "--days", "-1"], ["--days"]),
        (["data", "check", "digit"], ["did you mean 'digits'?"]),
        (["data", "prepare", "cifar", "--root", "."], ["cifar"]),
        (["train", "absent.yaml"], ["absent.yaml", "no such file"]),
        (["sample", "no.pth"], ["no.pth"]),
        (["sample", "no.pth", "--rows", "0"], ["--rows"]),
    ],
)
def test_other_verbs(
    arguments: list[str], fragments: list[str], box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(call(arguments, capsys), 2, *fragments)


def test_conversions_and_samples_that_cannot_be(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved_digits(Path("a.safetensors"), digits_state())
    before = sorted(box.iterdir())
    refused(call(["convert", "a.safetensors", "b.pth"], capsys), 2, "b.pth", ".safetensors")
    refused(call(["convert", "a.safetensors", "."], capsys), 2, ".safetensors")
    refused(call(["sample", "a.safetensors"], capsys), 2, "is a discriminator")
    refused(call(["inspect", "a.safetensors", "--geometry", "3"], capsys), 2, "--geometry 3")
    assert sorted(box.iterdir()) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["../x", "/etc/x", "<b>", "\x1b[31mred\x1b[0m\x07", "…", "a\nb"])
def test_a_name_is_only_a_name(name: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(box.parent.iterdir())
    done = call(["run", write_row(kind="pixels", name=name), "--limit", "60"], capsys)
    assert done.code == 0, done.err
    assert set(box.parent.iterdir()) == before
    records = list(Path("results").rglob("*.json"))
    assert [path.parent for path in records] == [Path("results")]
    for text in (done.out, done.err):
        assert "\x1b" not in text and "\x07" not in text
    rows = [line for line in done.out.splitlines() if line.startswith("|")]
    # Heading, rule, the record's row.
    assert len(rows) == 3
    again = call(["run", "p.yaml", "--limit", "60", "--dry-run"], capsys)
    assert again.code == 0 and "\x1b" not in again.out and again.out.count("\n") == 2
