"""Small inputs of kinds that people have: each row of the two tables beside the scripts.

The scripts make the files anew; what is read is held against the module that was saved.
"""

from __future__ import annotations

import copy
import re
import runpy
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.core import CheckpointError, DataError
from dcgan_eval.data import DataSettings, load_dataset
from dcgan_eval.models import Encoder, inspect_checkpoint, load_encoder, load_generator
from dcgan_eval.pipeline import Options, pipeline_from, run_pipeline
from tests.make.images import noise

pytestmark = pytest.mark.slow

Given = dict[str, Any]
Made = tuple[Path, dict[str, Any]]


def made(script: Path, folder: Path) -> Made:
    """The folder that a script fills, and the script's names."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore")  # of old forms of torch's
        patch.chdir(folder)
        patch.setattr("sys.argv", [script.name, str(folder)])
        return folder, runpy.run_path(str(script))


@pytest.fixture(scope="module")
def checkpoints(case_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(case_root / "make_checkpoints.py", tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(scope="module")
def sets(case_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(case_root / "make_data.py", tmp_path_factory.mktemp("data"))[0]


CONV: Given = {"input": [28, 28], "strides": [2, 2, 1], "paddings": [1, 1, 0]}
POOLED: Given = {**CONV, "strides": [1, 1, 1]}
DENSE: Given = {"input": [28, 28], "strides": [2, 2], "paddings": [1, 1]}
EPS: Given = {**CONV, "eps": 0.8}
POOL = {"kind": "max_pool", "size": 2}

# Checkpoint → the network in it, what is asked for with `before` alone, and what is then given.
READ: dict[str, tuple[str, str | None, Given, Given]] = {
    "inorm.pth": (
        "inorm",
        'between: {"3": …, "4": …}',
        CONV,
        {"between": {"3": "instance_norm", "4": "leaky_relu"}},
    ),
    "maxpool.pth": (
        "maxpool",
        'between: {"1": …, "2": …, "4": …, "5": …}',
        POOLED,
        {"between": {"1": "relu", "2": POOL, "4": "relu", "5": POOL}},
    ),
    "prelu.pth": (
        "prelu",
        'between: {"1": prelu, "3": prelu}',
        CONV,
        {"between": {"1": "prelu", "3": "prelu"}},
    ),
    "gnorm.pth": ("gnorm", "norm: batch, instance or", CONV, {"norm": "group", "groups": 4}),
    "inorm_affine.pth": ("inorm_affine", "norm: batch, instance or", CONV, {"norm": "instance"}),
    "bn_eps.pth": ("bn_eps", None, CONV, {"eps": 0.8}),
    "linhead.pth": ("linhead", "input, strides, paddings", {}, DENSE),
    "sn_old.pth": ("sn_old", None, {}, CONV),
    "sn_new.pth": ("sn_new", None, {}, CONV),
    "wn.pth": ("wn", None, {}, CONV),
    "light.ckpt": ("bn_eps", None, EPS, {"part": "discriminator"}),
    "light1.ckpt": ("bn_eps", None, EPS, {"part": "discriminator"}),
    "dg.pth": ("bn_eps", None, EPS, {"part": "D"}),
    "ema.pth": ("bn_eps", None, EPS, {"part": "discriminator"}),
    "rosin.pth": ("bn_eps", "it has d, g, g_ema; say which", EPS, {"part": "d"}),
    "oddkey.pth": ("bn_eps", "it has modelD_state; say which", EPS, {"part": "modelD_state"}),
    "swa.pth": ("bn_eps", None, {}, EPS),
    "half.pth": ("bn_eps", None, {}, EPS),
    "bf16.pth": ("bn_eps", None, {}, EPS),
    "double.pth": ("bn_eps", None, {}, EPS),
    "prefix.pth": ("bn_eps", None, {}, EPS),
}
ROUNDED = {"half.pth": torch.float16, "bf16.pth": torch.bfloat16}
# Checkpoint → how a state dict is got out of it, as the message says.
TOLD = {
    "whole.pth": "holds more than tensors",
    "script.pt": "is TorchScript",
    "tuple.pth": "a list of 2; save its item 0",
    "list.pth": "whose items have no names; save network.state_dict()",
}
UPSAMPLING = "upsample.pth"


def pooled(maps: torch.Tensor) -> torch.Tensor:
    return nn.functional.adaptive_max_pool2d(maps, 4)


def reference(network: nn.Sequential, dtype: torch.dtype | None) -> nn.Sequential:
    """The network itself, with its weights rounded where the file's are."""
    if dtype is None:
        return network.eval()
    rounded = copy.deepcopy(network)
    for tensor in rounded.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(tensor.to(dtype))
    return rounded.eval()


