"""``dcgan-eval plot``: files for papers, words where there is no picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make.commands import call
from tests.make.records import save

pytestmark = pytest.mark.slow


def test_files_of_every_format_and_the_same_bytes_again(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, error in (("A", 0.2), ("B", 0.3)):
        save(box / "results", name, error)
    (box / "results" / "broken.000000000000.json").write_text("{")
    command = ["plot", "results", "--out", "p", "--format", "pdf", "--format", "svg"]
    done = call([*command, "--width", "column", "--font-size", "7"], capsys)
    assert done.code == 0 and "left out: " in done.err
    written = {path: path.read_bytes() for path in map(Path, done.out.splitlines())}
    assert sorted(path.suffix for path in written) == [".pdf", ".pdf", ".svg", ".svg"]
    call([*command, "--width", "column", "--font-size", "7"], capsys)
    assert all(path.read_bytes() == content for path, content in written.items())
    call(command, capsys)
    assert all(path.read_bytes() != content for path, content in written.items())


def test_one_row_is_said_in_words(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(box / "results", "only", 0.2, dataset="mnist")
    done = call(["plot", "results"], capsys)
    assert done.out.splitlines() == [
        "plots/Choice-of-C-full_labels-on-mnist.pdf",
        "full_labels on mnist, accuracy: one row, no picture: only 80.0 (75.8 to 83.6)",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "gif"], "format: 'gif' is not known"),
        (["--width", "wide"], "width: 'wide' is no number of inches"),
        (["--font-size", "0"], "font size: 0 points; expected 4 to 24"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_a_file_is_written(
    box: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    save(box / "results", "only", 0.2)
    done = call(["plot", "results", *options], capsys)
    assert done.code == 2 and said in done.err and not Path("plots").exists()


def test_no_records(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    done = call(["plot", "empty"], capsys)
    assert done.code == 2 and "no records there" in done.err


def test_a_trainings_log_is_drawn_beside_results(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine_log.csv").write_text(
        "step,loss_D,loss_G,accuracy_real,accuracy_fake\n2,1.5,0.7,0.5,0.6\n4,0.5,1,0.75,1\n"
    )
    alone = call(["plot", "mine_log.csv"], capsys).out.splitlines()
    assert alone == ["plots/Losses-of-mine.pdf", "plots/How-often-D-of-mine-is-right.pdf"]
    save(box / "results", "only", 0.2)
    both = call(["plot", "results", "mine_log.csv"], capsys).out.splitlines()
    assert set(alone) < set(both)
