"""Plain sequences of layers as networks: pytorch/examples' DCGAN, and what has to be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from torch import nn

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.dcgan import SLOPE
from dcgan_eval.models.formats import Tensors
from dcgan_eval.models.gaps import Gaps, find_gaps
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.geometry import (
    DiscriminatorGeometry,
    GeneratorGeometry,
    Geometry,
    check_keys,
    check_one_each,
    require_keys,
)
from dcgan_eval.models.sequences import (
    check_head,
    discriminator_sequence,
    generator_sequence,
    layer_name,
    renamed,
)
from dcgan_eval.models.stack import Stack

# pytorch/examples, dcgan/main.py: which numbers of `main` are convolutions and batch norms.
_EXAMPLES_DISCRIMINATOR = [(0, None), (2, 3), (5, 6), (8, 9), (11, None)]
_EXAMPLES_GENERATOR = [(0, 1), (3, 4), (6, 7), (9, 10), (12, None)]
G = TypeVar("G", bound=Geometry)
_COMMON = ("part", "eps", "between")
_CONV = ("strides", "paddings")
# No key says otherwise: the labels of the data set are what a generator is given.
CLASS_NUMBERING = {"class numbering": "as in the data"}


@dataclass(frozen=True)
class Plain:
    """A network for a sequence.

    Attributes
    ----------
    architecture
        What it is, in words.
    network, layers, image_shape
        The module, names of its layers, channels × height × width of its images.
    stack, gaps, body
        The sequence, what stands between its layers, and what before the names of its layers.
    card
        Geometry from which it can be built again.
    assumed
        What nobody said of it.
    spec
        What it takes and gives, if it is a generator.
    """

    architecture: str
    network: nn.Module
    layers: tuple[str, ...]
    image_shape: tuple[int, int, int]
    stack: Stack
    gaps: Gaps
    body: str
    card: dict[str, Any]
    assumed: dict[str, Any]
    spec: GeneratorSpec | None = None

    def renamed(self, tensors: Tensors) -> Tensors:
        """Give the tensors of the state dict the network's names."""
        return renamed(self.stack, self.gaps, tensors, self.body)


def _words(stack: Stack, role: str) -> str:
    """What a sequence is, in words."""
    if stack.kind == "dense":
        return f"{role} of {len(stack.blocks)} dense layers"
    layers = "convolutions" if stack.kind == "conv" else "transposed convolutions"
    return f"{role} of {len(stack.blocks)} {layers} in the layout of pytorch/examples"


def _is_examples(stack: Stack, numbers: list[tuple[int, int | None]]) -> bool:
    """Whether a sequence is the published 64×64 network of pytorch/examples, of any width."""
    return stack.indices() == numbers and all(b.shape[2:] == (4, 4) for b in stack.blocks)


def plain_discriminator(stack: Stack, given: DiscriminatorGeometry) -> Plain:
    """Build the discriminator of a sequence of convolutions or dense layers.

    Raises
    ------
    CheckpointError
        What has to be known is not given, or does not fit.
    """
    words = _words(stack, "discriminator")
    gaps = find_gaps(stack, given, reshaped=stack.kind == "dense")
    common = ("input", "preprocess", *_COMMON, *_keys_of(gaps, given))
    known: dict[str, Any] = {}
    if stack.kind == "dense":
        check_keys(given, common, words)
        asked = ("input", *_keys_of(gaps, given))
    else:
        check_keys(given, (*common, *_CONV, "head"), words)
        if gaps.uses_slope():
            known["slope"] = SLOPE
        if _is_examples(stack, _EXAMPLES_DISCRIMINATOR) and stack.outputs() == 1:
            known |= {"input": (64, 64), "strides": (2, 2, 2, 2, 1), "paddings": (1, 1, 1, 1, 0)}
        asked = ("input", *_CONV, *_keys_of(gaps, given))
    said, given = given, _fill(given, known)
    require_keys(given, asked, words, gaps.unsaid())
    check_one_each(given, _CONV, len(stack.blocks))
    assert given.input is not None
    taken = stack.blocks[0].shape[1]
    channels = taken if stack.kind == "conv" else _channels(taken, given.input, "input")
    shape = (channels, *given.input)
    names = [layer_name(stack, number) for number in range(len(stack.blocks))]
    network = discriminator_sequence(stack, gaps, given)
    assumed = _assumed(gaps, said, known)
    if stack.kind == "conv":
        assumed |= check_head(network, shape, given.head)
    return Plain(
        architecture=words,
        network=network,
        layers=tuple(name for name in names if name != "head"),
        image_shape=shape,
        stack=stack,
        gaps=gaps,
        body="",
        card=_card(given),
        assumed=assumed,
    )


