"""Files that are made to hang or to fill the memory of whoever reads them, a few for each reader.

A command reads each; where a file is read in the midst of long work, a few lines of Python do.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.io
import torch
import yaml
from PIL import Image
from safetensors.torch import save_file

from tests.make.networks import digits_state, saved
from tests.make.records import save, sign


@dataclass(frozen=True)
class Hostile:
    """A file, made in the working folder.

    Attributes
    ----------
    reader
        Whose it is.
    make
        Makes it.
    arguments
        Of a command that reads it, or ``-c`` and lines of Python.
    words
        In the one line that is said.
    """

    reader: str
    make: Callable[[], object]
    arguments: Sequence[str]
    words: str


@dataclass(frozen=True)
class Told:
    """What reading it came to: exit status, stderr, seconds of the CPU, bytes at the peak."""

    code: int
    err: str
    seconds: float
    risen: int


# Reads what it is told to in a copy of a process that has imported all, each with no more memory
# than that beyond its own.
_CODE = """
import contextlib, io, json, os, resource, sys, time, traceback, warnings
from dcgan_eval.cli.main import main, make_app
from dcgan_eval.core import DcganEvalError, DcganEvalWarning
import dcgan_eval.data.readers.parquet, dcgan_eval.features, dcgan_eval.models, dcgan_eval.pipeline
import dcgan_eval.reporting, dcgan_eval.subjects, dcgan_eval.training

def held(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(key))

def called(arguments):
    try:
        if arguments[0] == "-c":
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                exec(arguments[1], {})
        else:
            main()
    except SystemExit as ended:
        return ended.code
    except (DcganEvalError, DcganEvalWarning) as said:
        print(said, file=sys.stderr)
        return 2
    except BaseException:
        traceback.print_exc()
        return -1

def told(folder, arguments):
    os.chdir(folder)
    sys.argv = ["dcgan-eval", *arguments]
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")  # forgets the peak so far
    most = (held("VmSize") + asked["most"],) * 2
    resource.setrlimit(resource.RLIMIT_AS, most)
    out, err = io.StringIO(), io.StringIO()
    begun, before = time.process_time(), held("VmRSS")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = called(arguments)
    return code, err.getvalue(), time.process_time() - begun, max(0, held("VmHWM") - before)

