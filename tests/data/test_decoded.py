from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcgan_eval.core import CacheWarning, DataError, StorageError, rng_for
from dcgan_eval.data import DataSettings, ImageSet, Resize, load_images
from dcgan_eval.data import decoded as decoded_module
from tests.make.images import encoded, noise, write_parquet

Small = Callable[..., tuple[Path, np.ndarray, np.ndarray]]


def _entries(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "images").iterdir() if path.name[0] != ".")


def _leftovers(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "images").iterdir() if path.name[0] == ".")


def _run(code: str, *arguments: object, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, **options)  # type: ignore[call-overload] # options of one call


_LOAD = """
import sys
from pathlib import Path
from dcgan_eval.data import load_images
print("ready", flush=True)
images = load_images(sys.argv[1], "train", roots=[Path(sys.argv[2])], cache=Path(sys.argv[3]))
print(images.fingerprint)
"""


def test_decoded_once_then_mapped(small: Small, tmp_path: Path) -> None:
    root, train, _ = small()
    first = load_images("small", "train", roots=[root], cache=tmp_path / "cache")
    (entry,) = _entries(tmp_path / "cache")
    written = (entry / "pixels.npy").stat().st_mtime_ns
    again = load_images("small", "train", roots=[root], cache=tmp_path / "cache")
    assert _entries(tmp_path / "cache") == [entry] and not _leftovers(tmp_path / "cache")
    assert (entry / "pixels.npy").stat().st_mtime_ns == written
    assert np.array_equal(first.pixels, train) and np.array_equal(again.pixels, train)
    assert first.fingerprint == again.fingerprint
    assert type(again.pixels) is np.ndarray and not again.pixels.flags.writeable


def test_without_a_cache_nothing_stays(small: Small, tmp_path: Path) -> None:
    root, train, _ = small()
    before = set(tmp_path.rglob("*"))
    images = load_images("small", "train", roots=[root])
    assert np.array_equal(images.pixels, train)
    assert set(tmp_path.rglob("*")) == before


def test_whatever_changes_pixels_changes_the_key(small: Small, tmp_path: Path) -> None:
    root, _, _ = small()
    cache = tmp_path / "cache"
    variants: list[dict[str, object]] = [
        {},
        {"channels": "grey"},
        {"resize": Resize(side=4)},
        {"resize": Resize(side=4, how="stretch")},
        {"resize": Resize(side=5)},
        {"item_groups": r"(\d)\.png"},
    ]
    for values in variants:
        load_images(DataSettings(name="small", **values), "train", roots=[root], cache=cache)  # type: ignore[arg-type] # fields of several types
    assert len(_entries(cache)) == len(variants)
    write_parquet(
        root / "small" / "train.parquet", [encoded(image) for image in noise(6, 4, 4)], [0, 1] * 3
    )
    load_images("small", "train", roots=[root], cache=cache)
    assert len(_entries(cache)) == len(variants) + 1


