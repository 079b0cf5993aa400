from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import DataError, SettingsError
from dcgan_eval.data import DataSettings, load_dataset, load_images
from tests.make.images import encoded, noise, write_parquet

Small = Callable[..., tuple[Path, np.ndarray, np.ndarray]]


def test_importing_the_room_imports_nothing_heavy() -> None:
    code = (
        "import sys, dcgan_eval.data;"
        "print({'torch', 'torchvision', 'sklearn', 'pyarrow', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_name_a_root_or_paths(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    root, train, test = small()
    by_roots = load_dataset("small", roots=[root / "absent", root])
    by_root = load_dataset(DataSettings(name="small", root=root))
    paths = DataSettings(name="x", train="small/train.parquet", test="small/test.parquet")
    by_paths = load_dataset(paths, roots=[root])
    by_words = load_dataset("small", roots=[str(root)], cache=str(root / "cache"))
    monkeypatch.chdir(root)
    from_here = load_dataset("small")
    relative = load_dataset(DataSettings(name="small", root=Path(".")))
    monkeypatch.chdir(root.parent)
    monkeypatch.setenv("DCGAN_EVAL_DATA", f"/absent:{root}")
    by_environment = load_dataset("small")
    with pytest.raises(DataError, match="give root, --data-root, DCGAN_EVAL_DATA, or train"):
        load_dataset("small", roots=())
    for pair in (by_roots, by_root, by_paths, by_words, from_here, relative, by_environment):
        assert np.array_equal(pair[0].pixels, train) and np.array_equal(pair[1].pixels, test)
    assert by_roots[0].name == "small/train"


def test_a_relative_root_is_looked_for_in_the_roots_too(small: Small) -> None:
    root, train, _ = small()
    values = DataSettings(name="small", root=Path("root"))
    assert np.array_equal(load_images(values, "train", roots=[root.parent]).pixels, train)


def test_absent_data_say_where_they_were_looked_for_and_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        load_images("cifar10", "train", roots=[tmp_path / "a", tmp_path / "b"])
    text = str(caught.value)
    for root in (tmp_path, tmp_path / "a", tmp_path / "b"):
        assert f"{root}/cifar10/train.parquet" in text
        assert f"{root}/cifar10/cifar-10-batches-py" in text
    assert "dcgan-eval data prepare cifar10 --root DIR" in text and "\n" not in text


def test_a_misspelt_name_gets_a_suggestion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="did you mean 'cifar10'"):
        load_images("cifr10", "train")


@pytest.mark.parametrize("name", ["../x", "<b>", "a/b"])
def test_names_lead_nowhere_else(name: str) -> None:
    with pytest.raises(SettingsError, match="letters, digits"):
        load_images(name, "train")


def test_several_readers_that_fit(small: Small) -> None:
    root, train, _ = small()
    np.savez(root / "small" / "train.npz", images=train[:9], labels=np.arange(9) % 3)
    with pytest.raises(DataError, match=r"fit in .*: npz, parquet; choose one with reader"):
        load_images("small", "train", roots=[root])
    chosen = DataSettings(name="small", reader="npz")
    assert len(load_images(chosen, "train", roots=[root])) == 9


def test_an_unknown_reader(small: Small) -> None:
    with pytest.raises(SettingsError, match="unknown reader 'parket'; did you mean 'parquet'"):
        load_images(DataSettings(name="small", reader="parket"), "train", roots=[small()[0]])


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1,2")
    for path, error, message in (
        (file, SettingsError, "a.csv: of no kind that is read here"),
        (tmp_path / "b.npz", DataError, "no such file; looked for .*b.npz"),
    ):
        with pytest.raises(error, match=message):
            load_images(DataSettings(name="x", train=path, test=path), "train")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter any folder")
def test_a_folder_that_may_not_be_entered(small: Small) -> None:
    root, _, _ = small()
    (root / "small").chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        load_images("small", "train", roots=[root])
    (root / "small").chmod(0o755)


def test_labels_outside_the_classes_name_their_row(tmp_path: Path) -> None:
    pictures: list[bytes | None] = [encoded(image) for image in noise(12, 4, 4)]
    write_parquet(tmp_path / "mnist" / "train.parquet", pictures, [*range(10), 10, 3])
    with pytest.raises(DataError, match=r"mnist/train row 10: label 10; expected 0 … 9"):
        load_images("mnist", "train", roots=[tmp_path])


def test_a_test_label_that_training_does_not_have(tmp_path: Path) -> None:
    pictures: list[bytes | None] = [encoded(image) for image in noise(4, 4, 4)]
    write_parquet(tmp_path / "s" / "train.parquet", pictures, [0, 1, 0, 1])
    write_parquet(tmp_path / "s" / "test.parquet", pictures, [0, 1, 2, 1])
    with pytest.raises(DataError, match=r"s/test row 2: label 2; expected 0 … 1"):
        load_images("s", "test", roots=[tmp_path])


def test_a_test_part_may_lack_a_class(tmp_path: Path) -> None:
    pictures: list[bytes | None] = [encoded(image) for image in noise(4, 4, 4)]
    write_parquet(tmp_path / "s" / "train.parquet", pictures, [0, 1, 2, 1])
    write_parquet(tmp_path / "s" / "test.parquet", pictures, [0, 0, 1, 1])
    assert load_images("s", "test", roots=[tmp_path]).class_names == ("0", "1", "2")


def test_a_published_set_that_lacks_a_class(tmp_path: Path) -> None:
    pictures: list[bytes | None] = [encoded(image) for image in noise(18, 4, 4)]
    write_parquet(tmp_path / "mnist" / "train.parquet", pictures, [*range(9)] * 2)
    with pytest.raises(DataError, match=r"class 9 \(9\) has no image"):
        load_images("mnist", "train", roots=[tmp_path])


def test_parts_of_different_size(small: Small) -> None:
    root, _, _ = small()
    pictures: list[bytes | None] = [encoded(image) for image in noise(3, 4, 4)]
    write_parquet(root / "small" / "test.parquet", pictures, [0, 1, 2])
    with pytest.raises(DataError, match="6×5×3, small/test of 4×4×1; give resize or channels"):
        load_dataset("small", roots=[root])


def test_an_unknown_part(small: Small) -> None:
    with pytest.raises(DataError, match="did you mean 'train'"):
        load_images("small", "trian", roots=[small()[0]])  # type: ignore[arg-type] # the mistake under test
