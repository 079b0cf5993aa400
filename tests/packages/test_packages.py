"""Packages of other people: installed beside ours, used by name, at fault in one line."""

from __future__ import annotations

import ast
import importlib
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.data import Items
from dcgan_eval.protocols import read_protocol
from dcgan_eval.records import StoredRecord, read_records
from tests.make.commands import Finished, call_with
from tests.make.wheels import install, make_wheel, wheel_of_folder

pytestmark = pytest.mark.system

EXAMPLE = Path(__file__).parent / "example"
PIPELINE = str(EXAMPLE / "example.yaml")
N_CLASSES = 3


class Part:
    """Pictures (n, 3, 32, 32) of noisy colours that classes share in part, and their labels."""

    def __init__(self, n: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.y = np.arange(n) % N_CLASSES
        colours = rng.normal(120, 20, (n, 3)) + 20 * np.eye(3)[self.y]
        noisy = colours[:, :, None, None] + rng.normal(0, 30, (n, 3, 32, 32))
        self.pixels = np.clip(noisy, 0, 255).astype(np.uint8)

    def write(self, path: Path) -> None:
        """As the binary version of CIFAR-10 has them."""
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [self.y.astype(np.uint8)[:, None], self.pixels.reshape(len(self.y), -1)]
        np.concatenate(rows, axis=1).tofile(path)

    def features(self, name: str) -> np.ndarray:
        """What a row of the pipeline gives, rounded as it is stored."""
        if name == "raw pixels":
            X = self.pixels.reshape(len(self.y), -1) / 127.5 - 1
        else:
            cells = int(name[-1])
            X = self.pixels.reshape(len(self.y), 3, cells, 32 // cells, cells, 32 // cells)
            X = X.mean(axis=(3, 5)).reshape(len(self.y), -1)
        return X.astype(np.float32).astype(np.float64)


TRAIN, TEST = Part(150, 0), Part(90, 1)
NAMES = ["mean colour, 1×1", "mean colour, 4×4", "raw pixels"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the example package."""
    folder = tmp_path_factory.mktemp("installed")
    return install(wheel_of_folder(EXAMPLE, tmp_path_factory.mktemp("wheels")), folder)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working folder with the data that the example's pipeline names."""
    folder = tmp_path_factory.mktemp("work")
    TRAIN.write(folder / "data" / "pictures" / "train.bin")
    TEST.write(folder / "data" / "pictures" / "test.bin")
    (folder / "data" / "short").mkdir()
    for split in ("train", "test"):
        (folder / "data" / "short" / f"{split}.bin").write_bytes(b"\0" * 3072)
    return folder


@pytest.fixture(scope="module")
def done(installed: Path, place: Path) -> dict[str, Finished]:
    """What commands leave that use the example package."""
    run = ["run", PIPELINE]
    commands = {
        "run": run,
        "full": [*run, "--set", "protocol={kind: full_labels, probe: ridge}", "--results", "full"],
        "table": ["table", "results/example", "--format", "csv"],
        "compare": ["compare", "results/example"],
        "list": ["list"],
        "protocol": [*run, "--set", "protocol.kind=nearest_maen"],
        "probe": [*run, "--set", "protocol={kind: full_labels, probe: rigde}"],
        "subject": [*run, "--set", "representations.0.kind=mean_color"],
        "reader": [*run, "--set", "data.reader=cifar_binry"],
        "cells": [*run, "--set", "representations.0.cells=3"],
        "setting": [*run, "--set", "protocol.distance=cityblok"],
        "source": [*run, "--set", "representations.0={kind: real}"],
        "short": [*run, "--set", "data.name=short"],
    }
    return call_with([installed], commands, place)


def stored(done: dict[str, Finished], what: str, folder: Path) -> dict[str, StoredRecord]:
    """Records of a command by name."""
    assert done[what].code == 0, done[what].err
    records, problems = read_records([folder])
    assert not problems
    return {one.record.outcome.representation.name: one for one in records}


def items(part: Part) -> Items:
    names = tuple(map(str, range(N_CLASSES)))
    return Items(name="pictures", labels=part.y, class_names=names, fingerprint="any")


def predictions(one: StoredRecord) -> np.ndarray:
    found = one.predictions()
    assert found is not None and np.array_equal(found.targets, TEST.y)
    return found.values


def test_the_protocol_the_reader_and_the_kind(done: dict[str, Finished], place: Path) -> None:
    records = stored(done, "run", place / "results" / "example")
    assert sorted(records) == sorted(NAMES)
    for name, one in records.items():
        X, X_test = TRAIN.features(name), TEST.features(name)
        means = np.stack([X[TRAIN.y == label].mean(axis=0) for label in range(N_CLASSES)])
        expected = np.abs(X_test[:, None] - means).sum(axis=2).argmin(axis=1)
        assert np.array_equal(predictions(one), expected[None])
        outcome = one.record.outcome
        accuracy = 100 * (expected == TEST.y).mean()
        assert 40 < accuracy < 90
        assert outcome.headline.value == pytest.approx(accuracy, abs=1e-9)
        assert outcome.protocol.settings["distance"] == "cityblock"
        assert outcome.representation.columns == X.shape[1]


def test_the_table_has_the_records(done: dict[str, Finished], place: Path) -> None:
    records = stored(done, "run", place / "results" / "example")
    assert done["table"].code == 0
    for name, one in records.items():
        assert f"{one.record.outcome.headline.value:.2f}" in done["run"].out, name
        assert re.search(rf'^"?{name}"?,.*accuracy', done["table"].out, re.MULTILINE)


def test_results_are_compared(done: dict[str, Finished], place: Path) -> None:
    records = stored(done, "run", place / "results" / "example")
    assert done["compare"].code == 0
    a, b = (predictions(records[name])[0] != TEST.y for name in (NAMES[0], NAMES[2]))
    counts = f"only A wrong {(a & ~b).sum()}, only B wrong {(b & ~a).sum()}"
    assert f"| {NAMES[0]} | {NAMES[2]} | discordant images | {counts} |" in done["compare"].out
    # What the protocol says is given stands in the comparison, too.
    assert "given the weights, the labelled images.\n" in done["compare"].out


def ridge(X: np.ndarray, y: np.ndarray, X_test: np.ndarray, alpha: float) -> np.ndarray:
    """Classes by ridge regression with free intercepts, in closed form."""
    mean, targets = X.mean(axis=0), np.eye(N_CLASSES)[y]
    centred = X - mean
    gram = centred @ centred.T + alpha * np.eye(len(X))
    dual = np.linalg.solve(gram, targets - targets.mean(axis=0))
    return ((X_test - mean) @ centred.T @ dual + targets.mean(axis=0)).argmax(axis=1)


def test_the_probe_with_full_labels(done: dict[str, Finished], place: Path) -> None:
    protocol = read_protocol("full_labels")
    parts = protocol.make_split(items(TRAIN), items(TEST)).parts
    fit, validation = parts["fit"], parts["validation"]
    for name, one in stored(done, "full", place / "full").items():
        X, y = TRAIN.features(name), TRAIN.y
        (selection,) = one.record.outcome.selection
        assert selection.parameter == "alpha"
        for point in selection.curve:
            right = ridge(X[fit], y[fit], X[validation], point.value) == y[validation]
            assert point.score == pytest.approx(100 * right.mean(), abs=1e-9)
        best = max(point.score for point in selection.curve)
        assert selection.chosen == max(p.value for p in selection.curve if p.score == best)
        expected = ridge(X, y, TEST.features(name), selection.chosen)
        assert np.array_equal(predictions(one), expected[None])


def test_all_are_listed(done: dict[str, Finished]) -> None:
    assert done["list"].code == 0
    for name in ("nearest_mean", "ridge", "mean_colour", "cifar_binary"):
        assert f"  {name}\n" in done["list"].out


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("protocol", "unknown protocol 'nearest_maen'; did you mean 'nearest_mean'?"),
        ("probe", "unknown probe 'rigde'; did you mean 'ridge'?"),
        ("subject", "unknown kind of representation 'mean_color'; did you mean 'mean_colour'?"),
        ("reader", "unknown reader 'cifar_binry'; did you mean 'cifar_binary'?"),
        ("cells", "mean colour, 3×3: 32×32 pixels; give cells that divide both"),
        ("setting", "protocol.distance: found 'cityblok': expected"),
        ("source", "protocol nearest_mean takes features (kind: such as checkpoint, network"),
        ("short", "short/train.bin: 3072 bytes; expected 3073 for each image"),
    ],
)
def test_a_mistake_is_one_line(done: dict[str, Finished], what: str, said: str) -> None:
    assert_one_line(done[what], said)


def assert_one_line(finished: Finished, said: str) -> None:
    assert finished.code == 2, finished
    assert finished.err.startswith("dcgan-eval: ") and finished.err.count("\n") == 1
    assert said in finished.err
    assert "Traceback" not in finished.err


FAULTY = {
    "dcgan_eval.protocols": {
        "full_labels": "dcgan_eval_faulty.things:Unfinished",
        "absent": "dcgan_eval_faulty.nothing:Protocol",
        "broken": "dcgan_eval_faulty.broken:Protocol",
        "nameless": "dcgan_eval_faulty.things:Protokol",
        "other": "dcgan_eval_faulty.things:OTHER",
        "unfinished": "dcgan_eval_faulty.things:Unfinished",
    },
    "dcgan_eval.probes": {"ridge": "dcgan_eval_example.ridge:Ridge"},
    "dcgan_eval.readers": {"classy": "dcgan_eval_example.cifar_binary:CifarReader"},
}
FILES = {
    "dcgan_eval_faulty/__init__.py": "",
    "dcgan_eval_faulty/broken.py": "raise RuntimeError('first line\\nsecond \\x1b[31m line')\n",
    "dcgan_eval_faulty/things.py": """
from dcgan_eval.core import identity
from dcgan_eval.protocols import Protocol

OTHER = {"kind": "other"}

class Unfinished(Protocol):
    kind: str = identity("unfinished")

    def make_split(self, train, test):
        return None
""",
}
WHOSE = "the package dcgan-eval-faulty"


@pytest.fixture(scope="module")
def faults(
    installed: Path, place: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Finished]:
    """What commands leave when a package at fault is installed beside the example."""
    faulty = tmp_path_factory.mktemp("faulty")
    # Where nothing has to be compiled, a wheel is installed by unpacking it.
    with zipfile.ZipFile(make_wheel("dcgan-eval-faulty", "0.1", FILES, FAULTY, faulty)) as wheel:
        wheel.extractall(faulty)
    commands = {
        name: ["run", PIPELINE, "--set", f"protocol={{kind: {name}}}"]
        for name in FAULTY["dcgan_eval.protocols"]
    }
    ridge = "protocol={kind: few_labels, probe: ridge, per_class: 5}"
    commands["ridge"] = ["run", PIPELINE, "--set", ridge]
    commands["classy"] = ["run", PIPELINE, "--set", "data.reader=classy"]
    commands["list probes"] = ["list", "probes"]
    commands["list protocols"] = ["list", "protocols"]
    return call_with([installed, faulty], commands, place)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("full_labels", f"'full_labels' is one of ours, {WHOSE} has one of the same name"),
        ("absent", f"protocol 'absent' of {WHOSE} cannot be imported: ModuleNotFoundError: No"),
        ("broken", "cannot be imported: RuntimeError: first line second \\x1b[31m line"),
        ("nameless", f"protocol 'nameless' of {WHOSE} cannot be imported: AttributeError: "),
        ("other", f"protocol 'other' is {{'kind': 'other'}}, which is none; {WHOSE} is to mend"),
        ("unfinished", f"'unfinished' lacks memory_bytes, run, takes, version; {WHOSE} is to mend"),
        ("ridge", f"probe 'ridge' is in the package dcgan-eval-example and in {WHOSE}; rename"),
        ("classy", "reader 'classy' is <class 'dcgan_eval_example.cifar_binary.CifarReader'>, whi"),
        ("list protocols", "protocol 'absent' of"),
    ],
)
def test_a_package_at_fault_is_named_in_one_line(
    faults: dict[str, Finished], what: str, said: str
) -> None:
    assert_one_line(faults[what], said)


def test_names_are_listed_without_imports(faults: dict[str, Finished]) -> None:
    assert faults["list probes"].code == 0
    assert "  ridge\n" in faults["list probes"].out


@pytest.mark.parametrize("file", sorted(EXAMPLE.glob("*/*.py")), ids=lambda file: file.stem)
def test_an_author_imports_from_doors(file: Path) -> None:
    for one in ast.walk(ast.parse(file.read_text())):
        if isinstance(one, ast.ImportFrom) and str(one.module).startswith("dcgan_eval."):
            assert one.module.count(".") == 1, one.module
            door = importlib.import_module(one.module)
            assert {name.name for name in one.names} <= set(door.__all__), one.module
