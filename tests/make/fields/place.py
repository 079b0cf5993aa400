"""The folder in which they are tried: data, checkpoints, code of a user's."""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import nn
from torchvision.models import shufflenet_v2_x0_5

from dcgan_eval.data import DataSettings, load_images
from dcgan_eval.models import load_family
from tests.make.images import encoded, write_duplicates, write_parquet

CODE = """
import torch
def network(width=4):
    torch.manual_seed(0)
    parts = [torch.nn.Conv2d(1, width, 3, padding=1), torch.nn.ReLU(),
             torch.nn.Conv2d(width, 4, 3, padding=1), torch.nn.BatchNorm2d(4)]
    return torch.nn.Sequential(*parts)
def other(width=4):
    return network(width)
class Tokens(torch.nn.Module):
    def forward(self, maps):
        return maps.flatten(2).transpose(1, 2)
def tokens():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 4, 2, 2), Tokens())
class Drawing(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        torch.manual_seed(0)
        self.body = torch.nn.Sequential(torch.nn.Linear(2, width), torch.nn.Linear(width, 64))
    def forward(self, z, y):
        means = [part.reshape(len(z), -1).float().mean(1) for part in (z, y)]
        return torch.tanh(self.body(torch.stack(means, 1)))
def drawing(width=4):
    return Drawing(width)
def drawing2(width=4):
    return Drawing(width)
def maps():
    torch.manual_seed(0)
    up = [torch.nn.ConvTranspose2d(1, 3, 4, 2, 1), torch.nn.ReLU(), torch.nn.Conv2d(3, 1, 3, 1, 1)]
    dense = [torch.nn.Linear(2, 16), torch.nn.Unflatten(1, (1, 4, 4))]
    return torch.nn.Sequential(*dense, *up, torch.nn.Tanh())
def rooms():
    torch.manual_seed(0)
    up = [torch.nn.Unflatten(1, (3, 2, 2)), torch.nn.Upsample(scale_factor=32), torch.nn.Tanh()]
    return torch.nn.Sequential(torch.nn.Linear(2, 12), *up)
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


def _columns(root: Path) -> None:
    """Three classes in Parquet, whose labels stand there twice."""
    rng = np.random.default_rng(3)
    for part, n in (("train", 24), ("test", 12)):
        labels = np.arange(n) % 3
        pixels = rng.integers(0, 120, (n, 8, 8)) + 60 * labels[:, None, None]
        pictures: list[bytes | None] = [encoded(one.astype(np.uint8)) for one in pixels]
        file = write_parquet(root / f"{part}.parquet", pictures, labels)
        table = pq.read_table(file)
        pq.write_table(table.append_column("again", table["label"]), file)


def _weights(*modules: nn.Module, seed: int = 0) -> dict[str, torch.Tensor]:
    """The state dict of a sequence, drawn anew."""
    network = nn.Sequential(*modules)
    rng = torch.Generator().manual_seed(seed)
    drawn = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for tensor in drawn.values():
        if tensor.is_floating_point():
            tensor.uniform_(0.1, 0.5, generator=rng)
    return drawn


def _discriminators() -> dict[str, Any]:
    """Of grey images of 8×8, but for that of a family."""

    def layers(norm: nn.Module, head: int = 8) -> list[nn.Module]:
        convs = [nn.Conv2d(1, 4, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 4, 3, 1, 1)]
        return [*convs, norm, nn.LeakyReLU(0.2), nn.Conv2d(4, 1, head)]

    norm = nn.BatchNorm2d(4)
    return {
        "a.pth": _weights(*layers(norm)),
        "two.pth": {name: _weights(*layers(norm), seed=i) for i, name in enumerate(("D", "E"))},
        "pooled.pth": _weights(*layers(norm, head=2)),
        "nameless.pth": _weights(*layers(nn.GroupNorm(1, 4))),
        "dense.pth": load_family("dcgan8").pair().discriminator.module.state_dict(),
        "family.pth": load_family(FAMILY["family"], FAMILY["options"])
        .pair()
        .discriminator.module.state_dict(),
    }


def _generators() -> dict[str, Any]:
    """Of grey images of 8×8 and three classes, one without; and that of a family."""

    def layers(norm: nn.Module) -> list[nn.Module]:
        return [nn.Linear(7, 16), norm, nn.ReLU(), nn.Linear(16, 64), nn.Tanh()]

    plain = [nn.Linear(7, 16), nn.ReLU(), nn.Linear(16, 64), nn.Tanh()]
    maps = [nn.ConvTranspose2d(7, 4, 4), nn.ReLU(), nn.ConvTranspose2d(4, 1, 3, 2, 1)]
    return {
        "g.pth": _weights(*plain),
        "norm.pth": _weights(*layers(nn.BatchNorm1d(16))),
        "nameless_g.pth": _weights(*layers(nn.GroupNorm(1, 16))),
        "maps.pth": _weights(*maps),
        "two_g.pth": {name: _weights(*plain, seed=i) for i, name in enumerate(("G", "H"))},
        "family_g.pth": load_family(CONDITIONAL["family"], CONDITIONAL["options"])
        .pair()
        .generator.module.state_dict(),
    }


def make_place(folder: Path) -> None:
    """Three data sets, one of them in two places; checkpoints; code."""
    _folder_of_images(folder / "own", 0)
    _folder_of_images(folder / "other", 1)
    _folder_of_images(folder / "wide", 2, width=10)
    shutil.copytree(folder / "own", folder / "elsewhere" / "own")
    _columns(folder / "columns")
    own = load_images(DataSettings(name="own", root=folder), "train")
    for name in ("dedup.json", "again.json"):
        write_duplicates(folder / name, own, [[1, 2], [4, 5, 9]])
    for name, content in {**_discriminators(), **_generators()}.items():
        torch.save(content, folder / name)
    shutil.copy(folder / "a.pth", folder / "b.pth")
    shutil.copy(folder / "dense.pth", folder / "dense_again.pth")
    shutil.copy(folder / "g.pth", folder / "h.pth")
    (folder / "fields_code.py").write_text(CODE)
    rows = "".join(f"{number},bed,1,1,3,4\n" for number in range(12))
    parts = "image,part,left,top,width,height\n0,green,1,1,4,4\n3,blue,0,0,2,2\n"
    for name, content in (("boxes", f"image,part,left,top,width,height\n{rows}"), ("parts", parts)):
        for again in ("", "_again"):
            (folder / f"{name}{again}.csv").write_text(content)
    _given_files(folder)
    _library_files(folder)


def _given_files(folder: Path) -> None:
    """Labels, features and samples that were made elsewhere, each twice."""
    rng = np.random.default_rng(0)
    for part, n in (("", 24), ("_test", 12)):
        labels, features = np.arange(n) % 3, rng.normal(size=(n, 6)).astype(np.float32)
        features[:, 0] += labels
        for again in ("", "_again"):
            np.save(folder / f"features{part}{again}.npy", features)
            np.save(folder / f"ids{part}{again}.npy", np.arange(n))
        for name in ("test", "test_again") if part else ("train", "again"):
            np.save(folder / f"{name}.npy", labels)
    (folder / "layered").mkdir()
    shutil.copy(folder / "features.npy", folder / "layered" / "train.npy")
    (folder / "layered" / "columns.json").write_text('{"one": [0, 2], "two": [2, 6]}')
    images, labels = rng.integers(0, 256, (20, 8, 8), dtype=np.uint8), np.arange(20) % 3
    np.savez(folder / "samples.npz", images=images, labels=labels)
    np.savez_compressed(folder / "samples_again.npz", images=images, labels=labels)
    np.save(folder / "samples_labels.npy", labels)


def _library_files(folder: Path) -> None:
    """Weights and configurations of other libraries' networks, each weight file twice."""
    torch.save(shufflenet_v2_x0_5().state_dict(), folder / "s.pth")
    shutil.copy(folder / "s.pth", folder / "t.pth")
    if importlib.util.find_spec("timm") is not None:
        network = importlib.import_module("timm").create_model("resnet10t")
        for name in ("r.pth", "q.pth"):
            torch.save(network.state_dict(), folder / name)
    for name, change in (("hugging", {}), ("hugging_wide", {"hidden_sizes": [8, 16]})):
        (folder / name).mkdir()
        config = json.dumps({**RESNET_OF_HUGGING, **change})
        (folder / name / "config.json").write_text(config)


