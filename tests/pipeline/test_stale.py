"""Nothing old is served for something new: code of the user's is edited between two runs."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dcgan_eval.core import CacheWarning, RecordWarning, StorageError
from dcgan_eval.models import convert_checkpoint
from dcgan_eval.pipeline import Options, pipeline_from, run_pipeline

pytestmark = pytest.mark.slow

# A network whose weights never change: what it computes is decided by a file that it imports.
NETWORK = """
import torch
from stale_package import maps
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv2d(1, 8, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(8)
        self.last = torch.nn.ReLU()
    def forward(self, x):
        return self.last(self.norm(maps(self.conv(x))))
def network():
    return Net()
class Drawing(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.z, self.y = torch.nn.Linear(4, 64), torch.nn.Linear(10, 64)
    def forward(self, z, y):
        return torch.tanh(maps(self.z(z) + 3 * self.y(y)))
def drawing():
    return Drawing()
"""
GOOD = "def maps(x):\n    return x\n"
BAD = "def maps(x):\n    return (x > 0).to(x.dtype) * 0.1 + 1\n"
MODULE = {"kind": "module", "module": "stale_nets:network", "input": [1, 8, 8], "layers": ["last"]}
PROTOCOLS: dict[str, dict[str, Any]] = {
    "full_labels": {
        "representations": [{**MODULE, "batch_norm": "dataset"}],
        "protocol": {"kind": "full_labels", "train_size": 200, "grid": [0.01, 0.1]},
    },
    "few_labels": {
        "representations": [{**MODULE, "batch_norm": "batch"}],
        "protocol": {
            "kind": "few_labels",
            "per_class": 5,
            "draws": 3,
            "selection_draws": 2,
            "validation": 200,
            "grid": [0.01],
            "extend": False,
        },
    },
    "nearest_samples": {
        "generators": [
            {
                "kind": "generator_module",
                "module": "stale_nets:drawing",
                "spec": {"image_shape": [1, 8, 8], "z_dim": 4, "n_classes": 10, "label": "one_hot"},
            }
        ],
        "protocol": {"kind": "nearest_samples", "rungs": [200], "compared": 50},
    },
}


class Place:
    """A folder with the user's code, and runs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "stale_package").mkdir()
        (folder / "stale_nets.py").write_text(NETWORK)
        (folder / "stale_package" / "__init__.py").write_text("from stale_package.inner import *\n")
        self.write(GOOD)

    def write(self, code: str, name: str = "stale_package/inner.py") -> None:
        """Edit a file; what was imported of the user's is forgotten, as by a new process."""
        (self.folder / name).write_text(code)
        for module in [one for one in sys.modules if one.startswith("stale_")]:
            del sys.modules[module]
        importlib.invalidate_caches()
        shutil.rmtree(self.folder / "__pycache__", ignore_errors=True)
        shutil.rmtree(self.folder / "stale_package" / "__pycache__", ignore_errors=True)

    def run(self, name: str, cache: str = "cache", results: str = "r", **options: Any) -> Any:
        values = {"name": name, "data": {"name": "digits"}, "results": "r", **PROTOCOLS[name]}
        chosen = Options(
            self.folder / cache, results=self.folder / results, allow_code=True, **options
        )
        (record,) = run_pipeline(pipeline_from(values), chosen)
        return record


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return Place(tmp_path)


@pytest.mark.parametrize("overwrite", ["never", "always"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_edit_in_a_file_that_is_imported_is_another_result(
    place: Place, protocol: str, overwrite: str
) -> None:
    before = place.run(protocol)
    place.write(BAD)
    truth = place.run(protocol, "fresh cache", "fresh")
    assert truth.outcome.headline.value != before.outcome.headline.value
    served = place.run(protocol, overwrite=overwrite)
    assert served.outcome == truth.outcome
    assert served.id == truth.id != before.id


# What no digest of source sees: code that is read as data, or imported by a name made at run time.
HIDDEN = """
from pathlib import Path
def maps(x):
    names = {}
    exec(Path(__file__).with_name("hidden.txt").read_text(), names)
    return names["maps"](x)
"""


@pytest.mark.parametrize("kept", ["everything", "cache", "states"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_edit_that_no_digest_sees_is_noticed_by_what_comes_out(
    place: Place, protocol: str, kept: str
) -> None:
    place.write(HIDDEN)
    place.write(GOOD, "stale_package/hidden.txt")
    before = place.run(protocol)
    place.write(BAD, "stale_package/hidden.txt")
    truth = place.run(protocol, "fresh cache", "fresh")
    assert truth.id == before.id and truth.outcome != before.outcome
    if kept != "everything":
        shutil.rmtree(place.folder / "r")
    if kept == "states":
        shutil.rmtree(place.folder / "cache" / "features", ignore_errors=True)
        shutil.rmtree(place.folder / "cache" / "journals")
    noticed = not (kept == "states" and protocol != "full_labels")
    if noticed:
        with pytest.warns((CacheWarning, RecordWarning), match="not what the code gives now"):
            served = place.run(protocol)
    else:  # nothing is left that could be served
        served = place.run(protocol)
    assert served.outcome == truth.outcome
    # Said once: what was made again is served from now on.
    assert place.run(protocol) == served


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_always_computes_everything(
    place: Place, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = place.run(protocol)
    kinds = ("features", "states", "journals")
    files = {
        path: path.stat().st_mtime_ns
        for kind in kinds
        for path in (place.folder / "cache" / kind).rglob("*")
        if path.suffix in (".bin", ".npz")
    }
    assert files
    assert place.run(protocol, overwrite="always").outcome == first.outcome
    assert all(path.stat().st_mtime_ns > before for path, before in files.items())


def test_a_fitted_state_of_other_bits_is_fitted_again(place: Place) -> None:
    """A state that an older version of the code fitted: the features with it are not today's."""
    truth = place.run("full_labels")
    shutil.rmtree(place.folder / "r")
    shutil.rmtree(place.folder / "cache" / "features")
    shutil.rmtree(place.folder / "cache" / "journals")
    from dcgan_eval.records import Journal

    states = Journal(place.folder / "cache" / "states")
    (path,) = states.folder.glob("*.npz")
    key = place_key(path)
    state = states.get(key)
    assert state is not None
    states.put(key, {**state, "norm.mean": state["norm.mean"] + np.float32(0.5)})
    with pytest.warns(CacheWarning, match="not what the code gives now; fitted again"):
        served = place.run("full_labels")
    assert served.outcome == truth.outcome


def test_a_generator_that_was_converted_again_is_another_one(tmp_path: Path) -> None:
    """What the card says decides: the same weights with another slope draw other samples."""
    torch.manual_seed(0)
    layers = [torch.nn.Linear(14, 32), torch.nn.ReLU(), torch.nn.Linear(32, 64)]
    torch.save(torch.nn.Sequential(*layers).state_dict(), tmp_path / "g.pth")
    geometry = {"image": [8, 8], "output": "tanh", "z": "normal", "label": "one_hot"}
    values = {
        "name": "x",
        "data": {"name": "digits"},
        "results": "r",
        "generators": [{"kind": "generator", "path": str(tmp_path / "g.safetensors")}],
        "protocol": {"kind": "nearest_samples", "rungs": [300], "compared": 50},
    }

    def converted(slope: float, cache: str) -> Any:
        chosen = {**geometry, "n_classes": 10, "slope": slope}
        convert_checkpoint(tmp_path / "g.pth", tmp_path / "g.safetensors", {}, geometry=chosen)
        options = Options(tmp_path / cache, results=tmp_path / f"r {cache}")
        (record,) = run_pipeline(pipeline_from(values), options)
        return record

    wrong, served, truth = converted(0.9, "a"), converted(0.0, "a"), converted(0.0, "b")
    assert wrong.outcome.metrics != truth.outcome.metrics
    assert served.outcome == truth.outcome and served.id == truth.id != wrong.id


def test_units_without_a_guard_are_nobodys(place: Place) -> None:
    """What a kill left of units that were being forgotten."""
    place.run("nearest_samples")
    shutil.rmtree(place.folder / "r")
    from dcgan_eval.records import Journal

    (folder,) = (place.folder / "cache" / "journals").iterdir()
    Journal(folder).drop("guard")
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    place.run("nearest_samples")
    assert all(path.stat().st_mtime_ns > written for path, written in before.items())


def test_what_cannot_be_taken_away_is_not_served(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run("full_labels")

    def refused(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(StorageError, match="cannot be written to"):
        place.run("full_labels", overwrite="always")


def test_a_record_says_all_devices(place: Place) -> None:
    """Features computed on one device, draws on another, a record gone on with on both."""
    assert place.run("few_labels").run.environment["device"] == "cpu"
    shutil.rmtree(place.folder / "r")
    record = place.run("few_labels", device="cpu:0")
    assert record.run.environment["device"] == "cpu and cpu:0"
    shutil.rmtree(place.folder / "r")
    shutil.rmtree(place.folder / "cache" / "features")
    assert place.run("few_labels").run.environment["device"] == "cpu and cpu:0"
    anew = place.run("few_labels", overwrite="always", device="cpu:0")
    assert anew.run.environment["device"] == "cpu:0"


def test_a_card_or_pipeline_of_ours_has_a_guard_too(tmp_path: Path) -> None:
    values = {
        "name": "x",
        "data": {"name": "digits"},
        "results": "r",
        "representations": [{"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}],
        "protocol": {"kind": "full_labels", "train_size": 100, "grid": [0.1]},
    }
    options = Options(tmp_path / "cache", results=tmp_path / "r")
    (record,) = run_pipeline(pipeline_from(values), options)
    assert len(record.run.guard) == 32
    (pixels,) = run_pipeline(
        pipeline_from({**values, "representations": [{"kind": "pixels"}]}), options
    )
    assert pixels.run.guard == ()


def place_key(path: Path) -> str:
    """The key that stands in a unit's file."""
    import json

    with np.load(path) as arrays:
        return str(json.loads(arrays["about"].tobytes())["key"])
