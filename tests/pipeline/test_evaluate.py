"""`evaluate`: objects in Python give the records that a pipeline file gives, or one line."""

from __future__ import annotations

import copy
import gc
import json
import re
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import TensorDataset
from torchvision import transforms

import dcgan_eval as de
from dcgan_eval.core import (
    CacheWarning,
    DataError,
    DcganEvalError,
    RecordWarning,
    SettingsError,
)
from dcgan_eval.pipeline import Options, run_pipeline, verify_records
from dcgan_eval.records import read_record

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::dcgan_eval.core.ConvergenceWarning"),
]

RNG = np.random.default_rng(0)
Y = np.arange(90) % 3
X = (RNG.integers(0, 120, (90, 8, 8)) + 60 * Y[:, None, None]).astype(np.uint8)
TEST = (X[60:], Y[60:])
FULL: dict[str, Any] = {"protocol": "full_labels", "grid": [0.01, 0.1], "validation": 20}


def small() -> nn.Module:
    """Two convolutions that overwrite their inputs."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(256, 3),
    )


def evaluate(cache: Path | None, subjects: object, **keys: Any) -> de.Results:
    """On the small arrays, without a word."""
    values = {"train": (X[:60], Y[:60]), "test": TEST, "progress": False, "cache": cache}
    return de.evaluate(subjects, **{**values, **FULL, **keys})


def means(images: np.ndarray) -> np.ndarray:
    """Features of a user's."""
    return images.mean(1).reshape(len(images), -1)


SUBJECTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "pixels": (de.Pixels(), {"kind": "pixels"}),
    "kmeans": (
        de.KMeans(maps=4, patch=3, patches=50, iterations=2),
        {"kind": "kmeans", "maps": 4, "patch": 3, "patches": 50, "iterations": 2},
    ),
    "network": (
        de.RandomNetwork("dcgan8", seeds=2, batch_norm="dataset", layers=["layer1"]),
        {
            "kind": "network",
            "network": "dcgan8",
            "seeds": 2,
            "batch_norm": "dataset",
            "layers": ["layer1"],
        },
    ),
}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(st.sampled_from(sorted(SUBJECTS)), min_size=1, unique=True),
    protocol=st.sampled_from(
        [
            {"kind": "full_labels", "grid": [0.01, 0.1], "validation": 20},
            {"kind": "full_labels", "grid": [0.01], "train_size": 30, "seed": 3},
            {"kind": "few_labels", "per_class": 3, "draws": 2, "selection": "within_draw"}
            | {"folds": 2, "grid": [0.1]},
        ]
    ),
    seed=st.integers(0, 3),
    way=st.sampled_from(["arrays", "tensors", "unit"]),
)
def test_objects_and_files_give_the_same_records(
    names: list[str], protocol: dict[str, Any], seed: int, way: str
) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (90, 8, 8, 1), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        (folder / "own").mkdir()
        parts = {"train": (images[:60], Y[:60]), "test": (images[60:], Y[60:])}
        for part, (pixels, labels) in parts.items():
            np.savez(folder / "own" / f"{part}.npz", images=pixels, labels=labels)
        pipeline = {
            "name": "files",
            "data": {"name": "own", "root": text},
            "representations": [SUBJECTS[name][1] for name in names],
            "protocol": protocol,
            "results": str(folder / "of_files"),
        }
        (folder / "p.yaml").write_text(yaml.safe_dump(pipeline))
        held: dict[str, Any] = dict(parts)
        if way == "tensors":
            held = {
                part: TensorDataset(torch.tensor(pixels).permute(0, 3, 1, 2), torch.tensor(labels))
                for part, (pixels, labels) in parts.items()
            }
        elif way == "unit":
            held = {part: (pixels / 255, labels) for part, (pixels, labels) in parts.items()}
        kind = protocol["kind"]
        rest = {key: value for key, value in protocol.items() if key != "kind"}
        found = de.evaluate(
            [SUBJECTS[name][0] for name in names],
            **held,
            protocol=kind,
            dataset="own",
            pixels="unit" if way == "unit" else None,
            results=folder / "of_objects",
            cache=folder / "cache",
            progress=False,
            **rest,
        )
        read = run_pipeline(folder / "p.yaml", Options(folder / "other cache"))
        assert [one.id for one in found] == [one.id for one in read]
        assert [one.outcome for one in found] == [one.outcome for one in read]
        assert [one.record.digests for one in found] == [one.record.digests for one in read]


