"""From images to features: representations, pooling, batch-norm policies, extraction, cache."""

from dcgan_eval.features.ablation import Ablation, Narrower, ablations
from dcgan_eval.features.batchnorm import batch_statistics, give_statistics
from dcgan_eval.features.cache import explain, prune
from dcgan_eval.features.contrast import ContrastChange, contrast_changes
from dcgan_eval.features.encoder import EncoderRepresentation
from dcgan_eval.features.extract import extract_features
from dcgan_eval.features.extraction import ImageRepresentation
from dcgan_eval.features.function import FunctionRepresentation
from dcgan_eval.features.given import GivenFeatures, GivenRows
from dcgan_eval.features.kmeans_representation import KMeansRepresentation
from dcgan_eval.features.matrix import FeatureMatrix, Spans
from dcgan_eval.features.pixels import PixelRepresentation
from dcgan_eval.features.pooling import GEM_EPS, GEM_P, Pool, Pooling, SmallMaps, Tokens
from dcgan_eval.features.representation import Extractor, Representation, State

__all__ = [
    "GEM_EPS",
    "GEM_P",
    "Ablation",
    "ContrastChange",
    "EncoderRepresentation",
    "Extractor",
    "FeatureMatrix",
    "FunctionRepresentation",
    "GivenFeatures",
    "GivenRows",
    "ImageRepresentation",
    "KMeansRepresentation",
    "Narrower",
    "PixelRepresentation",
    "Pool",
    "Pooling",
    "Representation",
    "SmallMaps",
    "Spans",
    "State",
    "Tokens",
    "ablations",
    "batch_statistics",
    "contrast_changes",
    "explain",
    "extract_features",
    "give_statistics",
    "prune",
]
