from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcgan_eval.core import DataError
from dcgan_eval.data import DataSettings, load_dataset, load_images
from tests.make.images import encoded, noise, write_parquet


@pytest.mark.parametrize("column", ["image", "img", "pixel_values"])
@pytest.mark.parametrize("row_group_size", [3, 1000])
def test_rows_come_in_order(tmp_path: Path, column: str, row_group_size: int) -> None:
    images, labels = noise(11, 5, 4, 3), np.arange(11) % 4
    pictures = [encoded(image) for image in images]
    write_parquet(
        tmp_path / "s" / "train.parquet",
        pictures,
        labels,
        column=column,
        row_group_size=row_group_size,
    )
    got = load_images("s", "train", roots=[tmp_path])
    assert np.array_equal(got.pixels, images) and np.array_equal(got.y, labels)
    assert got.class_names == ("0", "1", "2", "3")


def test_plain_binary_and_fine_labels(tmp_path: Path) -> None:
    images = noise(6, 4, 4)
    (tmp_path / "s").mkdir()
    columns = {"img": [encoded(image) for image in images], "fine_label": [0, 1, 2, 0, 1, 2]}
    pq.write_table(pa.table(columns), tmp_path / "s" / "train.parquet")
    got = load_images("s", "train", roots=[tmp_path])
    assert np.array_equal(got.pixels[..., 0], images) and got.y.tolist() == [0, 1, 2, 0, 1, 2]


def shards(
    folder: Path, n: int = 3, rows: int = 4, prefix: str = "train"
) -> tuple[list[Path], np.ndarray, np.ndarray]:
    """A set in as many files."""
    images, labels = noise(n * rows, 5, 4, 3), np.arange(n * rows) % 3
    files = []
    for number in range(n):
        chosen = slice(number * rows, (number + 1) * rows)
        file = folder / f"{prefix}-{number:05d}-of-{n:05d}.parquet"
        write_parquet(file, [encoded(image) for image in images[chosen]], labels[chosen])
        files.append(file)
    return files, images, labels


@pytest.mark.parametrize("below", ["", "data"])
def test_shards_are_read_whole_and_in_order(below: str, tmp_path: Path) -> None:
    files, images, labels = shards(tmp_path / "s" / below, n=12)
    shards(tmp_path / "s" / below, prefix="train-extra")
    # Names with a hash are those of older exports.
    files[1].rename(files[1].with_name("train-00001-of-00012-0a1b2c.parquet"))
    got = load_images("s", "train", roots=[tmp_path], cache=tmp_path / "cache")
    assert np.array_equal(got.pixels, images) and np.array_equal(got.y, labels)
    whole = tmp_path / "t" / "train.parquet"
    write_parquet(whole, [encoded(image) for image in images], labels)
    assert load_images("t", "train", roots=[tmp_path]).fingerprint == got.fingerprint


@pytest.mark.parametrize("name", ["train-00001-of-00003.parquet", "train-*-of-*.parquet"])
def test_a_shard_that_is_given_stands_for_all(name: str, tmp_path: Path) -> None:
    _, images, _ = shards(tmp_path)
    settings = DataSettings(name="s", train=tmp_path / name, test=tmp_path / name)
    assert np.array_equal(load_images(settings, "test").pixels, images)


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_shard_is_never_read_alone(given: bool, missing: int, tmp_path: Path) -> None:
    files, _, _ = shards(tmp_path / "s")
    files[missing].unlink()
    there = files[(missing + 1) % 3]
    settings = DataSettings(name="s")
    if given:
        settings = DataSettings(name="s", train=there, test=there)
    message = rf"shard {missing} of 0 to 2 is missing \(train-0000{missing}-of-00003.parquet\); get"
    with pytest.raises(DataError, match=message) as caught:
        load_images(settings, "train", roots=[tmp_path])
    assert "\n" not in str(caught.value)


def test_shards_of_two_sets_are_refused(tmp_path: Path) -> None:
    shards(tmp_path / "s", n=1)
    shards(tmp_path / "s", n=2)
    with pytest.raises(DataError, match=r"shards of several sets \(of 1, of 2\)"):
        load_images("s", "train", roots=[tmp_path])


@pytest.mark.parametrize(("number", "total"), [(0, 0), (2, 2), (3, 2)])
def test_shards_whose_names_lie_are_refused(number: int, total: int, tmp_path: Path) -> None:
    write_parquet(
        tmp_path / "s" / f"train-{number:05d}-of-{total:05d}.parquet",
        [encoded(image) for image in noise(2, 4, 4)],
        [0, 1],
    )
    with pytest.raises(DataError, match=f"shards of {total} are numbered from 0"):
        load_images("s", "train", roots=[tmp_path])


