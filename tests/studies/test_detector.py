"""The detector of parts: what it sees in rooms, its errors recomputed, and what nobody can see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dcgan_eval.core import CacheWarning, DataError, Work
from dcgan_eval.data import ImageSet, load_images, make_room
from dcgan_eval.records import Journal
from dcgan_eval.studies import Detector, DetectorSettings, one_thread, parts_of, trained_detector
from tests.make.images import random_images

FEW = DetectorSettings(images=60, epochs=3)
DIGITS = random_images(120, n_classes=3)


@pytest.mark.slow
def test_it_sees_what_rooms_have(seeing: tuple[Detector, dict[str, Any]]) -> None:
    detector, errors = seeing
    assert detector.parts.names == ("bed", "window", "lamp")
    window, bed = errors["parts"]["window"], errors["parts"]["bed"]
    assert window["misses"] < 0.05 and window["false_alarms"] < 0.05
    assert window["overlap"] > 0.6 and bed["overlap"] > 0.6
    assert bed["misses"] < 0.05 and bed["false_alarms"] is None
    # Its errors, room by room.
    rooms = [make_room(0, "test", i) for i in range(errors["images"])]
    found = detector.see(np.stack([room.pixels for room in rooms]))
    missed = [
        not there
        for room, there in zip(rooms, found.present[:, 1], strict=True)
        if "window" in room.boxes
    ]
    assert np.mean(missed) == window["misses"]
    overlaps = []
    for room, there, box in zip(rooms, found.present[:, 1], found.boxes[:, 1], strict=True):
        if there and "window" in room.boxes:
            both = np.zeros((2, 640, 640), bool)
            for mask, (left, top, width, height) in zip(
                both, (room.boxes["window"], box), strict=True
            ):
                at = np.rint(10 * np.array([top, top + height, left, left + width])).astype(int)
                mask[at[0] : at[1], at[2] : at[3]] = True
            overlaps.append(both.all(0).sum() / both.any(0).sum())
    assert np.mean(overlaps[:100]) == pytest.approx(window["overlap"], abs=0.03)
    wrong = [c not in (-1, room.label) for room, c in zip(rooms, found.classes, strict=True)]
    assert np.mean(wrong) == errors["wrong_class"]
    # What is no room is of no class.
    assert errors["rubbish"] < 0.05
    noise = np.random.default_rng(0).integers(0, 256, (50, 64, 64, 3), np.uint8)
    assert (detector.see(noise).classes == -1).mean() > 0.9
    assert (detector.see(np.full((1, 64, 64, 3), 128, np.uint8)).classes == -1).all()


def test_classes_are_parts_of_a_set_without_any(tmp_path: Path) -> None:
    train, test = (load_images("digits", part) for part in ("train", "test"))
    detector, errors = trained_detector(
        DetectorSettings(images=1000, epochs=30), train, test, Work(tmp_path)
    )
    assert detector.parts.names == train.class_names and not detector.has_boxes
    seen = detector.see(test.images(0, len(test))).classes
    assert (seen[seen >= 0] == test.y[seen >= 0]).mean() > 0.9 and (seen >= 0).mean() > 0.7
    assert errors["parts"]["0"]["overlap"] is None
    assert errors["no_class"] == pytest.approx((seen < 0).mean())


def test_the_same_bits_kept_or_not_for_any_number_of_threads(tmp_path: Path) -> None:
    before = torch.get_num_threads()

    def weights(folder: str) -> list[np.ndarray]:
        with one_thread():
            detector, _ = trained_detector(FEW, DIGITS, DIGITS, Work(tmp_path / folder))
        return [one.numpy() for one in detector.network.state_dict().values()]

    try:
        torch.set_num_threads(1)
        first = weights("a")
        torch.set_num_threads(3)
        for again in (weights("a"), weights("b")):
            assert all(np.array_equal(x, y) for x, y in zip(first, again, strict=True))
    finally:
        torch.set_num_threads(before)


def test_kept_weights_of_other_code_are_trained_again(tmp_path: Path) -> None:
    trained_detector(FEW, DIGITS, DIGITS, Work(tmp_path))
    states = Journal(tmp_path / "states")
    (path,) = states.folder.iterdir()
    with np.load(path) as kept:
        key = str(np.asarray(kept["about"]).tobytes().decode()).split('"')[3]
    state = states.get(key)
    assert state is not None
    states.put(key, {**state, "witness": state["witness"] + 1})
    with pytest.warns(CacheWarning, match="not what the code gives now"):
        trained_detector(FEW, DIGITS, DIGITS, Work(tmp_path))


def test_parts_and_classes_that_are_none_are_one_line(
    tmp_path: Path, rooms: tuple[ImageSet, ImageSet]
) -> None:
    parts = parts_of(rooms[0])
    for number, name in enumerate(parts.classes):
        assert parts.class_of(parts.patterns[number : number + 1]) == [number]
        assert [part in name for part in parts.names] == parts.patterns[number].tolist()
    with pytest.raises(DataError, match="part 'windw' is none of the data set's; did you mean"):
        parts.part("windw")
    with pytest.raises(DataError, match="class 'dog' is none"):
        parts.class_number("dog")
    lacking = random_images(120, n_classes=3).take(np.flatnonzero(DIGITS.y != 1))
    with pytest.raises(DataError, match="sees no image of class '1'"):
        trained_detector(FEW, lacking, DIGITS, Work(tmp_path))