FAMILY: dict[str, Any] = {"family": "dcgan28", "options": {"width": 2}}
CONDITIONAL: dict[str, Any] = {"family": "mnist_conditional"}
CONDITIONAL |= {"options": {"width": 2, "dense": 8, "n_classes": 3}}
GEOMETRY = {"input": [8, 8], "strides": [1, 1, 1], "paddings": [1, 1, 0], "slope": 0.2}
NETWORK = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}
LARGER = {**NETWORK, "network": "mnist_conditional", "options": {"width": 2}}
CHECKPOINT = {"kind": "checkpoint", "path": "a.pth", "geometry": GEOMETRY}
MODULE = {"kind": "module", "module": "fields_code:network", "input": [1, 8, 8], "layers": ["0"]}
MODULE_WITH_TOKENS = {**MODULE, "module": "fields_code:tokens", "layers": ["1"], "tokens": "mean"}
KMEANS = {"kind": "kmeans", "maps": 3, "patch": 3, "patches": 60, "iterations": 2}
FULL = {"kind": "full_labels", "grid": [0.01, 0.1], "validation": 6}
FEW = {"kind": "few_labels", "per_class": 2, "draws": 2, "selection_draws": 2, "validation": 9}
WITHIN = {"kind": "few_labels", "per_class": 2, "draws": 2, "selection": "within_draw", "folds": 2}
ARCHITECTURE = {"kind": "architecture", "network": "dcgan8"}
FINETUNED = {"kind": "finetuned", "path": "dense.pth"}
DENSE = {"side": 8}
NEAREST = {"kind": "nearest_samples", "rungs": [4, 8]}
DEDUP: dict[str, Any] = {"kind": "dedup", "planted": 3, "autoencoder": {"steps": 2, "batch": 4}}
WALK = {"kind": "walk", "rows": 3, "steps": 3}
SALIENCY: dict[str, Any] = {"kind": "saliency", "boxes": "boxes.csv", "images": 3, "top": 2}
FORGET: dict[str, Any] = {"kind": "forget", "part": "green", "boxes": "parts.csv"}
FORGET |= {"annotated": 4, "tested": 10, "random_draws": 2}
FORGET |= {"detector": {"images": 30, "epochs": 30}}
DRAWN: dict[str, Any] = {"image": [8, 8], "slope": 0.0, "output": "tanh", "z": "normal"}
DRAWN |= {"label": "one_hot", "n_classes": 3}
DRAWING = {"kind": "generator", "path": "g.pth", "geometry": DRAWN}
DRAWING_MODULE: dict[str, Any] = {
    "kind": "generator_module",
    "module": "fields_code:drawing",
    "spec": {"image_shape": [1, 8, 8], "z_dim": 4, "n_classes": 3, "label": "one_hot"},
}
DRAWING_MAPS: dict[str, Any] = {
    "kind": "generator_module",
    "module": "fields_code:maps",
    "spec": {"image_shape": [1, 8, 8], "z_dim": 2},
}
DRAWING_ROOMS: dict[str, Any] = {
    "kind": "generator_module",
    "module": "fields_code:rooms",
    "spec": {"image_shape": [3, 64, 64], "z_dim": 2},
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
LABELS = {"train": "train.npy", "test": "test.npy"}
FEATURES = {"kind": "features", "train": "features.npy", "test": "features_test.npy"}
IDS = {"train": "ids.npy", "test": "ids_test.npy"}
RECIPE: dict[str, Any] = {
    "name": "fields",
    "data": {"name": "own"},
    "network": "dcgan8",
    "epochs": 2,
    "batch": 8,
    "out": "run",
}


RESNET_OF_HUGGING = {
    "model_type": "resnet",
    "image_size": 32,
    "embedding_size": 8,
    "hidden_sizes": [8, 8],
    "depths": [1, 1],
    "layer_type": "basic",
}


def with_features(
    data: Mapping[str, Any], features: Mapping[str, Any] = FEATURES
) -> Mapping[str, Any]:
    """A pipeline of features that were computed elsewhere."""
    return {**PIPELINE, "data": data, "representations": [features]}
