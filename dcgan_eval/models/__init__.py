"""Networks, encoders, generators, checkpoints."""

from dcgan_eval.models.code import call_code, encoder_from_code
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
    CheckpointReport,
    convert_checkpoint,
    inspect_checkpoint,
    load_encoder,
    load_generator,
    save_checkpoint,
)
from dcgan_eval.models.weights import weights_hash

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
