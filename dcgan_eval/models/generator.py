"""`Generator`: a trained network from which images are drawn, with what its weights do not say."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dcgan_eval.core import DataError, Settings, identity
from dcgan_eval.models.encoder import weights_hash


class GeneratorSpec(Settings):
    """What a generator takes and gives.

    Attributes
    ----------
    z_dim, z
        Length of z, and its distribution: ``normal`` (mean 0, sd 1) or ``uniform`` in [−1, 1].
    n_classes
        0 for an unconditional generator.
    label
        How the label enters: ``none``; ``joined``: the network is called with (z, one-hot y);
        ``index``: with (z, class numbers), for an embedding.
    output_range
        Lowest and highest value of a pixel.
    image_shape
        Channels, height, width.
    batch_statistics
        Whether batch norm uses the statistics of the batch when sampling; then a sample depends on
        the others in its batch.
    """

    z_dim: int = identity(100, ge=1)
    z: Literal["normal", "uniform"] = identity("normal")
    n_classes: int = identity(0, ge=0)
    label: Literal["none", "joined", "index"] = identity("none")
    output_range: tuple[float, float] = identity((-1.0, 1.0))
    image_shape: tuple[int, int, int] = identity()
    batch_statistics: bool = identity(False)


class Generator:
    """A frozen generator.

    Parameters
    ----------
    network
        Takes z, or z and labels (`GeneratorSpec.label`); its output is reshaped to images.
    spec
        What it takes and gives.
    """

    def __init__(self, network: nn.Module, spec: GeneratorSpec) -> None:
        self.network = network.eval().requires_grad_(False)
        if spec.batch_statistics:
            for module in network.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.train()
        self.spec = spec
        self.weights_hash = weights_hash(network)

    def latent(self, n: int, stream: np.random.Generator) -> NDArray[np.float32]:
        """Draw z for n samples, (n, z_dim)."""
        size = (n, self.spec.z_dim)
        if self.spec.z == "uniform":
            return stream.uniform(-1.0, 1.0, size).astype(np.float32)
        return stream.standard_normal(size, dtype=np.float32)

    def __call__(
        self, z: NDArray[np.float32], labels: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """Samples as floats in [0, 1], (n, height, width, channels).

        Raises
        ------
        DataError
            Labels missing or given in vain, samples that are not finite or out of range.
        """
        images = self._forward(z, labels)
        low, high = self.spec.output_range
        scaled = (images - low) / (high - low)
        if not torch.isfinite(scaled).all():
            raise DataError("the generator's samples contain NaN or infinity; its weights are bad")
        if scaled.min() < -1e-3 or scaled.max() > 1 + 1e-3:
            raise DataError(
                f"samples lie in [{float(images.min()):.3g}, {float(images.max()):.3g}], outside "
                f"the output range [{low:g}, {high:g}]; set output_range"
            )
        return scaled.clamp_(0, 1).permute(0, 2, 3, 1).contiguous().cpu().numpy()

    def sample(
        self, z: NDArray[np.float32], labels: NDArray[np.int64] | None = None
    ) -> NDArray[np.uint8]:
        """Samples as uint8, (n, height, width, channels)."""
        return np.rint(self(z, labels) * 255).astype(np.uint8)

    def _forward(self, z: NDArray[np.float32], labels: NDArray[np.int64] | None) -> torch.Tensor:
        """Raw output as (n, channels, height, width)."""
        if (labels is None) != (self.spec.label == "none"):
            expected = "no labels" if self.spec.label == "none" else "labels"
            raise DataError(f"this generator takes {expected}")
        device = next(self.network.parameters()).device
        inputs = [torch.from_numpy(z).to(device)]
        if labels is not None:
            codes = torch.from_numpy(labels).to(device)
            if self.spec.label == "joined":
                inputs.append(torch.nn.functional.one_hot(codes, self.spec.n_classes).float())
            else:
                inputs.append(codes)
        with torch.inference_mode():
            output = self.network(*inputs)
        images: torch.Tensor = output.reshape(len(z), *self.spec.image_shape)
        return images
