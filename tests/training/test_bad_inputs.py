"""Recipes that cannot be: one line, nothing trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.make.commands import call, refused

RECIPE: dict[str, Any] = {
    "name": "t",
    "data": {"name": "digits"},
    "network": "dcgan8",
    "epochs": 1,
    "out": "out",
}


@pytest.mark.parametrize(
    ("changed", "code", "fragments"),
    [
        ({"epoch": 3}, 2, ["unknown key 'epoch'", "did you mean 'epochs'?"]),
        ({"network": "dcgan9"}, 2, ["unknown network"]),
        ({"network": "svhn32"}, 2, ["svhn32", "(32, 32, 3)"]),
        ({"network": "dcgan8", "options": {"width": 3}}, 2, ["unknown key 'width'"]),
        ({"batch": 5000}, 2, ["1437", "5000"]),
        ({"optimizer": {"rate": -1}}, 2, ["optimizer.rate", "-1"]),
        ({"data": {"name": "digit"}}, 2, ["did you mean 'digits'?"]),
        ({"out": "p.yaml"}, 1, ["a file stands where a folder"]),
    ],
)
def test_wrong_recipes(
    changed: dict[str, Any],
    code: int,
    fragments: list[str],
    box: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("p.yaml").write_text(yaml.safe_dump({**RECIPE, **changed}))
    refused(call(["train", "p.yaml"], capsys), code, *fragments)
    assert not list(Path().rglob("*.safetensors"))
