"""Features and samples that were computed elsewhere, from files and from arrays."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dcgan_eval as de
from dcgan_eval.core import DcganEvalError, Silent
from dcgan_eval.data import DataSettings, load_items
from dcgan_eval.features import GivenFeatures, GivenRows
from dcgan_eval.pipeline import Options, export_features, pipeline_from, run_pipeline
from dcgan_eval.protocols.kinds.full_labels import FullLabels

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
Y, Y_TEST = np.arange(60) % 3, np.arange(30) % 3
A = (RNG.normal(size=(60, 12)) + Y[:, None]).astype(np.float32)
B = (RNG.normal(size=(30, 12)) + Y_TEST[:, None]).astype(np.float32)
FULL = {"kind": "full_labels", "grid": [0.01, 0.1], "validation": 20}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with features and labels."""
    monkeypatch.chdir(tmp_path)
    for name, array in (("a", A), ("b", B), ("y", Y), ("y_test", Y_TEST)):
        np.save(f"{name}.npy", array)
    return tmp_path


def run(
    features: dict[str, Any] | None = None, protocol: dict[str, Any] = FULL, **data: Any
) -> de.Results:
    """A pipeline of given features in the working folder."""
    values = {
        "name": "given",
        "data": {"name": "own", "labels": {"train": "y.npy", "test": "y_test.npy"}, **data},
        "representations": [
            {"kind": "features", "train": "a.npy", "test": "b.npy", **(features or {})}
        ],
        "protocol": protocol,
        "results": "results",
    }
    return run_pipeline(pipeline_from(values), Options(Path("cache")))


def test_no_images_are_needed(files: Path) -> None:
    (record,) = run()
    outcome = record.outcome
    assert outcome.data.train.shape is None and outcome.data.train.size == 60
    assert outcome.representation.columns == 12 and outcome.representation.name == "a"
    assert outcome.representation.assumed == {"rows": "in the order of the items"}
    table, page = de.table([Path("results")]), de.Results((record,)).report("r.html").read_text()
    assert "Assumed: rows in the order of the items" in table and "own" in page
    few = {"kind": "few_labels", "per_class": 3, "draws": 3, "selection": "within_draw"}
    assert run(protocol={**few, "folds": 2, "grid": [0.1]})[0].outcome.metrics[0].n_repeats == 3


def test_arrays_and_every_kind_of_file_are_the_same_experiment(files: Path) -> None:
    (record,) = run()
    np.savez("a.npz", features=A)
    np.savez_compressed("b.npz", features=B)
    np.save("a64.npy", A.astype(np.float64))
    np.save("bF.npy", np.asfortranarray(B))
    for train, test in (("a.npz", "b.npz"), ("a64.npy", "bF.npy")):
        (other,) = run({"train": train, "test": test, "name": "a"})
        assert other.id == record.id and other.outcome == record.outcome
    words = np.array(["0", "1", "2"])
    for y, y_test in ((Y, Y_TEST), (list(map(int, Y)), Y_TEST), (words[Y], words[Y_TEST])):
        (held,) = de.evaluate(
            {"a": (A, B)},
            train=y,
            test=y_test,
            dataset="own",
            protocol=FULL,
            cache="cache",
            results="held",
            progress=False,
        )
        assert held.id == record.id and held.outcome == record.outcome
    changed = A.copy()
    changed[5, 5] += 1
    np.save("a.npy", changed)
    assert run()[0].id != record.id


def test_rows_are_matched_by_ids(files: Path) -> None:
    by_order = run()[0]
    order = np.random.default_rng(1).permutation(60)
    # A row too many is of an item that is left out.
    np.savez("more.npz", features=np.vstack([A[order], A[:1]]), ids=[*order, 999])
    np.savez("test.npz", X=B[::-1], ids=np.arange(30)[::-1])
    (matched,) = run({"train": "more.npz", "test": "test.npz"})
    assert matched.outcome.metrics == by_order.outcome.metrics
    assert matched.outcome.representation.assumed == {}
    np.save("ids.npy", order)
    np.save("ids_test.npy", np.arange(30))
    np.save("a.npy", A[order])
    (beside,) = run({"ids": {"train": "ids.npy", "test": "ids_test.npy"}})
    assert beside.outcome.metrics == by_order.outcome.metrics
    # Items that have names of their own.
    names = np.array([f"img{row}" for row in range(60)])
    np.savez("named.npz", features=A[::-1], ids=names[::-1])
    np.savez("labels.npz", labels=Y, ids=names)
    np.savez("labels_test.npz", labels=Y_TEST, ids=names[:30])
    np.savez("named_test.npz", features=B, ids=names[:30])
    (named,) = run(
        {"train": "named.npz", "test": "named_test.npz"},
        labels={"train": "labels.npz", "test": "labels_test.npz"},
    )
    assert named.outcome.metrics == by_order.outcome.metrics