def plain_generator(stack: Stack, given: GeneratorGeometry, tensors: Tensors) -> Plain:
    """Build the generator of a sequence of transposed convolutions or dense layers.

    Raises
    ------
    CheckpointError
        What has to be known is not given, or does not fit.
    """
    words = _words(stack, "generator")
    gaps = find_gaps(stack, given, reshaped=stack.kind == "transposed")
    common = ("image", "output", "z", "batch_statistics", *_COMMON, *_keys_of(gaps, given))
    known: dict[str, Any] = {}
    said = given
    embedding: tuple[int, int] | None = None
    if stack.kind == "dense":
        check_keys(given, (*common, "label", "n_classes", "label_first"), words)
        if stack.embedding is not None:
            given = _fill(given, {"label": "embedding"})
            rows, width = tensors[stack.embedding].shape
            embedding = (int(rows), int(width))
        asked = ("image", *_keys_of(gaps, given), "output", "z", "label")
        require_keys(given, asked, words, gaps.unsaid())
        if given.label == "one_hot":
            require_keys(given, ("n_classes",), words)
    else:
        check_keys(given, (*common, *_CONV, "output_paddings"), words)
        if _is_examples(stack, _EXAMPLES_GENERATOR):
            known = {"image": (64, 64), "strides": (1, 2, 2, 2, 2), "paddings": (0, 1, 1, 1, 1)}
            known |= {"slope": 0.0} if gaps.uses_slope() else {}
            known |= {"output": "tanh", "z": "normal"}
        given = _fill(given, known)
        asked = ("image", *_CONV, *_keys_of(gaps, given), "output", "z")
        require_keys(given, asked, words, gaps.unsaid())
        check_one_each(given, (*_CONV, "output_paddings"), len(stack.blocks))
    _check_label(stack, given)
    spec = _spec(stack, gaps, given, embedding)
    return Plain(
        architecture=words,
        network=generator_sequence(stack, gaps, given, embedding),
        layers=(),
        image_shape=spec.image_shape,
        stack=stack,
        gaps=gaps,
        body="body." if spec.n_classes else "",
        card=_card(given),
        assumed={**_assumed(gaps, said, known), **_assumed_of_label(said, spec)},
        spec=spec,
    )


def _keys_of(gaps: Gaps, given: Geometry) -> list[str]:
    """Keys that decide what stands between the layers, all of which must be known."""
    keys = {"slope": gaps.uses_slope(), "norm": gaps.unnamed_norms, "groups": given.norm == "group"}
    return [key for key, used in keys.items() if used]


def _assumed(gaps: Gaps, said: Geometry, known: dict[str, Any]) -> dict[str, Any]:
    """What nobody said, but what is usual or a known layout has."""
    values = {key: value for key, value in known.items() if getattr(said, key) is None}
    if gaps.has_norms() and "eps" not in said.model_fields_set:
        values["eps"] = said.eps
    plain = {
        key: list(value) if isinstance(value, tuple) else value for key, value in values.items()
    }
    return {**gaps.assumed("slope" in said.model_fields_set), **plain}


def _assumed_of_label(said: GeneratorGeometry, spec: GeneratorSpec) -> dict[str, Any]:
    """In which order z and label are joined, and which class has which number."""
    if not spec.n_classes:
        return {}
    order = {} if "label_first" in said.model_fields_set else {"label_first": said.label_first}
    return {**order, **CLASS_NUMBERING}


def _check_label(stack: Stack, given: GeneratorGeometry) -> None:
    """Refuse a label that the weights contradict."""
    if (given.label == "embedding") != (stack.embedding is not None):
        has = stack.embedding or "no embedding"
        raise CheckpointError(
            f"geometry: label is {given.label}, the checkpoint has {has}; correct it"
        )
    if given.n_classes is not None and given.label != "one_hot":
        raise CheckpointError("geometry: n_classes goes with label: one_hot only; leave it out")


def _spec(
    stack: Stack, gaps: Gaps, given: GeneratorGeometry, embedding: tuple[int, int] | None
) -> GeneratorSpec:
    """What the generator takes and gives."""
    assert given.image is not None and given.z is not None
    first = stack.blocks[0]
    if stack.kind == "transposed":
        z_dim, channels, classes = first.shape[0], stack.outputs(), 0
    else:
        classes = embedding[0] if embedding else given.n_classes or 0
        z_dim = first.shape[1] - (embedding[1] if embedding else classes)
        channels = _channels(stack.outputs(), given.image, "image")
    if z_dim < 1:
        raise CheckpointError(
            f"its first layer takes {first.shape[1]} numbers, which leaves {z_dim} for z; "
            "correct geometry: n_classes"
        )
    stored = not gaps.lack_statistics()
    if given.batch_statistics is False and not stored:
        raise CheckpointError(
            "has no stored batch-norm statistics; leave out geometry: batch_statistics"
        )
    return GeneratorSpec(
        z_dim=z_dim,
        z=given.z,
        n_classes=classes,
        label=given.label if given.label is not None else "none",
        output_range=(-1.0, 1.0) if given.output == "tanh" else (0.0, 1.0),
        image_shape=(channels, *given.image),
        batch_statistics=not stored if given.batch_statistics is None else given.batch_statistics,
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


def _fill(given: G, known: dict[str, Any]) -> G:
    """Complete what the user gave by what is known."""
    lacking = {key: value for key, value in known.items() if getattr(given, key) is None}
    return given.model_copy(update=lacking)


def _card(given: Geometry) -> dict[str, Any]:
    """The geometry as a card keeps it: what differs from the defaults, without the part."""
    usual = type(given)().identity_values()
    values = given.identity_values()
    return {key: value for key, value in values.items() if value != usual[key] and key != "part"}
