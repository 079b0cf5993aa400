"""How good is what this network has learned: features, probes, records, tables.

The public names, imported when they are first used: ``import dcgan_eval`` does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcgan_eval.data import ImageSet, load_dataset, load_images
    from dcgan_eval.features import FeatureMatrix, extract_features
    from dcgan_eval.models import Encoder, Generator, load_encoder, load_generator
    from dcgan_eval.pipeline import read_pipeline, run_pipeline
    from dcgan_eval.probes import L2SVC, NearestNeighborScorer, l2svm_path
    from dcgan_eval.records import Record
    from dcgan_eval.reporting import compare, load_results, make_report, table

__all__ = [
    "L2SVC",
    "Encoder",
    "FeatureMatrix",
    "Generator",
    "ImageSet",
    "NearestNeighborScorer",
    "Record",
    "compare",
    "extract_features",
    "l2svm_path",
    "load_dataset",
    "load_encoder",
    "load_generator",
    "load_images",
    "load_results",
    "make_report",
    "read_pipeline",
    "run_pipeline",
    "table",
]

# Public name → room whose door has it.
_HOMES = {
    "L2SVC": "probes",
    "Encoder": "models",
    "FeatureMatrix": "features",
    "Generator": "models",
    "ImageSet": "data",
    "NearestNeighborScorer": "probes",
    "Record": "records",
    "compare": "reporting",
    "extract_features": "features",
    "l2svm_path": "probes",
    "load_dataset": "data",
    "load_encoder": "models",
    "load_generator": "models",
    "load_images": "data",
    "load_results": "reporting",
    "make_report": "reporting",
    "read_pipeline": "pipeline",
    "run_pipeline": "pipeline",
    "table": "reporting",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
