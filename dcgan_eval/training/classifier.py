"""A discriminator trained with labels: one random trial, an epoch at a time.

What happens in epoch e of trial t depends on (coordinates, t, e) and on the state before it alone,
so a trial that is taken up from its saved arrays goes on as if it had never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_eval.core import rng_for
from dcgan_eval.models import Dropout, name_dropouts
from dcgan_eval.training.architecture import Architecture

# Images that are classified together.
_BATCH = 500

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class TrialParameters:
    """What is drawn at random for a trial.

    Attributes
    ----------
    rate
        Learning rate of Adam at the first epoch; it falls along half a cosine to 0 at the last.
    weight_decay
        Decoupled: each step takes rate × weight_decay of every parameter away.
    dropout
        Share of the last layer's inputs that is set to 0.
    shift
        Images are moved by up to so many pixels each way, their edges repeated.
    epochs
        Passes over the labelled images.
    """

    rate: float
    weight_decay: float
    dropout: float
    shift: int
    epochs: int


class Classifier:
    """The network of one trial, its optimizer, and how many epochs it has seen.

    Parameters
    ----------
    architecture
        What is trained; its last layer, which must be dense, is replaced by one with an output a
        class.
    n_classes
        Number of classes.
    parameters
        Of the trial.
    coordinates
        Name of the trial: what its weights, order of images and dropout depend on.
    device
        Torch device.

    Raises
    ------
    SettingsError
        The network does not end in a dense layer.
    """

    def __init__(
        self,
        architecture: Architecture,
        n_classes: int,
        parameters: TrialParameters,
        coordinates: tuple[str | int, ...],
        device: str = "cpu",
    ) -> None:
        self.parameters, self.coordinates, self.device = parameters, coordinates, device
        self.dropout = Dropout(parameters.dropout)
        built, self.frozen = architecture.begin(n_classes, self.dropout, *coordinates)
        for part in self.frozen:
            part.requires_grad_(False)
        # Channels last is the faster order on processors; weights keep their names and shapes.
        self.network = built.to(device).to(memory_format=torch.channels_last)
        self.preprocess = architecture.preprocess
        self._lacks_statistics = architecture.lacks_statistics
        self.optimizer = torch.optim.AdamW(
            [one for one in self.network.parameters() if one.requires_grad],
            lr=parameters.rate,
            weight_decay=parameters.weight_decay,
            foreach=True,
        )
        self.epoch = 0

    def train_to(
        self, epoch: int, images: NDArray[np.uint8], y: NDArray[np.int64], batch: int
    ) -> None:
        """Train until so many epochs are done.

        Parameters
        ----------
        images : uint8 array, (n, height, width, channels)
        y : int64 array, (n,)
        batch
            Images a step; the last of an epoch may have fewer.
        """
        targets = torch.from_numpy(y).to(self.device)
        if self.epoch == 0 and self._lacks_statistics:
            self._take_statistics(images, batch)
        while self.epoch < epoch:
            self._train_epoch(images, targets, batch)
            self.epoch += 1

    def _take_statistics(self, images: NDArray[np.uint8], batch: int) -> None:
        """Give batch norms the mean of the statistics of the images' batches."""
        norms = [part for part in self.network.modules() if isinstance(part, _BatchNorm)]
        usual = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # torch's word for the mean of all batches
        self.network.train()
        with torch.no_grad():
            for start in range(0, len(images), batch):
                self._logits(images[start : start + batch])
        for norm, momentum in zip(norms, usual, strict=True):
            norm.momentum = momentum

    def _train_epoch(self, images: NDArray[np.uint8], y: torch.Tensor, batch: int) -> None:
        """One pass over the images in an order of its own."""
        where = (*self.coordinates, "epoch", self.epoch)
        order = rng_for(*where, "order").permutation(len(images))
        moved = _shifted(images, self.parameters.shift, rng_for(*where, "shift"))
        name_dropouts(self.network, *where, "dropout")
        self.dropout.draw_from(*where, "dropout")
        along = self.epoch / self.parameters.epochs
        for group in self.optimizer.param_groups:
            group["lr"] = self.parameters.rate * (1 + math.cos(math.pi * along)) / 2
        self.network.train()
        for part in self.frozen:
            part.eval()
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            self.optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(self._logits(moved[rows]), y[torch.from_numpy(rows)])
            loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
            self.optimizer.step()

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Class of each image, (n,)."""
        classes: NDArray[np.int64] = self.logits(images).argmax(1).numpy()
        return classes

    def logits(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Outputs for images, (n, classes); batch norm uses the statistics that training kept."""
        self.network.eval()
        with torch.inference_mode():
            outputs = [
                self._logits(images[start : start + _BATCH]).cpu()
                for start in range(0, len(images), _BATCH)
            ]
        return torch.cat(outputs)

    def _logits(self, images: NDArray[np.uint8]) -> torch.Tensor:
        logits: torch.Tensor = self.network(
            self.preprocess(torch.from_numpy(np.ascontiguousarray(images)).to(self.device))
        )
        return logits

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The state after the last epoch: weights, batch-norm statistics, Adam's moments."""
        kept = {f"network {name}": value for name, value in self.network.state_dict().items()}
        for number, moments in self.optimizer.state_dict()["state"].items():
            kept |= {f"adam {number} {name}": value for name, value in moments.items()}
        arrays = {name: value.detach().cpu().contiguous().numpy() for name, value in kept.items()}
        return {**arrays, "epoch": np.array(self.epoch)}

    def restore(self, arrays: Arrays) -> None:
        """Go on from `arrays`."""
        tensors = {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
        self.epoch = int(tensors.pop("epoch"))
        state = self.optimizer.state_dict()
        network = {}
        for name, value in tensors.items():
            if name.startswith("network "):
                network[name.removeprefix("network ")] = value
            else:
                _, number, moment = name.split(" ")
                state["state"].setdefault(int(number), {})[moment] = value
        self.network.load_state_dict(network)
        self.optimizer.load_state_dict(state)


def _shifted(
    images: NDArray[np.uint8], most: int, stream: np.random.Generator
) -> NDArray[np.uint8]:
    """Move each image by its own whole number of pixels, edges repeated."""
    if not most:
        return images
    n, height, width, _ = images.shape
    moves = stream.integers(-most, most + 1, (2, n, 1))
    rows = np.clip(np.arange(height) + moves[0], 0, height - 1)
    columns = np.clip(np.arange(width) + moves[1], 0, width - 1)
    moved: NDArray[np.uint8] = images[
        np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]
    ]
    return moved
