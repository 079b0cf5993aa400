"""Predictions that are none, or of other items: one line each that says where."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.make.commands import call, refused
from tests.make.given import write, write_log

N = 30
IDS = [f"img{i}" for i in range(N)]
Y = [i % 3 for i in range(N)]


def put(name: str = "a.csv", **changes: object) -> None:
    """Columns of predictions, some of them another; None leaves one out."""
    columns = {"id": IDS, "pred": Y, **changes}
    write(name, {key: one for key, one in columns.items() if one is not None})  # type: ignore[misc]


def but(values: list[object], row: int, value: object) -> list[object]:
    """All of them but for one."""
    return [value if i == row else one for i, one in enumerate(values)]


def text(content: str, name: str = "a.csv") -> None:
    Path(name).write_text(content)


def swap(name: str, other: str) -> None:
    """A file under the name of another kind."""
    put(other)
    Path(other).rename(name)


# What a.csv is, the words after those of the usual command, and what the line says.
BAD: dict[str, tuple[Callable[[], object], list[str], list[str]]] = {
    "rows by order that are too few": (
        lambda: put(id=None, pred=Y[1:]),
        [],
        ["a.csv: 29 rows, y.csv has 30 items", "or ids in both"],
    ),
    "an id that is missing": (
        lambda: put(id=but(IDS, 4, "other")),
        [],
        ["a.csv: no row for item img4 of y.csv"],
    ),
    "ids that are missing": (
        lambda: put(id=IDS[5:], pred=Y[5:]),
        [],
        ["a.csv: no row for item img0 (and 4 more) of y.csv"],
    ),
    "an id that stands twice": (
        lambda: put(id=but(IDS, 4, "img9")),
        [],
        ["a.csv line 11: id img9 stands twice, first in line 6"],
    ),
    "ids of another kind": (
        lambda: put(id=range(N)),
        [],
        ["a.csv: ids such as 0, those of y.csv are such as img0"],
    ),
    "a text among numbers": (
        lambda: put(pred=but(Y, 7, "cat")),
        [],
        ["a.csv line 9, column 'pred': 'cat' among numbers"],
    ),
    "numbers that are no classes": (
        lambda: np.save("a.npy", np.ones(N, complex)),
        ["--predictions", "a=a.npy"],
        ["a.npy", "complex128; expected numbers or texts"],
    ),
    "an empty cell": (
        lambda: put(pred=but(Y, 7, "")),
        [],
        ["a.csv line 9, column 'pred': nothing; expected a class"],
    ),
    "texts where targets are numbers": (
        lambda: put(pred=["cat"] * N),
        [],
        ["a.csv: classes such as cat, targets such as 0; give both as"],
    ),
    "shares where classes are wanted": (
        lambda: put(pred=np.linspace(0, 1, N)),
        [],
        ["a.csv: one score an item", "accuracy takes classes"],
    ),
    "scores with a NaN": (
        lambda: put(pred=None, score_0=[0.5] * N, score_1=but([0.5] * N, 3, "nan")),
        [],
        ["a.csv line 5, column 'score_1': nan; expected a number"],
    ),
    "scores with a NaN in an array": (
        lambda: write("a.npy", {"": np.where(np.arange(3 * N) == 16, np.nan, 1.0).reshape(N, 3)}),
        ["--predictions", "a=a.npy"],
        ["a.npy row 5, scores of class 1: nan; expected finite numbers"],
    ),
    "infinite scores": (
        lambda: put(pred=None, score_0=[0.5] * N, score_1=but([0.5] * N, 3, "inf")),
        [],
        ["a.csv line 5", "inf; expected finite numbers"],
    ),
    "no file": (lambda: None, [], ["a.csv: No such file"]),
    "a folder": (lambda: Path("a.csv").mkdir(), [], ["a.csv: Is a directory"]),
    "an empty file": (lambda: text(""), [], ["a.csv: is empty; expected a row an item"]),
    "a heading alone": (lambda: text("id,pred\n"), [], ["a.csv: has no rows"]),
    "a name that no column has": (
        put,
        ["--column", "prediction=predd"],
        ["a.csv: no column 'predd'; did you mean 'pred'?"],
    ),
    "a column that is nothing": (
        put,
        ["--column", "predictions=pred"],
        ["unknown role 'predictions' of a column; did you mean 'prediction'?"],
    ),
    "columns of which none is known": (
        lambda: put(pred=None, one=Y, two=Y),
        [],
        ["a.csv: none of its columns (id, one, two) is called prediction", "prediction=NAME"],
    ),
    "groups that are not there": (
        put,
        ["--groups", "photos"],
        ["y.csv: no column 'photos'; did you mean 'photo'?"],
    ),
    "Parquet under the name of CSV": (
        lambda: swap("a.csv", "a.parquet"),
        [],
        ["a.csv: is called .csv and begins like a .parquet"],
    ),
    "JSON under the name of CSV": (
        lambda: swap("a.csv", "a.jsonl"),
        [],
        ["a.csv: is called .csv and begins like JSON; name it .jsonl"],
    ),
    "CSV under the name of JSON": (
        lambda: swap("a.jsonl", "a.csv"),
        ["--predictions", "a=a.jsonl"],
        ["a.jsonl line 1: is no JSON object"],
    ),
    "CSV under the name of NumPy": (
        lambda: swap("a.npz", "a.csv"),
        ["--predictions", "a=a.npz"],
        ["a.npz: is called .npz and does not begin so"],
    ),
    "bytes": (
        lambda: Path("a.csv").write_bytes(b"id,pred\n\xff\xfe,3\n"),
        [],
        ["a.csv: cannot be read as .csv"],
    ),
    "half a Parquet file": (
        lambda: Path("a.parquet").write_bytes(b"PAR1" + bytes(90)),
        ["--predictions", "a=a.parquet"],
        ["a.parquet: cannot be read as .parquet"],
    ),
    "a kind of file that is unknown": (
        lambda: text("id pred", "a.txt"),
        ["--predictions", "a=a.txt"],
        ["a.txt: ends in '.txt'; expected one of .csv, .jsonl"],
    ),
    "a row that is short": (
        lambda: text("id,pred\nimg0,1\nimg1\n"),
        [],
        ["a.csv line 3: 1 cells; expected 2"],
    ),
    "numbers in the first line": (
        lambda: text("0,1\n1,2\n"),
        [],
        ["a.csv: the first line has numbers (0, 1)", "id,prediction"],
    ),
    "two columns of one name": (
        lambda: text("pred,pred\n0,1\n"),
        [],
        ["a.csv: two columns are called 'pred'"],
    ),
    "a line of JSON that is broken": (
        lambda: text('{"pred": 1}\n{"pred": \n', "a.jsonl"),
        ["--predictions", "a=a.jsonl"],
        ["a.jsonl line 2: is no JSON object"],
    ),
    "a line without a prediction": (
        lambda: text('{"pred": 1}\n{"guess": 1}\n', "a.jsonl"),
        ["--predictions", "a=a.jsonl"],
        ["a.jsonl line 2, column 'pred': nothing; expected a class"],
    ),
    "a number beyond all types": (
        lambda: text(f'{{"pred": 1.5}}\n{{"pred": 1{"0" * 400}}}\n', "a.jsonl"),
        ["--predictions", "a=a.jsonl"],
        ["a.jsonl line 1, column 'pred': 1.5 among numbers"],
    ),
    "how right it is, beyond 1": (
        lambda: put(pred=None, correct=but([1] * N, 2, 5)),
        [],
        ["a.csv line 4, column 'correct': 5; expected how right it is, from 0 to 1"],
    ),
    "classes of several rows in one array": (
        lambda: write("a.npy", {"": np.zeros((N, 4), int)}),
        ["--predictions", "a=a.npy"],
        ["a.npy: the array is int64 (30, 4); expected one value an item", "a file each"],
    ),
    "arrays of several lengths": (
        lambda: write("a.npz", {"id": IDS, "pred": Y[1:]}),
        ["--predictions", "a=a.npz"],
        ["a.npz: its columns have 29 and 30 rows"],
    ),
    "objects": (
        lambda: np.save("a.npy", np.array([1, None], object), allow_pickle=True),
        ["--predictions", "a=a.npy"],
        ["a.npy", "Python objects"],
    ),
    "an option of records": (
        put,
        ["--within", "."],
        ["--within: what is compared is given by --predictions; leave it out"],
    ),
    "a metric that is none": (
        put,
        ["--metric", "acuracy"],
        ["metric 'acuracy' unknown; did you mean 'accuracy'?"],
    ),
    "classes where scores are wanted": (
        put,
        ["--metric", "auroc"],
        ["a.csv: auroc is computed from scores, and there are predictions alone"],
    ),
    "one score where targets have three classes": (
        lambda: put(pred=np.linspace(0, 1, N)),
        ["--metric", "auroc"],
        ["a.csv: one score an item, targets of 3 classes (0, 1, 2); expected targets of two"],
    ),
    "scores that lack a class": (
        lambda: put(pred=None, score_0=[0.2] * N, score_1=[0.8] * N),
        ["--metric", "auroc"],
        ["a.csv: scores of 2 classes, and a target 2 that is none of them"],
    ),
    "a pipe": (lambda: os.mkfifo("a.csv"), [], ["a.csv: is no regular file; check the path"]),
    "dates": (
        lambda: np.save("a.npy", np.zeros(N, "<M8[D]")),
        ["--predictions", "a=a.npy"],
        ["a.npy: cannot be read (holds dates or times; save it as numbers)"],
    ),
    "rows that are nothing": (put, ["--rows", "seed"], ["rows 'seed' unknown", "'seeds'"]),
    "other numbers of draws": (
        put,
        ["--predictions", "b=a.csv", "--rows", "draws"],
        ["a has 1, b has 2 draws; give files of the same draws"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_one_line_says_where(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, words, fragments = BAD[case]
    write("b.csv", {"id": IDS, "pred": Y})
    write("y.csv", {"id": IDS, "label": Y, "photo": [i // 2 for i in range(N)]})
    make()
    files = [] if "a=" in "".join(words) else ["--predictions", "a.csv"]
    done = call(["compare", *files, "--predictions", "b.csv", "--targets", "y.csv", *words], capsys)
    refused(done, 2, *fragments)


def test_one_class_only(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "ab":
        put(f"{name}.csv", pred=np.linspace(0, 1, N))
    write("y.csv", {"id": IDS, "label": [1] * N})
    words = ["compare", "--predictions", "a.csv", "--predictions", "b.csv", "--targets", "y.csv"]
    done = call([*words, "--metric", "auroc"], capsys)
    refused(done, 2, "a.csv: one score an item, targets of 1 classes (1); expected targets of two")
    for name in "ab":
        put(f"{name}.csv", pred=None, score_0=[0.2] * N, score_1=[0.8] * N)
    done = call([*words, "--metric", "auroc"], capsys)
    refused(done, 2, "a.csv: AUROC: all 30 items are of class 1; it takes at least two classes")


def test_files_of_one_name_are_not_two(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("one", "two"):
        Path(folder).mkdir()
        put(f"{folder}/a.csv")
    files = ["--predictions", "one/a.csv", "--predictions", "two/a.csv"]
    done = call(["compare", *files, "--targets", "one/a.csv"], capsys)
    refused(done, 2, "predictions of a with 2 files", "two names at least", "name=FILE")


def test_without_targets(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put()
    put("b.csv")
    files = ["compare", "--predictions", "a.csv", "--predictions", "b.csv"]
    refused(call(files, capsys), 2, "a.csv: predictions without targets; give a file of targets")
    for name, targets in (("a.csv", Y), ("b.csv", but(Y, 3, 1))):  # type: ignore[arg-type]
        put(name, target=targets)
    refused(
        call(files, capsys), 2, "b.csv line 5: the target is 1, in a.csv line 5 0; compare", "same"
    )
    put("b.csv")
    refused(call(files, capsys), 2, "b.csv: has no targets, and another file has")


def test_logs_with_several_filters(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for model in ("m1", "m2"):
        write_log(Path(model), "gsm8k", {"strict-match": [1.0, 0.0], "flexible-extract": [1, 1]})
    files = [str(path) for path in sorted(Path().glob("m*/*.jsonl"))]
    words = ["compare", "--predictions", files[0], "--predictions", files[1]]
    refused(call(words, capsys), 2, "with the filters flexible-extract, strict-match; name one")
    refused(call([*words, "--filter", "strict"], capsys), 2, "no filter 'strict'", "'strict-match'")


def test_options_that_go_with_predictions(capsys: pytest.CaptureFixture[str], box: Path) -> None:
    for option in ("--targets", "--groups", "--column", "--filter", "--rows"):
        done = call(["compare", "results", option, "x"], capsys)
        refused(done, 2, f"{option}: it goes with --predictions; leave it out")
    refused(call(["compare"], capsys), 2, "0 result given; a comparison takes at least two")
