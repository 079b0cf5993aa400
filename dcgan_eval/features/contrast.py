"""Does a network see contrast? What halving it changes, by where batch norm gets its statistics.

A measure of ours. The paper's D has neither bias nor norm in its first convolution, LeakyReLU is
homogeneous, and the next layer is normalised: with each batch's own statistics x and x/2 are the
same to it, so that nothing tells G which contrast images have. Where real and fake images are one
batch (`joint_batch` of a recipe), or with stored statistics, the two differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from dcgan_eval.core import CheckpointError, distrusted, full_convolutions, rng_for
from dcgan_eval.features.batchnorm import batch_norms, batch_statistics
from dcgan_eval.models import WHOLE, Encoder, input_dtype, run_until_seen

# Few, since maps may be large.
_IMAGES = 16
# Rounding, and the ε of batch norm, leave less.
_BLIND = 1e-2


@dataclass(frozen=True)
class ContrastChange:
    """How much of what a network says of images changes when their contrast is halved.

    Attributes
    ----------
    statistics
        Those of batch norm, in words.
    features, output
        Norm of the change over the norm of what was there, of the last layer and of the logits.
    """

    statistics: str
    features: float
    output: float

    def line(self) -> str:
        """A sentence: what changes, and what follows for a generator."""
        blind = "; it does not see contrast, and a G that it trains so learns none"
        return (
            f"contrast halved, {self.statistics}: its output changes by {self.output:.2g} of "
            f"itself, its last layer by {self.features:.2g}"
            f"{blind if max(self.output, self.features) < _BLIND else ''}"
        )


def contrast_changes(encoder: Encoder) -> list[ContrastChange]:
    """What becomes of a network's output when x, images of noise as it takes them, is halved.

    Parameters
    ----------
    encoder
        A discriminator; its output is what its module gives.

    Raises
    ------
    CheckpointError
        It gives no output, since what stands behind its layers does not fit them.

    Examples
    --------
    >>> from dcgan_eval import load_encoder
    >>> encoder = load_encoder("zoo/digits_dcgan8.safetensors")
    >>> [one.output < 1e-3 for one in contrast_changes(encoder)]
    [True, False, False]
    """
    channels, height, width = encoder.input_shape
    shape = (_IMAGES, height, width, channels)
    noise = rng_for("contrast").integers(0, 256, shape, dtype=np.uint8)
    x = encoder.preprocess(torch.from_numpy(noise)).to(input_dtype(encoder.network))
    apart, joint = [x, x / 2], [torch.cat([x, x / 2])]
    with distrusted(CheckpointError, "gives no output of images of its shape"):
        if not batch_norms(encoder.network):
            return [_change("no batch norm", encoder, apart)]
        with batch_statistics(encoder.network):
            found = [
                _change("each batch's statistics", encoder, apart),
                _change("both halves in one batch (joint_batch)", encoder, joint),
            ]
        if not encoder.missing_statistics:
            found.append(_change("stored statistics", encoder, apart))
        return found


def _change(statistics: str, encoder: Encoder, batches: Sequence[torch.Tensor]) -> ContrastChange:
    """The change from the first half of all images to the second."""
    features, output = (
        _relative(*torch.cat(parts).chunk(2))
        for parts in zip(*(_said(encoder, batch) for batch in batches), strict=True)
    )
    return ContrastChange(statistics, features, output)


def _said(encoder: Encoder, batch: torch.Tensor) -> list[torch.Tensor]:
    """The last layer's maps, and the output."""
    found: list[torch.Tensor] = []

    def keep(name: str, output: object) -> bool:
        if not isinstance(output, torch.Tensor):
            raise TypeError(f"{name} gives {type(output).__name__}")
        found.append(output.clone())
        return False

    with full_convolutions(), torch.inference_mode():
        run_until_seen(encoder.network, batch, [list(encoder.layers)[-1], WHOLE], keep)
    return found


def _relative(before: torch.Tensor, after: torch.Tensor) -> float:
    """Norm of the change over the norm of what was there."""
    return float((after - before).norm() / before.norm())
