"""Pipelines, data, protocols and probes."""

from __future__ import annotations

from tests.make.fields.case import Case, Changed, Values, at
from tests.make.fields.place import (
    ARCHITECTURE,
    CHECKPOINT,
    DEDUP,
    DRAWING,
    DRAWING_MAPS,
    DRAWING_ROOMS,
    FEW,
    FORGET,
    FULL,
    LABELS,
    NEAREST,
    NETWORK,
    PIPELINE,
    SALIENCY,
    SUPERVISED,
    WALK,
    WITHIN,
    with_features,
)

MADE = {"train": 40, "test": 12}
PROBE = {"standardize": True, "l2_normalize": True}
PROTOCOL = {"probe": {"kind": "l2svm", "standardize": True}, "grid": [0.01, 0.2], "seed": 1}

# Of studies of exemplars; the detector is not trained for an id.
EXEMPLARS = {
    "preset": Changed("mnist", refused="unknown preset 'mnist'"),
    "group": 5,
    "repeats": 99,
    "pool": 999,
    "seed": 1,
    "detector": {"images": 30, "epochs": 3},
}


def on_rooms(values: Values) -> Values:
    """A protocol on rooms."""
    data = {"name": "rooms", "made": MADE}
    return {**PIPELINE, "data": data, "representations": [DRAWING_ROOMS], "protocol": values}


