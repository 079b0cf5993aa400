"""Each verb once, on small input."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn

from dcgan_eval import pipeline
from dcgan_eval.features import explain
from tests.make.commands import Finished, call, finish, refused, start
from tests.make.pipelines import outcomes

pytestmark = pytest.mark.slow

ZOO = Path(__file__).parents[2] / "zoo" / "digits_dcgan8.safetensors"
PIPELINE: dict[str, Any] = {
    "name": "small",
    "data": {"name": "digits"},
    "defaults": {"batch_norm": "dataset"},
    "representations": [
        {"kind": "network", "name": "random weights", "network": "dcgan8"},
        {"kind": "pixels"},
    ],
    "protocol": {"kind": "full_labels", "train_size": 60, "grid": [0.001, 0.01]},
    "results": "results",
}


@pytest.fixture
def box(box: Path) -> Path:
    """A working folder with a pipeline."""
    Path("p.yaml").write_text(yaml.safe_dump(PIPELINE))
    return box


def done(arguments: list[str | Path], capsys: pytest.CaptureFixture[str]) -> Finished:
    finished = call(arguments, capsys)
    assert finished.code == 0, finished.err
    return finished


def test_run_table_compare_report_and_the_same_bytes_again(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = done(["run", "p.yaml"], capsys)
    assert "random weights" in first.out
    assert "written: " in first.err and "written: " not in first.out
    whole = outcomes(box / "results")
    assert len(whole) == 2
    stamps = {path: path.stat().st_mtime_ns for path in Path("results").glob("*.json")}

    again = done(["run", "p.yaml"], capsys)
    assert again.err.count("done before") == 2
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps

    done(["run", "p.yaml", "--overwrite", "always"], capsys)
    assert outcomes(box / "results") == whole
    assert all(path.stat().st_mtime_ns != stamps[path] for path in stamps)
    done(["run", "p.yaml", "--cache", "empty", "--results", "other"], capsys)
    assert outcomes(box / "other") == whole

    table = done(["table", "results", "--format", "csv"], capsys)
    rows = list(csv.DictReader(io.StringIO(table.out)))
    assert table.out.startswith(
        "representation,protocol,dataset,metric,value,low,high,n_repeats,columns,seconds,record"
    )
    assert {row["representation"] for row in rows} == {"random weights", "raw pixels"}
    assert all(float(row["low"]) < float(row["value"]) < float(row["high"]) for row in rows)

    compared = done(["compare", "results"], capsys)
    assert "random weights" in compared.out and "raw pixels" in compared.out
    done(["report", "results", "--out", "page.html"], capsys)
    page = Path("page.html").read_text()
    assert page.startswith("<!") and "random weights" in page


def test_extract_writes_what_the_protocol_would_see(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished = done(["extract", "p.yaml", "--out", "features"], capsys)
    folders = [Path(line) for line in finished.out.splitlines()]
    assert [folder.name[:3] for folder in folders] == ["01-", "02-"]
    network, pixels = (np.load(folder / "test.npy") for folder in folders)
    spans = json.loads((folders[0] / "columns.json").read_text())
    assert list(spans) == ["layer1", "layer2", "layer3"]
    assert network.shape == (360, spans["layer3"][1]) and network.dtype == np.float32
    assert pixels.shape == (360, 64)
    labels = np.load(folders[1] / "test_labels.npy")
    # scikit-learn's digits have values from 0 to 16: each row is one of its images.
    known = {tuple(row): label for row, label in zip(*load_digits(return_X_y=True), strict=True)}
    levels = np.unique(pixels)
    assert len(levels) == 17
    rows = np.searchsorted(levels, pixels).astype(float)
    assert [known[tuple(row)] for row in rows] == labels.tolist()


def test_train_sample_convert_and_inspect(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = {"name": "tiny", "data": {"name": "digits"}, "network": "dcgan8", "out": "runs"}
    Path("r.yaml").write_text(yaml.safe_dump({**recipe, "epochs": 1, "batch": 700}))
    trained = done(["train", "r.yaml"], capsys)
    discriminator, generator = trained.out.split()
    again = done(["train", "r.yaml"], capsys)
    assert again.out == trained.out and "goes on after step 2" in again.err

    sizes = ["--rows", "2", "--columns", "3", "--scale", "1"]
    done(["sample", generator, "--out", "grid.png", *sizes], capsys)
    with Image.open("grid.png") as grid:
        width, height = grid.size
    assert width >= 3 * 8 and height >= 2 * 8 and width > height

    parts = [nn.ConvTranspose2d(5, 4, 4), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1)]
    torch.save(nn.Sequential(*parts).state_dict(), "g.pth")
    refused(call(["sample", "g.pth"], capsys), 2, "give geometry: {image: [height, width], strides")
    geometry = (
        "{image: [8, 8], strides: [1, 2], paddings: [0, 1], slope: 0, output: tanh, z: normal}"
    )
    done(["sample", "g.pth", "--out", "own.png", "--geometry", geometry], capsys)
    assert Path("own.png").is_file()

    done(["convert", discriminator, "copy.safetensors", "--licence", "MIT"], capsys)
    texts = [
        done(["inspect", path], capsys).out.splitlines()
        for path in (discriminator, "copy.safetensors")
    ]
    kept = [
        [line for line in text if line.startswith(("layer ", "weights:", "columns:", "input:"))]
        for text in texts
    ]
    assert kept[0] == kept[1] and len(kept[0]) == 6


@pytest.mark.parametrize("verb", ["convert", "sample"])
def test_one_file_is_not_made_of_several(
    verb: str, box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("many").mkdir()
    for name in ("a_1", "b_2"):
        shutil.copy(ZOO, f"many/{name}.safetensors")
    out = {"convert": ["one.safetensors"], "sample": ["--out", "one.safetensors"]}
    refused(call([verb, "many", *out[verb]], capsys), 2, "many: 2 files, such as a_1", "name one")
    assert not Path("one.safetensors").exists()


def test_an_interrupted_verification_says_that_it_begins_anew(
    box: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object, **keys: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "verify_records", interrupted)
    ended = call(["verify", "results"], capsys)
    assert ended.code == 130
    assert ended.err == "dcgan-eval: interrupted; the same command begins anew\n"


def test_a_converted_checkpoint_gives_the_same_outcome(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(["convert", ZOO, "copy.safetensors"], capsys)
    entry = "representations=[{kind: checkpoint, path: %s}]"
    for path, results in ((ZOO, "a"), ("copy.safetensors", "b")):
        done(["run", "p.yaml", "--set", entry % path, "--results", results], capsys)
    (ours,), (theirs,) = (outcomes(box / name).values() for name in "ab")
    assert ours[1] == theirs[1]
    weights = [json.loads(one[0])["representation"]["weights"] for one in (ours, theirs)]
    assert weights[0] == weights[1]


def test_list_data_and_env(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = done(["list"], capsys).out
    for name in ("full_labels (presets: ", "few_labels", "pixels", "imagenet32", "authors_jl"):
        assert f"  {name}" in listed
    assert done(["list", "networks"], capsys).out.startswith("networks:\n")
    keys = done(["list", "few_labels"], capsys).out.splitlines()
    assert keys[0] == "few_labels, of protocols:"
    assert "  per_class (required): Labelled images of each class in a draw." in keys
    refused(call(["list", "few_label"], capsys), 2, "nothing is called 'few_label'; did you mean")
    assert {"digits", "mnist", "cifar10", "svhn"} <= set(done(["data", "list"], capsys).out.split())
    checked = done(["data", "check", "digits"], capsys).out
    assert "digits/train: 1437 images of 8×8×1, 10 classes" in checked
    versions = done(["env"], capsys).out
    assert "device: cpu" in versions
    assert "python: " in versions and "torch: " in versions


def test_cache_explain_and_prune(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done(["run", "p.yaml", "--only", "1/2"], capsys)
    keys = sorted(path.parent.name for path in Path("cache/features").glob("*/about.json"))
    assert len(keys) == 2
    told = done(["cache", "explain", keys[0]], capsys).out
    assert told.splitlines() == explain(Path("cache"), keys[0])
    for part in ('"weights": ', '"images": ', '"reference": ', '"dtype": ', '"extractor_version"'):
        assert part in told

    assert done(["cache", "prune", "--days", "1"], capsys).out == ""
    long_ago = time.time() - 3 * 86_400
    for path in (Path("cache/features") / keys[0]).iterdir():
        os.utime(path, (long_ago, long_ago))
    removed = done(["cache", "prune", "--days", "1"], capsys).out
    assert removed.startswith(f"features/{keys[0]}: ") and removed.count("\n") == 1
    left = [path.parent.name for path in Path("cache/features").glob("*/about.json")]
    assert left == keys[1:]


CODE = """
import torch
from helper import scale
def network():
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(1, 4, 3, padding=1)
    return torch.nn.Sequential(layer, Times())