def test_ids_of_bytes_are_texts(files: Path) -> None:
    names = np.array([f"ümg{row}" for row in range(60)])
    packed = np.char.encode(names, "utf-8")
    np.savez("labels.npz", labels=Y, ids=packed)
    np.savez("labels_test.npz", labels=Y_TEST, ids=packed[:30])
    labels = {"train": "labels.npz", "test": "labels_test.npz"}
    np.savez("test.npz", features=B, ids=names[:30])
    ids = set()
    for said in (names, packed):
        np.savez("named.npz", features=A[::-1], ids=said[::-1])
        ids.add(run({"train": "named.npz", "test": "test.npz"}, labels=labels)[0].id)
    assert len(ids) == 1


def test_a_file_that_is_written_to_while_it_is_used_leaves_nothing(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = FullLabels.run

    def writing(self: FullLabels, task: Any, work: Any) -> Any:
        result = begun(self, task, work)
        with Path("a.npy").open("r+b") as stream:
            stream.seek(200)
            stream.write(b"0000")
        return result

    monkeypatch.setattr(FullLabels, "run", writing)
    with pytest.raises(
        DcganEvalError, match=r"a\.npy: was written to while it was used; run again"
    ):
        run()
    assert not list(Path("results").glob("*.json"))
    # Another file in its place changes nothing that is mapped.
    np.save("new.npy", A)
    monkeypatch.setattr(
        FullLabels,
        "run",
        lambda *given: (begun(*given), Path("new.npy").replace("a.npy"))[0],
    )
    assert len(run()) == 1


def test_a_part_of_the_items_takes_its_rows(files: Path) -> None:
    protocol = {"kind": "full_labels", "grid": [0.01, 0.1], "train_size": 33, "seed": 2}
    (record,) = run(protocol=protocol)
    np.save("a.npy", A.astype(np.float64))
    assert run(protocol=protocol)[0].id == record.id
    sets = load_items(DataSettings(name="x", labels={"train": "y.npy", "test": "y_test.npy"}))
    assert sets[0].part == "train" and len(sets[1]) == 30


def test_what_extract_writes_is_what_it_was(files: Path) -> None:
    row = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}
    base = {"name": "x", "data": {"name": "digits"}, "representations": [row], "results": "direct"}
    pipeline = pipeline_from({**base, "protocol": {"kind": "full_labels", "grid": [0.01]}})
    (direct,) = run_pipeline(pipeline, Options(Path("cache")))
    (folder,) = export_features(pipeline, Options(Path("cache")), Path("out"), Silent())
    given = {"train": str(folder / "train.npy"), "test": str(folder / "test.npy")}
    labels = {part: str(folder / f"{part}_labels.npy") for part in ("train", "test")}
    found = run(
        {**given, "ablate": ["each"]},
        {"kind": "full_labels", "grid": [0.01]},
        name="digits",
        labels=labels,
    )
    assert found[0].outcome.representation.layers == direct.outcome.representation.layers
    assert found[0].outcome.metrics == direct.outcome.metrics
    assert len(found) == 1 + len(found[0].outcome.representation.layers)


