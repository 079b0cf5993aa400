"""``dcgan-eval study``: a record, its table and pictures; wrong input in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan_eval.records import read_record
from dcgan_eval.reporting import make_report
from dcgan_eval.reporting.plots.sheets import sheet_grid
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.studies import NumberedSamples
from dcgan_eval.subjects import Place, read_subjects
from tests.make.commands import call, refused
from tests.make.fields.place import DRAWING, DRAWN, make_place

pytestmark = pytest.mark.slow

STUDY = ["study", "walk", "--generator", "g.pth", "--data", "own", "--quiet"]
FEW = ["--set", "protocol.rows=3", "--set", "protocol.steps=2"]
FEW += ["--set", f"generators.0.geometry={DRAWN!r}"]


def test_a_walk_leaves_record_table_and_pictures(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_place(box)
    done = call([*STUDY, *FEW], capsys)
    assert done.code == 0, done.err
    for number in ("spherical largest step", "unordered largest step", "pixel path length"):
        assert number in done.out
    folder = Path("results/studies/walk")
    (path,) = folder.glob("*.json")
    record = read_record(path)
    assert record.outcome.headline.interval is not None
    kinds = sorted(one.suffix for one in folder.iterdir() if "walk-of" in one.name)
    assert kinds == [".pdf"] * 4 + [".png"] * 4
    before = {one: one.read_bytes() for one in folder.iterdir()}
    assert call([*STUDY, *FEW], capsys).code == 0
    assert {one: one.read_bytes() for one in folder.iterdir()} == before
    assert "spherical walk" in make_report(folder)


def test_saliency_of_an_encoder_leaves_record_table_and_pictures(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_place(box)
    asked = ["study", "saliency", "--encoder", "dense.pth", "--data", "own", "--quiet"]
    asked += ["--set", "protocol.boxes=boxes.csv", "--set", "protocol.top=2"]
    done = call([*asked, "--set", "representations.0.batch_norm=dataset"], capsys)
    assert done.code == 0, done.err
    assert "trained response in boxes" in done.out and "AUROC above random" in done.out
    folder = Path("results/studies/saliency")
    assert len(list(folder.glob("*-maps-of-*.png"))) == 2
    changed = ["--set", "protocol.layer=layer9", "--results", "other"]
    assert "protocol.layer: unknown layer 'layer9'" in call([*asked, *changed], capsys).err


def test_a_picture_has_the_colours_of_its_images() -> None:
    sheet = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 4, 3), np.uint8)
    grid = sheet_grid(sheet)
    assert grid.shape == (9, 14, 3)
    assert np.array_equal(grid[5:, 10:], sheet[1, 2]) and (grid[4] == 255).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["--set", "protocol.rows=1"], "protocol.rows: found 1"),
        (["--set", "protocol.label=7"], "protocol.label 7; it takes 0 … 2"),
        (["--set", "protocol.step=7"], "unknown key 'step'; did you mean 'steps'?"),
        (["--encoder", "absent.pth"], "absent.pth"),
        (["--data", "absent"], "absent/train: no such data"),
        (["--write-samples", "5"], "walk of kind: generator looks at no numbered samples; remove"),
    ],
)
def test_wrong_input_is_one_line(
    box: Path, capsys: pytest.CaptureFixture[str], changes: list[str], said: str
) -> None:
    make_place(box)
    refused(call([*STUDY, *FEW, *changes, "--results", "results"], capsys), 2, said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--generator g.pth", "give --data"),
        ("--data own", "give --generator, --encoder or both"),
        ("--encoder a.pth", "give --data"),
        ("--encoder dense.pth --data own", "dense: protocol walk takes GeneratorSource; kind: che"),
    ],
)
def test_what_a_study_lacks_is_one_line(
    box: Path, capsys: pytest.CaptureFixture[str], given: str, said: str
) -> None:
    make_place(box)
    refused(call(["study", "walk", *given.split(), "--results", "results"], capsys), 2, said)


def test_numbered_samples_are_written_as_the_study_draws_them(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_place(box)
    drawing = ["--data", "own", "--set", f"generators=[{DRAWING!r}]", "--set", "protocol.seed=3"]
    done = call(["study", "forget", *drawing, "--write-samples", "5"], capsys)
    assert done.code == 0, done.err
    folder = Path("results/studies/forget/samples")
    names = sorted(one.name for one in folder.iterdir())
    assert names == ["README.txt", *(f"sample_000{i}.png" for i in range(5))]
    (source,) = read_subjects([DRAWING], {})[0].make(0, Place())
    assert isinstance(source, GeneratorSource)
    drawn = NumberedSamples(source.drawn, 3).of([4])[0]
    assert np.array_equal(np.asarray(Image.open(folder / "sample_0004.png")), drawn[:, :, 0])
    assert "protocol.boxes=FILE" in (folder / "README.txt").read_text()


def test_an_unknown_study_is_one_line(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["study", "wlak", "--generator", "g.pth", "--data", "own"]
    refused(call(asked, capsys), 2, "unknown protocol 'wlak'; did you mean 'walk'?")


def test_a_study_of_data_alone_leaves_out_what_it_finds(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_place(box)
    refused(call(["study", "walk", "--data", "own"], capsys), 2, "give --generator, --encoder")
    few = ["--set", "protocol.autoencoder.steps=3", "--set", "protocol.planted=4"]
    done = call(["study", "dedup", "--data", "own", *few, "--quiet"], capsys)
    assert done.code == 0, done.err
    assert "jpeg 75 found" in done.out and "random weights removed" in done.out
    folder = Path("results/studies/dedup")
    assert [one.suffix for one in sorted(folder.glob("planted*"))] == [".pdf", ".png"]
    (path,) = folder.glob("*.json")
    again = ["study", "dedup", "--data", "own", *few, "--set", f"data.dedup={path}", "--quiet"]
    assert call(again, capsys).code == 0
    other = call([*again, "--set", "data.name=other"], capsys)
    assert other.code == 2 and "of other images than other/train" in other.err