CASES: dict[str, Case] = {
    "pipeline.settings.PipelineFile": Case(
        PIPELINE,
        {
            "name": "shown",
            "data": {"name": "other"},
            "defaults": Changed({"grid": 2}, {"representations": [NETWORK]}),
            "representations": [NETWORK],
            "generators": Changed(
                [DRAWING],
                {"representations": None, "generators": [{"kind": "real"}], "protocol": NEAREST},
            ),
            "protocol": WITHIN,
            "results": "elsewhere/results",
            "dtype": "float16",
        },
    ),
    "data.settings.DataSettings": Case(
        {"name": "own"},
        {
            "name": "other",
            "root": "elsewhere",
            "reader": "folder",
            "channels": "rgb",
            "resize": {"side": 6},
            "item_groups": r"photo(\d+)",
            "class_names": ["red", "green", "blue"],
            "classes": ["red", "green"],
            "dedup": Changed("again.json", instead={"name": "own", "dedup": "dedup.json"}),
            "train": Changed("own/train", along={"test": "own/test"}),
            "test": Changed("own/test", along={"train": "own/train"}),
            "subset": "a choice",
            "label_column": Changed("again", instead={"name": "columns"}),
            "made": Changed({**MADE, "seed": 1}, instead={"name": "rooms", "made": MADE}),
            "labels": Changed(
                {"train": "again.npy", "test": "test.npy"}, instead={"name": "x", "labels": LABELS}
            ),
        },
        lambda values: with_features(values) if "labels" in values else at("data")(values),
    ),
    "data.settings.Made": Case(
        MADE,
        {"seed": 1, "train": 41, "test": 13},
        lambda values: {**PIPELINE, "data": {"name": "rooms", "made": values}},
    ),
    "data.settings.LabelFiles": Case(
        LABELS,
        {"train": "again.npy", "test": "test_again.npy"},
        lambda values: with_features({"name": "x", "labels": values}),
    ),
    "data.settings.Resize": Case(
        {"side": 6},
        {"side": 7, "how": "stretch"},
        lambda values: {**PIPELINE, "data": {"name": "wide", "resize": values}},
    ),
    "protocols.kinds.full_labels.FullLabels": Case(
        FULL,
        {**PROTOCOL, "preset": "cifar10", "extend": False, "validation": 7, "train_size": 20},
        at("protocol"),
    ),
    "protocols.kinds.few_labels.FewLabels": Case(
        FEW,
        {
            **PROTOCOL,
            "preset": "svhn1000",
            "extend": False,
            "per_class": 3,
            "draws": 3,
            "selection": Changed(
                "within_draw", {}, {"folds": 2}, ("validation", "selection_draws")
            ),
            "split": None,
            "validation": 12,
            "selection_draws": 3,
            "folds": Changed(3, instead={**WITHIN, "per_class": 3}),
        },
        at("protocol"),
    ),
    "protocols.kinds.nearest_samples.NearestSamples": Case(
        NEAREST,
        {"preset": "mnist", "rungs": [4, 12], "seeds": 2, "compared": 5, "block": 128},
        lambda values: {**PIPELINE, "representations": [DRAWING], "protocol": values},
    ),
    "studies.autoencoder.Autoencoder": Case(
        DEDUP["autoencoder"],
        {"steps": 3, "batch": 5, "rate": 1e-4, "noise": 0.1, "dropout": 0.1},
        lambda values: {
            **PIPELINE,
            "representations": [{"kind": "real"}],
            "protocol": {**DEDUP, "autoencoder": values},
        },
    ),
    "studies.kinds.dedup.Dedup": Case(
        DEDUP,
        {
            "preset": Changed("mnist", refused="unknown preset 'mnist'"),
            "autoencoder": {"steps": 3},
            "threshold": 0.1,
            "within": 2,
            "planted": 4,
            "seed": 1,
        },
        lambda values: {
            **PIPELINE,
            "representations": [{"kind": "real"}],
            "protocol": values,
        },
    ),
    "studies.kinds.walk.Walk": Case(
        WALK,
        {
            "preset": Changed("mnist", refused="unknown preset 'mnist'"),
            "rows": 4,
            "steps": 4,
            "label": 1,
            "epsilon": 0.001,
            "seed": 1,
            "block": 128,
        },
        lambda values: {**PIPELINE, "representations": [DRAWING], "protocol": values},
    ),
    "studies.kinds.saliency.Saliency": Case(
        SALIENCY,
        {
            "preset": Changed("mnist", refused="unknown preset 'mnist'"),
            "layer": "layer1",
            "maps": [1, 2],
            "features": 1,
            "targets": {"warm": ["red", "green"]},
            "gradient": "plain",
            "boxes": "boxes_again.csv",
            "images": 4,
            "top": 3,
            "seed": 1,
        },
        lambda values: {**PIPELINE, "representations": [CHECKPOINT], "protocol": values},
    ),
    "studies.kinds.forget.Forget": Case(
        FORGET,
        {
            "preset": Changed("mnist", refused="unknown preset 'mnist'"),
            "part": "red",
            "layer": "2",
            "boxes": "parts_again.csv",
            "annotated": 5,
            "tested": 11,
            "random_draws": 3,
            "seed": 1,
            "detector": {"images": 30, "epochs": 31},
        },
        lambda values: {**PIPELINE, "representations": [DRAWING_MAPS], "protocol": values},
    ),
    "studies.kinds.arithmetic.Arithmetic": Case(
        {"kind": "arithmetic"},
        {
            **EXEMPLARS,
            "a": Changed("bed, window and lamp", along={"b": "bed and window", "c": "bed"}),
            "b": "bed, window and lamp",
            "c": Changed("bed and window", along={"a": "bed and lamp"}),
            "exemplars": {"a": [1], "b": [0, 2], "c": [3]},
            "noise": 0.5,
            "noisy": 9,
        },
        on_rooms,
    ),
    "studies.kinds.direction.Direction": Case(
        {"kind": "direction"},
        {
            **EXEMPLARS,
            "start": "bed and window",
            "stop": "bed and window",
            "exemplars": {"start": [1], "stop": [0, 2]},
            "moved": 9,
            "steps": 5,
            "reach": 2.0,
        },
        on_rooms,
    ),
    "studies.detector.DetectorSettings": Case(
        {"images": 30, "epochs": 2},
        {"images": 31, "epochs": 3, "seed": 1},
        lambda values: {
            **PIPELINE,
            "representations": [DRAWING_MAPS],
            "protocol": {**FORGET, "detector": values},
        },
    ),
    "protocols.kinds.supervised.Supervised": Case(
        SUPERVISED,
        {
            "preset": "svhn1000",
            "per_class": 3,
            "split": None,
            "validation": 12,
            "trials": 3,
            "rungs": [2],
            "kept": [2],
            "epochs": 3,
            "batch": 5,
            "seed": 1,
        },
        lambda values: {**PIPELINE, "representations": [ARCHITECTURE], "protocol": values},
    ),
    "probes.kinds.l2svm.L2SVMProbe": Case(
        {"kind": "l2svm"}, {**PROBE, "solver": "liblinear", "tol": 1e-4}, at("protocol", "probe")
    ),
    "probes.kinds.logistic.LogisticProbe": Case(
        {"kind": "logistic"},
        {**PROBE, "tol": 1e-3, "max_iter": 900, "dtype": "float32"},
        at("protocol", "probe"),
    ),
    "probes.kinds.sklearn.SklearnProbe": Case(
        {"kind": "sklearn"},
        {
            **PROBE,
            "estimator": "sklearn.svm.SVC",
            "params": {"tol": 1e-3},
            "vary": Changed("tol", without=("params",)),
            "ties": "large",
            "version": Changed("scikit-learn 1.0", refused="is not what is installed"),
        },
        at("protocol", "probe"),
    ),
    "probes.kinds.knn.KNNProbe": Case(
        {"kind": "knn"},
        {**PROBE, "temperature": 0.1},
        lambda values: at("protocol")({**FULL, "grid": [1, 3], "probe": values}),
    ),
}
