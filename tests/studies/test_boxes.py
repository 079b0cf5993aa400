"""Boxes: the same from CSV and COCO, those of rooms, and what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcgan_eval.core import DataError
from dcgan_eval.data import DataSettings, Made, load_images, make_room
from dcgan_eval.studies import PartBox, masks, read_boxes, refuse_outside, room_boxes

HEADER = "image,part,left,top,width,height\n"
COCO: dict[str, Any] = {
    "images": [{"id": 71, "file_name": "out/sample_0003.png"}, {"id": 5, "file_name": "4.png"}],
    "categories": [{"id": 1, "name": "lamp"}, {"id": 9, "name": "bed"}],
    "annotations": [
        {"image_id": 5, "category_id": 9, "bbox": [0, 1.5, 2, 3]},
        {"image_id": 71, "category_id": 1, "bbox": [5, 2, 3, 1]},
    ],
}


def written(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def test_csv_and_coco_say_the_same(tmp_path: Path) -> None:
    rows = "height,image,part,left,top,width\n3,4,bed,0,1.5,2\n1,3,lamp,5,2,3\n"
    expected = [PartBox(4, "bed", 0, 1.5, 2, 3), PartBox(3, "lamp", 5, 2, 3, 1)]
    assert read_boxes(written(tmp_path / "boxes.csv", rows)) == expected
    assert read_boxes(written(tmp_path / "coco.json", json.dumps(COCO))) == expected


def test_a_pixel_is_inside_where_its_centre_is() -> None:
    boxes = [
        PartBox(0, "a", 1, 0, 2, 1),
        PartBox(0, "a", 0, 1.6, 1, 2),
        PartBox(2, "b", 0, 0, 3, 4),
    ]
    found = masks(boxes, 4, 3)
    assert found[0, "a"].astype(int).tolist() == [[0, 1, 1], [0, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert set(found) == {(0, "a"), (2, "b")} and found[2, "b"].all()


@pytest.mark.parametrize("part", ["train", "test"])
def test_boxes_of_rooms_are_those_that_were_drawn(part: Any) -> None:
    made = Made(seed=3, train=40, test=6)
    rooms = load_images(DataSettings(name="rooms", made=made), part).take(np.array([4, 1]))
    found = room_boxes(rooms, 3)
    for number in (4, 1):
        boxes = {box.part: tuple(box)[2:] for box in found if box.image == number}
        assert boxes == make_room(3, part, number).boxes
    with pytest.raises(DataError, match="image 4 is not room 4 of seed 0; give"):
        room_boxes(rooms)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", HEADER, "has no boxes"),
        ("a.csv", "image,part\n1,bed\n", "expected a .csv with the columns image, part, left"),
        ("a.csv", HEADER + "1,bed,0,0,nan,1\n", "image 1, bed: left, top, width, height are"),
        ("a.csv", HEADER + "1,bed,0,0,-1,1\n", "image 1, bed: left, top, width, height are"),
        ("a.csv", HEADER + "1,,0,0,1,1\n", "part is ''"),
        ("a.csv", HEADER + "one,bed,0,0,1,1\n", "expected a .csv"),
        ("a.csv", "\0\xff", "expected a .csv"),
        ("a.json", "[]", "COCO as .json"),
        ("a.json", "{", "COCO as .json"),
        ("a.json", json.dumps({**COCO, "images": []}), "COCO as .json"),
        ("a.json", json.dumps({**COCO, "annotations": []}), "has no boxes"),
        (
            "a.json",
            json.dumps({**COCO, "images": [{"id": 5, "file_name": "bed.png"}]}),
            "file_name 'bed.png' has no number",
        ),
        (
            "a.json",
            json.dumps({**COCO, "images": [{"id": i, "file_name": "1.png"} for i in (5, 71)]}),
            "two images have the same number",
        ),
    ],
)
def test_what_is_no_box_is_one_line(tmp_path: Path, name: str, content: str, said: str) -> None:
    with pytest.raises(DataError) as error:
        read_boxes(written(tmp_path / name, content))
    assert said in str(error.value) and "\n" not in str(error.value)
    assert str(error.value).startswith(str(tmp_path / name))


def test_an_absent_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"b\.csv: expected .* \(No such file or directory\)"):
        read_boxes(tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ((2, 0, 0, 1, 1), "box of image 2: images are 0 … 1"),
        ((-1, 0, 0, 1, 1), "box of image -1"),
        ((1, 3, 0, 6, 1), "left 3, top 0, width 6, height 1 leaves the image of 4×8"),
        ((1, 0, 3, 1, 1.5), "leaves the image"),
        ((1, -0.5, 0, 1, 1), "leaves the image"),
    ],
)
def test_boxes_outside_the_images_are_refused(box: tuple[float, ...], said: str) -> None:
    refuse_outside([PartBox(1, "bed", 0, 0, 8, 4)], 2, 4, 8)
    with pytest.raises(DataError) as error:
        refuse_outside([PartBox(int(box[0]), "bed", *box[1:])], 2, 4, 8)
    assert said in str(error.value)
