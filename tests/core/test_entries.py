from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import StorageError, private_folder, publish, remove


def make(place: Path, text: str, replace: bool = False) -> None:
    with private_folder(place) as folder:
        (folder / "a.txt").write_text(text)
        publish(folder, place, replace=replace)


def test_an_entry_is_there_when_it_is_finished(tmp_path: Path) -> None:
    place = tmp_path / "room" / "entry"
    with private_folder(place) as folder:
        (folder / "a.txt").write_text("whole")
        assert not place.exists()
        publish(folder, place, replace=False)
    assert (place / "a.txt").read_text() == "whole"
    assert os.listdir(place.parent) == ["entry"]
    assert place.stat().st_mode & 0o777 == 0o755


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), private_folder(tmp_path / "entry") as folder:
        (folder / "a.txt").write_text("half")
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_files_are_on_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        done.append(f"sync {Path(os.readlink(f'/proc/self/fd/{handle}')).name}")
        sync(handle)

    def renamed(self: Path, target: Path) -> Path:
        done.append(f"rename {target.name}")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    make(tmp_path / "entry", "text")
    assert done == ["sync a.txt", "rename entry", f"sync {tmp_path.name}"]


def test_the_entry_of_a_faster_process_stays(tmp_path: Path) -> None:
    make(tmp_path / "entry", "first")
    make(tmp_path / "entry", "second")
    assert (tmp_path / "entry" / "a.txt").read_text() == "first"
    assert os.listdir(tmp_path) == ["entry"]


def test_a_replaced_entry_can_still_be_read_by_who_has_it(tmp_path: Path) -> None:
    make(tmp_path / "entry", "damaged")
    mapped = np.memmap(tmp_path / "entry" / "a.txt", np.uint8, "r")
    make(tmp_path / "entry", "whole", replace=True)
    assert (tmp_path / "entry" / "a.txt").read_text() == "whole"
    assert bytes(mapped) == b"damaged"
    assert os.listdir(tmp_path) == ["entry"]


def test_a_full_disk_leaves_the_old_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "entry", "old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="entry: the disk is full"):
        make(tmp_path / "entry", "new", replace=True)
    assert (tmp_path / "entry" / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["entry"]


def test_a_link_that_leads_nowhere_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "entry").symlink_to("nowhere")
    remove(tmp_path / "entry")
    remove(tmp_path / "entry")
    assert os.listdir(tmp_path) == []