def assert_equal_features(encoder: Encoder, network: nn.Sequential) -> None:
    """Of each layer: what the next convolution, or the flattening, takes, max-pooled to 4×4."""
    images = noise(3, 28, 28, 1)
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
    expected = []
    with torch.no_grad():
        for number, module in enumerate(network):
            if number and isinstance(module, nn.Conv2d | nn.Flatten):
                expected.append(pooled(x))
            x = module(x)
    found = encoder.folded().encode(images, list(encoder.layers), pooled)
    assert len(found) == len(expected) > 0
    for maps, wanted in zip(found.values(), expected, strict=True):
        assert (maps - wanted).norm() <= 1e-4 * wanted.norm()


def refused(read: Callable[[], object], words: str) -> str:
    """The one line in which something is refused."""
    with pytest.raises((CheckpointError, DataError)) as caught:
        read()
    line = str(caught.value)
    assert words in line and "\n" not in line
    return line


def test_no_checkpoint_is_forgotten(checkpoints: Made) -> None:
    folder, _ = checkpoints
    assert {path.name for path in folder.iterdir()} == {*READ, *TOLD, UPSAMPLING}


@pytest.mark.parametrize("name", READ)
def test_a_checkpoint_is_asked_about_and_then_read_right(name: str, checkpoints: Made) -> None:
    folder, script = checkpoints
    network, asked, before, answer = READ[name]
    if asked is not None:
        refused(lambda: load_encoder(folder / name, geometry=before), asked)
    encoder = load_encoder(folder / name, geometry={**before, **answer})
    assert_equal_features(encoder, reference(script["nets"][network], ROUNDED.get(name)))


def test_every_assumption_is_printed(checkpoints: Made) -> None:
    folder, _ = checkpoints
    lines = inspect_checkpoint(folder / "bn_eps.pth", CONV).lines()
    for line in ("ε 1e-5", "slope 0.2", "preprocess x/127.5 − 1"):
        assert f"assumed: {line}" in lines
    encoder = load_encoder(folder / "bn_eps.pth", geometry=CONV)
    assert {"eps", "slope", "preprocess"} <= set(encoder.assumed)


def test_computed_weights_are_said(checkpoints: Made) -> None:
    folder, _ = checkpoints
    for name, words in (("sn_old", "spectral norm (3)"), ("wn", "weight norm (3)")):
        lines = inspect_checkpoint(folder / f"{name}.pth", CONV).lines()
        assert f"effective weights of: {words}" in lines


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("light.ckpt", "(state_dict.discriminator, state_dict.generator); say which by geometry"),
        ("dg.pth", "(D, G); say which by geometry: {part: KEY}"),
    ],
)
def test_of_two_networks_the_keys_are_told(name: str, words: str, checkpoints: Made) -> None:
    folder, _ = checkpoints
    refused(lambda: inspect_checkpoint(folder / name), words)
    refused(lambda: load_encoder(folder / name, geometry={"part": "netE"}), "part 'netE'; it has")


