"""Extraction: the cache never serves the wrong features, and survives being killed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dcgan_eval.core import CacheWarning, DataError, Silent, StorageError, digest_arrays
from dcgan_eval.features import EncoderRepresentation, Pooling, explain, extract_features, pooling
from dcgan_eval.features import blocks as blocks_module
from dcgan_eval.features import extract as extract_module
from dcgan_eval.features.batchnorm import give_statistics
from dcgan_eval.features.blockfile import BlockFile
from dcgan_eval.models import random_encoder
from tests.make.features import Extraction, extract
from tests.make.images import made_images, random_images


def representation(seed: int = 0, **options: object) -> EncoderRepresentation:
    encoder = random_encoder("dcgan8", {}, seed)
    return EncoderRepresentation(
        encoder, kind="network", name="test", **{"batch_norm": "dataset", **options}
    )


def extraction(seed: int = 0, n: int = 300, **options: object) -> Extraction:
    return Extraction(representation(seed, **options), random_images(n), random_images(200, seed=9))


def values_path(cache: Path, one: Extraction) -> Path:
    return cache / "features" / one.key / "values.bin"


def test_features_are_the_pooled_layers_in_the_order_layer_channel_y_x(tmp_path: Path) -> None:
    one = extraction(n=5)
    matrix = extract(one, tmp_path)
    assert matrix.shape == (5, 32 * 16 + 64 * 16 + 64 * 16)
    rep = one.representation
    state = rep.fit(one.reference, "cpu", Silent())
    network = random_encoder("dcgan8", {}, 0).network
    give_statistics(network, dict(state))
    maps = torch.from_numpy(one.images.images(0, 5)).permute(0, 3, 1, 2).float() / 127.5 - 1
    expected = []
    with torch.no_grad():
        for name, block in network.named_children():
            if name.startswith("layer"):
                maps = block(maps)
                n, channels, height, width = maps.shape
                blocks = maps.reshape(n, channels, 4, height // 4, 4, width // 4)
                expected.append(blocks.amax((3, 5)).flatten(1).numpy())
    np.testing.assert_allclose(matrix[:], np.concatenate(expected, 1), rtol=1e-5, atol=2e-5)


def test_the_same_inputs_give_the_same_bits_and_a_hit_reads_them(tmp_path: Path) -> None:
    one = extraction()
    first = np.array(extract(one, tmp_path / "a")[:])
    second = np.array(extract(one, tmp_path / "b")[:])
    assert first.tobytes() == second.tobytes()
    before = values_path(tmp_path / "a", one).stat().st_mtime_ns
    assert np.array_equal(extract(one, tmp_path / "a")[:], first)
    assert values_path(tmp_path / "a", one).stat().st_mtime_ns == before


def test_rows_do_not_depend_on_how_many_images_follow(tmp_path: Path) -> None:
    # 128 images a batch: 130 images end in a padded batch of two.
    whole = np.array(extract(extraction(n=300), tmp_path)[:130])
    part = np.array(extract(extraction(n=130), tmp_path)[:])
    assert whole.tobytes() == part.tobytes()


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"layers": ["layer1", "layer2"]},
        {"pooling": Pooling(2)},
        {"pooling": Pooling(pool="avg")},
        {"batch_norm": "batch"},
    ],
)
def test_whatever_decides_features_is_in_the_key(other: dict[str, object]) -> None:
    assert extraction(**other).key != extraction().key


@pytest.mark.parametrize("batch_norm", ["dataset", "batch"])
def test_a_layer_has_the_same_bits_whichever_others_are_wanted(
    tmp_path: Path, batch_norm: str
) -> None:
    whole = extract(extraction(batch_norm=batch_norm), tmp_path)
    for layers in (["layer1"], ["layer2"], ["layer1", "layer3"]):
        alone = extract(extraction(batch_norm=batch_norm, layers=layers), tmp_path)
        assert np.array_equal(alone[:], whole.layers(layers)[:])


def test_statistics_are_kept_by_network_and_reference(tmp_path: Path) -> None:
    for options in ({}, {"layers": ["layer2"]}, {"pooling": Pooling(2)}):
        extract(extraction(**options), tmp_path)
    assert len(list((tmp_path / "states").glob("*.npz"))) == 1
    extract(extraction(seed=1), tmp_path)
    assert len(list((tmp_path / "states").glob("*.npz"))) == 2


def test_features_without_a_cache_are_in_memory_where_they_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = extraction()
    encoder = one.representation.encoder  # type: ignore[attr-defined]
    given: dict[str, Any] = {"batch_norm": "dataset", "reference": one.reference}
    for dtype in ("float32", "float16"):
        kept = extract_features(encoder, one.images, **given, dtype=dtype, cache=tmp_path)
        held = extract_features(encoder, one.images, **given, dtype=dtype)
        assert not isinstance(held.values, np.memmap)
        assert held.dtype == dtype
        assert np.array_equal(held[:], kept[:])
    monkeypatch.setattr(extract_module, "available_memory", lambda: 2 * held.values.nbytes)
    assert isinstance(extract_features(encoder, one.images, **given).values, np.memmap)


def test_blocks_are_verified_once_in_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = extraction()
    read: list[Path] = []
    verify = BlockFile._verify

    def counted(self: BlockFile, folder: Path, sums: Any) -> Any:
        read.append(folder)
        return verify(self, folder, sums)

    extract(one, tmp_path)
    monkeypatch.setattr(BlockFile, "_verify", counted)
    for _ in range(3):
        extract(one, tmp_path)
    assert len(read) == 1


def test_images_reference_and_storage_are_in_the_key() -> None:
    base = extraction()
    rep = base.representation
    pixel = random_images(300)
    changed = pixel.pixels.copy()
    changed[7, 3, 3, 0] ^= 1
    other = made_images(
        "x", changed, pixel.labels, pixel.class_names, digest_arrays([("p", changed)])
    )
    reversed_reference = base.reference.take(np.arange(200)[::-1])
    assert (
        len(
            {
                base.key,
                Extraction(rep, other, base.reference).key,
                Extraction(rep, base.images, reversed_reference).key,
                Extraction(rep.stored_as("float16"), base.images, base.reference).key,
            }
        )
        == 4
    )


def test_a_flipped_byte_is_found_and_its_block_computed_again(tmp_path: Path) -> None:
    one = extraction()
    whole = np.array(extract(one, tmp_path)[:])
    path = values_path(tmp_path, one)
    content = bytearray(path.read_bytes())
    content[len(content) - 1000] ^= 0x40
    path.write_bytes(content)
    with pytest.warns(CacheWarning, match="1 damaged block"):
        repaired = extract(one, tmp_path)
    assert np.array_equal(repaired[:], whole)


def test_a_damaged_state_is_computed_again(tmp_path: Path) -> None:
    one = extraction()
    whole = np.array(extract(one, tmp_path)[:])
    state = next((tmp_path / "states").glob("*.npz"))
    for content in (b"", state.read_bytes()[:50], b"x" * 500):
        state.write_bytes(content)
        with pytest.warns(CacheWarning, match="damaged"):
            assert np.array_equal(extract(one, tmp_path)[:], whole)


@pytest.mark.slow
def test_edited_code_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = extraction()
    before = np.array(extract(one, tmp_path)[:])
    original = pooling.max_pool_to_grid
    monkeypatch.setattr(pooling, "max_pool_to_grid", lambda *a: original(*a) * 1.01)
    with pytest.warns(CacheWarning, match="not what the code gives now"):
        after = np.array(extract(one, tmp_path)[:])
    np.testing.assert_allclose(after, before * 1.01, rtol=1e-5)


def test_features_that_are_not_finite_name_the_image(tmp_path: Path) -> None:
    one = extraction(batch_norm="batch")
    one.representation.encoder.network.layer1.conv.weight.data.mul_(1e38).mul_(1e3)
    with pytest.raises(DataError, match="features of image 0 of random300 are not finite"):
        extract(one, tmp_path)


def test_what_half_precision_cannot_hold_is_refused(tmp_path: Path) -> None:
    one = extraction(batch_norm="batch")
    one.representation.encoder.network.layer3.norm.weight.data.mul_(1e6)  # type: ignore[attr-defined]
    with pytest.raises(DataError, match=r"not finite as float16; .*, or set dtype: float32"):
        extract(replace(one, representation=one.representation.stored_as("float16")), tmp_path)
    assert np.isfinite(extract(one, tmp_path)[:]).all()


@pytest.mark.parametrize("content", ["", "{}", '{"checksums": 1}', "nonsense", "[" * 100_000])
def test_a_damaged_description_is_made_again(tmp_path: Path, content: str) -> None:
    one = extraction()
    whole = np.array(extract(one, tmp_path)[:])
    (values_path(tmp_path, one).parent / "about.json").write_text(content)
    with pytest.raises(DataError, match=r"about\.json: damaged"):
        explain(tmp_path, one.key)
    with pytest.warns(CacheWarning, match="a damaged description of cached features; computed"):
        assert np.array_equal(extract(one, tmp_path)[:], whole)
    assert extract(one, tmp_path).key == one.key


def test_explain_names_what_a_key_is_made_of(tmp_path: Path) -> None:
    one = extraction()
    extract(one, tmp_path)
    text = "\n".join(explain(tmp_path, one.key[:8]))
    assert one.representation.weights in text
    assert one.images.fingerprint in text


WORKER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from tests.features import test_extraction as here
    from dcgan_eval.features import pooling
    from tests.make.features import extract
    slow = pooling.max_pool_to_grid
    def pool(*arguments):
        time.sleep(float(sys.argv[2]))
        return slow(*arguments)
    pooling.max_pool_to_grid = pool
    matrix = extract(here.extraction(n=2000), Path(sys.argv[1]))
    """
)


