from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import RecordError, RecordWarning, digest_json
from dcgan_eval.records import (
    Predictions,
    Record,
    ResultStore,
    StoredRecord,
    read_record,
    read_records,
    store,
    stored,
)
from dcgan_eval.records.stored import beside
from tests.make.records import sign

MakeRecord = Callable[..., Record]


def signed(text: str) -> str:
    """A record's text with the digest that its outcome has now."""
    values = json.loads(text)
    values["digests"]["outcome"] = digest_json(values["outcome"])
    return json.dumps(values)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_round_trip(tmp_path: Path, make_record: MakeRecord, predictions: Predictions) -> None:
    record = make_record()
    exhibits = {"confusion": np.arange(9).reshape(3, 3), "view": np.ones((4, 2), np.float32)}
    saved = ResultStore(tmp_path).save(record, predictions, exhibits)
    path = saved.path

    assert path.name == f"DCGAN-authors.{record.id[:12]}.json"
    (stored,) = ResultStore(tmp_path).load()
    assert stored.record == saved.record == read_record(path)
    assert stored.record.model_copy(update={"digests": {}}) == record
    assert set(stored.record.digests) == {"outcome", "predictions", "exhibits"}
    assert stored.path == path
    found = stored.predictions()
    assert found is not None
    np.testing.assert_array_equal(found.values, predictions.values)
    np.testing.assert_array_equal(found.targets, predictions.targets)
    np.testing.assert_array_equal(found.item_ids, predictions.item_ids)
    np.testing.assert_array_equal(found.groups, predictions.groups)
    assert found.n_classes == predictions.n_classes
    np.testing.assert_array_equal(found.errors, predictions.values != predictions.targets)
    assert set(stored.exhibits()) == {"confusion", "view"}
    np.testing.assert_array_equal(stored.exhibits()["confusion"], exhibits["confusion"])
    assert ResultStore(tmp_path).find(record.id) == saved
    assert ResultStore(tmp_path).find("0" * 64) is None