def test_an_upsampling_generator_is_not_called_a_discriminator(checkpoints: Made) -> None:
    folder, _ = checkpoints
    path = folder / UPSAMPLING
    for read in (load_encoder, inspect_checkpoint):
        line = refused(lambda read=read: read(path), "or a generator that upsamples")  # type: ignore[misc]
        assert 'between: {"1": …, "2": …, "4": …, "5": …}' in line
    assert "is a discriminator" not in refused(lambda: load_generator(path), "generator_module")
    # Whoever says what stands there says that it is none.
    said: Given = {"input": [8, 8], "strides": [1, 1, 1], "paddings": [1, 1, 1], "head": [8, 8]}
    said["between"] = {"1": "relu", "2": "identity", "4": "relu", "5": "identity"}
    assert load_encoder(path, geometry=said).input_shape == (8, 8, 8)


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.filterwarnings("ignore:.torch.jit.load. is deprecated:FutureWarning")
def test_how_to_get_a_state_dict_is_told_and_works(
    name: str, checkpoints: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, script = checkpoints
    line = refused(lambda: load_encoder(folder / name), TOLD[name])
    command = re.search(r"torch\.save\(.*'state\.pth'\)", line)
    assert (command is None) == (name == "list.pth")
    if command is not None:
        monkeypatch.chdir(tmp_path)
        exec(command[0].replace("FILE", repr(str(folder / name))), {"torch": torch})
        encoder = load_encoder("state.pth", geometry=EPS)
        assert_equal_features(encoder, script["nets"]["bn_eps"].eval())


def read(sets: Path, name: str, **keys: Any) -> Any:
    return load_dataset(DataSettings(name=name, root=sets, **keys))


def test_shards_are_read_whole_and_in_order(sets: Path) -> None:
    with np.load(sets / "n_ok.npz") as arrays:
        x, y, x_test = arrays["x_train"], arrays["y_train"], arrays["x_test"]
    train, test = read(sets, "hf")
    assert np.array_equal(train.pixels, x) and np.array_equal(train.y, y)
    assert np.array_equal(test.pixels, x_test)
    shard = sets / "hf" / "data" / "train-00001-of-00002.parquet"
    given, _ = load_dataset(DataSettings(name="one", train=shard, test=shard))
    assert np.array_equal(given.pixels, x)


def test_the_column_of_the_labels_is_chosen(sets: Path) -> None:
    fine, _ = read(sets, "c100")
    coarse, _ = read(sets, "c100", label_column="coarse_label")
    assert np.array_equal(fine.y, np.arange(80) % 4)
    assert np.array_equal(coarse.y, fine.y // 2)
    assert fine.fingerprint != coarse.fingerprint
    refused(lambda: read(sets, "coarse"), "it has image, coarse_label; name one by label_column")
    assert np.array_equal(read(sets, "coarse", label_column="coarse_label")[0].y, coarse.y)
    refused(lambda: read(sets, "uni", label_column="coarse_label"), "leave label_column out")


def test_the_column_of_the_images_has_several_names(sets: Path) -> None:
    assert len(read(sets, "pix")[0]) == 80


def test_photos_on_their_side_are_turned(sets: Path) -> None:
    # In pairs, one of each is stored on its side.
    train, _ = read(sets, "exifrect")
    assert train.image_shape == (16, 24, 3)
    assert len(read(sets, "exif")[0]) == 24


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("rare", ["class c has a single training image"]),
        ("miss", ["class b has no test image"]),
        ("n_ok", ["40 of 40 test images (100 %) are also training images, under the same labels"]),
        ("n_off1test", ["worse than chance", "40 of them under another label"]),
    ],
)
def test_what_is_wrong_with_data_is_said(
    name: str, notes: list[str], sets: Path, tmp_path: Path
) -> None:
    protocol = {"kind": "full_labels", "grid": [0.1], "extend": False, "validation": 12}
    values = {"name": "p", "data": {"name": name, "root": str(sets)}, "results": "r"}
    values |= {"representations": [{"kind": "pixels"}], "protocol": protocol}
    options = Options(cache=tmp_path / "cache", results=tmp_path / "results")
    (record,) = run_pipeline(pipeline_from(values), options)
    for note in notes:
        assert any(note in one for one in record.outcome.notes)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cmyk", "train row 5 (a/im 3.jpg)"),
        ("i16", "train row 5 (a/im 3.png)"),
        ("mix", "give resize or channels"),
        ("n_float", "expected uint8, 0 … 255"),
        ("n_float32b", "expected uint8, 0 … 255"),
        ("n_int", "expected uint8, 0 … 255"),
        ("n_chw", "transpose N×C×H×W"),
        ("n_rgba", "with 1 or 3 channels"),
        ("n_one", "class 0 (0) has no image; add some, or leave the class out"),
        ("n_gap", "class 1 (1) has no image; add some, or leave the class out"),
        ("n_onehot", "expected one number an image"),
        ("n_len", "79 labels, but more images"),
        ("n_nan", "expected whole numbers"),
        ("n_str", "expected whole numbers"),
        ("n_keys", "no array"),
        ("n_trimg", "no array"),
        ("n_fortran", "np.ascontiguousarray"),
        ("extra", "class 'b' is not among the classes"),
        ("thumbs", "Thumbs.db"),
        ("bmp", "convert it or take it out"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(name: str, words: str, sets: Path) -> None:
    line = refused(lambda: read(sets, name), words)
    assert name in line