def test_a_network_is_what_its_layers_give_and_stays_as_it_was(tmp_path: Path) -> None:
    network = small().train()
    before = copy.deepcopy(network.state_dict())
    network[0].weight.requires_grad_(False)
    (record,) = evaluate(tmp_path, network)
    assert network.training and network[3].training
    assert [one.requires_grad for one in network.parameters()][:2] == [False, True]
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in network.modules())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    shown = record.outcome.representation
    assert shown.layers == ("0", "2") and shown.name == "Sequential" and shown.kind == "object"
    assert shown.assumed == {"preprocess": "x/127.5 − 1"}
    assert "Assumed: preprocess x/127.5 − 1" in de.table(record)
    # The same again is served; other weights are another subject.
    (again,) = evaluate(tmp_path, {"mine": network})
    assert again.id == record.id and again.outcome.representation.name == "mine"
    with torch.no_grad():
        network[0].weight.add_(0.1)
    assert evaluate(tmp_path, network)[0].id != record.id


def test_every_word_about_a_network_is_part_of_what_it_is(tmp_path: Path) -> None:
    words: list[dict[str, Any]] = [
        {},
        {"layers": ["0"]},
        {"grid": 2},
        {"batch_norm": "batch"},
        {"small_maps": "keep"},
        {"preprocess": (0.4, 0.3)},
        {"preprocess": transforms.Resize(6), "input": [1, 8, 8]},
        {"preprocess": transforms.Resize(5), "input": [1, 8, 8]},
        {"version": "1"},
    ]
    rows = {f"{place}": de.Module(small(), **each) for place, each in enumerate(words)}
    found = evaluate(tmp_path, rows)
    assert len({one.id for one in found}) == len(words)
    assert found[1].outcome.representation.layers == ("0",)
    assert found[5].outcome.representation.assumed == {}
    same = de.Module(small(), preprocess=transforms.Normalize(0.4, 0.3), name="5")
    assert evaluate(tmp_path, same)[0].id == found[5].id
    named = de.Module(small(), ablate=["each"])
    assert [len(one.outcome.representation.layers) for one in evaluate(tmp_path, named)] == [
        2,
        1,
        1,
    ]


def test_layers_by_pattern(tmp_path: Path) -> None:
    for layers, expected in (("*", tuple("0123456")), (["[02]"], ("0", "2"))):
        chosen = de.Module(small(), layers=layers, small_maps="keep")
        (record,) = evaluate(tmp_path, chosen)
        assert record.outcome.representation.layers == expected
    (record,) = evaluate(tmp_path, small(), layers="2", preprocess=([0.5], [0.25]))
    assert record.outcome.representation.layers == ("2",)


def test_a_transform_is_what_the_network_sees(tmp_path: Path) -> None:
    seen: list[torch.Size] = []

    def flat(images: torch.Tensor) -> torch.Tensor:
        seen.append(images.shape)
        return images.flatten(1)

    steps = [transforms.ToTensor(), transforms.CenterCrop(4), transforms.Normalize([0.5], [0.5])]
    (record,) = evaluate(tmp_path, flat, preprocess=transforms.Compose(steps), version="1")
    assert {tuple(shape[1:]) for shape in seen} == {(1, 4, 4)}
    assert record.outcome.representation.columns == 16
    train = X[:60, 2:6, 2:6]
    kept = evaluate(tmp_path, de.Pixels(), train=(train, Y[:60]), test=(X[60:, 2:6, 2:6], Y[60:]))
    assert record.outcome.metrics[0].value == pytest.approx(kept[0].outcome.metrics[0].value)


def test_transforms_of_code_are_told_by_their_code(tmp_path: Path) -> None:
    def ids(*steps: Any) -> list[str]:
        return [
            evaluate(tmp_path, small(), preprocess=transforms.Compose([step]))[0].id
            for step in steps
        ]

    one, other, again = ids(
        transforms.Lambda(lambda x: x), transforms.Lambda(lambda x: x**3), lambda x: x
    )
    assert len({one, other, again}) == 3
    assert ids(lambda x: x) == [again]


