"""What is in a checkpoint, for people: ``dcgan-eval inspect``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_eval.core import assumptions, located
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.files import Loaded, read_checkpoint
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
from dcgan_eval.models.weights import is_counter


@dataclass(frozen=True)
class CheckpointReport:
    """What ``inspect`` shows of a checkpoint.

    Attributes
    ----------
    path, format
        The file, and the format it has.
    loaded
        What is in it.
    network
        What it was recognised as; without the layers that arrays are missing for.
    made
        The same with its weights: an encoder of a discriminator, or a generator.
    """

    path: Path
    format: str
    loaded: Loaded
    network: Network[ImageInput] | Network[GeneratorSpec]
    made: Encoder | Generator

    def lines(self, grid: int = 4) -> list[str]:
        """The report line by line, with the columns that each layer gives at grid × grid."""
        takes, loaded = self.network.takes, self.loaded
        image = takes.shape if isinstance(takes, ImageInput) else takes.image_shape
        lines = [
            f"file: {self.path}",
            f"format: {self.format}",
            f"architecture: {self.network.architecture}",
            f"images: {image[1]}×{image[2]}, {image[0]} channel(s)",
            f"parameters: {self._parameters():,} ({', '.join(self.dtypes())})",
        ]
        if loaded.nested:
            lines.append(f"nested under: {loaded.nested}")
        if loaded.stripped:
            lines.append(f"prefixes stripped: {', '.join(loaded.stripped)}")
        if loaded.norms:
            lines.append(f"effective weights of: {', '.join(loaded.norms)}")
        if loaded.missing:
            lines.append(f"missing: {', '.join(loaded.missing)}")
        lines.append(f"batch-norm statistics: {self._statistics()}")
        if isinstance(takes, ImageInput):
            mean, std = list(takes.preprocess.mean), list(takes.preprocess.std)
            lines.append(f"input: (x/255 − {mean}) / {std}")
        else:
            classes = f", {takes.n_classes} classes" if takes.n_classes else ""
            lines.append(f"z: {takes.z_dim} {takes.z} numbers{classes}, label: {takes.label}")
        lines += [f"assumed: {words}" for words in assumptions(self.network.assumed)]
        lines += self._training_lines()
        lines += self._layer_lines(grid)
        return [*lines, f"weights: {self.made.weights_hash}"]

    def dtypes(self) -> list[str]:
        """Types of the weights in the file."""
        weights = [tensor for name, tensor in self.loaded.tensors.items() if not is_counter(name)]
        return sorted({str(tensor.dtype).removeprefix("torch.") for tensor in weights})

    def _parameters(self) -> int:
        """How many, those of missing layers left out."""
        return sum(parameter.numel() for parameter in self.made.network.parameters())

    def _statistics(self) -> str:
        """Where batch norm gets its statistics."""
        if isinstance(self.made, Encoder) and self.made.missing_statistics:
            return "missing (set batch_norm: dataset or batch)"
        if isinstance(self.made, Generator) and self.made.spec.batch_statistics:
            return "the batch's"
        norms = any(isinstance(part, _BatchNorm) for part in self.made.network.modules())
        return "stored" if norms else "none needed"

    def _training_lines(self) -> list[str]:
        """How its training went, as its card says; nothing of one that says nothing."""
        said = self.loaded.card.get("watched")
        if not isinstance(said, dict):
            return []
        numbers = [f"{key} {value}" for key, value in said.items() if key != "failed"]
        failed = said.get("failed")
        words = [f"training {line}" for line in failed] if isinstance(failed, list) else []
        return [f"training: {', '.join(numbers)}", *words]

    def _layer_lines(self, grid: int) -> list[str]:
        """Shape and columns of each layer, and the sum of columns."""
        lines, total = [], 0
        layers = self.made.layers if isinstance(self.made, Encoder) else {}
        for name, shape in layers.items():
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
    name, loaded = read_checkpoint(path, None, part_of(geometry))
    with located(path):
        if role_of(loaded) == "generator":
            drawn = recognise_generator(loaded, geometry)
            return CheckpointReport(path, name, loaded, drawn, with_weights(drawn, loaded.tensors))
        network, tensors = whole_part(recognise_discriminator(loaded, geometry), loaded)
        return CheckpointReport(path, name, loaded, network, with_weights(network, tensors))