def in_a_copy(command):
    reading, writing = os.pipe()
    if not os.fork():
        with os.fdopen(writing, "w") as stream:
            json.dump(told(*command), stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        found = stream.read()
    os.wait()
    return json.loads(found or '[-1, "died", 0, 0]')

make_app()
asked = json.load(sys.stdin)
print(json.dumps([in_a_copy(one) for one in asked["commands"]]))
"""


def read_by_copies(files: Mapping[str, Hostile], folder: Path, most: int) -> dict[str, Told]:
    """Make files below a folder, and read each in a copy of a process that has imported all.

    Parameters
    ----------
    most
        Bytes that it may have beyond what its imports took.
    """

    commands, here = [], Path.cwd()
    for number, (name, one) in enumerate(files.items()):
        place = folder / f"{number} {name}"
        place.mkdir()
        os.chdir(place)
        try:
            one.make()
        finally:
            os.chdir(here)
        commands.append((str(place), list(one.arguments)))
    done = subprocess.run(
        [sys.executable, "-c", _CODE],
        input=json.dumps({"most": most, "commands": commands}),
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "DCGAN_EVAL_CACHE": str(folder / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=1200,  # a machine that is busy is no hang
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: Told(*one) for name, one in zip(files, json.loads(done.stdout), strict=True)}


def piped(name: str) -> Callable[[], None]:
    return lambda: os.mkfifo(name)


def endless(name: str) -> Callable[[], None]:
    return lambda: Path(name).symlink_to("/dev/zero")


def text(name: str, content: str) -> Callable[[], object]:
    return lambda: Path(name).write_text(content)


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


def made_by_torch(name: str) -> Callable[[], object]:
    # A tensor that pickles as the call of its constructor is no tensor to torch.save.
    content = {**digits_state(), "more": Made(torch.Tensor, 1 << 31)}
    return lambda: [Path(name).parent.mkdir(exist_ok=True), torch.save(content, name)]


def made_by_bytes() -> None:
    torch.save({"state_dict": digits_state(), "more": Made(bytearray, 1 << 33)}, "a.pth")


def mappings_within_mappings() -> None:
    """A thousand networks at each of a thousand places at each of a thousand places."""
    content: object = {"weight": torch.zeros(1)}
    for _ in range(3):
        content = {f"key{n}": content for n in range(1000)}
    torch.save(content, "a.pth")


def zeros(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """An .npz of zeros, a thousandth of their size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, shape in shapes.items():
            header = io.BytesIO()
            said = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(header, said)
            with archive.open(f"{name}.npy", "w") as stream:
                stream.write(header.getvalue())
                left = int(np.prod(shape))
                while left:
                    left -= stream.write(bytes(min(left, 1 << 22)))


def images(x: tuple[int, ...], y: tuple[int, ...]) -> Callable[[], None]:
    """A data set of zeros."""
    shapes = {"x_train": x, "y_train": y, "x_test": x, "y_test": y}
    return lambda: zeros(Path("own/own.npz"), shapes)


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


def a_large_picture() -> None:
    """Thirty thousand by thirty thousand pixels, all of them black."""
    Path("own/train/a").mkdir(parents=True)
    Image.new("1", (30_000, 30_000)).save("own/train/a/0.png")
    shutil.copytree("own/train", "own/test")


def labels_of_matlab() -> None:
    """Thirty million labels in a few kilobytes."""
    Path("svhn").mkdir()
    arrays = {"y": np.ones((1 << 25, 1), np.uint8), "X": np.zeros((32, 32, 3, 1), np.uint8)}
    scipy.io.savemat("svhn/train_32x32.mat", arrays, do_compression=True)
    shutil.copy("svhn/train_32x32.mat", "svhn/test_32x32.mat")


def a_lying_idx() -> None:
    """Headers that promise more than there is."""
    Path("MNIST/raw").mkdir(parents=True)
    for part in ("train", "t10k"):
        sizes = b"".join(size.to_bytes(4, "big") for size in (1 << 31, 1 << 12, 1 << 12))
        Path(f"MNIST/raw/{part}-images-idx3-ubyte").write_bytes(b"\x00\x00\x08\x03" + sizes)
        labels = b"\x00\x00\x08\x01" + sizes[:4]
        Path(f"MNIST/raw/{part}-labels-idx1-ubyte").write_bytes(labels)


def predictions() -> None:
    """A record of as many rows as are read at all, and zeros for predictions."""
    path = save(Path(), "large", n_items=100)
    values = json.loads(path.read_text())
    values["outcome"]["predictions"]["n_rows"] = 1 << 40
    sign(path, values)
    beside = path.with_name(f"{path.stem}.predictions.npz")
    zeros(beside, {name: ((1 << 26) - 4096,) for name in ("values", "targets", "a", "b")})
    path.rename("a.json")
    beside.rename("a.predictions.npz")


def unit() -> None:
    """A finished unit of as many zeros as are read at all."""
    from dcgan_eval.records import Journal

    zeros(Journal(Path("units"))._path("draw 1"), {"a": ((1 << 28) - 4096,)})


def sparse(name: str) -> Callable[[], None]:
    """A file of a terabyte, which takes no room."""

    def make() -> None:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        with Path(name).open("wb") as stream:
            stream.truncate(1 << 40)

    return make


def a_state() -> None:
    """Of a training, in the place where the recipe looks for it."""
    recipe = {"name": "r", "data": {"name": "digits"}, "network": "dcgan8", "out": "out"}
    Path("r.yaml").write_text(yaml.safe_dump({**recipe, "epochs": 1, "batch": 64}))
    made_by_torch("out/state.pt")()


INSPECT, RUN = ["inspect", "a.safetensors"], ["run", "p.yaml"]
TORCH, CHECK = ["inspect", "a.pth"], ["data", "check", "own", "--data-root", "."]
GEOMETRY = '{"input": [60000, 60000], "strides": [2, 2], "paddings": [1, 1], "slope": 0.2}'
RECORD = "r.000000000001.json"
# Just below what is read.
LISTS = f'{{"schema_version": 2, "outcome": [{",".join(["[]"] * 5_592_000)}]}}'
READ_PREDICTIONS = """
from pathlib import Path
from dcgan_eval.records import StoredRecord, read_record
StoredRecord(read_record(Path("a.json")), Path("a.json")).predictions()
"""
READ_UNIT = """
from pathlib import Path
from dcgan_eval.records import Journal
Journal(Path("units")).get("draw 1")
"""
READ_BLOCKS = """
import sys
from pathlib import Path
from dcgan_eval.features.blockfile import BlockFile
file = BlockFile(Path("entry"), (4, 4), "float32", 2)
sys.stderr.write(f"finished {file.finished()}, blocks {sorted(file.start())}\\n")
sys.exit(2)
"""

HOSTILE: dict[str, Hostile] = {
    "a pipe for a record": Hostile("records", piped(RECORD), ["table", "."], "no regular file"),
    "a device for a record": Hostile("records", endless(RECORD), ["table", "."], "no regular file"),
    "a record of empty lists": Hostile(
        "records", text(RECORD, LISTS), ["table", "."], "edited since it was saved"
    ),
    "a record of lists in lists": Hostile(
        "records", text(RECORD, "[" * (1 << 23)), ["table", "."], "nested too deep"
    ),
    "predictions without end": Hostile(
        "predictions", predictions, ["-c", READ_PREDICTIONS], "not the predictions"
    ),
    "a pipe for a pipeline": Hostile("YAML", piped("p.yaml"), RUN, "no regular file"),
    "a device for a pipeline": Hostile("YAML", endless("p.yaml"), RUN, "no regular file"),
    "aliases of aliases": Hostile(
        "YAML",
        text(
            "p.yaml",
            "a0: &a0 [x]\n"
            + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
        ),
        RUN,
        "unfold to more than",
    ),
    "a page of lists": Hostile(
        "YAML", text("p.yaml", f"[{','.join(['[]'] * 349_000)}]"), RUN, "has more than"
    ),
    "lists in lists of YAML": Hostile(
        "YAML", text("p.yaml", "[" * ((1 << 20) - 1)), RUN, "not valid YAML"
    ),
    "a pipe for a checkpoint": Hostile("torch", piped("a.pth"), TORCH, "no regular file"),
    "a device for a checkpoint": Hostile(
        "authors' .jl", endless("a.jl"), ["inspect", "a.jl"], "no regular file"
    ),
    "a pipe for a shard": Hostile(
        "Parquet",
        lambda: [
            os.makedirs("own"),
            *(os.mkfifo(f"own/{part}-00000-of-00001.parquet") for part in ("train", "test")),
        ],
        CHECK,
        "no regular file",
    ),
    "a card's width": Hostile(
        "safetensors",
        card(role="discriminator", family="dcgan28", options={"width": 10**5}),
        INSPECT,
        "does not fit its network",
    ),
    "a card's width beyond all": Hostile(
        "safetensors",
        card(role="discriminator", family="dcgan28", options={"width": 10**15}),
        INSPECT,
        "give no network",
    ),
    "a card's z": Hostile(
        "safetensors",
        card(
            role="generator", family="dcgan28", spec={"z_dim": 10**10, "image_shape": [1, 28, 28]}
        ),
        INSPECT,
        "card.spec is of another network",
    ),
    "weights of no numbers": Hostile("safetensors", empty_sides, INSPECT, "no plain dense array"),
    "a card's images": Hostile(
        "geometry", sequence({"input": [30000, 30000]}), INSPECT, "numbers an image"
    ),
    "a card's paddings": Hostile(
        "geometry",
        sequence({"input": [8, 8], "paddings": [20000, 0]}),
        INSPECT,
        "numbers an image",
    ),
    "a user's geometry": Hostile(
        "geometry",
        lambda: saved(Path("a.pth"), {f"{n}.weight": torch.ones(1, 1, 3, 3) for n in (0, 2)}),
        ["inspect", "a.pth", "--geometry", GEOMETRY],
        "numbers an image",
    ),
    "numbers that torch makes": Hostile("torch", made_by_torch("a.pth"), TORCH, "a.pth"),
    "bytes that torch makes": Hostile("torch", made_by_bytes, TORCH, "holds bytes beside"),
    "mappings within mappings": Hostile(
        "torch", mappings_within_mappings, TORCH, "no state dict in it"
    ),
    "labels without end": Hostile(".npz", images((4, 8, 8), (1 << 25,)), CHECK, "labels or images"),
    "an image without end": Hostile(".npz", images((1, 1 << 13, 1 << 13), (1,)), CHECK, "pixels"),
    "rows without end": Hostile("Parquet", rows_of_parquet, CHECK, "labels or images"),
    "a picture without end": Hostile("pictures", a_large_picture, CHECK, "pixels"),
    "labels of MATLAB without end": Hostile(
        ".mat", labels_of_matlab, ["data", "check", "svhn", "--data-root", "."], "labels or images"
    ),
    "an IDX file that lies": Hostile(
        "IDX", a_lying_idx, ["data", "check", "mnist", "--data-root", "."], "not a whole IDX file"
    ),
    "a finished unit without end": Hostile("finished units", unit, ["-c", READ_UNIT], "damaged"),
    "a log of blocks without end": Hostile(
        "cached blocks",
        sparse("entry.part/blocks.log"),
        ["-c", READ_BLOCKS],
        "finished False, blocks []",
    ),
    "a pipe for a log of blocks": Hostile(
        "cached blocks",
        lambda: [os.mkdir("entry.part"), os.mkfifo("entry.part/blocks.log")],
        ["-c", READ_BLOCKS],
        "finished False, blocks []",
    ),
    "a description of blocks without end": Hostile(
        "cached blocks",
        lambda: [
            sparse("entry/about.json")(),
            Path("entry/values.bin").write_bytes(bytes(64)),
        ],
        ["-c", READ_BLOCKS],
        "finished False, blocks []",
    ),
    "a training state without end": Hostile(
        "training states", a_state, ["train", "r.yaml", "--quiet"], "remove it to begin again"
    ),
}
