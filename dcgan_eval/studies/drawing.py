"""How studies draw from a generator: numbered samples, each a function of its own z."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import rng_for
from dcgan_eval.features import batch_statistics, give_statistics
from dcgan_eval.models import Generator
from dcgan_eval.samples import BATCH

Floats = NDArray[np.float32]


def of_z_alone(drawn: Generator, stream: np.random.Generator) -> Generator:
    """The generator, each of whose samples is a function of its own z.

    Where batch norm uses the batch it is given the statistics of 128 random z, of all classes.

    Parameters
    ----------
    stream
        Of these z.
    """
    spec = drawn.spec
    if not spec.batch_statistics:
        return drawn
    twin = Generator(drawn.network, spec)
    labels = np.arange(BATCH, dtype=np.int64) % spec.n_classes if spec.n_classes else None
    with batch_statistics(twin.network) as found:
        twin.sample_float(twin.latent(BATCH, stream), labels)
    give_statistics(twin.network, {name: value.astype(np.float32) for name, value in found.items()})
    return Generator(twin.network, spec.model_copy(update={"batch_statistics": False}))


class NumberedSamples:
    """Samples of a generator that are called by their numbers, the same in every study of a seed.

    Parameters
    ----------
    drawn
        The generator; where batch norm uses the batch, see `of_z_alone`.
    seed
        Of all z. Sample i is a function of (seed, i) and, of a generator of classes, has class
        i mod classes.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from dcgan_eval import Generator, GeneratorSpec
    >>> from dcgan_eval.studies import NumberedSamples
    >>> network = nn.Sequential(nn.Linear(5, 64), nn.Tanh())
    >>> drawn = Generator(network, GeneratorSpec(z_dim=5, image_shape=(1, 8, 8)))
    >>> samples = NumberedSamples(drawn, seed=0)
    >>> samples.of([7, 3]).shape
    (2, 8, 8, 1)
    """

    def __init__(self, drawn: Generator, seed: int) -> None:
        self.generator = of_z_alone(drawn, rng_for("numbered", seed, "statistics"))
        self.seed = seed

    def z(self, numbers: Sequence[int]) -> Floats:
        """Their points of z, (n, z_dim)."""
        streams = (rng_for("numbered", self.seed, "z", int(number)) for number in numbers)
        return np.concatenate([self.generator.latent(1, stream) for stream in streams])

    def labels(self, numbers: Sequence[int]) -> NDArray[np.int64] | None:
        """Their classes, (n,); None of a generator without."""
        n_classes = self.generator.spec.n_classes
        return np.array([i % n_classes for i in numbers], np.int64) if n_classes else None

    def of(self, numbers: Sequence[int]) -> NDArray[np.uint8]:
        """Their images, (n, height, width, channels)."""
        return self.drawn(self.z(numbers), self.labels(numbers))

    def drawn(self, z: Floats, labels: NDArray[np.int64] | None = None) -> NDArray[np.uint8]:
        """Images of any points of z, drawn 128 at a time."""
        starts = range(0, len(z), BATCH)
        given = [None if labels is None else labels[i : i + BATCH] for i in starts]
        return np.concatenate(
            [self.generator.sample(z[i : i + BATCH], y) for i, y in zip(starts, given, strict=True)]
        )
