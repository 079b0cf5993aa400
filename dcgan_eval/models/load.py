"""Checkpoints as encoders and generators; any file in our own format."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import nn

from dcgan_eval.core import CheckpointError, UserError, did_you_mean, located, write_bytes
from dcgan_eval.models.checkpoints.safetensors import CARD
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.formats import Loaded, Tensors, load_exactly, read_checkpoint
from dcgan_eval.models.generator import Generator
from dcgan_eval.models.layouts import (
    Discriminator,
    DrawnFrom,
    discriminator_from,
    generator_from,
    role_of,
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
        `dcgan_eval.models.geometry.DiscriminatorGeometry`.

    Raises
    ------
    CheckpointError
        Absent, damaged, not loadable without running code, or not fitting its network.
    SettingsError
        Unknown keys or wrong values in `geometry`.
    """
    path = Path(path)
    _, loaded = read_checkpoint(path, "discriminator", _part(geometry))
    with located(path):
        found = discriminator_from(loaded, geometry)
        if loaded.missing:
            found = without_missing(found, loaded, layers)
        return encoder_of(found)


def load_generator(path: Path | str, *, geometry: Mapping[str, Any] | None = None) -> Generator:
    """A generator in a file.

    Parameters
    ----------
    path
        A checkpoint of any known format.
    geometry
        What a state dict does not say, where no known layout fits; keys as in
        `dcgan_eval.models.geometry.GeneratorGeometry`.

    Raises
    ------
    CheckpointError
        Absent, damaged, not fitting its network, or a discriminator.
    SettingsError
        Unknown keys or wrong values in `geometry`.
    """
    path = Path(path)
    _, loaded = read_checkpoint(path, "generator", _part(geometry))
    with located(path):
        drawn = generator_of(generator_from(loaded, geometry))
    # What the card says of the network and nobody else does decides samples as weights do.
    said = (loaded.card or {}).get("geometry", {})
    drawn.of_card = {key: said[key] for key in said if key not in (geometry or {})}
    return drawn


def _part(geometry: Mapping[str, Any] | None) -> str | None:
    """Which of several networks in a file is wanted."""
    part = (geometry or {}).get("part")
    return part if isinstance(part, str) else None


def encoder_of(found: Discriminator) -> Encoder:
    """Load the weights into their network, all or none."""
    load_exactly(found.network, found.tensors)
    return Encoder(
        found.network,
        found.layers,
        found.input_shape,
        found.preprocess,
        missing_statistics=found.missing_statistics,
        assumed=found.assumed,
        # Strides and slopes that no layout says decide the features as weights do.
        beyond_weights={key: found.card[key] for key in ("geometry",) if key in found.card},
    )


def generator_of(found: DrawnFrom) -> Generator:
    """Load the weights into their network, all or none, and draw once to see that it fits."""
    load_exactly(found.network, found.tensors)
    drawn = Generator(found.network, found.spec, assumed=found.assumed)
    try:
        drawn.try_out()
    except (UserError, RuntimeError) as error:
        reason = str(error).strip().split("\n")[0]
        raise CheckpointError(
            f"does not draw images of {found.spec.image_shape} ({reason}); check its geometry"
        ) from None
    return drawn


def without_missing(
    found: Discriminator, loaded: Loaded, layers: Sequence[str] | None
) -> Discriminator:
    """Cut a network before its first missing array, if the wanted layers end before it."""
    whole = whole_layers(found, loaded)
    for layer in layers or found.layers:
        if layer not in found.layers:
            raise CheckpointError(f"unknown layer {layer!r}; {did_you_mean(layer, found.layers)}")
        if layer not in whole:
            use = f", or use the whole layers alone: layers: [{', '.join(whole)}]" if whole else ""
            raise CheckpointError(f"missing: {', '.join(loaded.missing)}; fetch them{use}")
    names = list(dict(found.network.named_children()))
    network = nn.Sequential()
    for name in names[: names.index(whole[-1]) + 1]:
        network.add_module(name, found.network.get_submodule(name))
    kept = set(network.state_dict())
    tensors = {name: tensor for name, tensor in found.tensors.items() if name in kept}
    return replace(found, network=network, tensors=tensors, layers=whole)


def whole_layers(found: Discriminator, loaded: Loaded) -> tuple[str, ...]:
    """Layers before the first one with a missing array."""
    whole: list[str] = []
    for layer in found.layers:
        if any(missing.startswith(f"{layer}.") for missing in loaded.missing):
            break
        whole.append(layer)
    return tuple(whole)


def save_checkpoint(path: Path, tensors: Tensors, card: Mapping[str, Any]) -> None:
    """Write weights in our own format: safetensors, the card in the file's metadata.

    Parameters
    ----------
    path
        Ending in ``.safetensors``; written whole or not at all.
    tensors
        A state dict; counters of batches are left out.
    card
        JSON values: what the weights do not say.
    """
    kept = {
        name: tensor.detach().cpu().contiguous()
        for name, tensor in tensors.items()
        if not name.endswith("num_batches_tracked")
    }
    write_bytes(path, save(kept, {CARD: json.dumps(card, sort_keys=True)}))


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
    _, loaded = read_checkpoint(path, None, _part(geometry))
    # What the old card said of the network is said anew below.
    old = {
        k: v for k, v in (loaded.card or {}).items() if k not in ("family", "geometry", "assumed")
    }
    written = {**old, **card}
    with located(path):
        if loaded.missing:
            raise CheckpointError(f"missing: {', '.join(loaded.missing)}; fetch them first")
        found: Discriminator | DrawnFrom
        if (written.get("role") or role_of(loaded)) == "generator":
            drawn = found = generator_from(loaded, geometry)
            spec = generator_of(drawn).spec.identity_values()
            written |= {"role": "generator", **drawn.card}
            # A plain sequence's geometry says all of it; a family's spec may be the file's own.
            written |= {"spec": spec} if "family" in drawn.card else {}
        else:
            read = found = discriminator_from(loaded, geometry)
            preprocess = encoder_of(read).preprocess.identity_values()
            written |= {"role": "discriminator", "preprocess": preprocess, **found.card}
        written |= {"assumed": found.assumed} if found.assumed else {}
    tensors = {name: t.half() if half else t for name, t in loaded.tensors.items()}
    save_checkpoint(out, tensors, written)
