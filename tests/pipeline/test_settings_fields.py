"""Every field of every settings class: identity fields change the id, execution fields nothing.

The fields come from the classes themselves. A class or a field that stands in no table below makes
a test fail, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import dcgan_eval
from dcgan_eval.core import DcganEvalError, Settings, build, digest_json
from dcgan_eval.data import load_images
from dcgan_eval.models import GeneratorSpec, load_encoder, load_family, load_generator
from dcgan_eval.models.geometry import DiscriminatorGeometry, GeneratorGeometry, LayerBetween
from dcgan_eval.pipeline import Options, make_plan, pipeline_from, run_pipeline
from dcgan_eval.training import Recipe, train

CODE = """
import torch
def network(width=4):
    torch.manual_seed(0)
    parts = [torch.nn.Conv2d(1, width, 3, padding=1), torch.nn.ReLU(),
             torch.nn.Conv2d(width, 4, 3, padding=1), torch.nn.BatchNorm2d(4)]
    return torch.nn.Sequential(*parts)
def other(width=4):
    return network(width)
class Drawing(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        torch.manual_seed(0)
        self.body = torch.nn.Sequential(torch.nn.Linear(7, width), torch.nn.Linear(width, 64))
    def forward(self, z, y):
        return torch.tanh(self.body(torch.cat([z, y], 1)))
def drawing(width=4):
    return Drawing(width)
def drawing2(width=4):
    return Drawing(width)
"""


def _folder_of_images(root: Path, seed: int, width: int = 8) -> None:
    """Three classes; four photographs a class with three images each, one of them for testing."""
    rng = np.random.default_rng(seed)
    for number, name in enumerate(("blue", "green", "red")):
        for photo in range(4):
            for cut in range(3):
                folder = root / ("test" if cut == 2 else "train") / name
                folder.mkdir(parents=True, exist_ok=True)
                pixels = rng.integers(60 * number, 60 * number + 120, (8, width), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"photo{photo}_{cut}.png")


def _plain_network() -> nn.Module:
    torch.manual_seed(0)
    convs = [nn.Conv2d(1, 4, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 4, 3, 1, 1)]
    return nn.Sequential(*convs, nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 8))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Working folder with data, a checkpoint in two places, and code of a user's."""
    folder = tmp_path_factory.mktemp("fields")
    _folder_of_images(folder / "own", 0)
    _folder_of_images(folder / "other", 1)
    _folder_of_images(folder / "wide", 2, width=10)
    shutil.copytree(folder / "own", folder / "elsewhere" / "own")
    torch.save(_plain_network().state_dict(), folder / "a.pth")
    shutil.copy(folder / "a.pth", folder / "b.pth")
    drawing = nn.Sequential(nn.Linear(7, 16), nn.ReLU(), nn.Linear(16, 64), nn.Tanh())
    for name in ("g.pth", "h.pth"):
        torch.save(drawing.state_dict(), folder / name)
    (folder / "fields_code.py").write_text(CODE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        yield folder


GEOMETRY = {"input": [8, 8], "strides": [1, 1, 1], "paddings": [1, 1, 0], "slope": 0.2}
NETWORK = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}
LARGER = {**NETWORK, "network": "mnist_conditional", "options": {"width": 2}}
CHECKPOINT = {"kind": "checkpoint", "path": "a.pth", "geometry": GEOMETRY}
MODULE = {"kind": "module", "module": "fields_code:network", "input": [1, 8, 8], "layers": ["0"]}
KMEANS = {"kind": "kmeans", "maps": 3, "patch": 3, "patches": 60, "iterations": 2}
FULL = {"kind": "full_labels", "grid": [0.01, 0.1], "validation": 6}
FEW = {"kind": "few_labels", "per_class": 2, "draws": 2, "selection_draws": 2, "validation": 9}
WITHIN = {"kind": "few_labels", "per_class": 2, "draws": 2, "selection": "within_draw", "folds": 2}
ARCHITECTURE = {"kind": "architecture", "network": "dcgan8"}
DENSE = {"side": 8}
NEAREST = {"kind": "nearest_samples", "rungs": [4, 8]}
DRAWN: dict[str, Any] = {"image": [8, 8], "slope": 0.0, "output": "tanh", "z": "normal"}
DRAWN |= {"label": "one_hot", "n_classes": 3}
DRAWING = {"kind": "generator", "path": "g.pth", "geometry": DRAWN}
DRAWING_MODULE: dict[str, Any] = {
    "kind": "generator_module",
    "module": "fields_code:drawing",
    "spec": {"image_shape": [1, 8, 8], "z_dim": 4, "n_classes": 3, "label": "one_hot"},
}
SUPERVISED = {
    "kind": "supervised",
    "per_class": 2,
    "validation": 9,
    "trials": 2,
    "rungs": [1],
    "kept": [1],
    "epochs": 2,
    "batch": 4,
}
PIPELINE: dict[str, Any] = {
    "name": "fields",
    "data": {"name": "own"},
    "representations": [{"kind": "pixels"}],
    "protocol": FULL,
    "results": "results",
}
RECIPE: dict[str, Any] = {
    "name": "fields",
    "data": {"name": "digits"},
    "network": "dcgan8",
    "epochs": 1,
    "batch": 512,
    "out": "run",
}

Values = Mapping[str, Any]


def jobs_of(values: Values) -> Any:
    """Id of the first record that a pipeline will write."""
    plan = make_plan(pipeline_from(values), Options(Path("cache"), allow_code=True))
    return plan.all_jobs()[0].id


def outcome_of(values: Values) -> Any:
    """What comes out, without the names that only people read."""
    results = Path("out", digest_json(values)[:12])
    options = Options(Path("cache"), results=results, allow_code=True)
    record = run_pipeline(pipeline_from(values), options)[0]
    outcome = record.outcome.model_dump()
    for part, names in (("data", ("name",)), ("representation", ("name", "method"))):
        for name in names:
            del outcome[part][name]
    predictions = np.load(next(results.glob(f"*{record.id[:12]}.predictions.npz")))
    return outcome, {name: predictions[name].tolist() for name in predictions}


def at(*path: str | int) -> Callable[[Values], Values]:
    """Put values at a place of the pipeline."""

    def put(values: Values, root: Any = None, rest: tuple[str | int, ...] = path) -> Values:
        root = PIPELINE if root is None else root
        key, *deeper = rest
        inner = values if not deeper else put(values, root[key], tuple(deeper))
        if isinstance(root, list):
            return [inner]  # type: ignore[return-value]  # a list of one on the way
        return {**root, key: inner}

    return put


def recipe_key(values: Values) -> Any:
    """What a training state is kept by."""
    return digest_json(build(Recipe, values).identity_values())


def own_values(settings: type[Settings]) -> Callable[[Values], Any]:
    """The key of settings that stand in other keys as they are."""
    return lambda values: digest_json(build(settings, values).identity_values())


def pair_of(family: str) -> Callable[[Values], Any]:
    """Weights of both networks that options make, and what the generator takes and gives."""

    def key(values: Values) -> Any:
        found = load_family(family, values)
        networks = (found.discriminator(), found.generator())
        shapes = [
            [(name, tuple(part.shape)) for name, part in network.state_dict().items()]
            for network in networks
        ]
        return digest_json([shapes, found.generator_spec.identity_values()])

    return key


def encoder_key(values: Values) -> Any:
    """What a checkpoint's geometry decides."""
    encoder = load_encoder("a.pth", geometry=dict(values))
    about = [encoder.beyond_weights, encoder.weights_hash, encoder.input_shape]
    return digest_json([*about, encoder.preprocess.identity_values()])


def weights_of(values: Values) -> Any:
    """Weights of both networks after training."""
    recipe = build(Recipe, {**values, "out": str(Path("trained", digest_json(values)[:12]))})
    paths = train(recipe, load_images("digits", "train", cache=Path("cache")))
    return [load_encoder(paths[0]).weights_hash, load_generator(paths[1]).weights_hash]


@dataclass(frozen=True)
class Changed:
    """Another valid value of a field.

    Attributes
    ----------
    to
        The value.
    beside
        Keys that both have.
    along
        Keys that the changed one needs.
    without
        Keys that the changed one may not have.
    instead
        Values to begin with, in place of the case's.
    refused
        What the message says where no other value fits the rest.
    """

    to: Any
    beside: Values = field(default_factory=dict)
    along: Values = field(default_factory=dict)
    without: tuple[str, ...] = ()
    instead: Values | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Case:
    """How a settings class is reached.

    Attributes
    ----------
    base
        Values to begin with.
    put
        Makes of the class's values what `key` and `outcome` take.
    changes
        Field → another valid value.
    key, outcome
        What identity fields change, and what execution fields leave alone.
    """

    base: Values
    changes: Mapping[str, Any]
    put: Callable[[Values], Values] = lambda values: values
    key: Callable[[Values], Any] = jobs_of
    outcome: Callable[[Values], Any] | None = outcome_of


ENCODER = {
    "name": "shown",
    "layers": ["layer1"],
    "grid": 2,
    "batch_norm": "batch",
    "small_maps": "keep",
    "ablate": ["each"],
}
PROBE = {"standardize": True, "l2_normalize": True}
PROTOCOL = {"probe": {"kind": "l2svm", "standardize": True}, "grid": [0.01, 0.2], "seed": 1}

NEEDS_MORE_IMAGES = {
    ("protocols.kinds.few_labels.FewLabels", "split"),
    ("protocols.kinds.supervised.Supervised", "split"),
}

CASES: dict[str, Case] = {
    "pipeline.settings.PipelineFile": Case(
        PIPELINE,
        {
            "name": "shown",
            "data": {"name": "other"},
            "defaults": Changed({"grid": 2}, {"representations": [NETWORK]}),
            "representations": [NETWORK],
            "generators": Changed(
                [DRAWING],
                {"representations": None, "generators": [{"kind": "real"}], "protocol": NEAREST},
            ),
            "protocol": WITHIN,
            "results": "elsewhere/results",
            "dtype": "float16",
        },
    ),
    "data.settings.DataSettings": Case(
        {"name": "own"},
        {
            "name": "other",
            "root": "elsewhere",
            "reader": "folder",
            "channels": "rgb",
            "resize": {"side": 6},
            "item_groups": r"photo(\d+)",
            "class_names": ["red", "green", "blue"],
            "train": Changed("own/train", along={"test": "own/test"}),
            "test": Changed("own/test", along={"train": "own/train"}),
            "subset": "a choice",
        },
        at("data"),
    ),
    "data.settings.Resize": Case(
        {"side": 6},
        {"side": 7, "how": "stretch"},
        lambda values: {**PIPELINE, "data": {"name": "wide", "resize": values}},
    ),
    "subjects.kinds.pixels.PixelSettings": Case(
        {"kind": "pixels"}, {"name": "shown"}, at("representations", 0)
    ),
    "subjects.kinds.network.NetworkSettings": Case(
        LARGER,
        {**ENCODER, "network": "dcgan28", "options": {"width": 3}, "seeds": 2},
        lambda values: {
            **PIPELINE,
            "data": {"name": "own", "resize": {"side": 28}},
            "representations": [values],
        },
    ),
    "subjects.kinds.checkpoint.CheckpointKindSettings": Case(
        CHECKPOINT,
        {
            **ENCODER,
            "batch_norm": Changed("batch"),
            "path": "b.pth",
            "geometry": {**GEOMETRY, "slope": 0.1},
        },
        at("representations", 0),
    ),
    "subjects.kinds.module.ModuleSettings": Case(
        {**MODULE, "layers": ["0", "3"]},
        {
            **ENCODER,
            "layers": ["0", "2"],
            "module": "fields_code:other",
            "arguments": {"width": 5},
            "input": Changed([1, 6, 6], refused="the network takes 6×6×1"),
            "preprocess": {"mean": [0.4], "std": [0.5]},
            "layout": "channels_last",
        },
        at("representations", 0),
    ),
    "subjects.kinds.kmeans.KMeansSettings": Case(
        KMEANS,
        {
            "name": "shown",
            "maps": 4,
            "patch": 4,
            "patches": 70,
            "iterations": 3,
            "seed": 1,
            "standardize": 7,
        },
        at("representations", 0),
    ),
    "protocols.kinds.full_labels.FullLabels": Case(
        FULL,
        {**PROTOCOL, "preset": "cifar10", "validation": 7, "train_size": 20},
        at("protocol"),
    ),
    "protocols.kinds.few_labels.FewLabels": Case(
        FEW,
        {
            **PROTOCOL,
            "preset": "svhn1000",
            "extend": False,
            "per_class": 3,
            "draws": 3,
            "selection": Changed(
                "within_draw", {}, {"folds": 2}, ("validation", "selection_draws")
            ),
            "split": None,
            "validation": 12,
            "selection_draws": 3,
            "folds": Changed(3, instead={**WITHIN, "per_class": 3}),
        },
        at("protocol"),
    ),
    "subjects.kinds.architecture.ArchitectureSettings": Case(
        ARCHITECTURE,
        {
            "name": "shown",
            "network": Changed("mnist_mlp", {}, {"options": DENSE}),
            "options": Changed({**DENSE, "z_dim": 7}, {"network": "mnist_mlp", "options": DENSE}),
        },
        lambda values: {**PIPELINE, "representations": [values], "protocol": SUPERVISED},
    ),
    "subjects.kinds.real.RealSettings": Case(
        {"kind": "real"},
        {"name": "shown"},
        lambda values: {**PIPELINE, "representations": [values], "protocol": NEAREST},
    ),
    "subjects.kinds.generator.GeneratorKindSettings": Case(
        DRAWING,
        {"name": "shown", "path": "h.pth", "geometry": {**DRAWN, "z": "uniform"}},
        lambda values: {**PIPELINE, "representations": [values], "protocol": NEAREST},
    ),
    "subjects.kinds.generator_module.GeneratorModuleSettings": Case(
        DRAWING_MODULE,
        {
            "name": "shown",
            "module": "fields_code:drawing2",
            "arguments": {"width": 5},
            "spec": {**DRAWING_MODULE["spec"], "z": "uniform"},
        },
        lambda values: {**PIPELINE, "representations": [values], "protocol": NEAREST},
    ),
    "subjects.kinds.deformed.DeformedSettings": Case(
        {"kind": "deformed"},
        {"name": "shown", "elastic": 0.7, "smoothness": 2.0, "thickness": 0.1, "shift": 2},
        lambda values: {**PIPELINE, "representations": [values], "protocol": NEAREST},
    ),
    "protocols.kinds.nearest_samples.NearestSamples": Case(
        NEAREST,
        {"preset": "mnist", "rungs": [4, 12], "seeds": 2, "compared": 5, "block": 128},
        lambda values: {**PIPELINE, "representations": [DRAWING], "protocol": values},
    ),
    "protocols.kinds.supervised.Supervised": Case(
        SUPERVISED,
        {
            "preset": "svhn1000",
            "per_class": 3,
            "split": None,
            "validation": 12,
            "trials": 3,
            "rungs": [2],
            "kept": [2],
            "epochs": 3,
            "batch": 5,
            "seed": 1,
        },
        lambda values: {**PIPELINE, "representations": [ARCHITECTURE], "protocol": values},
    ),
    "probes.kinds.l2svm.L2SVMProbe": Case(
        {"kind": "l2svm"}, {**PROBE, "solver": "liblinear", "tol": 1e-4}, at("protocol", "probe")
    ),
    "probes.kinds.logistic.LogisticProbe": Case(
        {"kind": "logistic"},
        {**PROBE, "tol": 1e-3, "max_iter": 900, "dtype": "float32"},
        at("protocol", "probe"),
    ),
    "probes.kinds.knn.KNNProbe": Case(
        {"kind": "knn"},
        {**PROBE, "temperature": 0.1},
        lambda values: at("protocol")({**FULL, "grid": [1, 3], "probe": values}),
    ),
    "models.encoder.Preprocess": Case(
        {"mean": [0.5], "std": [0.5]},
        {"mean": [0.4], "std": [0.4]},
        lambda values: at("representations", 0)({**MODULE, "preprocess": values}),
    ),
    "models.geometry.DiscriminatorGeometry": Case(
        GEOMETRY,
        {
            "part": "netD",
            "family": "dcgan28",
            "options": {"width": 2},
            "strides": [1, 2, 1],
            "paddings": [1, 1, 1],
            "slope": 0.1,
            "eps": 1e-8,
            "norm": "group",
            "groups": 4,
            "between": {"1": "relu"},
            "head": [3, 3],
            "input": [9, 9],
            "preprocess": {"mean": [0.4], "std": [0.5]},
        },
        key=own_values(DiscriminatorGeometry),
    ),
    "models.geometry.GeneratorGeometry": Case(
        {},
        {
            "part": "netG",
            "family": "dcgan28",
            "options": {"width": 2},
            "strides": [1, 2, 1],
            "paddings": [1, 1, 1],
            "slope": 0.1,
            "eps": 1e-8,
            "norm": "group",
            "groups": 4,
            "between": {"1": "relu"},
            "image": [9, 9],
            "output_paddings": [1, 1, 1],
            "output": "sigmoid",
            "z": "uniform",
            "label": "one_hot",
            "n_classes": 10,
            "label_first": True,
            "batch_statistics": True,
        },
        key=own_values(GeneratorGeometry),
    ),
    "models.geometry.LayerBetween": Case(
        {"kind": "max_pool", "size": 2},
        {
            "slope": Changed(0.1, instead={"kind": "leaky_relu"}),
            "size": 3,
            "stride": 1,
            "padding": 1,
            "groups": Changed(4, instead={"kind": "group_norm", "groups": 2}),
        },
        key=own_values(LayerBetween),
    ),
    "models.generator.GeneratorSpec": Case(
        {"image_shape": [1, 8, 8]},
        {
            "z_dim": 7,
            "z": "uniform",
            "n_classes": Changed(10, along={"label": "one_hot"}),
            "label": Changed("embedding", {"n_classes": 10, "label": "one_hot"}),
            "output_range": [0.0, 1.0],
            "image_shape": [1, 9, 9],
            "batch_statistics": True,
        },
        key=own_values(GeneratorSpec),
    ),
    "models.networks.dcgan28.Dcgan28": Case(
        {"width": 2}, {"width": 3, "z_dim": 7}, key=pair_of("dcgan28")
    ),
    "models.networks.examples.Examples": Case(
        {"side": 16, "ndf": 2, "ngf": 2},
        {"side": 32, "channels": 1, "ndf": 3, "ngf": 3, "z_dim": 7, "bias": True},
        key=pair_of("examples"),
    ),
    "models.networks.mnist_conditional.MnistConditional": Case(
        {"width": 2, "dense": 8},
        {"width": 3, "dense": 9, "z_dim": 7, "n_classes": 3},
        key=pair_of("mnist_conditional"),
    ),
    "models.networks.mnist_mlp.MnistMlp": Case(
        {"hidden": [8]},
        {
            "side": 14,
            "hidden": [9],
            "z_dim": 7,
            "z": "uniform",
            "n_classes": 10,
            "batch_norm": False,
        },
        key=pair_of("mnist_mlp"),
    ),
    "training.settings.Optimizer": Case(
        {},
        {
            "rate": 1e-3,
            "beta1": 0.9,
            "beta2": 0.9,
            "eps": 1e-7,
            "weight_decay": 1e-5,
            "full_epochs": 1,
            "last_rate": 0.1,
        },
        lambda values: {**RECIPE, "optimizer": values},
        recipe_key,
    ),
    "training.settings.Recipe": Case(
        RECIPE,
        {
            "name": "shown",
            "data": {"name": "mnist"},
            "network": "dcgan28",
            "options": {"width": 2},
            "epochs": 2,
            "batch": 256,
            "optimizer": {"rate": 1e-3},
            "real_label": 0.9,
            "seed": 1,
            "out": "elsewhere/run",
            "keep_every": 1,
            "save_every": 1,
        },
        key=recipe_key,
        outcome=weights_of,
    ),
}

# A kind chooses which class reads the rest, and has nothing else to take.
_CHOOSES_THE_CLASS = "kind"
# The same fields as a class above.
_WITHOUT_A_CASE = {"pipeline.settings.Pipeline"}


def settings_classes() -> dict[str, type[Settings]]:
    """Every settings class that is built and has fields, by module and name."""
    for module in pkgutil.walk_packages(dcgan_eval.__path__, "dcgan_eval."):
        importlib.import_module(module.name)

    def below(parent: type[Settings]) -> Iterator[type[Settings]]:
        for child in parent.__subclasses__():
            if child.__module__.startswith("dcgan_eval."):
                yield from below(child) if child.__subclasses__() else [child]

    names = {
        f"{found.__module__.removeprefix('dcgan_eval.')}.{found.__qualname__}": found
        for found in below(Settings)
    }
    names = {name: names[name] for name in sorted(names) if names[name].model_fields}
    return {name: found for name, found in names.items() if name not in _WITHOUT_A_CASE}


CLASSES = settings_classes()
FIELDS = [
    (name, field)
    for name, found in CLASSES.items()
    for field in found.model_fields
    if field != _CHOOSES_THE_CLASS
]


def role(name: str, field: str) -> str:
    """``identity`` or ``execution``."""
    extra = CLASSES[name].model_fields[field].json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["role"])


