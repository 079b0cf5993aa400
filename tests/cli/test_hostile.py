"""Files that are made to hang or to fill the memory of whoever reads them: one line each.

All are read in one process of its own, which may take half a gigabyte and a minute.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import save_file

from tests.make.networks import digits_state, saved

pytestmark = pytest.mark.slow

MOST_MEGABYTES = 512
# Reads what it is told to, with so much more memory than it has after its imports.
READER = """
import contextlib, io, json, os, resource, sys, time
from dcgan_eval.cli.main import main, make_app
import dcgan_eval.data.readers.parquet, dcgan_eval.models, dcgan_eval.pipeline, dcgan_eval.reporting
import dcgan_eval.subjects

make_app()
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + ({most} << 20),) * 2)

def told(folder, arguments):
    os.chdir(folder)
    sys.argv = ["dcgan-eval", *arguments]
    out, err = io.StringIO(), io.StringIO()
    begun = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            return ended.code, err.getvalue(), time.process_time() - begun

print(json.dumps([told(*one) for one in json.load(sys.stdin)]))
"""


def told(commands: list[tuple[str, list[str]]]) -> list[tuple[int, str, float]]:
    """Exit status, stderr and CPU seconds of commands in their folders."""
    done = subprocess.run(
        [sys.executable, "-c", READER.format(most=MOST_MEGABYTES)],
        input=json.dumps(commands),
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(code, err, seconds) for code, err, seconds in json.loads(done.stdout)]


def piped(name: str) -> Callable[[], None]:
    return lambda: os.mkfifo(name)


def endless(name: str) -> Callable[[], None]:
    return lambda: Path(name).symlink_to("/dev/zero")


def card(**values: object) -> Callable[[], None]:
    """Ours, of a single number, whose card promises more."""
    text = {"dcgan_eval_card": json.dumps(values)}
    return lambda: save_file({"layer1.conv.weight": torch.zeros(1)}, "a.safetensors", text)


def sequence(geometry: dict[str, object]) -> Callable[[], None]:
    """Two small convolutions that a card puts on large maps."""
    weights = {f"{n}.weight": torch.ones(1, 1, 3, 3) for n in (0, 2)}
    said = {"geometry": {"strides": [1, 1], "paddings": [1, 1], "slope": 0.2, **geometry}}
    text = {"dcgan_eval_card": json.dumps(said)}
    return lambda: save_file(weights, "a.safetensors", text)


def empty_sides() -> None:
    save_file({f"{n}.weight": torch.zeros(1 << 40, 0) for n in (0, 2)}, "a.safetensors")


class Made:
    """Whoever unpickles it makes so many numbers, by what PyTorch allows."""

    def __init__(self, make: Callable[..., object], *arguments: object) -> None:
        self.what = make, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.what


def made_by_torch() -> None:
    # A tensor that pickles as the call of its constructor is no tensor to torch.save.
    torch.save({**digits_state(), "more": Made(torch.Tensor, 1 << 31)}, "a.pth")


def made_by_bytes() -> None:
    torch.save({"state_dict": digits_state(), "more": Made(bytearray, 1 << 33)}, "a.pth")


def images(x: tuple[int, ...], y: tuple[int, ...]) -> Callable[[], None]:
    """A data set of zeros in a file of a thousandth of their size."""

    def make() -> None:
        Path("own").mkdir()
        with zipfile.ZipFile("own/own.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for part in ("train", "test"):
                for name, shape in ((f"x_{part}", x), (f"y_{part}", y)):
                    header = io.BytesIO()
                    said = {"descr": "|u1", "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(header, said)
                    with archive.open(f"{name}.npy", "w") as stream:
                        stream.write(header.getvalue())
                        left = int(np.prod(shape))
                        while left:
                            left -= stream.write(bytes(min(left, 1 << 22)))

    return make


def rows_of_parquet() -> None:
    """A hundred million rows of one label and of one image, in a few kilobytes."""
    Path("own").mkdir()
    label = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10**7, np.int8)), pa.array([0]))
    image = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10**7, np.int8)), pa.array([b"x"]))
    table = pa.table({"image": image.cast(pa.binary()), "label": label.cast(pa.int64())})
    for part in ("train", "test"):
        with pq.ParquetWriter(f"own/{part}.parquet", table.schema) as writer:
            for _ in range(2):
                writer.write_table(table)


INSPECT, RUN = ["inspect", "a.safetensors"], ["run", "p.yaml"]
GEOMETRY = '{"input": [100000, 100000], "strides": [2, 2], "paddings": [1, 1], "slope": 0.2}'
HOSTILE: dict[str, tuple[Callable[[], object], list[str], str]] = {
    "a pipe for a record": (piped("r.000000000001.json"), ["table", "."], "no regular file"),
    "a device for a record": (endless("r.000000000001.json"), ["table", "."], "no regular file"),
    "a pipe for a pipeline": (piped("p.yaml"), RUN, "no regular file"),
    "a device for a pipeline": (endless("p.yaml"), RUN, "no regular file"),
    "a pipe for a checkpoint": (piped("a.pth"), ["inspect", "a.pth"], "no regular file"),
    "a device for a checkpoint": (endless("a.jl"), ["inspect", "a.jl"], "no regular file"),
    "a pipe for a shard": (
        lambda: [
            os.makedirs("own"),
            *(os.mkfifo(f"own/{part}-00000-of-00001.parquet") for part in ("train", "test")),
        ],
        ["data", "check", "own", "--data-root", "."],
        "no regular file",
    ),
    "a card's width": (
        card(role="discriminator", family="dcgan28", options={"width": 10**5}),
        INSPECT,
        "does not fit its network",
    ),
    "a card's width beyond all": (
        card(role="discriminator", family="dcgan28", options={"width": 10**15}),
        INSPECT,
        "give no network",
    ),
    "a card's z": (
        card(
            role="generator", family="dcgan28", spec={"z_dim": 10**10, "image_shape": [1, 28, 28]}
        ),
        INSPECT,
        "card.spec is of another network",
    ),
    "a card's images": (sequence({"input": [30000, 30000]}), INSPECT, "numbers an image"),
    "a card's paddings": (
        sequence({"input": [8, 8], "paddings": [20000, 0]}),
        INSPECT,
        "numbers an image",
    ),
    "a user's geometry": (
        lambda: saved(Path("a.pth"), {f"{n}.weight": torch.ones(1, 1, 3, 3) for n in (0, 2)}),
        ["inspect", "a.pth", "--geometry", GEOMETRY],
        "numbers an image",
    ),
    "weights of no numbers": (empty_sides, INSPECT, "no plain dense array"),
    "numbers that torch makes": (made_by_torch, ["inspect", "a.pth"], "a.pth"),
    "bytes that torch makes": (made_by_bytes, ["inspect", "a.pth"], "holds bytes beside"),
    "labels without end": (
        images((4, 8, 8), (1 << 30,)),
        ["data", "check", "own", "--data-root", "."],
        "labels or images",
    ),
    "an image without end": (
        images((1, 1 << 15, 1 << 15), (1,)),
        ["data", "check", "own", "--data-root", "."],
        "pixels",
    ),
    "rows without end": (
        rows_of_parquet,
        ["data", "check", "own", "--data-root", "."],
        "labels or images",
    ),
}


def test_hostile_files_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[tuple[str, list[str]]] = []
    for number, (make, arguments, _) in enumerate(HOSTILE.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        with monkeypatch.context() as inside:
            inside.chdir(folder)
            make()
        commands.append((str(folder), arguments))
    monkeypatch.setenv("DCGAN_EVAL_CACHE", str(tmp_path / "cache"))
    found, wrong = told(commands), {}
    for name, (code, err, seconds), (_, _, words) in zip(
        HOSTILE, found, HOSTILE.values(), strict=True
    ):
        one_line = err.count("\n") == 1 and "Traceback" not in err and "a bug" not in err
        if not (one_line and code in (1, 2) and words in err and seconds < 10):
            wrong[name] = (code, round(seconds, 1), err)
    assert not wrong
