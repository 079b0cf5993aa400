"""Other people's networks that are one numbered sequence, such as ``main.0.weight``, ….

A state dict says neither what stands at numbers without weights nor strides, paddings and input
size. It is read as rows with gaps (`rows`); what is said (`geometry`), usual, or that of
pytorch/examples fills them (`fill`), the rest is asked for; then the network is built (`build`).
"""

from __future__ import annotations

from typing import Any, TypeVar

import torch

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.network import Network
from dcgan_eval.models.sequential.build import (
    build_discriminator,
    build_generator,
    check_head,
    check_size,
    file_names,
    layer_name,
)
from dcgan_eval.models.sequential.fill import (
    assumed,
    fill,
    gap_keys,
    lack_statistics,
    unsaid,
    uses_slope,
)
from dcgan_eval.models.sequential.geometry import (
    DiscriminatorGeometry,
    GeneratorGeometry,
    Geometry,
    check_keys,
    check_one_each,
    require_keys,
)
from dcgan_eval.models.sequential.rows import Rows

# pytorch/examples, dcgan/main.py: which numbers of `main` are convolutions and batch norms.
_EXAMPLES_DISCRIMINATOR = [(0, None), (2, 3), (5, 6), (8, 9), (11, None)]
_EXAMPLES_GENERATOR = [(0, 1), (3, 4), (6, 7), (9, 10), (12, None)]
_OF_DISCRIMINATOR = {"input": (64, 64), "strides": (2, 2, 2, 2, 1), "paddings": (1, 1, 1, 1, 0)}
_OF_GENERATOR = {"image": (64, 64), "strides": (1, 2, 2, 2, 2), "paddings": (0, 1, 1, 1, 1)}
G = TypeVar("G", bound=Geometry)
_COMMON = ("part", "eps", "between")
_CONV = ("strides", "paddings")
# What convolutions may be whose gaps may be upsampling.
_EITHER = "discriminator (or a generator that upsamples: of that one use kind: generator_module)"
# No key says otherwise: the labels of the data set are what a generator is given.
CLASS_NUMBERING = {"class numbering": "as in the data"}


def sequence_discriminator(rows: Rows, said: DiscriminatorGeometry) -> Network[ImageInput]:
    """The discriminator of a sequence of convolutions or dense layers.

    Raises
    ------
    CheckpointError
        What has to be known is not given, or does not fit.
    """
    words = _words(rows, "discriminator")
    conv = rows.kind == "conv"
    rows = fill(rows, said, reshaped=not conv)
    needed = ["input", *(_CONV if conv else ()), *gap_keys(rows, said)]
    own = ("head",) if conv and not rows.dense_head else ()
    check_keys(said, {*needed, "preprocess", *_COMMON, *own}, words)
    known: dict[str, Any] = {"slope": 0.2} if conv and uses_slope(rows) else {}
    if _is_examples(rows, _EXAMPLES_DISCRIMINATOR) and rows.outputs() == 1:
        known |= _OF_DISCRIMINATOR
    given = _completed(said, known)
    asked = _words(rows, _EITHER) if rows.may_draw else words
    require_keys(given, needed, asked, unsaid(rows))
    check_one_each(given, rows.convolutions)
    assert given.input is not None
    taken = rows.layers[0][0].weight[1]
    shape = (taken if conv else _channels(taken, given.input, "input"), *given.input)
    # Weights are loaded in place of what stands there: until then no memory is taken.
    with torch.device("meta"):
        module = build_discriminator(rows, given)
        check_size(module, shape)
        head = check_head(module, shape, given.head) if conv else {}
    # Of dense layers behind maps none is read.
    read = rows.convolutions if rows.dense_head else len(rows.layers) - 1
    card = _card(given)
    return Network(
        module,
        takes=ImageInput(shape),
        layers=tuple(layer_name(rows, at) for at in range(read)),
        architecture=words,
        names=file_names(rows),
        card={"geometry": card},
        assumed=assumed(rows, said, known) | head,
        beyond_weights={"geometry": card},
    )


