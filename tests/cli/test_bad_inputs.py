"""Bad inputs: one line that says what to do, the right exit code, nothing half-written."""

from __future__ import annotations

import io
import os
import resource
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import save_file

from dcgan_eval.models import random_encoder
from tests.cli.running import Finished, call, finish, start

GOOD: dict[str, Any] = {
    "name": "bad",
    "data": {"name": "digits"},
    "representations": [{"kind": "pixels"}],
    "protocol": {"kind": "full_labels"},
    "results": "results",
}
NETWORK = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}
RGB_NETWORK = {"kind": "network", "network": "svhn32", "batch_norm": "dataset"}


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_EVAL_CACHE", "cache")
    for variable in ("DCGAN_EVAL_DATA", "DCGAN_EVAL_CHECKPOINTS"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def pipeline(**changed: Any) -> str:
    """A pipeline file in the working folder."""
    Path("p.yaml").write_text(yaml.safe_dump({**GOOD, **changed}, sort_keys=False))
    return "p.yaml"


def represented(**keys: Any) -> str:
    return pipeline(representations=[keys])


def judged(**keys: Any) -> str:
    return pipeline(protocol={"kind": "full_labels", **keys})


def refused(done: Finished, code: int, *fragments: str) -> None:
    """One line with everything in it that helps, and no trace of work."""
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith("dcgan-eval: ")
    assert done.code == code, done.err
    assert "Traceback" not in done.err and "a bug" not in done.err
    for fragment in fragments:
        assert fragment in done.err
    assert not list(Path().rglob("*.tmp"))
    assert not Path("results").is_dir() or not list(Path("results").iterdir())


# --- settings: YAML text that is wrong, and what the message says

WRONG_TEXTS = {
    "a key twice": ("name: a\nname: b\n", ["line 2", "'name' is given twice"]),
    "broken syntax": ("name: [a\n", ["not valid YAML"]),
    "a list": ("- a\n- b\n", ["expected keys"]),
    "empty": ("", ["expected keys"]),
    "a tag that runs code": ("name: !!python/object/apply:os.getcwd []\n", ["not valid YAML"]),
    "an alias bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        ["aliases unfold"],
    ),
    "an alias of itself": ("a: &a [*a]\n", ["contains itself"]),
    "nesting without end": ("[" * 5000, ["not valid YAML"]),
    "a control character": ("name: \x07\n", ["not valid YAML"]),
    "a number for a key": ("1: a\n", ["not text"]),
}


