"""Rows of a pipeline whose networks other libraries make."""

from __future__ import annotations

from typing import Any

from tests.make.fields.case import Case, Changed, Values
from tests.make.fields.place import PIPELINE
from tests.make.fields.subjects import ENCODER

COLOUR = {"name": "own", "channels": "rgb"}
LIBRARY: dict[str, Any] = {
    **ENCODER,
    "layers": ["stage2"],
    "input": [3, 40, 40],
    "preprocess": {"mean": [0.4], "std": [0.5], "resize": "bicubic"},
}
SHUFFLENET = {
    "kind": "torchvision",
    "model": "shufflenet_v2_x0_5",
    "layers": ["conv1", "stage2"],
    "input": [3, 32, 32],
}
RESNET = {
    "kind": "timm",
    "model": "resnet10t",
    "layers": ["layer1", "layer2"],
    "input": [3, 32, 32],
}
HUGGING = {
    "kind": "transformers",
    "model": "hugging",
    "pretrained": False,
    "layers": ["encoder.stages.0", "encoder.stages.1"],
    "preprocess": {"mean": [0.5], "std": [0.5], "resize": "bicubic"},
}


def _alone(values: Values) -> Values:
    """A pipeline on colour images with this row alone."""
    return {**PIPELINE, "data": COLOUR, "representations": [values]}


CASES: dict[str, Case] = {
    "subjects.kinds.torchvision.Torchvision": Case(
        {**SHUFFLENET, "weights": "s.pth"},
        {
            **LIBRARY,
            "model": Changed("shufflenet_v2_x1_0", instead=SHUFFLENET),
            "options": Changed({"num_classes": 7}, instead=SHUFFLENET),
            "layout": "channels_last",
            "seeds": Changed(2, instead=SHUFFLENET),
            "weights": "t.pth",
        },
        _alone,
    ),
    "subjects.kinds.timm.Timm": Case(
        RESNET,
        {
            **LIBRARY,
            "layers": ["layer2"],
            "model": "resnet14t",
            "options": {"num_classes": 7},
            "layout": "channels_last",
            "seeds": 2,
            "pretrained": Changed("q.pth", instead={**RESNET, "pretrained": "r.pth"}),
        },
        _alone,
        needs="timm",
    ),
    "subjects.kinds.transformers.Transformers": Case(
        HUGGING,
        {
            **LIBRARY,
            "layers": ["encoder.stages.1"],
            "model": "hugging_wide",
            "options": {"hidden_act": "relu"},
            "layout": "channels_last",
            "seeds": 2,
            "pretrained": Changed(True, refused="cannot be made"),
        },
        _alone,
        needs="transformers",
    ),
}
