"""Everything an interrupted run needs to go on as if nothing had happened.

Random choices are named by step and epoch (`dcgan_eval.core.seed_for`), so the state holds no
generator: a step number says which images and which z come next.
"""

from __future__ import annotations

import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from dcgan_eval.core import CheckpointError, atomic_path, digest_json
from dcgan_eval.training.settings import Recipe


@dataclass
class TrainingState:
    """Networks, optimizers, and the number of steps taken.

    Attributes
    ----------
    step
        Steps taken; step t updates G when t is even, D when it is odd.
    """

    generator: nn.Module
    discriminator: nn.Module
    optimizer_g: torch.optim.Optimizer
    optimizer_d: torch.optim.Optimizer
    step: int = 0

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "optimizer_g": self.optimizer_g,
            "optimizer_d": self.optimizer_d,
        }

    def save(self, path: Path, recipe: Recipe) -> None:
        """Write the state whole or not at all."""
        content = {name: part.state_dict() for name, part in self._parts().items()}
        with atomic_path(path) as temporary:
            torch.save(
                {**content, "step": self.step, "recipe": digest_json(recipe.identity_values())},
                temporary,
            )

    def load(self, path: Path, recipe: Recipe) -> None:
        """Go on from a saved state.

        Raises
        ------
        CheckpointError
            Not a whole state, or one of another recipe.
        """
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            same = content["recipe"] == digest_json(recipe.identity_values())
        except (
            RuntimeError,
            EOFError,
            KeyError,
            OSError,
            pickle.UnpicklingError,
            zipfile.BadZipFile,
        ) as error:
            reason = " ".join(str(error).split())[:100]
            raise CheckpointError(
                f"{path}: not a whole training state ({reason}); remove it to begin again"
            ) from None
        if not same:
            raise CheckpointError(
                f"{path}: belongs to another recipe; give another out folder, or remove it"
            )
        for name, part in self._parts().items():
            part.load_state_dict(content[name])
        self.step = int(content["step"])
