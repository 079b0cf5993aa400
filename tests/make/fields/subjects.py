"""Rows of a pipeline."""

from __future__ import annotations

from tests.make.fields.case import Case, Changed, at
from tests.make.fields.place import (
    ARCHITECTURE,
    CHECKPOINT,
    DENSE,
    DRAWING,
    DRAWING_MODULE,
    DRAWN,
    FEATURES,
    FINETUNED,
    GEOMETRY,
    IDS,
    KMEANS,
    LABELS,
    LARGER,
    MODULE,
    MODULE_WITH_TOKENS,
    NEAREST,
    PIPELINE,
    SUPERVISED,
    WALK,
    with_features,
)

ENCODER = {
    "name": "shown",
    "layers": ["layer1"],
    "grid": 2,
    "batch_norm": "batch",
    "small_maps": "keep",
    "pool": "avg",
    "gem_p": Changed(2.0, {"pool": "gem"}),
    "gem_eps": Changed(1e-3, {"pool": "gem"}),
    "tokens": Changed("cls", refused="no layer gives tokens"),
    "prefix_tokens": Changed(2, along={"tokens": "cls"}, refused="no layer gives tokens"),
    "ablate": ["each"],
}

CASES: dict[str, Case] = {
    "subjects.kinds.pixels.Pixels": Case(
        {"kind": "pixels"}, {"name": "shown"}, at("representations", 0)
    ),
    "subjects.kinds.network.RandomNetwork": Case(
        LARGER,
        {
            **ENCODER,
            "network": "dcgan28",
            "options": {"width": 3},
            "initialisation": "glorot_uniform",
            "seeds": 2,
        },
        lambda values: {
            **PIPELINE,
            "data": {"name": "own", "resize": {"side": 28}},
            "representations": [values],
        },
    ),
    "subjects.kinds.checkpoint.Checkpoint": Case(
        CHECKPOINT,
        {
            **ENCODER,
            "batch_norm": Changed("batch"),
            "path": "b.pth",
            "geometry": {**GEOMETRY, "slope": 0.1},
        },
        at("representations", 0),
    ),
    "subjects.kinds.module.ModuleSettings": Case(
        {**MODULE, "layers": ["0", "3"]},
        {
            **ENCODER,
            "layers": ["0", "2"],
            "module": "fields_code:other",
            "arguments": {"width": 5},
            "input": Changed([1, 6, 6], refused="the network takes 6×6×1"),
            "preprocess": {"mean": [0.4], "std": [0.5]},
            "layout": "channels_last",
            "tokens": Changed("cls", instead=MODULE_WITH_TOKENS),
            "prefix_tokens": Changed(2, instead=MODULE_WITH_TOKENS),
        },
        at("representations", 0),
    ),
    "subjects.kinds.kmeans.KMeans": Case(
        KMEANS,
        {
            "name": "shown",
            "maps": 4,
            "patch": 4,
            "patches": 70,
            "iterations": 3,
            "seed": 1,
            "standardize": 7,
        },
        at("representations", 0),
    ),
    "subjects.kinds.features.FeatureFiles": Case(
        FEATURES,
        {
            "name": "shown",
            "train": "features_again.npy",
            "test": "features_test_again.npy",
            "ids": IDS,
            "ablate": Changed(
                ["each"], {"train": "layered/train.npy", "test": "features_test.npy"}
            ),
        },
        lambda values: with_features({"name": "x", "labels": LABELS}, values),
    ),
    "subjects.kinds.features.IdFiles": Case(
        IDS,
        {"train": "ids_again.npy", "test": "ids_test_again.npy"},
        lambda values: with_features({"name": "x", "labels": LABELS}, {**FEATURES, "ids": values}),
    ),
    "subjects.kinds.samples.SampleFiles": Case(
        {"kind": "samples", "images": "samples.npz"},
        {"name": "shown", "images": "samples_again.npz", "labels": "samples_labels.npy"},
        lambda values: {**PIPELINE, "representations": [values], "protocol": NEAREST},
    ),
    "subjects.kinds.architecture.ArchitectureSettings": Case(
        ARCHITECTURE,
        {
            "name": "shown",
            "network": Changed("mnist_mlp", {}, {"options": DENSE}),
            "options": Changed({**DENSE, "z_dim": 7}, {"network": "mnist_mlp", "options": DENSE}),
        },
        lambda values: {**PIPELINE, "representations": [values], "protocol": SUPERVISED},
    ),
    "subjects.kinds.finetuned.Finetuned": Case(
        FINETUNED,
        {
            "name": "shown",
            "path": "dense_again.pth",
            "geometry": {"preprocess": {"mean": [0.4], "std": [0.5]}},
            "trainable_layers": 1,
        },
        lambda values: {**PIPELINE, "representations": [values], "protocol": SUPERVISED},
    ),
    "subjects.kinds.real.RealSettings": Case(
        {"kind": "real"},
        {"name": "shown"},
        lambda values: {**PIPELINE, "representations": [values], "protocol": NEAREST},
    ),
    "subjects.kinds.generator.GeneratorKindSettings": Case(
        DRAWING,
        {
            "name": "shown",
            "path": "h.pth",
            "geometry": {**DRAWN, "z": "uniform"},
            "encoder": Changed(
                {**CHECKPOINT, "small_maps": "keep"},
                put=lambda values: {**PIPELINE, "representations": [values], "protocol": WALK},
            ),
        },
        lambda values: {**PIPELINE, "representations": [values], "protocol": NEAREST},
    ),
    "subjects.kinds.generator_module.GeneratorModuleSettings": Case(
        DRAWING_MODULE,
        {
            "name": "shown",
            "module": "fields_code:drawing2",
            "arguments": {"width": 5},
            "spec": {**DRAWING_MODULE["spec"], "z": "uniform"},
        },
        lambda values: {**PIPELINE, "representations": [values], "protocol": NEAREST},
    ),
    "subjects.kinds.deformed.DeformedSettings": Case(
        {"kind": "deformed"},
        {"name": "shown", "elastic": 0.7, "smoothness": 2.0, "thickness": 0.1, "shift": 2},
        lambda values: {**PIPELINE, "representations": [values], "protocol": NEAREST},
    ),
}