def test_given_features_take_no_memory_of_their_own(tmp_path: Path) -> None:
    """Mapped, whatever rows and layers are chosen: what is read counts, not what there is."""
    code = """
    from pathlib import Path
    import numpy as np
    from dcgan_eval.core import DataError, Work, map_array
    from dcgan_eval.data import Items
    from dcgan_eval.features import GivenFeatures, GivenRows

    def anonymous():
        text = Path("/proc/self/status").read_text()
        return int(text.split("RssAnon:")[1].split()[0]) / 1024

    # A file of holes: as long as the features of the published network, and no disk.
    n, d = 50_000, 12_288
    for name, rows in (("big.npy", n), ("small.npy", 100)):
        np.lib.format.open_memmap(name, "w+", np.float32, (rows, d)).flush()
    def items(part, n):
        y, names = np.arange(n) % 10, tuple("0123456789")
        return Items(name=part, labels=y, class_names=names, fingerprint=part, part=part)
    before = anonymous()
    arrays = [map_array(Path(p), (), DataError, Path("x")) for p in ("big.npy", "small.npy")]
    rows = [GivenRows("rows", array) for array in arrays]
    spans = {"one": (0, 4_096), "two": (4_096, 8_192), "three": (8_192, d)}
    given = GivenFeatures(*rows, "given", spans)
    train, most = items("train", n), 0
    chosen = train.take(np.random.default_rng(0).permutation(n)[: n // 10])
    for one in (train, chosen):
        matrix = given.features(one, train, Work(Path(".")))
        assert matrix.shape == (len(one), d)
        for layers in (["one"], ["two", "three"]):
            cut = matrix.layers(layers)
            for start in range(0, 2_000, 500):
                block = cut[start : start + 500]
                most = max(most, anonymous())
    print(most - before)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    # 2,458 MB of features; a block of 500 rows is 25.
    assert float(done.stdout) < 90, done.stdout


def change(name: str, array: Any, **ids: Any) -> Any:
    return lambda: np.savez(name, features=array, **ids) if ids else np.save(name, array)


def with_nan() -> np.ndarray:
    array = A.copy()
    array[41, 3] = np.nan
    return array


BAD: dict[str, tuple[Any, dict[str, Any], str]] = {
    "absent": (None, {"train": "gone.npy"}, "gone.npy: no such file (looked for: gone.npy, "),
    "NaN": (change("a.npy", with_nan()), {}, "a.npy: row 41 is not finite as float32; mend it"),
    "too large": (
        change("a.npy", A.astype(float) * 1e300),
        {},
        "a.npy: row 0 is not finite as float32",
    ),
    "length": (change("a.npy", A[:59]), {}, "a.npy: 59 rows, own/train has 60 items; give a row"),
    "columns": (change("b.npy", B[:, :5]), {}, "a.npy has 12 columns, b.npy 5; give as many"),
    "shape": (change("a.npy", A[:, :, None]), {}, "a.npy: float32 (60, 12, 1); expected numbers"),
    "texts": (change("a.npy", A.astype(str)), {}, "expected numbers (items, columns)"),
    "missing": (
        change("c.npz", A[2:], ids=np.arange(2, 60)),
        {"train": "c.npz"},
        "c.npz: no row for item 0 (and 1 more) of own/train; give one for each",
    ),
    "twice": (
        change("c.npz", A, ids=np.r_[np.arange(59), 0]),
        {"train": "c.npz"},
        "c.npz: id 0 stands twice; give each once",
    ),
    "ids of texts": (
        change("c.npz", A, ids=np.array([f"x{i}" for i in range(60)])),
        {"train": "c.npz"},
        "c.npz: ids such as x0, those of own/train are such as 0; give the same ids",
    ),
    "ids length": (
        change("c.npz", A, ids=np.arange(5)),
        {"train": "c.npz"},
        "c.npz: 60 rows, ids (5,); give one id a row",
    ),
    "ids of floats": (
        change("c.npz", A, ids=np.arange(60) + 0.5),
        {"train": "c.npz"},
        "c.npz: ids are float64; give whole numbers or texts",
    ),
    "columns of layers": (
        lambda: Path("columns.json").write_text('{"one": [0, 1e999]}'),
        {},
        "columns.json: expected layers with their first and last + 1 column",
    ),
    "columns of layers that are no text": (
        lambda: Path("columns.json").write_bytes(b"\xff{}"),
        {},
        "columns.json: expected layers with their first and last + 1 column",
    ),
    "labels": (change("y.npy", Y + 0.5), {}, "y.npy: labels of type float64; expected whole"),
    "no labels": (change("y.npy", Y[:0]), {}, "y.npy: no labels; give at least one of each"),
    "missing class": (change("y.npy", Y + 1), {}, "own/train: class 0 (0) has no image"),
    "unknown class": (change("y_test.npy", Y_TEST + 1), {}, "own/test row 2: label 3; expected"),
}


@pytest.mark.parametrize("make, features, message", BAD.values(), ids=BAD)
def test_what_does_not_match_is_one_line(
    files: Path, make: Any, features: dict[str, Any], message: str
) -> None:
    if make is not None:
        make()
    with pytest.raises(DcganEvalError) as caught:
        run(features)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_an_id_of_two_labels_is_one_line(files: Path) -> None:
    np.savez("labels.npz", labels=Y, ids=np.r_[np.arange(59), 0])
    with pytest.raises(DcganEvalError, match=r"^labels\.npz: id 0 stands twice; give each once$"):
        run(labels={"train": "labels.npz", "test": "y_test.npy"})


def test_columns_of_layers_decide_what_a_result_is(files: Path) -> None:
    spans = {"one": (0, 6), "two": (6, 12)}
    rows = GivenRows("a", A), GivenRows("b", B)
    whole, other = (
        GivenFeatures(*rows, "x", said) for said in (spans, {"one": (0, 7), "two": (7, 12)})
    )
    assert whole.identity_values() != other.identity_values()
    for wrong in ({"one": (0, 5), "two": (6, 12)}, {"one": (0, 12), "two": (5, 12)}):
        with pytest.raises(DcganEvalError, match="one behind the other from 0 to the last"):
            GivenFeatures(*rows, "x", wrong)


def test_labels_alone_are_refused_where_pixels_are_needed(files: Path) -> None:
    network = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}
    for row in ({"kind": "pixels"}, network):
        with pytest.raises(DcganEvalError, match="has labels and no images; give a set of images"):
            de.evaluate([row], train=Y, test=Y_TEST, protocol=FULL, cache="c", progress=False)
    with pytest.raises(DcganEvalError, match="labels has no images: remove resize"):
        run(resize={"side": 8})
    wrong = {"train": (np.zeros((60, 8, 8), np.uint8), Y), "test": Y_TEST}
    with pytest.raises(DcganEvalError, match="test: is an array without labels"):
        de.evaluate({"a": (A, B)}, **wrong, protocol=FULL, cache="c", progress=False)


X = RNG.integers(0, 256, (60, 8, 8), dtype=np.uint8)
NEAREST = {"kind": "nearest_samples", "rungs": [20, 40]}


def nearest(subjects: Any) -> de.Results:
    return de.evaluate(
        subjects, train=(X, Y), test=(X[:30], Y[:30]), protocol=NEAREST, cache="c", progress=False
    )


def test_samples_from_elsewhere(files: Path) -> None:
    np.savez("s.npz", images=X, labels=Y)
    np.savez_compressed("f.npz", X=(X / 255).astype(np.float32), y=Y)
    rows = {
        "bytes": de.SampleFiles(images="s.npz"),
        "floats": {"kind": "samples", "images": "f.npz"},
        "real": {"kind": "real"},
    }
    found = nearest(rows)
    # The training images themselves are what real data give.
    assert found[0].outcome.metrics == found[2].outcome.metrics
    assert [m.value for m in found[1].outcome.metrics][:2] == [
        m.value for m in found[2].outcome.metrics
    ][:2]
    (held,) = nearest({"bytes": (X, Y)})
    assert held.id == found[0].id
    for given, message in (
        ((X[:, :5], Y), "samples are (5, 8, 1), images (8, 8, 1)"),
        ((X, Y[:5]), "images (60, 8, 8), 5 labels; give"),
        ((X, Y + 1), "sample 2 has label 3; expected 0 … 2"),
        ((X[:10], Y[:10]), "20 samples asked for, there are 10; lower protocol.rungs"),
        ((X / 127.5 - 1, Y), "bad, from sample 0: samples lie in [-1, 1]"),
        ((X.astype(int), Y), "bad, from sample 0: samples are int64; give uint8"),
    ):
        with pytest.raises(DcganEvalError) as caught:
            nearest({"bad": given})
        assert message in str(caught.value), caught.value