def test_a_function_is_served_while_its_code_is_the_same(tmp_path: Path) -> None:
    calls = 0

    def counted(images: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        images[:] = 0  # a copy
        return np.ones((len(images), 3))

    first = evaluate(tmp_path, {"a": means, "b": lambda images: means(images) * 2})
    again = evaluate(tmp_path, {"a": means, "b": lambda images: means(images) * 2})
    other = evaluate(tmp_path, {"b": lambda images: means(images) * 3})
    assert [one.run.started for one in first] == [one.run.started for one in again]
    assert other[0].id not in {one.id for one in first}
    (record,) = evaluate(tmp_path, de.Function(counted, version="1"))
    done = calls
    assert evaluate(tmp_path, de.Function(counted, version="1"))[0].id == record.id
    # Only noise, to see whether it is today's.
    assert calls - done <= 2
    assert record.outcome.representation.columns == 3


def test_code_that_cannot_be_told_is_computed_anew(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def noisy(images: np.ndarray) -> np.ndarray:
        return means(images) + 0 * rng.random()

    with pytest.warns(CacheWarning, match="noisy: .*computed anew each time; give version="):
        ids = {evaluate(tmp_path, noisy)[0].id for _ in range(2)}
    assert len(ids) == 2
    assert len({evaluate(tmp_path, noisy, version="1")[0].id for _ in range(2)}) == 1


def power(factor: int) -> Any:
    """Functions of one name that do something else."""

    def f(images: np.ndarray) -> np.ndarray:
        return means(images / 255) - factor * means(images.transpose(0, 2, 1, 3) / 255)

    return f


def test_a_version_that_was_not_changed_serves_nothing_old(tmp_path: Path) -> None:
    (first,) = evaluate(tmp_path, de.Function(power(1), version="same"))
    with pytest.warns(match="not what the code gives now"):
        (second,) = evaluate(tmp_path, de.Function(power(2), version="same"))
    assert second.id == first.id and second.outcome.metrics != first.outcome.metrics


def test_layers_of_a_checkpoint(tmp_path: Path) -> None:
    path = Path(__file__).parents[2] / "zoo" / "digits_dcgan8.safetensors"
    for subject in (path, de.load_encoder(path)):
        (found,) = evaluate(tmp_path, subject, layers="layer1", grid=[0.01])
        assert found.outcome.representation.layers == ("layer1",)


def test_own_images_under_a_published_name_are_not_the_published_set(tmp_path: Path) -> None:
    train, test = (X[:60], np.arange(60) % 10), (X[60:], np.arange(30) % 10)
    (found,) = evaluate(tmp_path, de.Pixels(), dataset="cifar10", train=train, test=test)
    assert found.outcome.data.subset == "60 training and 30 test items of one's own"


def test_paths_keys_and_settings(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 8))
    torch.save(network.state_dict(), tmp_path / "a.pth")
    geometry = {"input": [8, 8], "strides": [1, 1], "paddings": [1, 0], "slope": 0.2}
    rows = [
        de.Checkpoint(tmp_path / "a.pth", geometry=geometry),
        {"kind": "pixels", "name": "floor"},
    ]
    found = evaluate(tmp_path, rows)
    assert [one.outcome.representation.name for one in found] == ["a", "floor"]
    encoder = de.load_encoder(tmp_path / "a.pth", geometry=geometry)
    (record,) = evaluate(tmp_path, {"held": encoder})
    assert record.outcome.metrics[0].value == found[0].outcome.metrics[0].value
    with pytest.raises(DcganEvalError, match=r"subjects\['gone'\]|gone.pth: no checkpoint there"):
        evaluate(tmp_path, {"gone": str(tmp_path / "gone.pth")})


def test_nothing_is_in_memory_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_EVAL_CACHE", str(tmp_path / "cache"))
    results = evaluate(None, [de.Pixels()])
    assert results.folders == (tmp_path / "cache" / "results",)
    assert str(tmp_path / "cache" / "results") in repr(results)
    assert read_record(results[0].path) == results[0].record
    said = json.loads(results[0].path.read_text())["run"]["settings"]
    # No folder of this machine but that of the results; data lie in the cache.
    assert said["data"]["train"].startswith("images/")
    assert "data:image/png" in results.report(tmp_path / "r.html").read_text()


def test_what_was_held_is_verified_from_the_cache(tmp_path: Path) -> None:
    results = evaluate(tmp_path, [de.Pixels(), small()], results=tmp_path / "out")
    pixels, network = verify_records([one.path for one in results], Options(tmp_path))
    assert pixels.same, pixels.line()
    assert "no file holds; evaluate the object again" in network.line()


def test_what_is_damaged_is_made_again(tmp_path: Path) -> None:
    (record,) = evaluate(tmp_path, de.Pixels())
    before = record.predictions()
    (path,) = (tmp_path / "results").glob("*.predictions.npz")
    path.unlink()
    assert evaluate(tmp_path, de.Pixels())[0].predictions() is None
    with pytest.warns(RecordWarning, match="made again"):
        (mended,) = evaluate(tmp_path, de.Pixels(), overwrite="failed")
    after = mended.predictions()
    assert before is not None and after is not None
    np.testing.assert_array_equal(before.values, after.values)
    (anew,) = evaluate(tmp_path, de.Pixels(), overwrite="always")
    assert anew.run.started >= mended.run.started and anew.outcome == record.outcome


def test_code_that_is_named_runs_where_that_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets_of_evaluate.py").write_text(
        "from torch import nn\ndef make(): return nn.Sequential(nn.Conv2d(1, 2, 3))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    row = {"kind": "module", "module": "nets_of_evaluate:make", "input": [1, 8, 8], "layers": ["0"]}
    with pytest.raises(DcganEvalError, match="would run code"):
        evaluate(tmp_path, row)
    torch.manual_seed(0)
    (record,) = evaluate(tmp_path, row, allow_code=True)
    assert record.outcome.representation.layers == ("0",)


def test_nothing_that_was_held_is_kept_alive(tmp_path: Path) -> None:
    network = small()
    gone = weakref.ref(network)
    results = evaluate(tmp_path, [network, de.Function(lambda images: means(images), version="1")])
    del network
    gc.collect()
    assert gone() is None and len(results) == 2


@pytest.mark.filterwarnings("ignore::dcgan_eval.core.DcganEvalWarning")
def test_elsewhere(tmp_path: Path) -> None:
    random = de.RandomNetwork("dcgan8", seeds=2, batch_norm="dataset")
    here = evaluate(tmp_path / "a", [random])
    there = evaluate(tmp_path / "b", [random], on="processes:2")
    assert [one.outcome for one in here] == [one.outcome for one in there]
    with pytest.raises(SettingsError) as caught:
        evaluate(tmp_path, {"mine": small()}, on="processes:2")
    assert "mine: exists in this process only" in str(caught.value)
    assert "torch.save(net.state_dict(), 'net.pt')" in str(caught.value)


def draw(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Samples as bright as their class."""
    return (rng.random((len(labels), 8, 8)) * 0.3 + 0.2 * labels[:, None, None]).astype(np.float32)


class Drawing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Linear(7, 64)

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.body(torch.cat([z, y], 1)))


def test_generators(tmp_path: Path) -> None:
    spec = de.GeneratorSpec(image_shape=(1, 8, 8), z_dim=4, n_classes=3, label="one_hot")
    keys = {"protocol": "nearest_samples", "rungs": [128, 256], "grid": None, "validation": None}
    keys = {key: value for key, value in keys.items() if value is not None}
    base = {"train": (X[:60], Y[:60]), "test": TEST, "cache": tmp_path, "progress": False}
    found = de.evaluate({"f": draw, "net": de.Generator(Drawing(), spec)}, **base, **keys)
    again = de.evaluate({"f": draw, "net": de.Generator(Drawing(), spec)}, **base, **keys)
    assert [one.id for one in found] == [one.id for one in again]
    assert found[0].outcome.metrics[0].name == "error"
    for wrong, message in (
        (Drawing(), "what it takes is not known; give Generator(module, GeneratorSpec("),
        (lambda labels, rng: np.zeros((5, 8, 8)), "samples are (5, 8, 8, 1); expected (128"),
        (lambda labels, rng: np.zeros((128, 9, 9)), "samples are (9, 9, 1), images (8, 8, 1)"),
        (lambda labels, rng: np.full((128, 8, 8), np.nan), "samples lie in [nan, nan]"),
        (lambda labels, rng: (np.zeros((128, 8, 8)), labels), "fails at 128 labels"),
        (
            lambda labels, rng: np.random.default_rng().random((128, 8, 8)),
            "gives other samples of an equal random stream; draw from the stream alone",
        ),
        (lambda labels: 1, "fails at 128 labels and a random stream: TypeError"),
        (
            de.Generator(Drawing(), spec.model_copy(update={"z_dim": 5})),
            "does not draw images of (1, 8, 8)",
        ),
        (de.Pixels(), "protocol nearest_samples takes samples"),
    ):
        with pytest.raises(DcganEvalError) as caught:
            de.evaluate({"bad": wrong}, **base, **keys)
        assert message in str(caught.value) and "\n" not in str(caught.value)


class Locked(nn.Conv2d):
    def __init__(self) -> None:
        super().__init__(1, 4, 3)
        self.lock = threading.Lock()


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.conv(x))


def widening() -> Any:
    calls = iter(range(99))
    return lambda images: np.ones((len(images), 2 + (next(calls) > 1)))


def bad_weights() -> nn.Module:
    network = small()
    with torch.no_grad():
        network[0].weight[0] = torch.nan
    return network


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({"subjects": []}, "subjects: none; give at least one"),
    "number": ({"subjects": {"a": 5}}, "subjects['a']: found int; expected a torch.nn.Module"),
    "twins": ({"subjects": [de.Pixels(), de.Pixels()]}, "are the same representation"),
    "no convolutions": (
        {"subjects": nn.Sequential(nn.Flatten(), nn.Linear(64, 3))},
        "Sequential: has no convolutions to read; name layers, such as 0, 1",
    ),
    "pattern": ({"layers": "x*"}, "layers: 'x*' fits none; there are 0, 1, 2"),
    "one pattern": ({"layers": ["[02]", "y*"]}, "layers: 'y*' fits none; there are 0, 1, 2"),
    "layer": ({"layers": ["conv9"]}, "unknown layer 'conv9'"),
    "called twice": ({"subjects": Twice(), "layers": "conv"}, "layer 'conv' is computed 2 times"),
    "images": ({"subjects": nn.Sequential(nn.Conv2d(3, 4, 3))}, "does not take images of 1×8×8"),
    "weights": ({"subjects": bad_weights()}, "weights '0.weight' contain NaN or infinity"),
    "meta": ({"subjects": small().to("meta")}, "Sequential: '0.weight' is on the device meta"),
    "NaN": ({"subjects": lambda x: np.full((len(x), 2), np.nan)}, "are not finite"),
    "width": ({"subjects": {"w": de.Function(widening(), version="1")}}, "w: gives 3 columns, of"),
    "rows": ({"subjects": lambda x: np.ones((3, 2))}, "gives float64 (3, 2) of 2 images; expected"),
    "maps": ({"subjects": lambda x: x}, "gives uint8 (2, 8, 8, 1) of 2 images; expected numbers"),
    "raises": ({"subjects": lambda x: x.nope}, "fails on images (2, 8, 8, 1): AttributeError"),
    "beside others": (
        {"subjects": lambda x: means(x) - means(x).mean(0)},
        "gives other features for the same image when it is called again or beside other images",
    ),
    "training": (
        {"subjects": lambda x: np.random.default_rng().random((len(x), 3))},
        "gives other features for the same image",
    ),
    "preprocess of nothing": (
        {"subjects": de.Pixels(), "preprocess": (0.5, 0.5)},
        "preprocess: none of the subjects takes it; leave it out",
    ),
    "layers of nothing": ({"subjects": de.Pixels(), "layers": "conv"}, "layers: none of the sub"),
    "version of nothing": ({"subjects": de.Pixels(), "version": "1"}, "version: none of the sub"),
    "name of a named set": (
        {"subjects": de.Pixels(), "train": "digits", "test": "digits", "dataset": "mine"},
        "data set 'digits' has its name and its pixels; leave out dataset and pixels",
    ),
    "lock": ({"subjects": Locked()}, "cannot be copied (cannot pickle"),
    "one layer": ({"subjects": nn.Conv2d(1, 4, 3)}, "Conv2d: has no layers within it; give nn.Seq"),
    "keys": ({"subjects": {"a": {"path": "x"}}}, "subjects['a']: expected keys with 'kind', one"),
    "tokens": ({"subjects": de.Module(small(), tokens="cls")}, "Sequential: no layer gives tokens"),
    "small maps": (
        {"subjects": de.Module(small(), grid=9)},
        "Sequential: layer '0': maps of 8×8 are smaller",
    ),
    "whole": ({"layers": ["7"]}, "Sequential: unknown layer '7'; known: ., 0, 1, 2, 3"),
    "one of a kind": ({"grid": "autoo"}, "protocol.grid: found 'autoo': expected a list or 'auto'"),
    "within": ({"grid": ["a"]}, "protocol.grid[0]: found 'a': expected a valid number"),
    "probe": ({"probe": "l2svn"}, "protocol: probe.kind: unknown probe 'l2svn'; did you mean"),
    "validation": ({"validation": 60}, "validation: a stratified part of 60 of 60 images"),
    "code": (
        {"probe": {"kind": "sklearn", "estimator": "a:B"}},
        "a:B: would run code; look at it, then add --allow-code (in Python allow_code=True)",
    ),
    "rows of arrays": (
        {"subjects": {"a": (np.ones((60, 2)), np.ones((29, 2)))}},
        "a, test: 29 rows, images/test has 30 items",
    ),
    "one version": (
        {"subjects": [lambda x: means(x), lambda x: 2 * means(x)], "version": "1"},
        "are the same representation; remove one, or give each code a version of its own",
    ),
    "a function elsewhere": (
        {"subjects": means, "on": "processes:2"},
        "Function: exists in this process only, and on='processes:2' would need it elsewhere; "
        "leave on out",
    ),
    "way": ({"overwrite": "yes"}, "overwrite 'yes': expected one of never, always, failed"),
    "preprocess": ({"preprocess": 5}, "preprocess: found int; expected (mean, std)"),
    "random": ({"preprocess": transforms.RandomCrop(4)}, "preprocess: RandomCrop: is random"),
    "values": ({"preprocess": (0.5, 0.0)}, "preprocess: std: found [0.0]: standard deviations"),
    "protocol": ({"protocol": "few_label"}, "did you mean 'few_labels'"),
    "key": ({"per_clas": 5}, "protocol: unknown key 'per_clas'"),
    "setting": ({"grid": object()}, "protocol: found <object"),
    "on": ({"on": "cluster", "subjects": de.Pixels()}, "on: found 'cluster'; expected serial"),
    "device": ({"device": "cuda:77"}, "cuda:77"),
    "lengths": ({"train": (X, Y[:5])}, "train: 90 images, 5 labels"),
    "floats": ({"train": (X / 255, Y)}, "pixels='unit' if they lie in [0, 1]"),
    "word": ({"subjects": de.RandomNetwork("dcgan9")}, "did you mean 'dcgan8'"),
}


@pytest.mark.parametrize("keys, message", BAD.values(), ids=BAD)
def test_bad_input_is_one_line(tmp_path: Path, keys: dict[str, Any], message: str) -> None:
    values = dict(keys)
    with pytest.raises(DcganEvalError) as caught:
        evaluate(tmp_path, values.pop("subjects", small()), **values)
    said = str(caught.value)
    assert message in said and "\n" not in said, said
    assert not re.search(r"(^|: )([^:]+): \2: ", said)  # nothing is said twice
    if set(keys) == {"preprocess"}:  # an argument of all, and of no subject alone
        assert said.startswith("preprocess: ")


def test_settings_say_what_is_wrong_with_them() -> None:
    for make, message in (
        (lambda: de.KMeans(map=5), "KMeans: unknown key 'map'; did you mean 'maps'"),
        (lambda: de.RandomNetwork("svhn32", seeds=0), "RandomNetwork: seeds: found 0"),
        (lambda: de.Module(5), "found int; expected a torch.nn.Module"),
        (lambda: de.Function(5), "found int; expected a function"),
        (
            lambda: de.Module(small(), gem_p=2.0),
            "Module: gem_p has no effect without pool: gem; re",
        ),
        (lambda: de.GeneratorSpec(z_dim=0), "GeneratorSpec: z_dim: found 0: expected greater than"),
        (lambda: de.GeneratorSpec(), "GeneratorSpec: key 'image_shape' is missing; give it"),
    ):
        with pytest.raises(SettingsError) as caught:
            make()
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
    assert de.RandomNetwork("svhn32").network == "svhn32"
    assert de.KMeans(maps=np.int64(5)).maps == 5


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_network_on_another_device_stays_there(tmp_path: Path) -> None:
    network = small().cuda()
    (record,) = evaluate(tmp_path, network)
    assert next(network.parameters()).is_cuda
    assert record.id == evaluate(tmp_path, small())[0].id
    with pytest.raises(DataError):
        evaluate(tmp_path, network, train=(X, Y[:5]))