def values_of(name: str, field: str) -> tuple[Values, Values]:
    """What the case's key takes, before and after the change of a field."""
    case = CASES[name]
    change = case.changes[field]
    if not isinstance(change, Changed):
        change = Changed(change)
    base = {**(case.base if change.instead is None else change.instead), **change.beside}
    changed = {**base, **change.along, field: change.to}
    for key in change.without:
        changed.pop(key, None)
    return case.put(base), case.put(changed)


def test_every_class_and_field_has_a_case() -> None:
    assert sorted(CASES) == list(CLASSES)
    for name, found in CLASSES.items():
        assert set(CASES[name].changes) == set(found.model_fields) - {_CHOOSES_THE_CLASS}, name


# The same maps are read in both layouts: one of the two is wrong, and is said to be.
@pytest.mark.parametrize(("name", "field"), [one for one in FIELDS if role(*one) == "identity"])
@pytest.mark.filterwarnings("ignore::dcgan_eval.core.LayoutWarning")
def test_an_identity_field_changes_the_key(place: Path, name: str, field: str) -> None:
    if (name, field) in NEEDS_MORE_IMAGES:
        pytest.skip("another value needs more than 10,000 images; see tests/protocols")
    before, after = values_of(name, field)
    assert CASES[name].key(before) == CASES[name].key(before)
    change = CASES[name].changes[field]
    if isinstance(change, Changed) and change.refused is not None:
        with pytest.raises(DcganEvalError, match=change.refused):
            CASES[name].key(after)
    else:
        assert CASES[name].key(before) != CASES[name].key(after)


@pytest.mark.parametrize(("name", "field"), [one for one in FIELDS if role(*one) == "execution"])
def test_an_execution_field_changes_neither_key_nor_outcome(
    place: Path, name: str, field: str
) -> None:
    case = CASES[name]
    before, after = values_of(name, field)
    assert case.key(before) == case.key(after)
    assert case.outcome is not None
    assert case.outcome(before) == case.outcome(after)


@pytest.mark.parametrize("field", ["strides", "paddings", "slope", "preprocess"])
def test_geometry_decides_the_encoder(place: Path, field: str) -> None:
    changes = {
        "strides": {"strides": [2, 1, 1], "paddings": [1, 1, 2]},
        "paddings": {"paddings": [2, 0, 0]},
        "slope": {"slope": 0.1},
        "preprocess": {"preprocess": {"mean": [0.4], "std": [0.5]}},
    }
    assert encoder_key(GEOMETRY) != encoder_key({**GEOMETRY, **changes[field]})