def test_shards_with_classes_in_another_order_are_refused(tmp_path: Path) -> None:
    files, _, _ = shards(tmp_path / "s", n=2)
    for file, names in zip(files, ("no, yes, so", "yes, no, so"), strict=True):
        quoted = ", ".join(f'"{name}"' for name in names.split(", "))
        feature = f'{{"info": {{"features": {{"label": {{"names": [{quoted}]}}}}}}}}'
        table = pq.read_table(file).replace_schema_metadata({"huggingface": feature})
        pq.write_table(table, file)
    with pytest.raises(DataError, match="other class names than"):
        load_images("s", "train", roots=[tmp_path])


def test_hugging_face_names(tmp_path: Path) -> None:
    feature = b'{"info": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}}'
    table = pa.table({"image": [encoded(noise(1, 4, 4)[0])] * 2, "label": [1, 0]})
    (tmp_path / "s").mkdir()
    pq.write_table(
        table.replace_schema_metadata({b"huggingface": feature}), tmp_path / "s" / "train.parquet"
    )
    assert load_images("s", "train", roots=[tmp_path]).class_names == ("no", "yes")


def test_a_corrupt_image_names_its_row_and_path(tmp_path: Path) -> None:
    pictures: list[bytes | None] = [encoded(image) for image in noise(600, 4, 4)]
    pictures[417] = b"not an image"
    write_parquet(tmp_path / "s" / "train.parquet", pictures, np.arange(600) % 2)
    with pytest.raises(DataError, match=r"s/train row 417 \(00417.png\): damaged"):
        load_images("s", "train", roots=[tmp_path])


def test_a_row_without_bytes_is_named(tmp_path: Path) -> None:
    pictures: list[bytes | None] = [encoded(noise(1, 4, 4)[0]), None]
    write_parquet(tmp_path / "s" / "train.parquet", pictures, [0, 1])
    with pytest.raises(DataError, match="row 1 has no image bytes"):
        load_images("s", "train", roots=[tmp_path])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"picture": [b"x"], "label": [0]},
            "no column 'image' or 'img' or 'pixel_values'; it has picture, label",
        ),
        ({"image": [b"x"], "y": [0]}, "no column 'label' or 'fine_label'"),
        ({"image": [b"x"], "label": ["cat"]}, "holds string; expected integers"),
        ({"image": [b"x"], "label": [0.5]}, "holds double; expected integers"),
        ({"image": [b"x", b"y"], "label": [0, None]}, "rows without a label"),
        ({"image": [3, 4], "label": [0, 1]}, "holds int64; expected encoded images"),
        (
            {"image": pa.array([], pa.binary()), "label": pa.array([], pa.int64())},
            "has no images",
        ),
    ],
)
def test_other_columns_are_refused(
    tmp_path: Path, columns: dict[str, object], message: str
) -> None:
    (tmp_path / "s").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "s" / "train.parquet")
    with pytest.raises(DataError, match=message):
        load_images("s", "train", roots=[tmp_path])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "x.parquet"
    write_parquet(path, [encoded(image) for image in noise(20, 4, 4)], np.arange(20) % 2)
    return path.read_bytes()


@pytest.mark.slow
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_damaged_files_are_one_line(tmp_path: Path, whole: bytes, data: st.DataObject) -> None:
    bad = bytearray(whole)
    if data.draw(st.booleans()):
        bad = bad[: data.draw(st.integers(0, len(whole) - 1))]
    for _ in range(data.draw(st.integers(1, 3))):
        if bad:
            bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path / "bad.parquet"
    file.write_bytes(bad)
    try:
        load_dataset(DataSettings(name="bad", train=file, test=file))
    except DataError as error:
        assert "\n" not in str(error)


def test_labels_of_another_column(tmp_path: Path) -> None:
    files, images, labels = shards(tmp_path / "s" / "data", n=2, rows=6)
    for at, file in enumerate(files):
        table = pq.read_table(file)
        pq.write_table(table.append_column("half", [labels[at * 6 : at * 6 + 6] // 2]), file)
    roots, cache = [tmp_path], tmp_path / "cache"
    usual = load_images(DataSettings(name="s"), "train", roots=roots, cache=cache)
    other = load_images(
        DataSettings(name="s", label_column="half"), "train", roots=roots, cache=cache
    )
    assert np.array_equal(usual.y, labels) and np.array_equal(other.y, labels // 2)
    assert np.array_equal(other.pixels, images) and other.class_names == ("0", "1")
    with pytest.raises(DataError, match=r"no column 'third'; it has .*; name one by label_column"):
        load_images(DataSettings(name="s", label_column="third"), "train", roots=roots)
