"""What a state dict does not say, as the user says it: ``geometry:`` of a pipeline or option."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from dcgan_eval.core import CheckpointError, Settings, identity
from dcgan_eval.models.encoder import Preprocess


class Geometry(Settings):
    """What may be said of any checkpoint.

    Attributes
    ----------
    part
        Key of the wanted network in a file that holds several.
    family, options
        One of the families in ``models/networks/`` and its settings, where the shapes alone do not
        tell (a width other than the usual).
    strides, paddings
        One number a convolution, the first and the last included.
    slope
        Of the LeakyReLU behind each layer but the last; 0 is ReLU.
    eps
        Of batch norm; PyTorch's default.
    """

    part: str | None = identity(None)
    family: str | None = identity(None)
    options: dict[str, Any] = identity({})
    strides: tuple[int, ...] | None = identity(None)
    paddings: tuple[int, ...] | None = identity(None)
    slope: float | None = identity(None, ge=0, allow_inf_nan=False)
    eps: float = identity(1e-5, gt=0, allow_inf_nan=False)


class DiscriminatorGeometry(Geometry):
    """Of a discriminator.

    Attributes
    ----------
    input
        Height, width of the images.
    preprocess
        How pixels become its input; x/127.5 − 1 when not given.
    """

    input: tuple[int, int] | None = identity(None)
    preprocess: Preprocess | None = identity(None)


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
        How the class enters a generator of dense layers, joined to z: ``none``, ``one_hot`` or
        ``embedding``.
    n_classes
        Of a ``one_hot`` label; an embedding has one row a class.
    label_first
        Whether the label stands before z.
    batch_statistics
        Whether batch norm uses the statistics of the batch; stored ones when not given, if any.
    """

    image: tuple[int, int] | None = identity(None)
    output_paddings: tuple[int, ...] | None = identity(None)
    output: Literal["tanh", "sigmoid"] | None = identity(None)
    z: Literal["normal", "uniform"] | None = identity(None)
    label: Literal["none", "one_hot", "embedding"] | None = identity(None)
    n_classes: int | None = identity(None, ge=2)
    label_first: bool = identity(False)
    batch_statistics: bool | None = identity(None)


# Keys that go with a known family; all others describe a plain sequence of layers.
_OF_FAMILIES = frozenset({"part", "family", "options", "preprocess"})

# How each key is written in a message.
_SHAPES = {
    "input": "[height, width]",
    "image": "[height, width]",
    "strides": "[one a convolution]",
    "paddings": "[one a convolution]",
    "slope": "0.2 (0 for ReLU)",
    "output": "tanh or sigmoid",
    "z": "normal or uniform",
    "label": "none or one_hot",
    "n_classes": "10",
}


def check_keys(given: Geometry, used: Collection[str], what: str) -> None:
    """Refuse keys that would have no effect on this kind of network."""
    vain = sorted(given.model_fields_set - set(used))
    if vain:
        raise CheckpointError(
            f"{what}; geometry: {', '.join(vain)} would have no effect, leave it out"
        )


def check_family_keys(given: Geometry, name: str) -> None:
    """Refuse keys that describe a sequence where the network is a known family."""
    check_keys(given, _OF_FAMILIES, f"its network is {name}")


def require_keys(given: Geometry, needed: Collection[str], what: str) -> None:
    """Ask for what is not known, by the keys to give."""
    lacking = [key for key in needed if getattr(given, key) is None]
    if lacking:
        keys = ", ".join(f"{key}: {_SHAPES[key]}" for key in lacking)
        raise CheckpointError(
            f"{what}, but a state dict does not say its "
            f"{', '.join(lacking)}; give geometry: {{{keys}}}"
        )


def check_one_each(given: Geometry, keys: Collection[str], layers: int) -> None:
    """Refuse lists that do not have one number a convolution."""
    for key in keys:
        values = getattr(given, key)
        if values is not None and (len(values) != layers or min(values) < 0):
            raise CheckpointError(
                f"geometry: {key} is {list(values)}; the checkpoint has {layers} "
                "convolutions, give one number (0 or more) for each"
            )