def test_equal_content_gives_equal_bytes(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    wide = Predictions(
        predictions.values.astype(np.int64),
        predictions.targets.astype(np.uint8),
        predictions.item_ids.astype(np.int32),
        predictions.groups,
        predictions.n_classes,
    )
    for folder, given in (("a", predictions), ("b", wide)):
        ResultStore(tmp_path / folder).save(make_record(), given, {"x": np.arange(5)})
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_two_runs_of_one_name_are_two_records(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    store = ResultStore(tmp_path)
    store.save(make_record(weights="1" * 64), predictions, {})
    store.save(make_record(weights="2" * 64), predictions, {})
    names = [stored.record.outcome.representation.name for stored in store.load()]
    assert names == ["DCGAN (authors)"] * 2


def test_one_result_under_two_names_counts_once(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    ResultStore(tmp_path / "a").save(make_record(name="old"), predictions, {})
    newer = (
        ResultStore(tmp_path / "b")
        .save(make_record(name="new", started="2026-02-01T00:00:00+00:00"), predictions, {})
        .record
    )
    records, problems = read_records([tmp_path])
    assert [one.record for one in records] == [newer]
    assert len(problems) == 1 and problems[0].startswith("old.")
    assert len(list(tmp_path.glob("*/*.json"))) == 2  # nothing is deleted


def test_damaged_records_are_named_and_skipped(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    store = ResultStore(tmp_path)
    saved = store.save(make_record(), predictions, {})
    good, text = saved.record, saved.path.read_text()
    value = str(good.outcome.headline.value)
    damaged = {
        "truncated.000000000001.json": text[: len(text) // 2],
        "future.000000000002.json": text.replace('"schema_version": 2', '"schema_version": 99'),
        "past.000000000003.json": text.replace('"schema_version": 2', '"schema_version": 0'),
        "none.000000000004.json": text.replace('"schema_version": 2', '"other": 2'),
        "key.000000000005.json": text.replace('"git_revision"', '"git_revison"'),
        "nan.000000000006.json": text.replace(value, "NaN"),
        "list.000000000007.json": "[]",
        "empty.000000000008.json": "",
        "deep.000000000009.json": "[" * 100_000,
        "renamed.json": signed(text.replace('"better": "low"', '"better": "left"')),
        "edited.00000000000b.json": text.replace(value, value[1:]),
        "unsigned.00000000000c.json": text.replace('"outcome": "', '"exhibits": "'),
        "older.00000000000d.json": text.replace('"schema_version": 2', '"schema_version": 1'),
    }
    for name, content in damaged.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "bytes.00000000000a.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "comparison.json").write_text('{"pairs": []}')  # not a record, and not named

    records, problems = read_records([tmp_path])
    assert [one.record for one in records] == [good]
    assert {line.split(":")[0] for line in problems} == {*damaged, "bytes.00000000000a.json"}
    assert any("schema version 99 is newer than this release's 2" in line for line in problems)
    assert any("schema version 0 is not known" in line for line in problems)
    assert any("outcome.metrics.0.better" in line for line in problems)
    said = dict(line.split(": ", 1) for line in problems)
    assert said["nan.000000000006.json"].startswith("not a whole JSON file (NaN is no finite")
    for name in ("edited.00000000000b", "unsigned.00000000000c"):
        assert said[f"{name}.json"].startswith("edited since it was saved"), name
    assert said["older.00000000000d.json"].startswith("not a record of schema version 1")
    with pytest.warns(RecordWarning) as caught:
        assert len(store.load()) == 1
    assert len(caught) == len(problems)


def test_what_could_stop_a_table_is_named_and_skipped(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    """Nobody signs such a record by mistake; records of schema version 1 have no digests at all."""
    path = ResultStore(tmp_path).save(make_record(), predictions, {}).path
    text = path.read_text()
    odd = {
        "large.json": signed(text.replace('"seed": null', f'"seed": {10**30}')),
        "digits.json": text.replace('"seed": null', f'"seed": {"9" * 10_000}'),
        "infinite.json": text.replace('"identity": {', '"identity": {"a": 1e999,'),
    }
    for file, content in odd.items():
        assert content != text
        (tmp_path / file).write_text(content)
    (tmp_path / "huge.000000000001.json").write_bytes(b" " * (17 << 20))
    for file in ("pipe.000000000002.json", "other.json"):
        os.mkfifo(tmp_path / file)
    (tmp_path / "zeros.000000000003.json").symlink_to("/dev/zero")
    (tmp_path / "nowhere.000000000004.json").symlink_to("nowhere")
    records, problems = read_records([tmp_path])
    assert [one.path for one in records] == [path]
    said = dict(line.split(": ", 1) for line in problems)
    # What is no regular file, and is not called like a record, is none.
    assert set(said) == {*odd, *(one.name for one in tmp_path.glob("*.00000000000?.json"))}
    assert "is no regular file" in said["pipe.000000000002.json"]
    assert "is no regular file" in said["zeros.000000000003.json"]
    assert "larger than 16 MiB" in said["huge.000000000001.json"]


def test_predictions_that_unfold_to_more_than_the_record_says_take_no_memory(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    stored = ResultStore(tmp_path).save(make_record(), predictions, {"x": np.arange(3)})
    bomb = np.zeros(300 << 20, np.uint8)
    for what in ("predictions", "exhibits"):
        with zipfile.ZipFile(beside(stored.path, what), "w", zipfile.ZIP_DEFLATED, True, 1) as file:
            file.writestr("values.npy", bomb.data)
        assert beside(stored.path, what).stat().st_size < 2 << 20
    del bomb
    tracemalloc.start()
    with pytest.warns(RecordWarning, match=r"unfolds to \d+ bytes; at most \d+ are read"):
        assert stored.predictions() is None
    with pytest.warns(RecordWarning, match=r"unfolds to \d+ bytes; at most \d+ are read"):
        assert stored.exhibits() == {}
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_predictions_of_classes_without_a_name_are_not_used(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    path = ResultStore(tmp_path).save(make_record(), predictions, {}).path
    values = json.loads(path.read_text())
    values["outcome"]["data"]["class_names"] = ["a", "b"]
    sign(path, values)
    (stored,), problems = read_records([tmp_path])
    assert not problems
    with pytest.warns(RecordWarning, match="of 10 classes; the record names 2; not used"):
        assert stored.predictions() is None


def test_damaged_record_is_not_found(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    record = make_record()
    path = ResultStore(tmp_path).save(record, predictions, {}).path
    path.write_text(path.read_text()[:-20])
    with pytest.warns(RecordWarning, match="not a whole JSON file"):
        assert ResultStore(tmp_path).find(record.id) is None


def test_missing_predictions_are_named(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    path = ResultStore(tmp_path).save(make_record(), predictions, {}).path
    path.with_name(f"{path.stem}.predictions.npz").unlink()
    (stored,), problems = read_records([tmp_path])
    assert stored.predictions() is None and stored.exhibits() == {}
    assert problems == [f"{path.name}: no predictions beside it; shown, but not compared"]


@pytest.mark.parametrize("what", ["predictions", "exhibits"])
def test_damaged_arrays_are_named_and_not_used(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions, what: str
) -> None:
    path = ResultStore(tmp_path).save(make_record(), predictions, {"x": np.arange(50)}).path
    arrays = path.with_name(f"{path.stem}.{what}.npz")
    whole = arrays.read_bytes()
    (stored,) = ResultStore(tmp_path).load()
    damaged = [whole[: len(whole) // 2], b"", b"PK\x03\x04 not a zip"]
    flipped = bytearray(whole)
    flipped[90] ^= 0xFF
    for content in [*damaged, bytes(flipped)]:
        arrays.write_bytes(content)
        with pytest.warns(RecordWarning, match="not used"):
            assert not getattr(stored, what)()


def test_predictions_of_another_shape_are_not_used(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    store = ResultStore(tmp_path)
    path = store.save(make_record(), predictions, {}).path
    (saved,) = store.load()
    stored = StoredRecord(saved.record.model_copy(update={"digests": {}}), path)  # as of schema 1
    np.savez(
        path.with_name(f"{path.stem}.predictions.npz"),
        values=predictions.values[:, :-1],
        targets=predictions.targets[:-1],
        item_ids=predictions.item_ids[:-1],
        n_classes=10,
    )
    with pytest.warns(RecordWarning, match="the record says 3 rows × 40 items"):
        assert stored.predictions() is None


def test_predictions_that_do_not_fit_are_not_saved(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    wrong = Predictions(predictions.values + 7, predictions.targets, predictions.item_ids, None, 10)
    with pytest.raises(RecordError, match="expected classes 0 … 9"):
        ResultStore(tmp_path).save(make_record(), wrong, {})
    floats = Predictions(
        predictions.values.astype(float),  # type: ignore[arg-type]  # what a caller may do
        predictions.targets,
        predictions.item_ids,
        None,
        10,
    )
    with pytest.raises(RecordError, match="expected integers"):
        ResultStore(tmp_path).save(make_record(), floats, {})
    assert not list(tmp_path.iterdir())


def test_what_json_cannot_hold_is_not_saved(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    for value in (float("nan"), np.float32(1)):
        with pytest.raises(RecordError, match="cannot be saved"):
            ResultStore(tmp_path).save(make_record(details={"x": value}), predictions, {})
    assert not list(tmp_path.iterdir())


def test_folders_are_read_with_their_subfolders(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    store = ResultStore(tmp_path / "svhn")
    path = store.save(make_record(weights="1" * 64), predictions, {}).path
    other = ResultStore(tmp_path / "deep" / "er")
    other.save(make_record(weights="2" * 64), predictions, {})
    records, problems = read_records([tmp_path, path])
    assert len(records) == 2 and not problems
    with pytest.raises(RecordError, match="no such record or folder"):
        read_records([tmp_path / "nowhere"])
    with pytest.raises(RecordError, match="no such folder"):
        ResultStore(tmp_path / "nowhere").load()


def test_names_cannot_leave_the_folder(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    for name in ("../../x", "<b>", "a/b", "…", ""):
        path = ResultStore(tmp_path / "r").save(make_record(name=name), predictions, {}).path
        assert path.parent == tmp_path / "r"
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def _write(folder: Path, record: Record, predictions: Predictions, times: int) -> None:
    for _ in range(times):
        ResultStore(folder).save(record, predictions, {"x": np.arange(10)})


@pytest.mark.slow
def test_concurrent_writers_lose_and_tear_nothing(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    records = [make_record(weights=f"{i:064d}") for i in range(4)]
    fork = multiprocessing.get_context("fork")
    jobs = [
        fork.Process(target=_write, args=(tmp_path, record, predictions, 10))
        for record in [*records, *records]
    ]
    for job in jobs:
        job.start()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        while any(job.is_alive() for job in jobs):
            for stored in ResultStore(tmp_path).load():
                assert stored.predictions() is not None
    for job in jobs:
        job.join()
        assert job.exitcode == 0
    found = {one.record.id: one.record.outcome for one in ResultStore(tmp_path).load()}
    assert found == {record.id: record.outcome for record in records}
    assert len(list(tmp_path.iterdir())) == 3 * len(records)  # no temporary file is left


def test_id_changes_with_what_decides_and_only_with_it(make_record: MakeRecord) -> None:
    base = make_record().id
    for change in (
        {"protocol": "other"},
        {"version": 2},
        {"settings": {"draws": 4}},
        {"train": "f" * 64},
        {"subset": "limit"},
        {"weights": "f" * 64},
        {"identity": {"grid": 2}},
        {"seed": 1},
    ):
        assert make_record(**change).id != base, change
    for change in (
        {"name": "other"},
        {"started": "2027-01-01T00:00:00+00:00"},
        {"notes": ("said",)},
    ):
        assert make_record(**change).id == base, change


def test_a_record_without_predictions_is_kept(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    store = ResultStore(tmp_path)
    whole = make_record()
    record = whole.model_copy(
        update={"outcome": whole.outcome.model_copy(update={"predictions": None})}
    )
    store.save(whole, predictions, {"x": np.arange(5)})
    saved = store.save(record, None, {})  # takes the place of the one before, arrays included
    assert [path.name for path in tmp_path.iterdir()] == [saved.path.name]
    (stored,), problems = read_records([tmp_path])
    assert not problems and stored.record == saved.record
    assert set(stored.record.digests) == {"outcome"}
    assert stored.predictions() is None and stored.exhibits() == {}
    for one, given in ((whole, None), (record, predictions)):
        with pytest.raises(RecordError, match="predictions and their layout come together"):
            store.save(one, given, {})


def test_arrays_of_another_record_are_named_and_not_used(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    store = ResultStore(tmp_path)
    path = store.save(make_record(), predictions, {"x": np.arange(5)}).path
    other = Predictions(
        predictions.values[:, ::-1],
        predictions.targets,
        predictions.item_ids,
        predictions.groups,
        predictions.n_classes,
    )
    theirs = store.save(make_record(weights="1" * 64), other, {"x": np.arange(6)}).path
    for what in ("predictions", "exhibits"):
        source = theirs.with_name(f"{theirs.stem}.{what}.npz")
        path.with_name(f"{path.stem}.{what}.npz").write_bytes(source.read_bytes())
        stored = next(one for one in store.load() if one.path == path)
        said = f"{path.stem}.{what}.npz: not the {what} that the record was saved with; not used"
        with pytest.warns(RecordWarning, match=re.escape(said)):
            assert not getattr(stored, what)()


def test_exhibits_that_the_record_knows_nothing_of_are_not_used(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    stored = ResultStore(tmp_path).save(make_record(), predictions, {})
    np.savez(stored.path.with_name(f"{stored.path.stem}.exhibits.npz"), x=np.arange(3))
    with pytest.warns(RecordWarning, match="not the exhibits that the record was saved with"):
        assert stored.exhibits() == {}


def test_an_edited_record_is_not_found(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    saved = ResultStore(tmp_path).save(make_record(), predictions, {})
    text = saved.path.read_text()
    value = saved.record.outcome.headline.value
    saved.path.write_text(text.replace(str(value), "88.0"))
    with pytest.warns(RecordWarning, match="edited since it was saved: .*; made again"):
        assert ResultStore(tmp_path).find(saved.record.id) is None
    # How the run went is no part of the outcome, and layout of the file says nothing.
    saved.path.write_text(json.dumps(json.loads(text.replace("2026-01-02", "2027-01-02"))))
    assert ResultStore(tmp_path).find(saved.record.id) is not None


@pytest.mark.parametrize(
    "x", [0.1 + 0.2, 1e-320, 1e22, -0.0, 2**70, {3: 1, "20": 2, 10: 3}, "é\ud800"]
)
def test_what_json_gives_back_has_the_digest(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions, x: object
) -> None:
    saved = ResultStore(tmp_path).save(make_record(details={"x": x}), predictions, {})
    assert read_record(saved.path) == saved.record


FIXTURE = Path(__file__).parent / "fixtures"


def test_records_of_schema_version_1_load(tmp_path: Path) -> None:
    shutil.copytree(FIXTURE / "version1", tmp_path / "version1")
    records, problems = read_records([tmp_path])
    assert not problems
    (stored,) = records
    values = json.loads(stored.path.read_text())
    assert values["schema_version"] == 1 and stored.record.digests == {}
    record = stored.record
    assert record.outcome.representation.name == "DCGAN (authors)"
    assert record.outcome.headline.value == 88.125
    assert record.outcome.headline.spread == 2.4
    assert [repeat.values[0].value for repeat in record.outcome.repeats] == [88.0, 89.0, 90.0]
    predictions = stored.predictions()
    assert predictions is not None and predictions.values.shape == (3, 40)
    assert predictions.values[0, :5].tolist() == [6, 8, 0, 8, 4]
    assert stored.exhibits()["confusion"].sum() == 36


def test_room_is_light() -> None:
    code = (
        "import sys, dcgan_eval.records; "
        "print([m for m in ('torch', 'pandas', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_notebook_display_escapes(make_record: MakeRecord) -> None:
    record = make_record(name="<b>x</b>", subset="a & b")
    html = record._repr_html_()
    assert "CPU" not in html
    run = record.run.model_copy(update={"seconds": {"all": 9.0}, "cpu_seconds": {"all": 5.5}})
    assert ">5.5<" in record.model_copy(update={"run": run})._repr_html_()
    found = record.outcome.headline
    assert "<b>" not in html and "&lt;b&gt;x&lt;/b&gt;" in html and "a &amp; b" in html
    assert f"{found.value:.2f} % ({found.interval.low:.2f} to {found.interval.high:.2f})" in html


def test_a_store_has_one_record_of_an_id(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions
) -> None:
    store, exhibits = ResultStore(tmp_path), {"x": np.arange(3)}
    store.save(make_record(name="old"), predictions, exhibits)
    other = store.save(make_record(name="old", protocol="other"), predictions, exhibits)
    new = store.save(make_record(name="new"), predictions, exhibits)
    assert len(list(tmp_path.iterdir())) == 6
    assert {one.path for one in store.load()} == {other.path, new.path}


@pytest.mark.parametrize("what", ["predictions", "exhibits"])
@pytest.mark.parametrize("how", ["missing", "truncated", "another", "same"])
def test_files_beside_a_record_are_checked(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions, what: str, how: str
) -> None:
    stored = ResultStore(tmp_path).save(make_record(), predictions, {"x": np.arange(3)})
    stored.check()
    path = stored.path.with_name(f"{stored.path.stem}.{what}.npz")
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(path.read_bytes()[:-30])
    elif how == "another":
        np.savez(path, x=np.arange(4))
    else:
        with np.load(path) as arrays:
            np.savez(path, **arrays)
        stored.check()
        return
    with pytest.raises(RecordError, match=re.escape(path.name if how != "missing" else what)):
        stored.check()


@pytest.mark.parametrize("how", ["missing", "truncated"])
def test_files_beside_a_record_without_digests_are_checked_as_far_as_can_be(
    tmp_path: Path, make_record: MakeRecord, predictions: Predictions, how: str
) -> None:
    saved = ResultStore(tmp_path).save(make_record(), predictions, {"x": np.arange(3)})
    stored = StoredRecord(saved.record.model_copy(update={"digests": {}}), saved.path)
    stored.check()
    path = saved.path.with_name(f"{saved.path.stem}.predictions.npz")
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(RecordError):
        stored.check()


def test_a_record_that_could_not_be_read_again_is_not_saved(
    tmp_path: Path,
    make_record: MakeRecord,
    predictions: Predictions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def save(name: str) -> int:
        saved = ResultStore(tmp_path / name).save(make_record(), predictions, {})
        assert saved.path is not None
        return saved.path.stat().st_size

    size = save("first")
    monkeypatch.setattr(store, "_MOST_BYTES", size)
    assert save("kept") == size
    monkeypatch.setattr(store, "_MOST_BYTES", size - 1)
    message = r"cannot be saved: [\d,]+ bytes of JSON; at most [\d,]+ are read again"
    with pytest.raises(RecordError, match=message):
        save("out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("what", ["predictions", "exhibits"])
def test_what_could_not_be_read_again_is_not_saved(
    tmp_path: Path,
    make_record: MakeRecord,
    predictions: Predictions,
    what: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = sum(array.nbytes for array in predictions.arrays().values())
    exhibits = {"view": np.zeros(size, np.uint8)}
    monkeypatch.setattr(stored, "MOST_BYTES", size + (1 << 12))
    kept = ResultStore(tmp_path / "kept").save(make_record(), predictions, exhibits)
    assert kept.predictions() is not None and kept.exhibits()
    if what == "predictions":
        monkeypatch.setattr(stored, "MOST_BYTES", size)
        exhibits = {}
    else:
        exhibits = {"view": np.zeros(size + 1, np.uint8)}
    message = f"cannot be saved: {what} of .* are kept beside a record: use fewer draws"
    with pytest.raises(RecordError, match=message) as caught:
        ResultStore(tmp_path / "out").save(make_record(), predictions, exhibits)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
