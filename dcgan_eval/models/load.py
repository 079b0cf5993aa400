"""A checkpoint's path → an encoder, a generator, or a file of our own format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dcgan_eval.core import CheckpointError, located
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.files import read_checkpoint
from dcgan_eval.models.files.safetensors import save_checkpoint
from dcgan_eval.models.generator import Generator, GeneratorSpec
from dcgan_eval.models.image_input import ImageInput
from dcgan_eval.models.network import Network, with_weights
from dcgan_eval.models.recognise import (
    part_of,
    recognise_discriminator,
    recognise_generator,
    role_of,
    whole_part,
)


def load_encoder(
    path: Path | str,
    *,
    layers: Sequence[str] | None = None,
    geometry: Mapping[str, Any] | None = None,
) -> Encoder:
    """A discriminator in a file, as an encoder.

    Parameters
    ----------
    path
        A checkpoint of any known format.
    layers
        Layers that will be used; all when None. Where arrays of deeper layers are missing from
        the file, naming the layers that are whole is what makes it usable.
    geometry
        What a state dict does not say, where no known layout fits; keys as in
        `dcgan_eval.models.sequential.geometry.DiscriminatorGeometry`.

    Raises
    ------
    CheckpointError
        Absent, damaged, not loadable without running code, or not fitting its network.
    SettingsError
        Unknown keys or wrong values in `geometry`.

    Examples
    --------
    >>> from dcgan_eval import load_encoder
    >>> encoder = load_encoder("zoo/digits_dcgan8.safetensors")
    >>> encoder.layers["layer1"]
    LayerShape(channels=32, height=8, width=8, tokens=None)
    """
    path = Path(path)
    _, loaded = read_checkpoint(path, "discriminator", part_of(geometry))
    with located(path):
        network = recognise_discriminator(loaded, geometry)
        return with_weights(*whole_part(network, loaded, layers or network.layers))


def load_generator(path: Path | str, *, geometry: Mapping[str, Any] | None = None) -> Generator:
    """A generator in a file.

    Parameters
    ----------
    path
        A checkpoint of any known format.
    geometry
        What a state dict does not say, where no known layout fits; keys as in
        `dcgan_eval.models.sequential.geometry.GeneratorGeometry`.

    Raises
    ------
    CheckpointError
        Absent, damaged, not fitting its network, or a discriminator.
    SettingsError
        Unknown keys or wrong values in `geometry`.

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval import load_generator
    >>> drawn = load_generator("zoo/mnist_conditional_50.safetensors")
    >>> z = drawn.latent(2, np.random.default_rng(0))
    >>> drawn.sample(z, np.array([3, 7])).shape
    (2, 28, 28, 1)
    """
    path = Path(path)
    _, loaded = read_checkpoint(path, "generator", part_of(geometry))
    with located(path):
        return with_weights(recognise_generator(loaded, geometry), loaded.tensors)


def convert_checkpoint(
    path: Path,
    out: Path,
    card: Mapping[str, Any],
    *,
    geometry: Mapping[str, Any] | None = None,
    half: bool = False,
) -> None:
    """Write a checkpoint of any known format in our own.

    Parameters
    ----------
    path, out
        From where, to where (``.safetensors``).
    card
        What people should know: ``name``, ``source``, ``licence``; and ``role``, where the file
        does not tell whether it holds a discriminator or a generator.
    geometry
        See `load_encoder` and `load_generator`; it goes into the card.
    half
        Store float16: half the size, features differ by its rounding.

    Raises
    ------
    CheckpointError
        Another ending, a file that cannot be loaded, or one with missing arrays.
    """
    if out.suffix != ".safetensors":
        raise CheckpointError(f"{out}: our format ends in .safetensors; name it so")
    _, loaded = read_checkpoint(path, None, part_of(geometry))
    # What the old card said of the network is said anew below.
    old = {k: v for k, v in loaded.card.items() if k not in ("family", "geometry", "assumed")}
    written = {**old, **card}
    with located(path):
        if loaded.missing:
            raise CheckpointError(f"missing: {', '.join(loaded.missing)}; fetch them first")
        network: Network[ImageInput] | Network[GeneratorSpec]
        if (written.get("role") or role_of(loaded)) == "generator":
            network = recognise_generator(loaded, geometry)
            # A plain sequence's geometry says all of it; a family's spec may be the file's own.
            spec = {"spec": network.takes.identity_values()} if "family" in network.card else {}
            written |= {"role": "generator", **network.card, **spec}
        else:
            network = recognise_discriminator(loaded, geometry)
            preprocess = network.takes.preprocess.identity_values()
            written |= {"role": "discriminator", "preprocess": preprocess, **network.card}
        with_weights(network, loaded.tensors)
    written |= {"assumed": dict(network.assumed)} if network.assumed else {}
    tensors = {name: t.half() if half else t for name, t in loaded.tensors.items()}
    save_checkpoint(out, tensors, written)
