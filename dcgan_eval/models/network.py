"""`Network`: a module whose weights are still to come, with all that they do not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, overload

import torch
from torch import nn

from dcgan_eval.core import CheckpointError, UserError
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.generator import Generator, GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.weights import Tensors, is_statistic, load_exactly

T_co = TypeVar("T_co", bound=ImageInput | GeneratorSpec, covariant=True)


@dataclass(frozen=True)
class Network(Generic[T_co]):
    """A discriminator or a generator without its weights.

    Attributes
    ----------
    module
        Plainly built, or on "meta".
    takes
        Images, and it is a discriminator; z and labels, and it is a generator.
    layers
        What may be read of it, in order; nothing of a generator.
    architecture
        What it is, in words.
    names
        Of tensors in the file → in the module, where they differ.
    card
        What a model card has to say for the same network to be found again.
    assumed
        What nobody said and was taken as it usually is: a key of ``geometry``, or a few words, and
        its value.
    beyond_weights
        What decides its output and neither weights nor a known layout say, as JSON values.
    """

    module: nn.Module
    takes: T_co
    layers: tuple[str, ...] = ()
    architecture: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    assumed: Mapping[str, Any] = field(default_factory=dict)
    beyond_weights: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """A discriminator and a generator that belong together."""

    discriminator: Network[ImageInput]
    generator: Network[GeneratorSpec]


@overload
def with_weights(network: Network[ImageInput], tensors: Tensors) -> Encoder: ...
@overload
def with_weights(network: Network[GeneratorSpec], tensors: Tensors) -> Generator: ...
def with_weights(
    network: Network[ImageInput] | Network[GeneratorSpec], tensors: Tensors
) -> Encoder | Generator:
    """Give a network its weights, all or none; a generator draws once, which shows that it fits.

    Parameters
    ----------
    network
        Its module takes the weights.
    tensors
        By the names of the file. Where it has no running statistics at all, those of the module
        are neutral ones: mean 0, variance 1.

    Raises
    ------
    CheckpointError
        Tensors that do not fit, or a generator that draws no images of its shape.
    """
    given = {network.names.get(name, name): tensor for name, tensor in tensors.items()}
    state = network.module.state_dict()
    statistics = [name for name in state if is_statistic(name)]
    lacking = bool(statistics) and not any(name in given for name in statistics)
    if lacking:
        means = {name for name in statistics if name.endswith("mean")}
        # One number until it is known that the rest of the file has such shapes.
        given |= {
            n: torch.tensor(0.0 if n in means else 1.0).expand(state[n].shape) for n in statistics
        }
    load_exactly(network.module, given)
    takes = network.takes
    if isinstance(takes, ImageInput):
        return Encoder(
            network.module,
            network.layers,
            takes.shape,
            takes.preprocess,
            missing_statistics=lacking,
            beyond_weights=network.beyond_weights,
            assumed=network.assumed,
        )
    generator = Generator(
        network.module, takes, beyond_weights=network.beyond_weights, assumed=network.assumed
    )
    try:
        generator.try_out()
    except (UserError, RuntimeError) as error:
        reason = str(error).strip().split("\n")[0]
        raise CheckpointError(
            f"does not draw images of {takes.image_shape} ({reason}); check its geometry"
        ) from None
    return generator
