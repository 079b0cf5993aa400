"""From images to features: representations, pooling, batch-norm policies, extraction, cache."""

from dcgan_eval.features.api import extract_features
from dcgan_eval.features.cache import explain, prune
from dcgan_eval.features.encoding import EncoderRepresentation
from dcgan_eval.features.extraction import Extraction, extract, is_cached
from dcgan_eval.features.kinds import (
    KINDS,
    EncoderSettings,
    RepresentationKind,
    make_representations,
    read_representations,
)
from dcgan_eval.features.locate import find_checkpoints, training_step
from dcgan_eval.features.matrix import FeatureMatrix
from dcgan_eval.features.representation import (
    Extractor,
    Place,
    Representation,
    RepresentationSettings,
)

__all__ = [
    "KINDS",
    "EncoderRepresentation",
    "EncoderSettings",
    "Extraction",
    "Extractor",
    "FeatureMatrix",
    "Place",
    "Representation",
    "RepresentationKind",
    "RepresentationSettings",
    "explain",
    "extract",
    "extract_features",
    "find_checkpoints",
    "is_cached",
    "make_representations",
    "prune",
    "read_representations",
    "training_step",
]
