from __future__ import annotations

import pytest

from dcgan_eval.core import SettingsError, build
from dcgan_eval.data import DataSettings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "../x"}, "letters, digits"),
        ({"name": "<b>"}, "letters, digits"),
        ({"name": "a/b"}, "letters, digits"),
        ({"name": ""}, "letters, digits"),
        ({"name": "..", "root": "x"}, "letters, digits"),
        ({"name": "x", "item_groups": "photo("}, "not a regular expression"),
        ({"name": "x", "item_groups": "photo"}, "expected a group in parentheses"),
        ({"name": "x", "class_names": ["a", "a"]}, "all different"),
        ({"name": "x", "train": "a"}, "give both train and test"),
        ({"name": "x", "train": "a", "test": "b", "root": "c"}, "not both"),
        ({"name": "x", "resize": {"side": 0}}, "data.resize.side"),
        ({"name": "x", "channels": "gray"}, "data.channels"),
        ({"name": "x", "rot": "y"}, "did you mean 'root'"),
    ],
)
def test_wrong_settings_are_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        build(DataSettings, values, at="data")
    assert "\n" not in str(caught.value)


def test_where_data_lie_is_not_part_of_what_they_are() -> None:
    here = build(DataSettings, {"name": "x", "root": "a", "reader": "npz"})
    there = build(DataSettings, {"name": "x", "root": "b"})
    assert here.identity_values() == there.identity_values()
    grey = build(DataSettings, {"name": "x", "channels": "grey"})
    assert grey.identity_values() != there.identity_values()
