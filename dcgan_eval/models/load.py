"""Checkpoints as encoders and generators; what is in a file; any file in our own format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from dcgan_eval.core import CheckpointError, build, did_you_mean, write_bytes
from dcgan_eval.models.checkpoints.safetensors import CARD
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.family import family_settings, load_family
from dcgan_eval.models.formats import Loaded, load_exactly, read_checkpoint
from dcgan_eval.models.generator import Generator, GeneratorSpec
from dcgan_eval.models.layouts import Discriminator, discriminator_from


def load_encoder(
    path: Path | str,
    *,
    layers: Sequence[str] | None = None,
    geometry: dict[str, Any] | None = None,
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
        ``input``, ``strides``, ``paddings``, ``slope`` where no known layout fits.

    Raises
    ------
    CheckpointError
        Absent, damaged, not loadable without running code, or not fitting its network.
    """
    path = Path(path)
    _, loaded = read_checkpoint(path)
    found = discriminator_from(loaded, geometry, path)
    if loaded.missing:
        found = _without_missing(found, loaded, layers, path)
    load_exactly(found.network, found.tensors, path)
    return Encoder(
        found.network,
        found.layers,
        found.input_shape,
        found.preprocess,
        missing_statistics=found.missing_statistics,
    )


def _without_missing(
    found: Discriminator, loaded: Loaded, layers: Sequence[str] | None, path: Path
) -> Discriminator:
    """Cut a network before its first missing array, if the wanted layers end before it."""
    whole = tuple(_whole_layers(found, loaded))
    for layer in layers or found.layers:
        if layer not in found.layers:
            raise CheckpointError(
                f"{path}: unknown layer {layer!r}; {did_you_mean(layer, found.layers)}"
            )
        if layer not in whole:
            raise CheckpointError(
                f"{path}: missing: {', '.join(loaded.missing)}; fetch them, or use the whole "
                f"layers alone: layers: [{', '.join(whole)}]"
            )
    names = list(dict(found.network.named_children()))
    network = nn.Sequential()
    for name in names[: names.index(whole[-1]) + 1]:
        network.add_module(name, found.network.get_submodule(name))
    kept = set(network.state_dict())
    return Discriminator(
        architecture=found.architecture,
        network=network,
        tensors={name: tensor for name, tensor in found.tensors.items() if name in kept},
        layers=whole,
        input_shape=found.input_shape,
        preprocess=found.preprocess,
        missing_statistics=found.missing_statistics,
    )


def load_generator(path: Path | str) -> Generator:
    """A generator in a file.

    Raises
    ------
    CheckpointError
        Absent, damaged, not fitting its network, or a discriminator.
    """
    path = Path(path)
    _, loaded = read_checkpoint(path)
    card = loaded.card or {}
    name = str(card.get("family", loaded.layout or ""))
    if not name or ("layer1.conv.weight" in loaded.tensors and "head.weight" in loaded.tensors):
        raise CheckpointError(
            f"{path}: not a generator that is known; a card (ours) or the authors' format says "
            "which network it is"
        )
    family = load_family(name, str(path))
    settings = family_settings(name, card.get("options", {}), str(path))
    network = family.generator(settings)
    tensors = dict(loaded.tensors)
    for key, value in network.state_dict().items():
        if key.endswith(("running_mean", "running_var")):
            tensors.setdefault(key, value)
    load_exactly(network, tensors, path)
    spec = family.generator_spec(settings)
    if "spec" in card:
        spec = build(GeneratorSpec, card["spec"], str(path), "card.spec")
    return Generator(network, spec)


@dataclass(frozen=True)
class CheckpointReport:
    """What ``inspect`` shows of a checkpoint."""

    path: Path
    format: str
    loaded: Loaded
    found: Discriminator
    encoder: Encoder

    def lines(self, grid: int = 4) -> list[str]:
        """Format, architecture, layers with shapes and columns, hash."""
        channels, height, width = self.encoder.input_shape
        parameters = sum(p.numel() for p in self.encoder.network.parameters())
        lines = [
            f"file: {self.path}",
            f"format: {self.format}",
            f"architecture: {self.found.architecture}",
            f"input: {height}×{width}, {channels} channel(s), "
            f"(x/255 − {list(self.encoder.preprocess.mean)}) / {list(self.encoder.preprocess.std)}",
            f"parameters: {parameters:,}",
        ]
        if self.loaded.nested:
            lines.append(f"nested under: {self.loaded.nested}")
        if self.loaded.stripped:
            lines.append(f"prefixes stripped: {', '.join(self.loaded.stripped)}")
        if self.loaded.missing:
            lines.append(f"missing: {', '.join(self.loaded.missing)}")
        statistics = "missing (set batch_norm: dataset or batch)"
        lines.append(
            f"batch-norm statistics: {statistics if self.found.missing_statistics else 'stored'}"
        )
        total = 0
        for name, shape in self.encoder.layers.items():
            columns = shape.channels * min(grid, shape.height) * min(grid, shape.width)
            total += columns
            lines.append(
                f"layer {name}: {shape.channels} × {shape.height} × {shape.width}, "
                f"{columns:,} columns at {grid}×{grid}"
            )
        lines += [f"columns: {total:,}", f"weights: {self.encoder.weights_hash}"]
        return lines


def inspect_checkpoint(path: Path, geometry: dict[str, Any] | None = None) -> CheckpointReport:
    """Look into a checkpoint; layers behind missing arrays are left out."""
    name, loaded = read_checkpoint(path)
    found = discriminator_from(loaded, geometry, path)
    if loaded.missing:
        whole = _whole_layers(found, loaded)
        found = _without_missing(found, loaded, whole, path)
    load_exactly(found.network, found.tensors, path)
    encoder = Encoder(
        found.network,
        found.layers,
        found.input_shape,
        found.preprocess,
        missing_statistics=found.missing_statistics,
    )
    return CheckpointReport(path, name, loaded, found, encoder)


def _whole_layers(found: Discriminator, loaded: Loaded) -> list[str]:
    """Layers before the first one with a missing array."""
    whole = []
    for layer in found.layers:
        if any(missing.startswith(layer) for missing in loaded.missing):
            break
        whole.append(layer)
    return whole


def save_checkpoint(path: Path, network: nn.Module, card: dict[str, Any]) -> None:
    """Write a network in our own format: safetensors, its card in the metadata and beside it.

    Parameters
    ----------
    path
        Ending in ``.safetensors``; written whole or not at all.
    network
        Its ``state_dict`` is saved.
    card
        JSON values: what the weights do not say.
    """
    tensors: dict[str, torch.Tensor] = {
        name: tensor.detach().cpu().contiguous()
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    text = json.dumps(card, sort_keys=True)
    write_bytes(path, save(tensors, {CARD: text}))
