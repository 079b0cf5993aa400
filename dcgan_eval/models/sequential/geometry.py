"""What a state dict does not say, as the user says it: ``geometry:`` of a pipeline or option."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from dcgan_eval.core import CheckpointError, Settings, identity
from dcgan_eval.models.image_input import Preprocess

Activation = Literal["leaky_relu", "relu", "prelu", "elu", "gelu", "silu", "tanh", "sigmoid"]
Pool = Literal["max_pool", "avg_pool"]
Norm = Literal["batch_norm", "instance_norm", "group_norm"]
# Sides, steps and counts of layers: more than any image has, and no more than torch can take.
Small = Annotated[int, Field(le=1 << 16)]
Side = Annotated[int, Field(ge=1, le=1 << 16)]
# Keys that a kind of layer may have, beside `kind`, and must have.
_KEYS: dict[str, tuple[set[str], set[str]]] = {
    "leaky_relu": ({"slope"}, set()),
    "max_pool": ({"size", "stride", "padding"}, {"size"}),
    "avg_pool": ({"size", "stride", "padding"}, {"size"}),
    "group_norm": ({"groups"}, {"groups"}),
}


class LayerBetween(Settings):
    """What stands at a number of a sequence that has no weights there; a kind alone is its text.

    Attributes
    ----------
    kind
        Its type; ``identity`` for what does nothing at evaluation, and for `nn.Flatten`.
    slope
        Of a ``leaky_relu``; that of the whole geometry when not given.
    size, stride, padding
        Of a pooling; a step of its size, and 0, when not given.
    groups
        Of a ``group_norm``.
    """

    kind: Literal[Activation, Pool, "dropout", "identity", Norm] = identity()
    slope: float | None = identity(None, ge=0, allow_inf_nan=False)
    size: Small | None = identity(None, ge=1)
    stride: Small | None = identity(None, ge=1)
    padding: Small | None = identity(None, ge=0)
    groups: Small | None = identity(None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _text_is_a_kind(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _only_keys_of_its_kind(self) -> LayerBetween:
        allowed, needed = _KEYS.get(self.kind, (set(), set()))
        given = set(self.identity_values()) - {"kind"}
        if given - allowed:
            raise ValueError(f"{self.kind} has no {', '.join(sorted(given - allowed))}")
        if needed - given:
            raise ValueError(f"{self.kind} needs {', '.join(sorted(needed - given))}")
        return self

    def identity_values(self) -> dict[str, Any]:
        """Those that are given."""
        return {key: value for key, value in super().identity_values().items() if value is not None}


class Geometry(Settings):
    """What may be said of any checkpoint.

    Attributes
    ----------
    part
        Key of the wanted network in a file that holds several.
    family, options
        One of the families in ``models/families/`` and its settings, where the shapes alone do not
        tell (a width other than the usual).
    strides, paddings
        One number a convolution, the first and the last included.
    slope
        Of the LeakyReLU behind each layer but the last; 0 is ReLU.
    eps
        Of all norms; PyTorch's default.
    norm
        What norms without running statistics are: ``batch``, ``instance`` or ``group``.
    groups
        Of ``norm: group``; 1 is layer norm.
    between
        What stands at numbers that have no weights, by number.
    """

    part: str | None = identity(None)
    family: str | None = identity(None)
    options: dict[str, Any] = identity({})
    strides: tuple[Small, ...] | None = identity(None)
    paddings: tuple[Small, ...] | None = identity(None)
    slope: float | None = identity(None, ge=0, allow_inf_nan=False)
    eps: float = identity(1e-5, gt=0, allow_inf_nan=False)
    norm: Literal["batch", "instance", "group"] | None = identity(None)
    groups: Small | None = identity(None, ge=1)
    between: dict[int, LayerBetween] = identity({})


class DiscriminatorGeometry(Geometry):
    """Of a discriminator.

    Attributes
    ----------
    input
        Height, width of the images.
    preprocess
        How pixels become its input; x/127.5 − 1 when not given.
    head
        Height, width that the last convolution leaves, where it is not one number an image.
    """

    input: tuple[Side, Side] | None = identity(None)
    preprocess: Preprocess | None = identity(None)
    head: tuple[Side, Side] | None = identity(None)


class GeneratorGeometry(Geometry):
    """Of a generator.

    Attributes
    ----------
    image
        Height, width of its samples.
    output_paddings
        One number a transposed convolution; 0 when not given.
    output
        What ends it: ``tanh`` (−1 … 1) or ``sigmoid`` (0 … 1).
    z
        Distribution of z: ``normal`` or ``uniform`` in [−1, 1].
    label
        How the class enters, joined to z: ``none``, ``one_hot`` or ``embedding``.
    n_classes
        Of a ``one_hot`` label; an embedding has one row a class.
    label_first
        Whether the label stands before z.
    batch_statistics
        Whether batch norm uses the statistics of the batch; stored ones when not given, if any.
    """

    image: tuple[Side, Side] | None = identity(None)
    output_paddings: tuple[Small, ...] | None = identity(None)
    output: Literal["tanh", "sigmoid"] | None = identity(None)
    z: Literal["normal", "uniform"] | None = identity(None)
    label: Literal["none", "one_hot", "embedding"] | None = identity(None)
    n_classes: Small | None = identity(None, ge=2)
    label_first: bool = identity(False)
    batch_statistics: bool | None = identity(None)


# Keys that go with a known family; all others describe a plain sequence of layers.
FAMILY_KEYS = frozenset({"part", "family", "options", "preprocess"})

# How each key is written in a message.
_SHAPES = {
    "input": "[height, width]",
    "image": "[height, width]",
    "strides": "[one a convolution]",
    "paddings": "[one a convolution]",
    "slope": "0.2 (0 for ReLU)",
    "output": "tanh or sigmoid",
    "z": "normal or uniform",
    "label": "none, or one_hot with n_classes: 10",
    "n_classes": "10",
    "norm": "batch, instance or group (with groups: 8)",
    "groups": "8",
}
# So many unknown layers are named in a message.
_MOST_SHOWN = 12
_ONE_OF = (
    "; … is one of leaky_relu, relu, elu, gelu, silu, tanh, sigmoid, dropout, identity, "
    "batch_norm, instance_norm, {kind: group_norm, groups: 8}, {kind: max_pool, size: 2}, "
    "{kind: avg_pool, size: 2}"
)


def check_keys(given: Geometry, used: Collection[str], what: str) -> None:
    """Refuse keys that would have no effect on this kind of network."""
    vain = sorted(given.model_fields_set - set(used))
    if vain:
        raise CheckpointError(
            f"{what}; geometry: {', '.join(vain)} would have no effect, leave it out"
        )


def require_keys(
    given: Geometry, needed: Collection[str], what: str, unsaid: Mapping[int, str]
) -> None:
    """Ask for what is not known: by the keys to give, by numbers with what is to stand there."""
    lacking = [key for key in needed if getattr(given, key) is None]
    keys = [f"{key}: {_SHAPES[key]}" for key in lacking]
    if unsaid:
        shown = list(unsaid.items())[:_MOST_SHOWN]
        places = ", ".join(f'"{number}": {shape}' for number, shape in shown)
        more = f" and {len(unsaid) - len(shown)} more" if len(unsaid) > len(shown) else ""
        lacking.append(f"layers at {' and '.join(str(number) for number, _ in shown)}{more}")
        keys.append(f"between: {{{places}}}")
    if lacking:
        raise CheckpointError(
            f"{what}, but a state dict does not say its {', '.join(lacking)}; give geometry: "
            f"{{{', '.join(keys)}}}" + (_ONE_OF if "…" in unsaid.values() else "")
        )


def check_one_each(given: Geometry, layers: int) -> None:
    """Refuse lists that do not have one number a convolution."""
    for key in ("strides", "paddings", "output_paddings"):
        values = getattr(given, key, None)
        if values is not None and (len(values) != layers or min(values) < 0):
            raise CheckpointError(
                f"geometry: {key} is {list(values)}; the checkpoint has {layers} "
                "convolutions, give one number (0 or more) for each"
            )
