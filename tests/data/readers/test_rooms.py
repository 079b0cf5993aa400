"""Rooms made by code: the same whoever asks, and what is said of their parts is true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.core import SettingsError, build
from dcgan_eval.data import (
    KNOWN,
    DataSettings,
    Made,
    load_dataset,
    load_images,
    make_room,
    prepare,
)


def settings(**made: int) -> DataSettings:
    return build(DataSettings, {"name": "rooms", "made": made})


def test_a_set_is_its_rooms_and_its_fingerprint_that_of_its_parameters(tmp_path: Path) -> None:
    train, test = load_dataset(settings(seed=3, train=40, test=7), cache=tmp_path)
    assert (len(train), len(test), train.image_shape) == (40, 7, (64, 64, 3))
    for images, part in ((train, "train"), (test, "test")):
        rooms = [make_room(3, part, number) for number in range(len(images))]
        assert np.array_equal(images.pixels, [room.pixels for room in rooms])
        assert images.y.tolist() == [room.label for room in rooms]
    more = load_images(settings(seed=3, train=50), "train")
    assert np.array_equal(more.pixels[:40], train.pixels)
    other = load_images(settings(seed=4, train=40), "train")
    prints = {train.fingerprint, test.fingerprint, more.fingerprint, other.fingerprint}
    assert len(prints) == 4
    assert load_images(settings(seed=3, train=40), "train").fingerprint == train.fingerprint


def test_labels_and_boxes_say_what_is_there() -> None:
    rooms = [make_room(0, "train", number) for number in range(200)]
    assert {room.label for room in rooms} == {0, 1, 2, 3}
    for room in rooms:
        assert ("window" in room.boxes, "lamp" in room.boxes) == (
            room.label in (1, 3),
            room.label >= 2,
        )
        taken = np.zeros((64, 64), int)
        for left, top, width, height in room.boxes.values():
            assert left >= 0 and top >= 0 and left + width <= 64 and top + height <= 64
            taken[top : top + height, left : left + width] += 1
        assert "bed" in room.boxes and taken.max() == 1


def test_a_part_lies_in_its_box_and_nothing_else_changes_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = next(i for i in range(100) if make_room(0, "train", i).label == 3)
    both = make_room(0, "train", number)
    monkeypatch.setattr("dcgan_eval.data.readers.rooms._coins", lambda rng: (rng.random(2) < 0) > 0)
    neither = make_room(0, "train", number)
    assert neither.label == 0 and neither.boxes == {"bed": both.boxes["bed"]}
    changed = (both.pixels != neither.pixels).any(axis=2)
    for name in ("window", "lamp"):
        left, top, width, height = both.boxes[name]
        inside = changed[top : top + height, left : left + width]
        assert inside.any(axis=1).all() and inside.any(axis=0).all()
        changed[top : top + height, left : left + width] = False
    assert not changed.any()


def test_what_stands_beside_a_made_set_is_refused() -> None:
    def wrong(**keys: object) -> str:
        with pytest.raises(SettingsError) as error:
            build(DataSettings, {"made": {"seed": 1}, **keys})
        return str(error.value)

    assert "cifar10 is no set that is made by code; name rooms" in wrong(name="cifar10")
    assert "remove root" in wrong(name="rooms", root="data")
    assert "remove made" in wrong(name="rooms", labels={"train": "a.npy", "test": "b.npy"})
    assert "made.train: found 0" in wrong(name="rooms", made={"train": 0})
    assert "unknown key 'sed'" in wrong(name="rooms", made={"sed": 1})


def test_nothing_is_prepared(tmp_path: Path) -> None:
    assert prepare("rooms", tmp_path) == ["rooms: are made by code; nothing to prepare"]


def test_rooms_never_change() -> None:
    train, test = load_dataset(settings(train=20, test=20))
    assert train.fingerprint == "d6f1fb76e7eb10050b5420f4ddc4958cebb18da2ea24644dbe323f912fe02d19"
    assert test.fingerprint == "d0eba292e2a7772e2f5fad48423160263c562e644d9141762206af490bdf6548"
    # So the usual ones, of the same seed, have the fingerprints that are known.
    assert Made().seed == 0 and (KNOWN["rooms"].train, KNOWN["rooms"].test) == (10_000, 2_000)