class Times(torch.nn.Module):
    def forward(self, x):
        return x * scale * FACTOR
"""


@pytest.mark.system
def test_edited_code_of_a_module_is_noticed(box: Path) -> None:
    entry = {"kind": "module", "module": "own:network", "input": [1, 8, 8], "layers": ["1"]}
    Path("p.yaml").write_text(yaml.safe_dump({**PIPELINE, "representations": [entry]}))
    Path("helper.py").write_text("scale = 1.0\n")
    command = ["run", "p.yaml", "--allow-code", "--cache", "cache"]

    def run(factor: float, *more: str) -> Finished:
        Path("own.py").write_text(f"FACTOR = {factor}\n{CODE}")
        finished = finish(start([*command, *more], box))
        assert finished.code == 0, finished.err
        return finished

    run(1.0)
    # The file of the function: another record, other features, though weights are the same.
    assert "done before" not in run(2.5).err
    assert len(outcomes(box / "results")) == 2
    # A file that it imports: another record again.
    Path("helper.py").write_text("scale = 3.25\n")
    assert "done before" not in run(2.5).err
    assert len(outcomes(box / "results")) == 3
    assert "done before" in run(2.5).err


def test_the_help_names_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    said = done(["--help"], capsys).out
    for verb in ("run", "inspect", "extract", "table", "compare", "report", "train", "sample"):
        assert f"  {verb} " in said


def test_the_command_line_starts_without_what_a_verb_may_need(box: Path) -> None:
    heavy = ["torch", "matplotlib", "pandas", "scipy", "sklearn"]
    imported = f"[name for name in {heavy} if name in sys.modules]"
    code = f"import atexit, sys\natexit.register(lambda: print({imported}))"
    finished = finish(start(["--help"], box, code=code))
    assert finished.code == 0, finished.err
    assert finished.out.splitlines()[-1] == "[]"
