"""`Generator`: a trained network from which images are drawn, with what its weights do not say."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import model_validator
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_eval.core import (
    DataError,
    Settings,
    SettingsError,
    digest_arrays,
    full_convolutions,
    identity,
)
from dcgan_eval.models.layers import Dropout, name_dropouts
from dcgan_eval.models.weights import refuse_not_finite, weights_hash

# Rounding of a tanh or a sigmoid stays far below this part of the output range.
_RANGE_TOLERANCE = 1e-3


class GeneratorSpec(Settings):
    """What a generator takes and gives.

    Attributes
    ----------
    z_dim, z
        Length of z, and its distribution: ``normal`` (mean 0, sd 1) or ``uniform`` in [−1, 1].
    n_classes
        0 for an unconditional generator.
    label
        How the label enters: ``none``; ``one_hot``: the network is called with (z, one-hot y), and
        joins it to vectors and, as constant maps, to maps; ``embedding``: with (z, class numbers).
    output_range
        Lowest and highest value of a pixel.
    image_shape
        Channels, height, width.
    batch_statistics
        Whether batch norm uses the statistics of the batch when sampling; then a sample depends on
        the others in its batch.
    dropout
        Whether dropout goes on when sampling, from a stream that the batch's z names; the network
        must hold `dcgan_eval.models.Dropout`.

    Examples
    --------
    >>> from dcgan_eval import GeneratorSpec
    >>> GeneratorSpec(z_dim=100, image_shape=(1, 28, 28), n_classes=10, label="one_hot").z
    'normal'
    """

    z_dim: int = identity(100, ge=1)
    z: Literal["normal", "uniform"] = identity("normal")
    n_classes: int = identity(0, ge=0)
    label: Literal["none", "one_hot", "embedding"] = identity("none")
    output_range: tuple[float, float] = identity((-1.0, 1.0))
    image_shape: tuple[int, int, int] = identity()
    batch_statistics: bool = identity(False)
    dropout: bool = identity(False, later=True)

    @model_validator(mode="after")
    def _label_has_classes(self) -> GeneratorSpec:
        if (self.label == "none") != (self.n_classes == 0):
            raise ValueError("label is none for n_classes 0, one_hot or embedding otherwise")
        if not self.output_range[0] < self.output_range[1]:
            raise ValueError("output_range is (lowest, highest)")
        return self


class Generator:
    """A frozen generator.

    Parameters
    ----------
    network
        Takes z, or z and labels (`GeneratorSpec.label`); its output is reshaped to images. It is
        copied: going on training the original changes nothing here.
    spec
        What it takes and gives.
    beyond_weights
        What decides its samples and is neither in the weights nor in the spec (what a file's card
        says, code), as JSON values.
    assumed
        What nobody said of it and was taken as it usually is, as JSON values.

    Attributes
    ----------
    network, spec
        The frozen copy, and what it takes and gives.
    weights_hash : str
        See `dcgan_eval.models.weights_hash`; without running statistics where they are not used.

    Raises
    ------
    CheckpointError
        Weights that are NaN or infinite.
    SettingsError
        A spec that keeps dropout of a network without any.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from dcgan_eval import Generator, GeneratorSpec
    >>> network = nn.Sequential(nn.Linear(5, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    >>> drawn = Generator(network, GeneratorSpec(z_dim=5, image_shape=(1, 8, 8)))
    >>> drawn.sample(torch.zeros(3, 5).numpy()).shape
    (3, 8, 8, 1)
    """

    def __init__(
        self,
        network: nn.Module,
        spec: GeneratorSpec,
        *,
        beyond_weights: Mapping[str, Any] | None = None,
        assumed: Mapping[str, Any] | None = None,
    ) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.spec = spec
        self.beyond_weights = dict(beyond_weights or {})
        self.assumed = dict(assumed or {})
        if spec.batch_statistics:
            _forget_statistics(self.network)
        if spec.dropout:
            _keep_dropout(self.network)
        refuse_not_finite(self.network.state_dict().items())
        self.weights_hash = weights_hash(self.network)

    def to(self, device: str) -> Generator:
        """Move the network to a torch device."""
        self.network.to(device)
        return self

    def try_out(self) -> None:
        """Draw two samples of blank z, which finds output that is no image of the spec's shape."""
        labels = np.zeros(2, np.int64) if self.spec.n_classes else None
        self.sample_float(np.zeros((2, self.spec.z_dim), np.float32), labels)

    def latent(self, n: int, stream: np.random.Generator) -> NDArray[np.float32]:
        """Draw z for n samples, (n, z_dim)."""
        size = (n, self.spec.z_dim)
        if self.spec.z == "uniform":
            return stream.uniform(-1.0, 1.0, size).astype(np.float32)
        return stream.standard_normal(size, dtype=np.float32)

    def sample(
        self, z: NDArray[np.float32], labels: NDArray[np.int64] | None = None
    ) -> NDArray[np.uint8]:
        """Samples as uint8, (n, height, width, channels); see `sample_float`."""
        return np.rint(self.sample_float(z, labels) * 255).astype(np.uint8)

    def sample_float(
        self, z: NDArray[np.float32], labels: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """Samples as floats in [0, 1].

        Parameters
        ----------
        z : (n, z_dim)
        labels : (n,), optional
            Class numbers, for a conditional generator only.

        Returns
        -------
        float32 array, (n, height, width, channels)

        Raises
        ------
        DataError
            z or labels that are not what the generator takes, a single sample where batch norm
            uses the batch, samples that are not finite or out of range.
        """
        self._check(z, labels)
        images = self._forward(z, labels)
        low, high = self.spec.output_range
        scaled = (images - low) / (high - low)
        if not torch.isfinite(scaled).all():
            raise DataError("the generator's samples contain NaN or infinity; its weights are bad")
        if scaled.min() < -_RANGE_TOLERANCE or scaled.max() > 1 + _RANGE_TOLERANCE:
            raise DataError(
                f"samples lie in [{float(images.min()):.3g}, {float(images.max()):.3g}], outside "
                f"the output range [{low:g}, {high:g}]; give the output range of this generator"
            )
        clamped: NDArray[np.float32] = (
            scaled.clamp_(0, 1).permute(0, 2, 3, 1).contiguous().cpu().numpy()
        )
        return clamped

    def _check(self, z: NDArray[np.float32], labels: NDArray[np.int64] | None) -> None:
        """Refuse input that the network would misread."""
        if z.ndim != 2 or z.shape[1] != self.spec.z_dim or len(z) == 0:
            raise DataError(f"z is {z.shape}; this generator takes (n, {self.spec.z_dim})")
        if (labels is None) != (self.spec.n_classes == 0):
            expected = f"labels 0 … {self.spec.n_classes - 1}" if labels is None else "no labels"
            raise DataError(f"this generator takes {expected}")
        if labels is not None and labels.shape != (len(z),):
            raise DataError(f"labels are {labels.shape}; expected ({len(z)},), one a row of z")
        if labels is not None and not (labels.min() >= 0 and labels.max() < self.spec.n_classes):
            raise DataError(
                f"labels lie in {labels.min()} … {labels.max()}; "
                f"this generator takes 0 … {self.spec.n_classes - 1}"
            )
        if self.spec.batch_statistics and len(z) < 2:
            raise DataError(
                "one sample has no batch to take batch-norm statistics from; draw at least two"
            )

    def _forward(self, z: NDArray[np.float32], labels: NDArray[np.int64] | None) -> torch.Tensor:
        """Raw output as (n, channels, height, width)."""
        if self.spec.dropout:
            name_dropouts(self.network, "sample", digest_arrays([("z", z)]))
        device = next(self.network.parameters()).device
        inputs = [torch.tensor(z, dtype=torch.float32, device=device)]
        if labels is not None:
            codes = torch.tensor(labels, dtype=torch.int64, device=device)
            if self.spec.label == "one_hot":
                codes = nn.functional.one_hot(codes, self.spec.n_classes).float()
            inputs.append(codes)
        with torch.inference_mode(), full_convolutions():
            output = self.network(*inputs)
        images: torch.Tensor = output.reshape(len(z), *self.spec.image_shape)
        return images


def _forget_statistics(network: nn.Module) -> None:
    """Make batch norms use the batch's statistics: without stored ones they always do."""
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.track_running_stats = False
            module.running_mean = module.running_var = None


def _keep_dropout(network: nn.Module) -> None:
    """Leave dropout on, as in training."""
    kept = [module for module in network.modules() if isinstance(module, Dropout)]
    if not kept:
        raise SettingsError(
            "dropout: the network has no dcgan_eval.models.Dropout; use it, or remove the key"
        )
    for module in kept:
        module.train()
