"""Probes: classifiers on frozen features, on anything with a shape, a dtype and row slices."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcgan_eval.probes.l2svm import (
        L2SVC,
        L2SVM,
        FolderState,
        L2SVMPath,
        PathState,
        l2svm_path,
        predict_memory,
    )
    from dcgan_eval.probes.liblinear import liblinear_path
    from dcgan_eval.probes.nearest import NearestNeighborScorer, Neighbors
    from dcgan_eval.probes.probe import (
        PROBES,
        Evaluation,
        Matrix,
        Predicted,
        Probe,
        ProbeSettings,
        load_probe,
        read_probe,
    )
    from dcgan_eval.probes.scaling import Scaling, mean_squared_norm
    from dcgan_eval.probes.selection import Choice, choose

# Name → module that defines it, imported at first use: importing the room imports no torch.
_HOMES = {
    "L2SVC": "dcgan_eval.probes.l2svm",
    "L2SVM": "dcgan_eval.probes.l2svm",
    "PROBES": "dcgan_eval.probes.probe",
    "Choice": "dcgan_eval.probes.selection",
    "Evaluation": "dcgan_eval.probes.probe",
    "FolderState": "dcgan_eval.probes.l2svm",
    "L2SVMPath": "dcgan_eval.probes.l2svm",
    "Matrix": "dcgan_eval.probes.probe",
    "NearestNeighborScorer": "dcgan_eval.probes.nearest",
    "Neighbors": "dcgan_eval.probes.nearest",
    "PathState": "dcgan_eval.probes.l2svm",
    "Predicted": "dcgan_eval.probes.probe",
    "Probe": "dcgan_eval.probes.probe",
    "ProbeSettings": "dcgan_eval.probes.probe",
    "Scaling": "dcgan_eval.probes.scaling",
    "choose": "dcgan_eval.probes.selection",
    "l2svm_path": "dcgan_eval.probes.l2svm",
    "liblinear_path": "dcgan_eval.probes.liblinear",
    "load_probe": "dcgan_eval.probes.probe",
    "mean_squared_norm": "dcgan_eval.probes.scaling",
    "predict_memory": "dcgan_eval.probes.l2svm",
    "read_probe": "dcgan_eval.probes.probe",
}

__all__ = [
    "L2SVC",
    "L2SVM",
    "PROBES",
    "Choice",
    "Evaluation",
    "FolderState",
    "L2SVMPath",
    "Matrix",
    "NearestNeighborScorer",
    "Neighbors",
    "PathState",
    "Predicted",
    "Probe",
    "ProbeSettings",
    "Scaling",
    "choose",
    "l2svm_path",
    "liblinear_path",
    "load_probe",
    "mean_squared_norm",
    "predict_memory",
    "read_probe",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
