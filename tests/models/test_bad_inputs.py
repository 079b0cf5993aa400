"""Checkpoints and code of users that are none: one line, nothing loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.make.commands import call, refused
from tests.make.networks import digits_state, saved, saved_digits, write_authors
from tests.make.pipelines import write_pipeline, write_row

PTH, SAFE, JL = Path("a.pth"), Path("a.safetensors"), Path("a.jl")


def cut(path: Path, last: int) -> Path:
    """A file without its last bytes."""
    path.write_bytes(path.read_bytes()[:-last])
    return path


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def lying_safetensors() -> Path:
    """A header of 2^60 bytes."""
    SAFE.write_bytes((1 << 60).to_bytes(8, "little") + b"{}")
    return SAFE


def not_finite() -> Path:
    tensors = digits_state()
    tensors["layer2.conv.weight"][0, 0, 0, 0] = float("nan")
    return saved_digits(SAFE, tensors)


def a_key_less() -> Path:
    tensors = digits_state()
    del tensors["layer2.norm.bias"]
    return saved_digits(SAFE, tensors)


def digits(changed: Mapping[str, torch.Tensor] | None = None) -> Path:
    """A small discriminator, some tensors replaced or added."""
    return saved_digits(SAFE, {**digits_state(), **(changed or {})})


def no_geometry() -> Path:
    """Kernels that several strides and paddings fit."""
    kernels = {f"{n}.weight": torch.zeros(8 * (n + 1), max(1, 8 * n), 3, 3) for n in range(3)}
    return saved(PTH, kernels)


def authors() -> Path:
    """A set of the authors', its arrays in files of their own."""
    shapes = ((2, 4), (4,), (4,), (4, 1, 5, 5))
    return write_authors(JL, [np.zeros(shape, np.float32) for shape in shapes])


def lying_npy() -> Path:
    """A header that promises 64 GB."""
    authors()
    with Path("a.jl_01.npy").open("wb") as stream:
        header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 34,)}
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(bytes(64))
    return JL


def missing_npy() -> Path:
    authors()
    Path("a.jl_02.npy").unlink()
    return JL


def object_npy() -> Path:
    authors()
    np.save("a.jl_01.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    return JL


def no_checkpoints() -> Path:
    folder = Path("runs")
    folder.mkdir()
    (folder / "notes.txt").write_text("x")
    return folder


WRONG_CHECKPOINTS: dict[str, tuple[Callable[[], Path], list[str]]] = {
    "a truncated .pth": (
        lambda: cut(saved(PTH, digits_state()), 2000),
        ["a.pth", "not a whole PyTorch file"],
    ),
    "an empty .pth": (lambda: empty(PTH), ["a.pth", "not a whole PyTorch file"]),
    "a .pth without tensors": (lambda: saved(PTH, [1, 2, 3]), ["a.pth", "no state dict"]),
    "a truncated .safetensors": (
        lambda: cut(digits(), 2000),
        ["not a whole safetensors file"],
    ),
    "an empty .safetensors": (lambda: empty(SAFE), ["not a whole safetensors file"]),
    "a .safetensors that lies": (lying_safetensors, ["not a whole safetensors file"]),
    "weights that are no numbers": (not_finite, ["layer2.conv.weight", "NaN"]),
    "a key too few": (a_key_less, ["missing layer2.norm.bias", "nothing was loaded"]),
    "a key too many": (
        lambda: digits({"layer7.bias": torch.zeros(3)}),
        ["unexpected layer7.bias", "nothing was loaded"],
    ),
    "a shape that does not fit": (
        lambda: digits({"layer1.conv.weight": torch.zeros(32, 1, 5, 5)}),
        ["layer1.conv.weight", "(32, 1, 5, 5)"],
    ),
    "weights without their geometry": (no_geometry, ["a.pth", "geometry", "strides"]),
    "a truncated .jl": (lambda: cut(authors(), 10), ["a.jl", "not a whole pickle"]),
    "an empty .jl": (lambda: empty(JL), ["a.jl"]),
    "a .npy that lies about its size": (lying_npy, ["a.jl_01.npy", "holds 64 bytes"]),
    "a .npy of objects": (object_npy, ["a.jl_01.npy"]),
    "a .npy that is not there": (missing_npy, ["missing: a.jl_02.npy"]),
    "an unknown ending": (lambda: empty(Path("a.weights")), ["unknown ending '.weights'"]),
    "a folder without checkpoints": (no_checkpoints, ["runs", "no checkpoint there"]),
    "a pattern of nothing": (lambda: Path("runs/*.pth"), ["no checkpoint there"]),
}


@pytest.mark.parametrize("case", WRONG_CHECKPOINTS)
def test_wrong_checkpoints(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, fragments = WRONG_CHECKPOINTS[case]
    path = make()
    row = write_row(kind="checkpoint", path=str(path), batch_norm="dataset")
    refused(call(["run", row], capsys), 2, *fragments)
    refused(call(["inspect", path], capsys), 2, *fragments)


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
    entry = write_row(kind="module", module=target, input=[1, 8, 8], layers=["0"])
    refused(call(["run", entry, "--allow-code"], capsys), 2, *fragments)


def test_a_layer_that_the_users_network_lacks(
    box: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(box)
    Path("bad_inputs_layers.py").write_text(CODE)
    keys = {"kind": "module", "module": "bad_inputs_layers:network", "input": [1, 8, 8]}
    entry = write_row(**keys, layers=["conv9"])
    refused(call(["run", entry, "--allow-code"], capsys), 2, "conv9")
    entry = write_row(**keys, layers=["0"], arguments={"width": 3})
    refused(call(["run", entry, "--allow-code"], capsys), 2, "cannot be called", "width")


def test_all_keys_that_are_missing_are_asked_for_at_once(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = write_row(kind="module")
    keys = "keys 'layers', 'module', 'input' are missing; give them"
    refused(call(["run", entry, "--allow-code"], capsys), 2, "representations[0]", keys)


def test_code_and_checkpoints_beside_the_pipeline(
    box: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [*sys.path])
    folder = Path("experiment")
    folder.mkdir()
    (folder / "bad_inputs_beside.py").write_text(CODE)
    saved_digits(folder / "own.safetensors", digits_state())
    module = {"kind": "module", "module": "bad_inputs_beside:network", "input": [1, 8, 8]}
    checkpoint = {"kind": "checkpoint", "path": "own.safetensors", "batch_norm": "dataset"}
    rows = [{**module, "layers": ["0"]}, {**checkpoint, "small_maps": "keep"}]
    Path(write_pipeline(representations=rows)).rename(folder / "p.yaml")
    run = ["run", folder / "p.yaml", "--dry-run", "--quiet"]
    refused(call(run, capsys), 2, "would run code")
    done = call([*run, "--allow-code"], capsys)
    assert done.code == 0, done.err
    Path("elsewhere").mkdir()
    (folder / "p.yaml").rename("elsewhere/p.yaml")
    run[1] = Path("elsewhere/p.yaml")
    refused(call(run, capsys), 2, "own.safetensors: no checkpoint there", "elsewhere/own.safe")