def start(cache: Path, pause: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(cache), str(pause)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


@pytest.mark.system
def test_killed_at_any_moment_the_same_command_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    one = extraction(n=2000)
    whole = np.array(extract(one, tmp_path / "whole")[:])
    cache = tmp_path / "killed"
    log = cache / "features" / f"{one.key}.part" / "blocks.log"
    for blocks in (1, 4, 9):
        worker = start(cache, 0.05)
        while worker.poll() is None and not (log.is_file() and log.stat().st_size >= 8 * blocks):
            time.sleep(0.005)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        assert log.stat().st_size >= 8 * blocks
    # What a killed process leaves of its last block may be anything.
    with (log.parent / "values.bin").open("rb+") as stream:
        stream.write(b"\x01" * 100)
    done = log.stat().st_size
    assert start(cache, 0.0).wait() == 0
    assert done > 0
    assert values_path(cache, one).read_bytes() == whole.tobytes()


RESTARTED = """
import os, signal, sys
from pathlib import Path
from dcgan_eval.features.blockfile import BlockFile
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
BlockFile(Path(sys.argv[1]), (40, 3), "float32", 8).start()
"""


def test_killed_while_it_takes_up_unfinished_features_loses_no_block(tmp_path: Path) -> None:
    file = BlockFile(tmp_path / "key", (40, 3), "float32", 8)
    assert file.start() == set()
    with file.writer() as writer:
        for index in range(4):
            writer.write(index, np.full((8, 3), index, np.float32))
    with (file.part / "blocks.log").open("ab") as log:
        log.write(b"\1\2\3")  # half a line, which a full disk leaves
    killed = subprocess.run([sys.executable, "-c", RESTARTED, str(file.folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert file.start() == {0, 1, 2, 3}
    with file.writer() as writer:
        writer.write(4, np.full((8, 3), 4, np.float32))
    file.finish({})
    assert file.damaged() == []
    # Leftovers of the killed process are gone.
    assert sorted(os.listdir(file.folder)) == ["about.json", "values.bin"]


def test_a_disk_without_room_for_a_line_of_the_log_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, write, written = BlockFile(tmp_path / "key", (16, 3), "float32", 8), os.write, []

    def full(handle: int, data: bytes) -> int:
        if len(written) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(write(handle, data[: len(data) // (1 + len(written))]))
        return written[-1]

    file.start()
    with monkeypatch.context() as patched, pytest.raises(StorageError, match="the disk is full"):
        patched.setattr(os, "write", full)
        with file.writer() as writer:
            for index in range(2):
                writer.write(index, np.full((8, 3), index, np.float32))
    assert written == [8, 4] and file.start() == {0}


class Killed(BaseException):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("renamed", [False, True])
@pytest.mark.parametrize("moment", ["finished", "reopened"])
def test_killed_at_a_rename_loses_no_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, renamed: bool
) -> None:
    one = extraction()
    whole = np.array(extract(one, tmp_path / "whole")[:])
    cache = tmp_path / "killed"
    if moment == "reopened":  # one block of three is damaged
        extract(one, cache)
        with values_path(cache, one).open("rb+") as stream:
            stream.seek(-1, os.SEEK_END)
            stream.write(b"\x01")

    rename = Path.rename

    def killed(self: Path, target: Path) -> Path:
        if renamed:
            rename(self, target)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed), warnings.catch_warnings():
        warnings.simplefilter("ignore", CacheWarning)
        patched.setattr(Path, "rename", killed)
        extract(one, cache)
    computed: list[int] = []
    compute = blocks_module._compute

    def counted(extractor: Any, images: Any, first: int, rows: Any) -> None:
        if images is one.images:
            computed.append(first)
        compute(extractor, images, first, rows)

    monkeypatch.setattr(blocks_module, "_compute", counted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CacheWarning)
        assert np.array_equal(extract(one, cache)[:], whole)
    # The first block is always compared with what the code gives today.
    assert computed == ([0] if moment == "finished" else [0, 256])


@pytest.mark.system
def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    workers = [start(tmp_path, 0.0) for _ in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    one = extraction(n=2000)
    found = list((tmp_path / "features").glob("*/values.bin"))
    assert found == [values_path(tmp_path, one)]
    assert found[0].read_bytes() == np.array(extract(one, tmp_path / "alone")[:]).tobytes()
