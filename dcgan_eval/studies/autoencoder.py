"""The autoencoder by whose code near-duplicates are found (arXiv 1511.06434, section 4.1.1).

3072-128-3072 for RGB: one hidden layer of ReLUs between pixels of 32×32 crops and the pixels that a
linear layer makes of it. 1. Of each input a share is set to 0, mid-grey (noise). 2. Of the code a
share is set to 0 and the rest is scaled up (dropout). 3. What comes out is compared with the input
as it was before, by the mean squared difference, and Adam takes a step.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from dcgan_eval.core import Progress, Settings, SettingsError, identity, rng_for
from dcgan_eval.data import ImageSet
from dcgan_eval.studies.hashing import BITS, SIDE, crops, scaled

# Parts of the training whose mean loss is kept.
_TOLD = 10

Arrays = dict[str, NDArray[Any]]


class Autoencoder(Settings):
    """How the autoencoder is trained. The paper gives none of this: the values are ours.

    Attributes
    ----------
    steps
        Batches, each drawn from all images.
    batch
        Images a batch.
    rate
        Adam's.
    noise
        Share of the inputs that is set to 0.
    dropout
        Share of the code that is set to 0.
    """

    steps: int = identity(5_000, ge=1, le=10_000_000)
    batch: int = identity(128, ge=1, le=100_000)
    rate: float = identity(1e-3, gt=0)
    noise: float = identity(0.3, ge=0, lt=1)
    dropout: float = identity(0.5, ge=0, lt=1)

    def fit(self, images: ImageSet, seed: int, progress: Progress) -> Arrays:
        """Train it on images.

        Returns
        -------
        dict
            ``weight`` (128, columns) and ``bias`` (128,) of the code; ``losses``, the mean of each
            tenth of the training.

        Raises
        ------
        SettingsError
            It diverges.
        """
        channels = images.image_shape[2]
        weights = [torch.from_numpy(one).requires_grad_() for one in _first(channels, seed)]
        adam = torch.optim.Adam(weights, lr=self.rate)
        losses = np.zeros(self.steps)
        with progress.task("train the autoencoder", self.steps, "steps") as advance:
            for step in range(self.steps):
                rng = rng_for("dedup", seed, "step", step)
                rows = np.sort(rng.integers(len(images), size=self.batch))
                x = scaled(crops(images.images_of(rows)))
                code = functional.relu(
                    functional.linear(x * _kept(rng, x.shape, self.noise), *weights[:2])
                )
                code = code * _kept(rng, code.shape, self.dropout) / (1 - self.dropout)
                loss = functional.mse_loss(functional.linear(code, *weights[2:]), x)
                adam.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
                adam.step()
                losses[step] = loss.detach()
                if not math.isfinite(losses[step]):
                    raise SettingsError(
                        f"the autoencoder's loss is {losses[step]} in step {step + 1}; lower "
                        f"autoencoder.rate ({self.rate})"
                    )
                advance(1)
        weight, bias = (one.detach().numpy() for one in weights[:2])
        told = [float(part.mean()) for part in np.array_split(losses, _TOLD) if len(part)]
        return {"weight": weight, "bias": bias, "losses": np.array(told)}


def first_code(channels: int, seed: int) -> Arrays:
    """``weight`` and ``bias`` of the code before any training."""
    weight, bias, *_ = _first(channels, seed)
    return {"weight": weight, "bias": bias}


def _first(channels: int, seed: int) -> list[NDArray[np.float32]]:
    """Weights and biases of both layers, even in ±1/√inputs (torch's usual for dense layers)."""
    rng, columns = rng_for("dedup", seed, "weights"), SIDE * SIDE * channels
    drawn = []
    for outputs, inputs in ((BITS, columns), (columns, BITS)):
        for shape in ((outputs, inputs), (outputs,)):
            even = 2 * rng.random(shape, np.float32) - 1
            drawn.append(even / np.float32(math.sqrt(inputs)))
    return drawn


def _kept(rng: np.random.Generator, shape: tuple[int, ...], dropped: float) -> torch.Tensor:
    """1 where a value is kept, 0 in a share of all places."""
    return torch.from_numpy((rng.random(shape, np.float32) >= dropped).astype(np.float32))
