"""Images to codes of 128 bits: of a network's code layer, or of the pixels themselves.

A code is 16 bytes; `images_codes` gives those of a set of any size, block by block.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import Progress
from dcgan_eval.data import ImageSet, Resize, read_picture

BITS = 128
# The paper's (arXiv 1511.06434, section 4.1.1).
SIDE = 32
_BLOCK = 1024

Pixels = NDArray[np.uint8]
Codes = NDArray[np.uint8]
"""(n, BITS / 8)"""
Hash = Callable[[Pixels], Codes]
"""Crops (n, SIDE, SIDE, channels) to codes."""


def crops(images: Pixels) -> Pixels:
    """Middle squares scaled to 32×32, (n, 32, 32, channels); images of this size as they are."""
    if images.shape[1:3] == (SIDE, SIDE):
        return images
    found = np.empty((len(images), SIDE, SIDE, images.shape[3]), np.uint8)
    for row, image in enumerate(images):
        found[row] = read_picture(image, "as_is", Resize(side=SIDE))
    return found


def flat(found: Pixels) -> Pixels:
    """Crops as rows, (n, columns); there may be none."""
    return found.reshape(len(found), math.prod(found.shape[1:]))


def scaled(found: Pixels) -> torch.Tensor:
    """Crops as input of a network: pixels from −1 to 1, (n, columns)."""
    return torch.from_numpy(flat(found).astype(np.float32)) / 127.5 - 1


@dataclass(frozen=True)
class CodeBits:
    """Whether each unit of a layer of ReLUs is active: a bit each.

    Attributes
    ----------
    weight : float32 (BITS, columns)
    bias : float32 (BITS,)
    threshold
        A unit is active above it.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    threshold: float = 0.0

    def __call__(self, found: Pixels) -> Codes:
        """Codes of crops; computed in float64, so that rounding moves no bit."""
        weight, bias = (torch.from_numpy(one).double() for one in (self.weight, self.bias))
        activations = torch.relu(scaled(found).double() @ weight.T + bias)
        return np.packbits(activations.numpy() > self.threshold, axis=1)


def pixel_codes(found: Pixels) -> Codes:
    """Hashes of the pixels: equal where crops are equal, pixel by pixel."""
    digests = [hashlib.blake2b(one.tobytes(), digest_size=BITS // 8).digest() for one in found]
    return np.frombuffer(b"".join(digests), np.uint8).reshape(len(found), BITS // 8)


def images_codes(images: ImageSet, code: Hash, progress: Progress) -> Codes:
    """Codes of a set of images; memory is that of the codes and of a block of images."""
    codes = np.empty((len(images), BITS // 8), np.uint8)
    with progress.task("hash", len(images), "images") as advance:
        for start in range(0, len(images), _BLOCK):
            block = images.images(start, min(start + _BLOCK, len(images)))
            codes[start : start + len(block)] = code(crops(block))
            advance(len(block))
    return codes


def differing_bits(a: Codes, b: Codes) -> NDArray[np.int64]:
    """In how many bits codes differ, row by row."""
    counts: NDArray[np.int64] = np.bitwise_count(a ^ b).sum(axis=1, dtype=np.int64)
    return counts