def sequence_generator(rows: Rows, said: GeneratorGeometry) -> Network[GeneratorSpec]:
    """The generator of a sequence of transposed convolutions or dense layers.

    Raises
    ------
    CheckpointError
        What has to be known is not given, or does not fit.
    """
    words = _words(rows, "generator")
    dense = rows.kind == "dense"
    rows = fill(rows, said, reshaped=not dense)
    needed = ["image", *(() if dense else _CONV), *gap_keys(rows, said), "output", "z"]
    needed += ["label"] if dense else []
    own = ("label", "n_classes", "label_first", *(() if dense else ("output_paddings",)))
    check_keys(said, {*needed, "batch_statistics", *_COMMON, *own}, words)
    known: dict[str, Any] = {}
    if _is_examples(rows, _EXAMPLES_GENERATOR):
        known = {**_OF_GENERATOR, "output": "tanh", "z": "normal"}
        known |= {"slope": 0.0} if uses_slope(rows) else {}
    given = _completed(said, known | ({"label": "embedding"} if rows.embedding else {}))
    needed += ["n_classes"] if given.label == "one_hot" else []
    require_keys(given, needed, words, unsaid(rows))
    check_one_each(given, rows.convolutions)
    spec = _spec(rows, given)
    with torch.device("meta"):
        module = build_generator(rows, given)
        if not dense:
            check_size(module, (rows.layers[0][0].weight[0],))
    of_label: dict[str, Any] = {} if given.label else {"label": spec.label}
    if spec.n_classes:
        first = {} if "label_first" in said.model_fields_set else {"label_first": said.label_first}
        of_label = {**first, **CLASS_NUMBERING}
    return Network(
        module,
        takes=spec,
        architecture=words,
        names=file_names(rows, "body." if spec.n_classes else ""),
        card={"geometry": _card(given)},
        assumed=assumed(rows, said, known) | of_label,
    )


def _words(rows: Rows, role: str) -> str:
    """What a sequence is, in words."""
    if rows.kind == "dense":
        return f"{role} of {len(rows.layers)} dense layers"
    layers = "convolutions" if rows.kind == "conv" else "transposed convolutions"
    if rows.dense_head:
        layers += f" and {len(rows.layers) - rows.convolutions} dense"
    return f"{role} of {rows.convolutions} {layers} in the layout of pytorch/examples"


def _is_examples(rows: Rows, numbers: list[tuple[int, int | None]]) -> bool:
    """Whether a sequence is the published 64×64 network of pytorch/examples, of any width."""
    return rows.numbers() == numbers and all(one[0].weight[2:] == (4, 4) for one in rows.layers)


def _completed(said: G, known: dict[str, Any]) -> G:
    """Complete what the user gave by what is known."""
    lacking = {key: value for key, value in known.items() if getattr(said, key) is None}
    return said.model_copy(update=lacking)


def _card(given: Geometry) -> dict[str, Any]:
    """The geometry as a card keeps it: what differs from the defaults, without the part."""
    usual = type(given)().identity_values()
    values = given.identity_values()
    return {key: value for key, value in values.items() if value != usual[key] and key != "part"}


def _spec(rows: Rows, given: GeneratorGeometry) -> GeneratorSpec:
    """What the generator takes and gives, if the weights do not contradict it."""
    assert given.image is not None and given.z is not None
    if (given.label == "embedding") != (rows.embedding is not None):
        has = rows.embedding[0] if rows.embedding else "no embedding"
        raise CheckpointError(
            f"geometry: label is {given.label}, the checkpoint has {has}; correct it"
        )
    if given.n_classes is not None and given.label != "one_hot":
        raise CheckpointError("geometry: n_classes goes with label: one_hot only; leave it out")
    if given.label_first and given.label in (None, "none"):
        raise CheckpointError("geometry: label_first has no effect without label; leave it out")
    transposed = rows.kind == "transposed"
    taken, gives = rows.layers[0][0].weight[0 if transposed else 1], rows.outputs()
    channels = gives if transposed else _channels(gives, given.image, "image")
    classes = width = given.n_classes or 0
    if rows.embedding is not None:
        _, classes, width = rows.embedding
    if taken <= width:
        raise CheckpointError(
            f"its first layer takes {taken} numbers, which leaves {taken - width} for z; "
            "correct geometry: n_classes"
        )
    lacking = lack_statistics(rows)
    if given.batch_statistics is False and lacking:
        raise CheckpointError(
            "has no stored batch-norm statistics; leave out geometry: batch_statistics"
        )
    return GeneratorSpec(
        z_dim=taken - width,
        z=given.z,
        n_classes=classes,
        label=given.label or "none",
        output_range=(-1.0, 1.0) if given.output == "tanh" else (0.0, 1.0),
        image_shape=(channels, *given.image),
        batch_statistics=lacking if given.batch_statistics is None else given.batch_statistics,
    )


def _channels(numbers: int, sides: tuple[int, int], key: str) -> int:
    """How many channels so many numbers are for images of these sides."""
    pixels = sides[0] * sides[1]
    if min(sides) < 1 or numbers % pixels:
        raise CheckpointError(
            f"geometry: {key} is {list(sides)}, but a dense layer of {numbers} numbers is "
            "no whole number of such images' channels; correct it"
        )
    return numbers // pixels
