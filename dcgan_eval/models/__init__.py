"""Networks, encoders, generators, checkpoints."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcgan_eval.models.code import call_code, encoder_from_code, generator_from_code
    from dcgan_eval.models.dcgan import initialise
    from dcgan_eval.models.encoder import Encoder, LayerShape, Preprocess
    from dcgan_eval.models.family import (
        NETWORKS,
        NetworkFamily,
        family_settings,
        load_family,
        random_encoder,
    )
    from dcgan_eval.models.formats import checkpoint_suffixes, load_exactly, read_checkpoint
    from dcgan_eval.models.generator import Generator, GeneratorSpec
    from dcgan_eval.models.grid import write_grid
    from dcgan_eval.models.load import (
        convert_checkpoint,
        load_encoder,
        load_generator,
        save_checkpoint,
    )
    from dcgan_eval.models.report import CheckpointReport, inspect_checkpoint
    from dcgan_eval.models.weights import weights_hash

# Name → module that defines it, imported at first use: importing the room imports no torch.
_HOMES = {
    "NETWORKS": "dcgan_eval.models.family",
    "CheckpointReport": "dcgan_eval.models.report",
    "Encoder": "dcgan_eval.models.encoder",
    "Generator": "dcgan_eval.models.generator",
    "GeneratorSpec": "dcgan_eval.models.generator",
    "LayerShape": "dcgan_eval.models.encoder",
    "NetworkFamily": "dcgan_eval.models.family",
    "Preprocess": "dcgan_eval.models.encoder",
    "call_code": "dcgan_eval.models.code",
    "checkpoint_suffixes": "dcgan_eval.models.formats",
    "convert_checkpoint": "dcgan_eval.models.load",
    "encoder_from_code": "dcgan_eval.models.code",
    "generator_from_code": "dcgan_eval.models.code",
    "family_settings": "dcgan_eval.models.family",
    "initialise": "dcgan_eval.models.dcgan",
    "inspect_checkpoint": "dcgan_eval.models.report",
    "load_encoder": "dcgan_eval.models.load",
    "load_exactly": "dcgan_eval.models.formats",
    "load_family": "dcgan_eval.models.family",
    "load_generator": "dcgan_eval.models.load",
    "random_encoder": "dcgan_eval.models.family",
    "read_checkpoint": "dcgan_eval.models.formats",
    "save_checkpoint": "dcgan_eval.models.load",
    "weights_hash": "dcgan_eval.models.weights",
    "write_grid": "dcgan_eval.models.grid",
}

__all__ = [
    "NETWORKS",
    "CheckpointReport",
    "Encoder",
    "Generator",
    "GeneratorSpec",
    "LayerShape",
    "NetworkFamily",
    "Preprocess",
    "call_code",
    "checkpoint_suffixes",
    "convert_checkpoint",
    "encoder_from_code",
    "family_settings",
    "generator_from_code",
    "initialise",
    "inspect_checkpoint",
    "load_encoder",
    "load_exactly",
    "load_family",
    "load_generator",
    "random_encoder",
    "read_checkpoint",
    "save_checkpoint",
    "weights_hash",
    "write_grid",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
