"""What is wrong with a pipeline: the file, then the key path, then what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dcgan_eval.core import SettingsError
from dcgan_eval.pipeline import pipeline_from, read_pipeline

GOOD: dict[str, Any] = {
    "name": "x",
    "data": {"name": "digits"},
    "representations": [{"kind": "pixels"}],
    "protocol": {"kind": "full_labels"},
    "results": "results",
}
PIXELS = {"kind": "pixels"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rslts": 1}, "unknown key 'rslts'; did you mean 'results'? "),
        ({"data": {"name": "../x"}}, "data.name: found '../x': "),
        ({"representations": None}, "give either representations or generators"),
        ({"representations": [PIXELS, {"kind": "pixel"}]}, "representations[1].kind: unknown "),
        ({"representations": [PIXELS, {**PIXELS, "x": 1}]}, "representations[1]: unknown key 'x'"),
        ({"defaults": {"x": 1}}, "defaults: no representation has a key 'x'; "),
        ({"protocol": "full_label"}, "protocol.kind: unknown protocol 'full_label'; "),
        ({"protocol": {"kind": "few_labels", "preset": "x"}}, "protocol.preset: unknown preset"),
        ({"protocol": {**GOOD["protocol"], "grid": [1, float("inf")]}}, "protocol.grid[1]: found"),
    ],
)
def test_messages_begin_with_the_place(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    values = {**GOOD, **changed}
    with pytest.raises(SettingsError) as caught:
        pipeline_from(values)
    assert str(caught.value).startswith(message)
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(values))
    with pytest.raises(SettingsError) as in_file:
        read_pipeline(path)
    assert str(in_file.value) == f"{path}: {caught.value}"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("name=[", "--set name: line 1: not valid YAML: "),
        ("representations.7.kind=x", "--set representations.7.kind: '7' is not an index of "),
    ],
)
def test_an_assignment_is_not_blamed_on_the_file(
    tmp_path: Path, assignment: str, message: str
) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(GOOD))
    with pytest.raises(SettingsError) as caught:
        read_pipeline(path, [assignment])
    assert str(caught.value).startswith(message)
