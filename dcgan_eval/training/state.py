"""Everything an interrupted run needs to go on as if nothing had happened.

Random choices are named by step and epoch (`dcgan_eval.core.seed_for`), so the state holds no
generator: a step number says which images and which z come next.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dcgan_eval.core import (
    CheckpointError,
    digest_arrays,
    digest_json,
    distrusted,
    located,
    write_bytes,
)
from dcgan_eval.models import load_torch
from dcgan_eval.training.settings import Recipe


@dataclass
class TrainingState:
    """Networks, optimizers, and the number of steps taken.

    Attributes
    ----------
    images
        Fingerprint of what is trained on.
    devices
        Where steps were taken.
    average
        G with averaged weights, where the recipe has them averaged.
    log : float32 tensor, (steps of the whole training, 4)
        What `dcgan_eval.training.watch.COLUMNS` names, of each step; NaN where it computed none,
        infinite where that is not a number.
    samples
        By the steps at which G was looked at: what it drew of a fixed z, uint8 images.
    step
        Steps taken; each a batch: step t updates G when t is even, D when it is odd, or
        both where the recipe says so.
    """

    generator: nn.Module
    discriminator: nn.Module
    optimizer_g: torch.optim.Optimizer
    optimizer_d: torch.optim.Optimizer
    images: str
    devices: tuple[str, ...]
    log: torch.Tensor
    average: nn.Module | None = None
    samples: dict[int, torch.Tensor] = field(default_factory=dict)
    step: int = 0

    @torch.no_grad()
    def take_average(self, decay: float) -> None:
        """Bring the average nearer to G's weights of now, its running statistics likewise."""
        if self.average is None:
            return
        decay = min(decay, (1 + self.step) / (10 + self.step))
        now = self.generator.state_dict()
        for name, kept in self.average.state_dict().items():
            if kept.is_floating_point():
                kept.lerp_(now[name], 1 - decay)
            else:
                kept.copy_(now[name])

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        averaged = {} if self.average is None else {"average": self.average}
        return {
            **averaged,
            "generator": self.generator,
            "discriminator": self.discriminator,
            "optimizer_g": self.optimizer_g,
            "optimizer_d": self.optimizer_d,
        }

    def save(self, path: Path, recipe: Recipe) -> None:
        """Write the state whole or not at all."""
        content: dict[str, Any] = {
            **{name: part.state_dict() for name, part in self._parts().items()},
            "step": self.step,
            "log": self.log[: self.step].cpu(),
            "samples": self.samples,
            "recipe": digest_json(recipe.identity_values()),
            "images": self.images,
            "devices": list(self.devices),
        }
        # By way of memory: what torch says of a full disk is not the disk's own error.
        stream = io.BytesIO()
        torch.save({**content, "digest": _digest(content)}, stream)
        write_bytes(path, stream.getvalue())

    def load(self, path: Path, recipe: Recipe) -> None:
        """Go on from a saved state.

        Raises
        ------
        CheckpointError
            Not a whole state, or one of another recipe or of other images.
        """
        with located(path):
            content = _read(path)
            if content["recipe"] != digest_json(recipe.identity_values()):
                raise CheckpointError(
                    "belongs to another recipe; give another out folder, or remove it"
                )
            if content["images"] != self.images:
                raise CheckpointError(
                    f"was trained on other images (fingerprint {content['images'][:12]}, now "
                    f"{self.images[:12]}); give those, another out folder, or remove it"
                )
            try:
                for name, part in self._parts().items():
                    part.load_state_dict(content[name])
            except (RuntimeError, ValueError) as error:
                reason = str(error).strip().split("\n")[0]
                raise CheckpointError(
                    f"does not fit today's network ({reason}); give another out folder"
                ) from None
        self.step = int(content["step"])
        # States of before there was a log go on, too: what they have not seen stays NaN.
        self.log[: self.step] = content.get("log", self.log[: self.step])
        self.samples = content.get("samples", {})
        self.devices = tuple(dict.fromkeys([*content["devices"], *self.devices]))


def _read(path: Path) -> dict[str, Any]:
    """What a file holds, once it is known to be what was saved, to the last bit."""
    with (
        located("remove it to begin again: not a whole training state"),
        distrusted(CheckpointError, "holds something else"),
    ):
        content: Any = load_torch(path)
        if content.pop("digest") != _digest(content):
            raise CheckpointError("its digest is another")
        return dict(content)


def _digest(content: object) -> str:
    """Digest of nested mappings and lists of tensors, numbers and texts."""

    def leaves(value: object, at: str) -> Iterator[tuple[str, NDArray[Any]]]:
        if isinstance(value, torch.Tensor):
            yield at, value.detach().cpu().numpy()
        elif isinstance(value, Mapping):
            for key in value:
                yield from leaves(value[key], f"{at}/{key}")
        elif isinstance(value, list | tuple):
            for place, one in enumerate(value):
                yield from leaves(one, f"{at}/{place}")
        else:
            yield at, np.array(repr(value))

    return digest_arrays(leaves(content, ""))
