"""What is in a checkpoint, for people: ``dcgan-eval inspect``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from dcgan_eval.core import assumptions, located
from dcgan_eval.models.encoder import LayerShape, Preprocess
from dcgan_eval.models.formats import Loaded, read_checkpoint
from dcgan_eval.models.generator import GeneratorSpec
from dcgan_eval.models.layouts import discriminator_from, generator_from, role_of
from dcgan_eval.models.load import encoder_of, generator_of, whole_layers, without_missing


@dataclass(frozen=True)
class CheckpointReport:
    """What ``inspect`` shows of a checkpoint.

    Attributes
    ----------
    path, format, architecture
        The file, the format it has, the network in words.
    image_shape
        Channels, height, width of its input (discriminator) or samples (generator).
    layers
        Name → shape, of a discriminator.
    parameters
        How many, those of missing layers left out.
    dtypes
        Types of the numbers in the file.
    nested, stripped, missing
        See `dcgan_eval.models.formats.Loaded`.
    statistics
        Where batch norm gets its statistics, in words.
    preprocess
        Of a discriminator, else None.
    spec
        Of a generator, else None.
    weights_hash
        Of the loaded network.
    assumed
        What nobody said of it.
    """

    path: Path
    format: str
    architecture: str
    image_shape: tuple[int, int, int]
    layers: Mapping[str, LayerShape]
    parameters: int
    dtypes: tuple[str, ...]
    nested: str | None
    stripped: tuple[str, ...]
    missing: tuple[str, ...]
    statistics: str
    preprocess: Preprocess | None
    spec: GeneratorSpec | None
    weights_hash: str
    assumed: Mapping[str, Any]

    def lines(self, grid: int = 4) -> list[str]:
        """The report line by line, with the columns that each layer gives at grid × grid."""
        channels, height, width = self.image_shape
        lines = [
            f"file: {self.path}",
            f"format: {self.format}",
            f"architecture: {self.architecture}",
            f"images: {height}×{width}, {channels} channel(s)",
            f"parameters: {self.parameters:,} ({', '.join(self.dtypes)})",
        ]
        if self.nested:
            lines.append(f"nested under: {self.nested}")
        if self.stripped:
            lines.append(f"prefixes stripped: {', '.join(self.stripped)}")
        if self.missing:
            lines.append(f"missing: {', '.join(self.missing)}")
        lines.append(f"batch-norm statistics: {self.statistics}")
        if self.preprocess is not None:
            mean, std = list(self.preprocess.mean), list(self.preprocess.std)
            lines.append(f"input: (x/255 − {mean}) / {std}")
        if self.spec is not None:
            classes = f", {self.spec.n_classes} classes" if self.spec.n_classes else ""
            lines.append(
                f"z: {self.spec.z_dim} {self.spec.z} numbers{classes}, label: {self.spec.label}"
            )
        lines += [f"assumed: {words}" for words in assumptions(self.assumed)]
        lines += self._layer_lines(grid)
        return [*lines, f"weights: {self.weights_hash}"]

    def _layer_lines(self, grid: int) -> list[str]:
        """Shape and columns of each layer, and the sum of columns."""
        lines, total = [], 0
        for name, shape in self.layers.items():
            columns = shape.channels * min(grid, shape.height) * min(grid, shape.width)
            total += columns
            lines.append(
                f"layer {name}: {shape.channels} × {shape.height} × {shape.width}, "
                f"{columns:,} columns at {grid}×{grid}"
            )
        return [*lines, f"columns: {total:,}"] if lines else []


def inspect_checkpoint(
    path: Path | str, geometry: Mapping[str, Any] | None = None
) -> CheckpointReport:
    """Look into a checkpoint; layers behind missing arrays are left out.

    Raises
    ------
    CheckpointError
        As `dcgan_eval.models.load_encoder` and `dcgan_eval.models.load_generator`.
    """
    path = Path(path)
    part = (geometry or {}).get("part")
    name, loaded = read_checkpoint(path, None, part if isinstance(part, str) else None)
    with located(path):
        if role_of(loaded) == "generator":
            return _of_generator(path, name, loaded, geometry)
        return _of_discriminator(path, name, loaded, geometry)


def _of_discriminator(
    path: Path, name: str, loaded: Loaded, geometry: Mapping[str, Any] | None
) -> CheckpointReport:
    found = discriminator_from(loaded, geometry)
    if loaded.missing:
        found = without_missing(found, loaded, whole_layers(found, loaded))
    encoder = encoder_of(found)
    statistics = "missing (set batch_norm: dataset or batch)"
    return CheckpointReport(
        path=path,
        format=name,
        architecture=found.architecture,
        image_shape=encoder.input_shape,
        layers=encoder.layers,
        parameters=_parameters(encoder.network),
        dtypes=_dtypes(loaded),
        nested=loaded.nested,
        stripped=loaded.stripped,
        missing=loaded.missing,
        statistics=statistics if found.missing_statistics else _stored(encoder.network),
        preprocess=encoder.preprocess,
        spec=None,
        weights_hash=encoder.weights_hash,
        assumed=encoder.assumed,
    )


def _of_generator(
    path: Path, name: str, loaded: Loaded, geometry: Mapping[str, Any] | None
) -> CheckpointReport:
    found = generator_from(loaded, geometry)
    drawn = generator_of(found)
    return CheckpointReport(
        path=path,
        format=name,
        architecture=found.architecture,
        image_shape=drawn.spec.image_shape,
        layers={},
        parameters=_parameters(drawn.network),
        dtypes=_dtypes(loaded),
        nested=loaded.nested,
        stripped=loaded.stripped,
        missing=loaded.missing,
        statistics="the batch's" if drawn.spec.batch_statistics else _stored(drawn.network),
        preprocess=None,
        spec=drawn.spec,
        weights_hash=drawn.weights_hash,
        assumed=drawn.assumed,
    )


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _dtypes(loaded: Loaded) -> tuple[str, ...]:
    """Types of the weights, counters left out."""
    weights = (t for name, t in loaded.tensors.items() if not name.endswith("num_batches_tracked"))
    return tuple(sorted({str(tensor.dtype).removeprefix("torch.") for tensor in weights}))


def _stored(network: nn.Module) -> str:
    """Whether there is any batch norm to have statistics."""
    has = any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in network.modules())
    return "stored" if has else "none needed"