@pytest.mark.parametrize("case", WRONG_TEXTS)
def test_a_yaml_file_that_is_none(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, fragments = WRONG_TEXTS[case]
    Path("p.yaml").write_text(text)
    refused(call(["run", "p.yaml"], capsys), 2, "p.yaml", *fragments)


def test_files_that_are_no_text(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(call(["run", "absent.yaml"], capsys), 2, "absent.yaml", "no such file")
    refused(call(["run", "."], capsys), 2, "is a folder")
    Path("p.yaml").write_bytes(b"name: \xff\xfe\n")
    refused(call(["run", "p.yaml"], capsys), 2, "not UTF-8")
    Path("p.yaml").write_bytes(b"#" * (2 << 20))
    refused(call(["run", "p.yaml"], capsys), 2, "larger than 1 MiB")


# What a pipeline says: how it is written, and what the message says.
WRONG_SETTINGS: dict[str, tuple[Callable[[], str], list[str]]] = {
    "a misspelt key": (
        lambda: pipeline(representation=[]),
        ["unknown key 'representation'", "did you mean 'representations'?"],
    ),
    "a misspelt key inside": (
        lambda: judged(train_sise=100),
        ["protocol: unknown key 'train_sise'", "did you mean 'train_size'?"],
    ),
    "a wrong type": (lambda: pipeline(data={"name": 3}), ["data.name", "found 3", "string"]),
    "a text for a number": (lambda: judged(seed="3"), ["protocol.seed", "found '3'", "integer"]),
    "a text for a list": (lambda: pipeline(representations="pixels"), ["representations"]),
    "no representation": (lambda: pipeline(representations=[]), ["at least one"]),
    "no data": (lambda: pipeline(data=None), ["data"]),
    "a kind that is none": (
        lambda: represented(kind="pixel"),
        ["representations[0].kind", "unknown kind of representation 'pixel'", "'pixels'?"],
    ),
    "no kind": (lambda: represented(name="x"), ["representations[0]", "'kind'"]),
    "a protocol that is none": (
        lambda: pipeline(protocol="full_label"),
        ["unknown protocol 'full_label'", "did you mean 'full_labels'?"],
    ),
    "a preset that is none": (
        lambda: judged(preset="cifar"),
        ["unknown preset 'cifar'", "did you mean 'cifar10'?"],
    ),
    "a probe that is none": (
        lambda: judged(probe="l2svn"),
        ["unknown probe 'l2svn'", "did you mean 'l2svm'?"],
    ),
    "a probe's key that is none": (
        lambda: judged(probe={"kind": "l2svm", "toll": 1e-3}),
        ["unknown key 'toll'", "did you mean 'tol'?"],
    ),
    "a network that is none": (
        lambda: represented(kind="network", network="dcgan9"),
        ["unknown network 'dcgan9'", "did you mean"],
    ),
    "a network's option that is none": (
        lambda: represented(**NETWORK, options={"width": 3}),
        ["unknown key 'width'"],
    ),
    "a layer that is none": (
        lambda: represented(**NETWORK, layers=["layer9"]),
        ["unknown layer 'layer9'", "did you mean 'layer3'?"],
    ),
    "no layer at all": (lambda: represented(**NETWORK, layers=[]), ["no layers"]),
    "a layer twice": (lambda: represented(**NETWORK, layers=["layer1", "layer1"]), ["named twice"]),
    "statistics that nobody stored": (
        lambda: represented(**{**NETWORK, "batch_norm": "stored"}),
        ["without stored statistics", "batch_norm: dataset"],
    ),
    "a default for nobody": (
        lambda: pipeline(defaults={"batch_norm": "dataset"}),
        ["defaults", "'batch_norm'", "remove it"],
    ),
    "a default that is wrong": (
        lambda: pipeline(defaults={"grid": "big"}, representations=[NETWORK]),
        ["grid", "'big'"],
    ),
    "twins": (
        lambda: pipeline(representations=[{"kind": "pixels"}, {"kind": "pixels", "name": "x"}]),
        ["'x' and 'raw pixels' are the same", "remove one"],
    ),
    "maps smaller than the grid": (
        lambda: represented(**NETWORK, grid=5),
        ["4", "5", "small_maps"],
    ),
    "a descending grid": (lambda: judged(grid=[0.1, 0.01]), ["protocol.grid", "ascending"]),
    "an endless number": (lambda: judged(grid=[0.1, float("inf")]), ["protocol.grid"]),
    "a number that is none": (lambda: judged(grid=[float("nan")]), ["protocol.grid"]),
    "more training images than there are": (
        lambda: judged(train_size=5000),
        ["5000", "1437", "choose"],
    ),
    "a validation part that is everything": (
        lambda: judged(validation=1437),
        ["1437", "choose from 1 to 1436"],
    ),
    "an empty validation part": (lambda: judged(validation=0), ["0", "choose"]),
    "a name that leads out": (lambda: pipeline(data={"name": "../x"}), ["data.name", "letters"]),
    "a name of nothing": (
        lambda: pipeline(data={"name": "digit"}),
        ["no such data", "did you mean 'digits'?"],
    ),
    "a name to be downloaded": (
        lambda: pipeline(data={"name": "cifar10"}),
        ["no such data", "data prepare cifar10"],
    ),
    "a training part alone": (
        lambda: pipeline(data={"name": "x", "train": "a.npz"}),
        ["both train and test"],
    ),
    "a reader that is none": (
        lambda: pipeline(data={"name": "x", "reader": "npy"}),
        ["unknown", "'npy'", "did you mean 'npz'?"],
    ),
    "a storage that is none": (lambda: pipeline(dtype="float8"), ["dtype", "'float8'"]),
    "a network of another size": (lambda: represented(**RGB_NETWORK), ["8", "32"]),
    "a module without a function": (
        lambda: represented(kind="module", module="torch", input=[1, 8, 8], layers=["0"]),
        ["representations[0].module", "'torch'"],
    ),
    "a module that is not allowed": (
        lambda: represented(kind="module", module="a.b:c", input=[1, 8, 8], layers=["0"]),
        ["a.b:c", "--allow-code"],
    ),
    "ablation of one layer": (
        lambda: represented(**NETWORK, layers=["layer1"], ablate=["each"]),
        ["at least two layers"],
    ),
    "a checkpoint that is nowhere": (
        lambda: represented(kind="checkpoint", path="no/such.pth"),
        ["no/such.pth", "looked for", "--checkpoint-root"],
    ),
    "more labels a class than there are": (
        lambda: pipeline(protocol={"kind": "few_labels", "per_class": 500, "validation": 100}),
        ["500", "choose fewer"],
    ),
    "folds that nothing fills": (
        lambda: pipeline(
            protocol={"kind": "few_labels", "per_class": 3, "selection": "within_draw"}
        ),
        ["5 folds", "per_class is 3"],
    ),
    "a key without effect": (
        lambda: pipeline(protocol={"kind": "few_labels", "per_class": 3, "folds": 3}),
        ["folds has no effect"],
    ),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_wrong_settings(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write, fragments = WRONG_SETTINGS[case]
    refused(call(["run", write()], capsys), 2, *fragments)


@pytest.mark.parametrize(
    ("option", "fragments"),
    [
        (["--set", "nonsense"], ["--set nonsense", "key.path=value"]),
        (["--set", "=3"], ["expected key.path=value"]),
        (["--set", "protocol.sead=3"], ["unknown key 'sead'", "did you mean 'seed'?"]),
        (["--set", "name.x=3"], ["--set name.x", "name has no keys"]),
        (["--set", "representations.7.kind=x"], ["'7' is not an index of a list of 1"]),
        (["--set", "protocol.seed=[3"], ["--set protocol.seed", "not valid YAML"]),
        (["--only", "0/3"], ["--only 0/3", "such as 2/8"]),
        (["--only", "4/3"], ["--only 4/3"]),
        (["--only", "1"], ["--only 1", "i/n"]),
        (["--limit", "5"], ["--limit", "20"]),
        (["--limit", "many"], ["--limit", "valid integer"]),
        (["--overwrite", "sometimes"], ["'sometimes'", "never, always, failed"]),
        (["--overwrite", "sometimes", "--dry-run"], ["'sometimes'", "never, always, failed"]),
        (["--device", "gpu"], ["--device gpu", "cpu"]),
        (["--device", "cuda:99"], ["--device cuda:99"]),
        (["--no-such-option"], ["--no-such-option"]),
        (["one-more"], ["one-more"]),
    ],
)
def test_wrong_options(
    option: list[str], fragments: list[str], box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(call(["run", pipeline(), *option], capsys), 2, *fragments)


# --- data


def npz(n: int = 24, shape: tuple[int, ...] = (8, 8), **changed: Any) -> dict[str, Any]:
    """Arrays of a small data set with three classes."""
    x = np.random.default_rng(0).integers(0, 256, (n, *shape), dtype=np.uint8)
    y = np.arange(n) % 3
    return {"x_train": x, "y_train": y, "x_test": x, "y_test": y, **changed}


def save_npz(**changed: Any) -> None:
    Path("own").mkdir()
    np.savez("own/own.npz", **npz(**changed))


def parquet(pictures: list[bytes], labels: list[int]) -> None:
    table = pa.table({"image": [{"bytes": one, "path": None} for one in pictures], "label": labels})
    Path("own").mkdir()
    for split in ("train", "test"):
        pq.write_table(table, f"own/{split}.parquet")


def png() -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(content, format="PNG")
    return content.getvalue()


def folders(**pictures: bytes) -> None:
    for split in ("train", "test"):
        for name, content in pictures.items():
            Path("own", split, name).mkdir(parents=True)
            Path("own", split, name, "1.png").write_bytes(content)


def truncated_parquet() -> None:
    parquet([png()] * 6, [0, 1, 2] * 2)
    path = Path("own/train.parquet")
    path.write_bytes(path.read_bytes()[:-20])


def parquet_with_a_hole() -> None:
    """The footer is whole, a page is not."""
    noise = np.random.default_rng(0).integers(0, 256, 3000, dtype=np.uint8).tobytes()
    parquet([png() + noise] * 6, [0, 1, 2] * 2)
    path = Path("own/train.parquet")
    content = bytearray(path.read_bytes())
    content[4:1000] = bytes(996)
    path.write_bytes(content)


def lying_npz() -> None:
    """A header that promises 10^15 images."""
    save_npz()
    header = io.BytesIO()
    promised = {"descr": "|u1", "fortran_order": False, "shape": (10**15, 8, 8)}
    np.lib.format.write_array_header_1_0(header, promised)
    with zipfile.ZipFile("own/own.npz", "w") as archive:
        for name, content in (("x_train", header.getvalue() + bytes(64)), ("y_train", npy())):
            archive.writestr(f"{name}.npy", content)


def npy() -> bytes:
    """Labels as a whole .npy file."""
    content = io.BytesIO()
    np.save(content, np.arange(24) % 3)
    return content.getvalue()


def truncated_npz() -> None:
    save_npz()
    path = Path("own/own.npz")
    path.write_bytes(path.read_bytes()[:-300])


def two_sizes() -> None:
    other = io.BytesIO()
    Image.fromarray(np.zeros((9, 8), np.uint8)).save(other, format="PNG")
    parquet([png(), png(), other.getvalue()], [0, 1, 2])


WRONG_DATA: dict[str, tuple[Callable[[], None], list[str]]] = {
    "a truncated Parquet file": (truncated_parquet, ["train.parquet", "not a whole Parquet file"]),
    "a Parquet file with a hole": (parquet_with_a_hole, ["train.parquet"]),
    "a PNG that is none": (lambda: parquet([png(), b"no PNG", png()], [0, 1, 2]), ["row 1"]),
    "a truncated PNG": (lambda: parquet([png(), png(), png()[:40]], [0, 1, 2]), ["row 2"]),
    "a file that is no PNG": (lambda: folders(red=png(), green=b"no PNG"), ["green/1.png"]),
    "images of two sizes": (two_sizes, ["row 2", "resize"]),
    "a class without a training image": (
        lambda: save_npz(y_train=np.arange(24) % 2 * 2),
        ["class 1", "has no image"],
    ),
    "one class": (lambda: save_npz(y_train=np.zeros(24, int)), ["one class"]),
    "a label below zero": (lambda: save_npz(y_train=np.arange(24) % 3 - 1), ["label -1"]),
    "a wild label": (lambda: save_npz(y_train=np.arange(24) * 10**12), ["label"]),
    "a test label that no training image has": (
        lambda: save_npz(y_test=np.arange(24) % 4),
        ["own/test", "label 3", "0 … 2"],
    ),
    "labels that are no whole numbers": (
        lambda: save_npz(y_train=np.linspace(0, 1, 24)),
        ["whole numbers"],
    ),
    "labels of text": (lambda: save_npz(y_train=np.array(["a"] * 24)), ["own.npz"]),
    "fewer labels than images": (
        lambda: save_npz(y_train=np.arange(20) % 3),
        ["20 labels, but more images"],
    ),
    "more labels than images": (lambda: save_npz(y_train=np.arange(30) % 3), ["30", "24"]),
    "no images": (
        lambda: save_npz(x_train=np.zeros((0, 8, 8), np.uint8), y_train=np.zeros(0, int)),
        ["no images"],
    ),
    "no array of that name": (
        lambda: (Path("own").mkdir(), np.savez("own/own.npz", x_tran=np.zeros(3)))[0],
        ["x_tran"],
    ),
    "images of real numbers": (lambda: save_npz(x_train=np.zeros((24, 8, 8))), ["uint8"]),
    "channels first": (
        lambda: save_npz(x_train=np.zeros((24, 3, 8, 8), np.uint8)),
        ["transpose"],
    ),
    "an archive that lies about its size": (lying_npz, ["own.npz", "claims"]),
    "a truncated archive": (truncated_npz, ["own.npz", "not a whole"]),
    "an empty folder": (lambda: Path("own/train").mkdir(parents=True), ["own"]),
    "test images of another size": (
        lambda: save_npz(x_test=np.zeros((24, 9, 9), np.uint8)),
        ["8×8", "9×9", "resize"],
    ),
}


@pytest.mark.parametrize("case", WRONG_DATA)
def test_wrong_data(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, fragments = WRONG_DATA[case]
    make()
    refused(call(["run", pipeline(data={"name": "own"})], capsys), 2, *fragments)


def test_grey_images_and_a_network_for_colours(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_npz(shape=(32, 32))
    grey = pipeline(data={"name": "own"}, representations=[RGB_NETWORK])
    refused(call(["run", grey], capsys), 2, "32×32×1", "32×32×3", "data.channels")


# --- checkpoints


def state() -> dict[str, torch.Tensor]:
    return dict(random_encoder("dcgan8", {}, 0).network.state_dict())


def evaluated(path: str) -> str:
    return represented(kind="checkpoint", path=path, batch_norm="dataset")


def save_ours(path: str, tensors: dict[str, torch.Tensor]) -> None:
    card = '{"family": "dcgan8", "role": "discriminator"}'
    save_file(tensors, path, {"dcgan_eval_card": card})


def cut(path: str, last: int) -> None:
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[:last])


def truncated_pth() -> str:
    torch.save(state(), "a.pth")
    cut("a.pth", -2000)
    return "a.pth"


def truncated_safetensors() -> str:
    save_ours("a.safetensors", state())
    cut("a.safetensors", -2000)
    return "a.safetensors"


def lying_safetensors() -> str:
    """A header of 2^60 bytes."""
    Path("a.safetensors").write_bytes((1 << 60).to_bytes(8, "little") + b"{}")
    return "a.safetensors"


def empty(path: str) -> str:
    Path(path).write_bytes(b"")
    return path


def not_finite() -> str:
    tensors = state()
    tensors["layer2.conv.weight"][0, 0, 0, 0] = float("nan")
    save_ours("a.safetensors", tensors)
    return "a.safetensors"


def a_key_less() -> str:
    tensors = state()
    del tensors["layer2.norm.bias"]
    save_ours("a.safetensors", tensors)
    return "a.safetensors"


def a_key_more() -> str:
    save_ours("a.safetensors", {**state(), "layer7.bias": torch.zeros(3)})
    return "a.safetensors"


def another_shape() -> str:
    save_ours("a.safetensors", {**state(), "layer1.conv.weight": torch.zeros(32, 1, 5, 5)})
    return "a.safetensors"


def no_geometry() -> str:
    """Kernels that several strides and paddings fit."""
    kernels = {f"{n}.weight": torch.zeros(8 * (n + 1), max(1, 8 * n), 3, 3) for n in range(3)}
    torch.save(kernels, "a.pth")
    return "a.pth"


JL_SHAPES = ((2, 4), (4,), (4,), (4, 1, 5, 5))


def jl() -> str:
    """The pickle of the authors' sets: a list of array wrappers, and their .npy files."""
    parts = [b"\x80\x02]q\x00("]
    for number in range(1, len(JL_SHAPES) + 1):
        name = f"a.jl_{number:02d}.npy".encode()
        parts.append(
            b"csklearn.externals.joblib.numpy_pickle\nNDArrayWrapper\n)\x81}("
            b"U\x08filenameU" + bytes([len(name)]) + name + b"ub"
        )
    Path("a.jl").write_bytes(b"".join([*parts, b"e."]))
    for number, shape in enumerate(JL_SHAPES, start=1):
        np.save(f"a.jl_{number:02d}.npy", np.zeros(shape, np.float32))
    return "a.jl"


def truncated_jl() -> str:
    jl()
    cut("a.jl", -10)
    return "a.jl"


def lying_npy() -> str:
    """A header that promises 64 GB."""
    jl()
    path = Path("a.jl_01.npy")
    with path.open("wb") as stream:
        header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 34,)}
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(bytes(64))
    return "a.jl"


def missing_npy() -> str:
    jl()
    Path("a.jl_02.npy").unlink()
    return "a.jl"


def object_npy() -> str:
    jl()
    np.save("a.jl_01.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    return "a.jl"


def numbers_only() -> str:
    torch.save([1, 2, 3], "a.pth")
    return "a.pth"


def no_checkpoints() -> str:
    Path("runs").mkdir()
    Path("runs/notes.txt").write_text("x")
    return "runs"


WRONG_CHECKPOINTS: dict[str, tuple[Callable[[], str], list[str]]] = {
    "a truncated .pth": (truncated_pth, ["a.pth", "not a whole PyTorch file"]),
    "an empty .pth": (lambda: empty("a.pth"), ["a.pth", "not a whole PyTorch file"]),
    "a .pth without tensors": (numbers_only, ["a.pth", "no state dict"]),
    "a truncated .safetensors": (truncated_safetensors, ["not a whole safetensors file"]),
    "an empty .safetensors": (lambda: empty("a.safetensors"), ["not a whole safetensors file"]),
    "a .safetensors that lies": (lying_safetensors, ["not a whole safetensors file"]),
    "weights that are no numbers": (not_finite, ["layer2.conv.weight", "NaN"]),
    "a key too few": (a_key_less, ["missing layer2.norm.bias", "nothing was loaded"]),
    "a key too many": (a_key_more, ["unexpected layer7.bias", "nothing was loaded"]),
    "a shape that does not fit": (another_shape, ["layer1.conv.weight", "(32, 1, 5, 5)"]),
    "weights without their geometry": (no_geometry, ["a.pth", "geometry", "strides"]),
    "a truncated .jl": (truncated_jl, ["a.jl", "not a whole pickle"]),
    "an empty .jl": (lambda: empty("a.jl"), ["a.jl"]),
    "a .npy that lies about its size": (lying_npy, ["a.jl_01.npy", "holds 64 bytes"]),
    "a .npy of objects": (object_npy, ["a.jl_01.npy"]),
    "a .npy that is not there": (missing_npy, ["missing: a.jl_02.npy"]),
    "an unknown ending": (lambda: empty("a.weights"), ["unknown ending '.weights'"]),
    "a folder without checkpoints": (no_checkpoints, ["runs", "no checkpoint there"]),
    "a pattern of nothing": (lambda: "runs/*.pth", ["no checkpoint there"]),
}


@pytest.mark.parametrize("case", WRONG_CHECKPOINTS)
def test_wrong_checkpoints(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, fragments = WRONG_CHECKPOINTS[case]
    path = make()
    refused(call(["run", evaluated(path)], capsys), 2, *fragments)
    refused(call(["inspect", path], capsys), 2, *fragments)


# --- the user's own code

CODE = """
import torch
def network():
    return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU())
def number():
    return 3
def broken():
    return 1 / 0
def shapes():
    return torch.nn.Sequential(torch.nn.Linear(3, 4))
"""


@pytest.mark.parametrize(
    ("target", "fragments"),
    [
        ("nowhere_at_all:network", ["cannot be imported", "nowhere_at_all"]),
        ("bad_inputs_code:nothing", ["cannot be imported", "nothing"]),
        ("bad_inputs_code:number", ["gave int", "torch.nn.Module"]),
        ("bad_inputs_code:broken", ["bad_inputs_code:broken", "ZeroDivisionError"]),
        ("bad_inputs_code:shapes", ["does not take images of 1×8×8"]),
        ("bad_inputs_syntax:network", ["bad_inputs_syntax", "SyntaxError"]),
    ],
)
def test_code_that_gives_no_network(
    target: str,
    fragments: list[str],
    box: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(box)
    Path("bad_inputs_code.py").write_text(CODE)
    Path("bad_inputs_syntax.py").write_text("def network(:\n")
    entry = represented(kind="module", module=target, input=[1, 8, 8], layers=["0"])
    refused(call(["run", entry, "--allow-code"], capsys), 2, *fragments)


def test_a_layer_that_the_users_network_lacks(
    box: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(box)
    Path("bad_inputs_layers.py").write_text(CODE)
    keys = {"kind": "module", "module": "bad_inputs_layers:network", "input": [1, 8, 8]}
    entry = represented(**keys, layers=["conv9"])
    refused(call(["run", entry, "--allow-code"], capsys), 2, "conv9")
    entry = represented(**keys, layers=["0"], arguments={"width": 3})
    refused(call(["run", entry, "--allow-code"], capsys), 2, "cannot be called", "width")


# --- where things are written


def test_a_file_where_a_folder_is_needed(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("results").write_text("precious")
    refused(call(["run", pipeline()], capsys), 1, "results", "a file stands where a folder")
    assert Path("results").read_text() == "precious"
    refused(call(["run", pipeline(results="results/r")], capsys), 1, "a file stands where")
    other = ["--cache", "results"]
    refused(call(["run", pipeline(results="r"), *other], capsys), 1, "a file stands where")
    assert Path("results").read_text() == "precious"


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder of a user whom permissions stop; root becomes somebody else for a while."""
    folder = Path(tempfile.mkdtemp(prefix="dcgan-eval-test-"))
    folder.chmod(0o777)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DCGAN_EVAL_CACHE", "cache")
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(was)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        shutil.rmtree(folder)


def test_permissions(somebody: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("results").mkdir(mode=0o555)
    refused(call(["run", pipeline()], capsys), 1, "results", "cannot be written to", "permissions")
    Path("cache").chmod(0o555)
    refused(call(["run", pipeline(results="r")], capsys), 1, "cache", "cannot be written to")
    Path("cache").chmod(0o755)
    Path("own").mkdir(mode=0o000)
    own = pipeline(data={"name": "own"})
    Path("results").chmod(0o755)
    refused(call(["run", own], capsys), 2, "own", "cannot be read", "Permission")
    Path("own").chmod(0o755)
    np.savez("own/own.npz", **npz())
    Path("own/own.npz").chmod(0o000)
    refused(call(["run", own], capsys), 2, "own.npz", "Permission")
    save_ours("a.safetensors", state())
    Path("a.safetensors").chmod(0o000)
    refused(call(["run", evaluated("a.safetensors")], capsys), 2, "a.safetensors", "cannot be read")
    Path("p.yaml").chmod(0o000)
    refused(call(["run", "p.yaml"], capsys), 2, "p.yaml", "cannot be read", "Permission")
    Path("p.yaml").chmod(0o644)


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """Files may not grow beyond this: writing fails as on a full disk, which nothing fills."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("most_bytes", [2_000, 100_000, 300_000])
def test_a_full_disk(most_bytes: int, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Pixels of the digits take 92 KB decoded and 368 KB as features.
    with full_disk(most_bytes):
        done = call(["run", pipeline()], capsys)
    refused(done, 1, "the disk is full; free space or choose another folder")


def test_a_disk_that_is_full_when_the_record_is_written(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--limit", "60"]
    assert call(["run", pipeline(results="elsewhere"), *few], capsys).code == 0
    # Features and journal are there; the record takes 3 KB, what lies beside it less.
    with full_disk(2_500):
        done = call(["run", pipeline(), *few], capsys)
    assert (done.code, done.err.count("\n")) == (1, 1) and "the disk is full" in done.err
    assert not list(Path("results").glob("*.json")) and not list(Path().rglob("*.tmp"))
    # There is space again.
    assert call(["run", pipeline(), *few], capsys).code == 0
    assert len(list(Path("results").glob("*.json"))) == 1


# --- as a process, and the other verbs


def test_as_a_process(box: Path) -> None:
    unknown = start(["run", pipeline(protocol="full_label")], box)
    truncated = start(["inspect", truncated_pth()], box)
    refused(finish(unknown), 2, "did you mean 'full_labels'?")
    refused(finish(truncated), 2, "not a whole PyTorch file")


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
    save_ours("a.safetensors", state())
    before = sorted(box.iterdir())
    refused(call(["convert", "a.safetensors", "b.pth"], capsys), 2, "b.pth", ".safetensors")
    refused(call(["convert", "a.safetensors", "."], capsys), 2, ".safetensors")
    refused(call(["sample", "a.safetensors"], capsys), 2, "is a discriminator")
    refused(call(["inspect", "a.safetensors", "--geometry", "3"], capsys), 2, "--geometry 3")
    assert sorted(box.iterdir()) == before


RECIPE: dict[str, Any] = {
    "name": "t",
    "data": {"name": "digits"},
    "network": "dcgan8",
    "epochs": 1,
    "out": "out",
}


@pytest.mark.parametrize(
    ("changed", "code", "fragments"),
    [
        ({"epoch": 3}, 2, ["unknown key 'epoch'", "did you mean 'epochs'?"]),
        ({"network": "dcgan9"}, 2, ["unknown network"]),
        ({"network": "svhn32"}, 2, ["svhn32", "(32, 32, 3)"]),
        ({"network": "dcgan8", "options": {"width": 3}}, 2, ["unknown key 'width'"]),
        ({"batch": 5000}, 2, ["1437", "5000"]),
        ({"optimizer": {"rate": -1}}, 2, ["optimizer.rate", "-1"]),
        ({"data": {"name": "digit"}}, 2, ["did you mean 'digits'?"]),
        ({"out": "p.yaml"}, 1, ["a file stands where a folder"]),
    ],
)
def test_wrong_recipes(
    changed: dict[str, Any],
    code: int,
    fragments: list[str],
    box: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("p.yaml").write_text(yaml.safe_dump({**RECIPE, **changed}))
    refused(call(["train", "p.yaml"], capsys), code, *fragments)
    assert not list(Path().rglob("*.safetensors"))


# --- names


@pytest.mark.parametrize("name", ["../x", "/etc/x", "<b>", "\x1b[31mred\x1b[0m\x07", "…", "a\nb"])
def test_a_name_is_only_a_name(name: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(box.parent.iterdir())
    done = call(["run", represented(kind="pixels", name=name), "--limit", "60"], capsys)
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
