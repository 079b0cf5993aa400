"""Networks, and what a file does not say of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dcgan_eval.core import digest_arrays, digest_json
from dcgan_eval.models import load_family, load_generator
from tests.make.fields.case import Case, Changed, Values, at
from tests.make.fields.place import (
    CONDITIONAL,
    DRAWING_MODULE,
    DRAWN,
    FAMILY,
    GEOMETRY,
    MODULE,
    NEAREST,
    PIPELINE,
)


def pair_of(family: str) -> Callable[[Values], Any]:
    """What of both networks that options make is in ids: weights, what they do not show, z."""

    def key(values: Values) -> Any:
        pair = load_family(family, values).pair()
        networks = (pair.discriminator.module, pair.generator.module)
        shapes = [
            [(name, tuple(part.shape)) for name, part in network.state_dict().items()]
            for network in networks
        ]
        beyond = [dict(one.beyond_weights) for one in (pair.discriminator, pair.generator)]
        return digest_json([shapes, pair.generator.takes.identity_values(), beyond])

    return key


def read_as(file: str, side: int = 8, **fixed: Any) -> Callable[[Values], Values]:
    """A pipeline that reads a discriminator; some keys of its geometry may be fixed."""

    def put(geometry: Values) -> Values:
        row = {"kind": "checkpoint", "path": file, "small_maps": "keep", "batch_norm": "dataset"}
        row |= {"geometry": {**fixed, **geometry}}
        data = {"name": "own", "resize": {"side": side}}
        return {**PIPELINE, "data": data, "representations": [row]}

    return put


def drawn_as(file: str, side: int = 8, **fixed: Any) -> Callable[[Values], Values]:
    """A pipeline that scores the samples of a generator."""

    def put(geometry: Values) -> Values:
        row = {"kind": "generator", "path": file, "geometry": {**fixed, **geometry}}
        data = {"name": "own", "resize": {"side": side}}
        return {**PIPELINE, "data": data, "representations": [row], "protocol": NEAREST}

    return put


def samples_of(geometry: Values) -> Any:
    """Samples of a generator without classes, which no protocol takes."""
    drawn = load_generator("maps.pth", geometry=geometry)
    z = np.random.default_rng(0).normal(size=(4, 7)).astype(np.float32)
    return digest_arrays([("samples", drawn.sample_float(z))])


def between(values: Values) -> Values:
    """A pipeline whose network has a layer between the first two; a pooling leaves 2×2."""
    pooled = str(values["kind"]).endswith("pool")
    put = read_as("pooled.pth" if pooled else "a.pth", **GEOMETRY)
    return put({"between": {1: values}})


# A sequence of transposed convolutions, 7×1×1 → 4×4×4 → 1×8×8.
MAPS = {"image": [8, 8], "strides": [1, 2], "paddings": [0, 1], "output_paddings": [0, 1]}
MAPS |= {"slope": 0.0, "output": "tanh", "z": "normal"}
POOL = {"kind": "max_pool", "size": 4, "stride": 4}
OF_MAPS: dict[str, Any] = {"instead": MAPS, "put": dict, "key": samples_of}
OF_MAPS |= {"refused": "does not draw images"}
UNSLOPED = {key: value for key, value in DRAWN.items() if key != "slope"}

CASES: dict[str, Case] = {
    "models.image_input.Preprocess": Case(
        {"mean": [0.5], "std": [0.5]},
        {"mean": [0.4], "std": [0.4], "resize": "bilinear"},
        lambda values: at("representations", 0)({**MODULE, "preprocess": values}),
    ),
    "models.sequential.geometry.DiscriminatorGeometry": Case(
        GEOMETRY,
        {
            "part": Changed("E", {"part": "D"}, put=read_as("two.pth")),
            "family": Changed(
                "svhn32",
                instead=FAMILY,
                without=("options",),
                put=read_as("family.pth", 28),
                refused="nothing was loaded",
            ),
            "options": Changed(
                {"width": 3}, instead=FAMILY, put=read_as("family.pth", 28), refused="shape"
            ),
            "strides": [1, 1, 2],
            "paddings": [2, 0, 0],
            "slope": 0.1,
            "eps": 1e-8,
            "norm": Changed("instance", {"norm": "batch"}, put=read_as("nameless.pth")),
            "groups": Changed(4, {"norm": "group", "groups": 2}, put=read_as("nameless.pth")),
            "between": Changed({"1": "relu"}, {"between": {"1": "elu"}}),
            "head": Changed(
                [2, 2], {"paddings": [1, 1, 1], "head": [3, 3]}, refused="head leaves 3×3"
            ),
            "input": Changed([9, 9], refused="9×9"),
            "preprocess": {"mean": [0.4], "std": [0.5]},
        },
        read_as("a.pth"),
    ),
    "models.sequential.geometry.GeneratorGeometry": Case(
        DRAWN,
        {
            "part": Changed("H", {"part": "G"}, put=drawn_as("two_g.pth")),
            "family": Changed(
                "svhn32",
                instead=CONDITIONAL,
                without=("options",),
                put=drawn_as("family_g.pth", 28),
                refused="nothing was loaded",
            ),
            "options": Changed(
                {**CONDITIONAL["options"], "width": 3},
                instead=CONDITIONAL,
                put=drawn_as("family_g.pth", 28),
                refused="shape",
            ),
            "strides": Changed([1, 1], **OF_MAPS),
            "paddings": Changed([0, 0], **OF_MAPS),
            "output_paddings": Changed([0, 0], **OF_MAPS),
            "slope": 0.1,
            "eps": Changed(1e-8, put=drawn_as("norm.pth")),
            "norm": Changed(
                "group", {"norm": "batch"}, {"groups": 1}, put=drawn_as("nameless_g.pth")
            ),
            "groups": Changed(4, {"norm": "group", "groups": 2}, put=drawn_as("nameless_g.pth")),
            "between": Changed({"1": "elu"}, instead={**UNSLOPED, "between": {"1": "relu"}}),
            "image": Changed([4, 16], refused=r"samples are \(4, 16, 1\)"),
            "output": "sigmoid",
            "z": "uniform",
            "label": Changed("embedding", refused="label is embedding"),
            "n_classes": Changed(4, refused="generates 4 classes"),
            "label_first": True,
            "batch_statistics": Changed(True, put=drawn_as("norm.pth")),
        },
        drawn_as("g.pth"),
    ),
    "models.sequential.geometry.LayerBetween": Case(
        POOL,
        {
            "slope": Changed(0.1, instead={"kind": "leaky_relu"}),
            "size": 3,
            "stride": 3,
            "padding": 1,
            "groups": Changed(4, instead={"kind": "group_norm", "groups": 2}),
        },
        between,
    ),
    "models.generator.GeneratorSpec": Case(
        DRAWING_MODULE["spec"],
        {
            "z_dim": 7,
            "z": "uniform",
            "n_classes": Changed(10, refused="generates 10 classes"),
            "label": "embedding",
            "output_range": [-2.0, 2.0],
            "image_shape": Changed([1, 4, 16], refused=r"samples are \(4, 16, 1\)"),
            "batch_statistics": True,
            "dropout": Changed(True, refused="the network has no dcgan_eval.models.Dropout"),
        },
        lambda values: {
            **PIPELINE,
            "representations": [{**DRAWING_MODULE, "spec": values}],
            "protocol": NEAREST,
        },
    ),
    "models.families.dcgan64.Dcgan64": Case({"width": 1}, {"width": 2}, key=pair_of("dcgan64")),
    "models.families.dcgan28.Dcgan28": Case(
        {"width": 2}, {"width": 3, "z_dim": 7}, key=pair_of("dcgan28")
    ),
    "models.families.examples.Examples": Case(
        {"side": 16, "ndf": 2, "ngf": 2},
        {"side": 32, "channels": 1, "ndf": 3, "ngf": 3, "z_dim": 7, "bias": True},
        key=pair_of("examples"),
    ),
    "models.families.imagenet32.Imagenet32": Case(
        {"width": 2}, {"width": 3}, key=pair_of("imagenet32")
    ),
    "models.families.keras_mnist.KerasMnist": Case(
        {"width": 2, "dense": 8}, {"width": 3, "dense": 9}, key=pair_of("keras_mnist")
    ),
    "models.families.gans_in_action.GansInAction": Case(
        {"width": 2}, {"width": 3}, key=pair_of("gans_in_action")
    ),
    "models.families.tf_dcgan.TfDcgan": Case(
        {"width": 2},
        {
            "side": 32,
            "channels": 3,
            "width": 3,
            "dropout": Changed(0.3, {"sampling_dropout": True}),
            "sampling_dropout": True,
        },
        key=pair_of("tf_dcgan"),
    ),
    "models.families.conditional_tf.ConditionalTf": Case(
        {"width": 2}, {"width": 3, "n_classes": 3, "auxiliary": True}, key=pair_of("conditional_tf")
    ),
    "models.families.residual.Residual": Case(
        {"width": 2},
        {"side": 64, "channels": 1, "width": 3, "alpha": 0.2, "norm": "layer", "z_dim": 7},
        key=pair_of("residual"),
    ),
    "models.families.guidelines.Guidelines": Case(
        {"width": 2},
        {
            "side": 32,
            "channels": 3,
            "width": 3,
            "resample": "pooling",
            "norm": "everywhere",
            "top": "dense",
            "activation": "tanh",
            "z_dim": 7,
        },
        key=pair_of("guidelines"),
    ),
    "models.families.mnist_conditional.MnistConditional": Case(
        {"width": 2, "dense": 8},
        {"width": 3, "dense": 9, "z_dim": 7, "n_classes": 3},
        key=pair_of("mnist_conditional"),
    ),
    "models.families.mnist_mlp.MnistMlp": Case(
        {"hidden": [8]},
        {
            "side": 14,
            "hidden": [9],
            "z_dim": 7,
            "z": "uniform",
            "n_classes": 10,
            "batch_norm": False,
        },
        key=pair_of("mnist_mlp"),
    ),
}
