"""Checkpoints as encoders and generators; what is in a file; any file in our own format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import nn

from dcgan_eval.core import CheckpointError, build, did_you_mean, write_bytes
from dcgan_eval.models.checkpoints.safetensors import CARD
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.family import family_settings, load_family
from dcgan_eval.models.formats import Loaded, Tensors, load_exactly, read_checkpoint
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
    return _encoder(found, path)


def _encoder(found: Discriminator, path: Path) -> Encoder:
    """Load the weights into their network."""
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
    tensors = {name: tensor for name, tensor in found.tensors.items() if name in kept}
    return replace(found, network=network, tensors=tensors, layers=whole)


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
    return CheckpointReport(path, name, loaded, found, _encoder(found, path))


def _whole_layers(found: Discriminator, loaded: Loaded) -> list[str]:
    """Layers before the first one with a missing array."""
    whole = []
    for layer in found.layers:
        if any(missing.startswith(layer) for missing in loaded.missing):
            break
        whole.append(layer)
    return whole


def save_checkpoint(path: Path, tensors: Tensors, card: dict[str, Any]) -> None:
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
    card: dict[str, Any],
    *,
    geometry: dict[str, Any] | None = None,
    half: bool = False,
) -> None:
    """Write a checkpoint of any known format in our own.

    Parameters
    ----------
    path, out
        From where, to where (``.safetensors``).
    card
        What people should know: ``name``, ``source``, ``licence``.
    geometry
        See `load_encoder`; it goes into the card.
    half
        Store float16: half the size, features differ by its rounding.

    Raises
    ------
    CheckpointError
        Another ending, a file that cannot be loaded, or one with missing arrays.
    """
    if out.suffix != ".safetensors":
        raise CheckpointError(f"{out}: our format ends in .safetensors; name it so")
    _, loaded = read_checkpoint(path)
    if loaded.missing:
        raise CheckpointError(f"{path}: missing: {', '.join(loaded.missing)}; fetch them first")
    card = {**(loaded.card or {}), **card}
    if "generator" in (loaded.role, card.get("role")):
        drawn = load_generator(path)
        card |= {"role": "generator", "spec": drawn.spec.identity_values()}
        card.setdefault("family", loaded.layout)
    else:
        found = discriminator_from(loaded, geometry, path)
        load_exactly(found.network, found.tensors, path)
        card |= {
            "role": "discriminator",
            "preprocess": found.preprocess.identity_values(),
            **found.card,
        }
    tensors = loaded.tensors
    save_checkpoint(out, {n: t.half() for n, t in tensors.items()} if half else tensors, card)
