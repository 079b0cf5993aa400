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
        ({"optimizer": "adamw"}, 2, ["optimizer: found", "'adam', 'sgd' or 'rmsprop'"]),
        ({"optimizer": {"momentum": 0.9}}, 2, ["optimizer", "no effect with kind: adam"]),
        ({"optimizer": {"kind": "sgd", "beta1": 0.5}}, 2, ["beta1 has no effect with kind: sgd"]),
        ({"optimizer": {"kind": "sgd", "nesterov": True}}, 2, ["nesterov needs momentum"]),
        ({"optimizer": {"decay": 0.9}}, 2, ["give both decay and decay_steps"]),
        ({"initialisation": "glorot"}, 2, ["initialisation", "'glorot_uniform'"]),
        ({"precision": "fp16"}, 2, ["precision: found 'fp16'", "'float32', 'tf32' or 'bf16'"]),
        ({"precision": "tf32"}, 2, ["precision: tf32 is CUDA's, not cpu's; give float32 or bf16"]),
        ({"average": 1.0}, 2, ["average: found 1.0", "less than 1"]),
        ({"augment": {"shift": -1}}, 2, ["augment.shift: found -1"]),
        ({"augment": {"flips": True}}, 2, ["unknown key 'flips'", "did you mean 'flip'?"]),
        ({"augment": {"colour": 2}}, 2, ["augment.colour: found 2"]),
        ({"augment": {"cutout": 8}}, 2, ["augment.cutout: found 8, images are 8×8", "at most 7"]),
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