def test_what_an_earlier_decoder_made_is_not_served(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _, _ = small()
    cache = tmp_path / "cache"
    with monkeypatch.context() as patch:
        patch.setattr(decoded_module, "_VERSION", 1)
        first = load_images("small", "train", roots=[root], cache=cache)
    again = load_images("small", "train", roots=[root], cache=cache)
    assert len(_entries(cache)) == 2
    assert again.fingerprint == first.fingerprint  # of pixels, which did not change


def test_the_fingerprint_is_of_pixels_shape_and_labels(tmp_path: Path) -> None:
    images, labels = noise(12, 4, 4, 3), np.arange(12) % 3

    def fingerprint(images: np.ndarray, labels: np.ndarray) -> str:
        (tmp_path / "s").mkdir(exist_ok=True)
        np.savez(tmp_path / "s" / "train.npz", images=images, labels=labels)
        return load_images("s", "train", roots=[tmp_path]).fingerprint

    base = fingerprint(images, labels)
    one_bit = images.copy()
    one_bit[7, 3, 2, 1] ^= 1
    swapped = labels.copy()
    swapped[[3, 4]] = swapped[[4, 3]]
    others = [
        fingerprint(one_bit, labels),
        fingerprint(images.reshape(12, 2, 8, 3), labels),
        fingerprint(images, swapped),
    ]
    assert fingerprint(images, labels.astype(np.uint8)) == base
    assert len({base, *others}) == 4


@pytest.mark.parametrize("file", ["pixels.npy", "labels.npy", "entry.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_entry_is_decoded_again(
    small: Small, tmp_path: Path, file: str, damage: str
) -> None:
    root, train, _ = small()
    cache = tmp_path / "cache"
    want = load_images("small", "train", roots=[root], cache=cache)
    path = _entries(cache)[0] / file
    content = bytearray(path.read_bytes())
    if damage == "flip":
        # The last value; in entry.json a number of the key.
        content[-20 if file == "entry.json" else -1] ^= 1
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.unlink()
    with pytest.warns(CacheWarning, match="small/train is decoded again"):
        got = load_images("small", "train", roots=[root], cache=cache)
    assert np.array_equal(got.pixels, train) and got.fingerprint == want.fingerprint
    assert np.array_equal(want.pixels, train) or file == "pixels.npy"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_images("small", "train", roots=[root], cache=cache)
    assert len(_entries(cache)) == 1 and not _leftovers(cache)


def test_an_entry_that_is_removed_at_once_is_still_read(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, pixels, _ = small()
    publish = decoded_module.publish

    def removed(folder: Path, place: Path, **options: bool) -> None:
        publish(folder, place, **options)
        shutil.rmtree(place)

    monkeypatch.setattr(decoded_module, "publish", removed)
    images = load_images("small", "train", roots=[root], cache=tmp_path / "cache")
    assert np.array_equal(images.pixels, pixels)


def test_a_failed_decoding_leaves_nothing(tmp_path: Path) -> None:
    pictures: list[bytes | None] = [encoded(image) for image in noise(500, 4, 4)]
    pictures[499] = b"broken"
    write_parquet(tmp_path / "s" / "train.parquet", pictures, np.arange(500) % 2)
    with pytest.raises(DataError, match="row 499"):
        load_images("s", "train", roots=[tmp_path], cache=tmp_path / "cache")
    assert list((tmp_path / "cache" / "images").iterdir()) == []


def test_images_of_other_sizes_are_named(tmp_path: Path) -> None:
    pictures: list[bytes | None] = [encoded(image) for image in noise(5, 4, 4, 3)]
    pictures[3] = encoded(noise(1, 6, 4, 3)[0])
    write_parquet(tmp_path / "s" / "train.parquet", pictures, [0, 1, 0, 1, 0])
    with pytest.raises(
        DataError, match=r"row 3 \(00003.png\): 6×4×3, but row 0 is 4×4×3; give resize"
    ):
        load_images("s", "train", roots=[tmp_path])
    values = DataSettings(name="s", resize=Resize(side=4))
    assert load_images(values, "train", roots=[tmp_path]).image_shape == (4, 4, 3)


def test_groups_are_numbered_by_their_texts(tmp_path: Path) -> None:
    paths = ["a_photo9_0.png", "a_photo2_0.png", "a_photo9_1.png", "a_photo2_1.png"]
    pictures: list[bytes | None] = [encoded(image) for image in noise(4, 4, 4)]
    write_parquet(tmp_path / "s" / "train.parquet", pictures, [0, 1, 1, 0], paths=paths)
    values = DataSettings(name="s", item_groups=r"photo(\d+)")
    plain = load_images("s", "train", roots=[tmp_path])
    grouped = load_images(values, "train", roots=[tmp_path], cache=tmp_path / "cache")
    again = load_images(values, "train", roots=[tmp_path], cache=tmp_path / "cache")
    assert plain.item_groups is None
    for images in (grouped, again):
        assert images.item_groups is not None and images.item_groups.tolist() == [1, 0, 1, 0]
    assert grouped.fingerprint == plain.fingerprint


def test_an_item_without_a_group_is_named(small: Small) -> None:
    root, _, _ = small()
    values = DataSettings(name="small", item_groups=r"0001(\d)")
    with pytest.raises(DataError, match=r"row 0 \(00000.png\): item_groups .* is not found"):
        load_images(values, "train", roots=[root])


def test_items_without_paths_have_no_groups() -> None:
    with pytest.raises(DataError, match="digits/train row 0: has no path"):
        load_images(DataSettings(name="digits", item_groups="(.)"), "train")


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImageSet]:
    """4,000 images, which take a noticeable time to decode."""
    root = tmp_path_factory.mktemp("larger")
    pictures: list[bytes | None] = [encoded(image) for image in noise(40, 48, 48, 3)]
    order = rng_for("order").integers(0, 40, 4000)
    chosen: list[bytes | None] = [pictures[i] for i in order]
    write_parquet(root / "larger" / "train.parquet", chosen, np.arange(4000) % 10)
    return root, load_images("larger", "train", roots=[root])


@pytest.mark.system
def test_killed_at_any_moment(larger: tuple[Path, ImageSet], tmp_path: Path) -> None:
    root, want = larger
    delays = rng_for("kill").uniform(0.0, 0.5, 6)
    for delay in delays:
        process = _run(_LOAD, "larger", root, tmp_path)
        with process:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        if (tmp_path / "images").is_dir():
            for entry in _entries(tmp_path):
                assert json.loads((entry / "entry.json").read_text())["digests"]
    got = load_images("larger", "train", roots=[root], cache=tmp_path)
    assert got.fingerprint == want.fingerprint and len(_entries(tmp_path)) == 1
    # Whoever writes beside it next removes what was left behind.
    (_entries(tmp_path)[0] / "labels.npy").unlink()
    with _run(_LOAD, "larger", root, tmp_path) as process:
        assert process.wait() == 0
    assert os.listdir(tmp_path / "images") == [_entries(tmp_path)[0].name]


@pytest.mark.system
def test_processes_share_a_cache(larger: tuple[Path, ImageSet], tmp_path: Path) -> None:
    root, want = larger
    processes = [_run(_LOAD, "larger", root, tmp_path) for _ in range(4)]
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0 and output.split() == [b"ready", want.fingerprint.encode()]
    assert len(_entries(tmp_path)) == 1 and not _leftovers(tmp_path)


_LIMITED = """
import resource, sys
from pathlib import Path
from dcgan_eval.core import StorageError
from dcgan_eval.data import load_images
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    load_images("larger", "train", roots=[Path(sys.argv[1])], cache=Path(sys.argv[2]))
except StorageError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_full_disk_is_one_line(larger: tuple[Path, ImageSet], tmp_path: Path) -> None:
    output, _ = _run(_LIMITED, larger[0], tmp_path).communicate(timeout=60)
    assert b"the disk is full; free space or choose another folder" in output
    assert output.count(b"\n") == 1 and list((tmp_path / "images").iterdir()) == []


def test_a_disk_without_room_for_a_header_is_one_line(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _, _ = small()

    def full(path: Path, *rest: Any, **options: Any) -> Any:
        """What is written to it fails, and fails again when it is closed."""
        return open("/dev/full" if path.name == "pixels.npy" else path, *rest, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StorageError, match=r"pixels\.npy: the disk is full"):
        load_images("small", "train", roots=[root], cache=tmp_path / "cache")


def test_a_cache_that_is_a_file(small: Small, tmp_path: Path) -> None:
    root, _, _ = small()
    (tmp_path / "cache").write_text("")
    with pytest.raises(StorageError, match="a file stands where a folder is needed"):
        load_images("small", "train", roots=[root], cache=tmp_path / "cache")


_PEAK = """
import re, sys, threading, time
from pathlib import Path
import numpy, PIL.Image, PIL.PngImagePlugin, pyarrow.parquet
from dcgan_eval.data import decoded as decoded_module
from dcgan_eval.data import DataSettings, load_images
peak, over = [0], threading.Event()
def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
def watch():
    while not over.wait(0.002):
        peak[0] = max(peak[0], anonymous())
begin = anonymous()
watcher = threading.Thread(target=watch)
watcher.start()
load_images(sys.argv[2], "train", roots=[Path(sys.argv[1])], cache=Path(sys.argv[3]))
over.set()
watcher.join()
print(peak[0] - begin)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_anonymous_memory_does_not_grow_with_the_number_of_images(
    tmp_path: Path, kind: str
) -> None:
    # Allocators that give memory back at once: what they keep would hide what is measured.
    quiet = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"}
    environment = {**os.environ, **quiet, "MALLOC_TRIM_THRESHOLD_": "0"}
    peaks = []
    for n in (6_000, 24_000):
        images = np.tile(noise(20, 32, 32, 3), (n // 20, 1, 1, 1))
        folder = tmp_path / f"s{n}"
        folder.mkdir()
        if kind == "npz":
            np.savez(folder / "train.npz", images=images, labels=np.arange(n) % 10)
        else:
            # One row group, plain values: the least that a reader can do in parts.
            pictures: list[bytes | None] = [encoded(image) for image in images[:20]]
            write_parquet(
                folder / "train.parquet",
                pictures * (n // 20),
                np.arange(n) % 10,
                use_dictionary=False,
                row_group_size=n,
            )
        process = _run(_PEAK, tmp_path, f"s{n}", tmp_path / "cache", env=environment)
        output, _ = process.communicate(timeout=60)
        peaks.append(int(output))
    # The large set has 54,000 KiB more of pixels, and as much of encoded bytes. In eight runs of
    # each kind the two peaks differed by at most 2,860 KiB.
    assert peaks[1] - peaks[0] < 8_000, peaks
