"""The network of the detector: how sure each point of a grid is to lie inside a part, and its box.

A part's score is the mean logit of its four surest points, and its box the mean of theirs. A class,
which fills its image, has the mean logit of all points and no box to be learned.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dcgan_eval.core import rng_for
from dcgan_eval.models import initialise
from dcgan_eval.studies.parts import Marked

# Pixels between points.
_STRIDE = 4
_CHANNELS = (16, 32, 32)
# Of the last convolutions: points see 63×63 pixels.
_DILATIONS = (1, 2, 4)
_SUREST = 4
_RATE = 3e-3
_BATCH = 32
# Images of nothing beside them: without these, noise is full of parts.
_RUBBISH = 6
# Of the distances to the sides of a box, in the loss.
_BOX_WEIGHT = 2.0
_AT_ONCE = 100


class PartNetwork(nn.Module):
    """Images (n, channels, height, width) to logits and distances of each part and point.

    Parameters
    ----------
    channels
        Of the images.
    n_parts
        Outputs are (n, parts, 5, rows, columns): the logit, then the distances to the left, top,
        right and bottom side, over the larger side of the image.
    seed
        Of the weights.
    has_boxes
        Whether parts lie within images.
    """

    def __init__(self, channels: int, n_parts: int, seed: int, has_boxes: bool) -> None:
        super().__init__()
        first, second, wide = _CHANNELS
        blocks = [_block(channels, first, 2), _block(first, second, 2)]
        for before, dilation in zip((second, wide, wide), _DILATIONS, strict=True):
            blocks.append(_block(before, wide, 1, dilation))
        self.layers = nn.Sequential(*blocks, nn.Conv2d(wide, 5 * n_parts, 1))
        self.n_parts, self.has_boxes = n_parts, has_boxes
        initialise(self, "detector", seed, how="glorot_uniform")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """See the class."""
        found: torch.Tensor = self.layers(images)
        return found.reshape(len(images), self.n_parts, 5, *found.shape[2:])


def _block(before: int, after: int, stride: int, dilation: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(before, after, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(after), nn.ReLU())


def steps_of(n_images: int, epochs: int) -> int:
    """Steps of a training; what is left of an epoch behind whole batches is left out."""
    return epochs * max(1, n_images // _BATCH)


def training(network: PartNetwork, images: Marked, epochs: int, seed: int) -> Iterator[float]:
    """Train a network, a step each time the next loss is asked for, with a rate that falls to 0."""
    optimizer = torch.optim.Adam(network.parameters(), lr=_RATE)
    total, step = steps_of(len(images.pixels), epochs), 0
    network.train()
    for epoch in range(epochs):
        rng = rng_for("detector", seed, "epoch", epoch)
        order = rng.permutation(len(images.pixels))
        for rows in np.array_split(order[: max(1, len(order) // _BATCH) * _BATCH], total // epochs):
            for group in optimizer.param_groups:
                group["lr"] = _RATE * (1 - step / total)
            others = rubbish(images.pixels[rng.choice(order, _RUBBISH)], rng)
            pixels = np.concatenate([images.pixels[rows], others])
            nothing = np.full((_RUBBISH, *images.boxes.shape[1:]), np.nan, np.float32)
            boxes = np.concatenate([images.boxes[rows], nothing])
            weight = _BOX_WEIGHT if network.has_boxes else 0.0
            found = network(_prepared(pixels))
            loss = _loss(found, torch.from_numpy(boxes), pixels.shape[1:3], weight)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            step += 1
            yield loss.item()


def rubbish(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """As many images of nothing: noise, one colour, and the others these images in pieces.

    In pieces: stripes of about 8 pixels change places, those of rows and those of columns.
    """
    made = pixels.copy()
    for number, image in enumerate(made):
        if number % _RUBBISH == 0:
            image[:] = rng.integers(0, 256, image.shape, np.uint8)
        elif number % _RUBBISH == 1:
            image[:] = rng.integers(0, 256, image.shape[2], np.uint8)
        else:
            across, down = (
                np.concatenate([stripes[i] for i in rng.permutation(len(stripes))])
                for stripes in (
                    np.array_split(np.arange(n), max(4, n // 8)) for n in image.shape[:2]
                )
            )
            image[:] = image[across][:, down]
    return made


def _prepared(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """Bytes as numbers in [−2, 2], (n, channels, height, width)."""
    # torch wants memory that it may write to, which a map of a file is not.
    own = np.require(pixels, requirements=["C", "W"])
    return torch.from_numpy(own).permute(0, 3, 1, 2).float() / 63.75 - 2


def _centres(points: int) -> torch.Tensor:
    """Of the points of a row or column, in pixels."""
    return (torch.arange(points) + 0.5) * _STRIDE


def _loss(
    found: torch.Tensor, boxes: torch.Tensor, size: tuple[int, ...], weight: float
) -> torch.Tensor:
    """Cross-entropy of lying inside, and the mean error of the sides where a point does."""
    x, y = _centres(found.shape[4]), _centres(found.shape[3])[:, None]
    left, top, width, height = boxes[..., None, None].unbind(2)
    zeros = torch.zeros_like(found[:, :, 0])
    sides = torch.stack(
        [one + zeros for one in (x - left, y - top, left + width - x, top + height - y)], 2
    )
    # Of a part that is not there sides are NaN, and no point lies inside.
    inside = (sides > 0).all(2)
    loss = nn.functional.binary_cross_entropy_with_logits(found[:, :, 0], inside.float())
    where = inside[:, :, None].expand_as(sides)
    error = found[:, :, 1:][where] - sides[where] / max(size)
    return loss + weight * error.abs().mean() if len(error) else loss


def seen(
    network: PartNetwork, pixels: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Scores (n, parts), and boxes (n, parts, 4): left, top, width, height in pixels."""
    network.eval()
    scores, boxes = [], []
    with torch.inference_mode():
        for start in range(0, len(pixels), _AT_ONCE):
            found = network(_prepared(pixels[start : start + _AT_ONCE]))
            columns = found.shape[4]
            every = found[0, 0, 0].numel()
            surest = min(_SUREST, every) if network.has_boxes else every
            logits, points = found[:, :, 0].flatten(2).topk(surest)
            at = points[:, :, None].expand(-1, -1, 4, -1)
            sides = found[:, :, 1:].flatten(3).gather(3, at) * max(pixels.shape[1:3])
            x, y = (points % columns + 0.5) * _STRIDE, (points // columns + 0.5) * _STRIDE
            left, top, right, bottom = sides.unbind(2)
            box = torch.stack([x - left, y - top, left + right, top + bottom], 2).mean(3)
            scores.append(logits.mean(2).double().numpy())
            boxes.append(box.numpy())
    return np.concatenate(scores), np.concatenate(boxes)
