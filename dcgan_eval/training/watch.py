"""What a training shows of itself: losses, D's accuracies, samples of a fixed z, what went wrong.

All of it is computed beside the steps and changes none of them.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import WorkError, rng_for, slug, write_bytes
from dcgan_eval.data import ImageSet
from dcgan_eval.models import Generator, GeneratorSpec, write_sheet
from dcgan_eval.training.settings import Recipe
from dcgan_eval.training.state import TrainingState

# Of a step: losses, and shares of the real and of the fake images that D takes for what they are.
COLUMNS = ("loss_D", "loss_G", "accuracy_real", "accuracy_fake")
# Samples that are compared, and those of them that are shown; rows of the picture and of the log.
_SAMPLES, _SHOWN = 64, 10
_LOOKS, _ROWS = 20, 50
# Steps of which a mean is taken, at least.
_FEWEST = 20
# Generators of the zoo and of the authors measure 0.93 to 1.05, other images 0.92 to 0.99, a G
# that repeats five images with a little noise less than 0.1.
_COLLAPSED = 0.5
# Samples of a prototype on Tiny ImageNet began to repeat when the loss of D was 0.006, and became
# better where it was 0.07 and more. D is then wrong about 0.1 % of the images, and about 1 %.
_NEVER_WRONG = 0.995
# From batch to batch the loss of a D that learns differs by a hundred times as much.
_STUCK = 1e-4


class Watch:
    """Looks at a training now and then; G draws of the same z each time, and of the same labels.

    Parameters
    ----------
    recipe, images
        Of the training; some images, drawn once, say how far apart images are.
    spec
        What G takes.
    state
        Of the training, which goes on.
    """

    def __init__(
        self, recipe: Recipe, images: ImageSet, spec: GeneratorSpec, state: TrainingState
    ) -> None:
        self.recipe, self.spec, self.state = recipe, spec, state
        stream = rng_for("training", recipe.seed, "watched images")
        rows = stream.permutation(len(images))[:_SAMPLES]
        self.real = images.images_of(rows)
        self.labels = images.y[rows] if spec.n_classes else None

    def is_due(self, epoch: int) -> bool:
        """Whether to look after an epoch: about twenty times in a long training."""
        epochs = self.recipe.epochs
        return epoch % -(-epochs // _LOOKS) == 0 or epoch == epochs

    def look(self) -> None:
        """Keep a few samples in the state, and write what there is to see."""
        self.check_losses()
        self.state.samples[self.state.step] = torch.from_numpy(self._samples()[:_SHOWN])
        self.write()

    def check_losses(self) -> None:
        """Refuse to go on, or to save, when training has diverged; the log is written before."""
        diverged = np.isinf(self._log()).any(axis=1)
        if diverged.any():
            self.write()
            raise WorkError(
                f"{self.recipe.name}: diverged: the loss is not a number at step "
                f"{diverged.argmax() + 1}; lower optimizer.rate"
            )

    def write(self) -> None:
        """Write the log, and samples of the fixed z: a row each time that G was looked at."""
        stem = Path(self.recipe.out, slug(self.recipe.name))
        write_log(Path(f"{stem}_log.csv"), self._log(), len(self.state.log))
        if self.state.samples:
            rows = np.stack([one.numpy() for one in self.state.samples.values()])
            write_sheet(Path(f"{stem}_samples.png"), rows, scale=2)

    def describe(self) -> str:
        """Means of the last epoch."""
        steps = len(self.state.log) // self.recipe.epochs
        means = self.state.log[self.state.step - steps : self.state.step].nanmean(0)
        loss_d, loss_g, real, fake = means.tolist()
        return (
            f"loss of D {loss_d:.3f}, loss of G {loss_g:.3f}, D right about {real:.0%} of real "
            f"and {fake:.0%} of fake images"
        )

    def summary(self) -> dict[str, Any]:
        """What a card says: means of the last tenth of the steps, samples, `failures`."""
        log = self._log()
        last = log[-max(_FEWEST, len(log) // 10) :]
        said = dict(zip(COLUMNS, map(_mean, last.T), strict=True))
        samples = self._samples()
        said["distinct"] = distinct(samples, self.real)
        said["contrast"] = contrast(samples, self.real)
        numbers = {k: None if math.isnan(v) else round(v, 4) for k, v in said.items()}
        return {**numbers, "failed": failures(last, said["distinct"])}

    def _log(self) -> NDArray[np.float32]:
        """Of the steps so far, (steps, 4)."""
        log: NDArray[np.float32] = self.state.log[: self.state.step].cpu().numpy()
        return log

    def _samples(self) -> NDArray[np.uint8]:
        """What G draws in evaluation mode; it stays as it is."""
        drawn = Generator(self.state.generator, self.spec)
        z = drawn.latent(len(self.real), rng_for("training", self.recipe.seed, "watched z"))
        return drawn.sample(z, self.labels)


def distinct(samples: NDArray[np.uint8], images: NDArray[np.uint8]) -> float:
    """How far samples are from each other, over how far images are.

    That is the median distance to the nearest other one, of pixels without their mean and divided
    by their norm, so that it says nothing of brightness and contrast: about 1 where samples differ
    as images do, 0 where all are one. NaN where the images do not differ.

    Parameters
    ----------
    samples, images : uint8 arrays, (n, height, width, channels)
        As many of each.

    Examples
    --------
    >>> import numpy as np
    >>> images = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 1), np.uint8)
    >>> distinct(images, images), round(distinct(images[:1].repeat(9, 0), images), 6)
    (1.0, 0.0)
    """
    apart = _apart(images)
    return _apart(samples) / apart if apart else math.nan


def contrast(samples: NDArray[np.uint8], images: NDArray[np.uint8]) -> float:
    """Root mean square deviation of pixels from the mean of their image, over that of images.

    1 where G draws with the contrast of its images; NaN where these have none.

    Parameters
    ----------
    samples, images : uint8 arrays, (n, height, width, channels)

    Examples
    --------
    >>> import numpy as np
    >>> images = np.array([0, 100], np.uint8).reshape(1, 1, 2, 1)
    >>> contrast(images // 2 + 90, images)
    0.5
    """
    deviation = _deviation(images)
    return _deviation(samples) / deviation if deviation else math.nan


def _deviation(images: NDArray[np.uint8]) -> float:
    """Of pixels from the mean of their image."""
    return math.sqrt(float(images.reshape(len(images), -1).astype(np.float64).var(1).mean()))


def _apart(images: NDArray[np.uint8]) -> float:
    """Median distance to the nearest other image."""
    pixels = images.reshape(len(images), -1).astype(np.float64)
    pixels -= pixels.mean(1, keepdims=True)
    norms = np.linalg.norm(pixels, axis=1, keepdims=True)
    pixels /= np.where(norms > 0, norms, 1)
    products = pixels @ pixels.T
    lengths = np.diag(products)
    squares = lengths[:, None] + lengths - 2 * products
    np.fill_diagonal(squares, np.inf)
    return float(np.median(np.sqrt(squares.min(1).clip(0))))


def failures(log: NDArray[np.float32], distinct: float) -> list[str]:
    """What went wrong with a training, a line each; nothing of one that did not.

    Parameters
    ----------
    log : float32 array, (steps, 4)
        Of its last steps.
    distinct
        See `dcgan_eval.training.watch.distinct`.
    """
    found = []
    if distinct < _COLLAPSED:
        found.append(
            f"collapsed: samples are {distinct:.2f} times as far from each other as images "
            f"(below {_COLLAPSED}: G draws few different ones)"
        )
    loss, _, real, fake = log.T
    known = loss[~np.isnan(loss)]
    if min(_mean(real), _mean(fake)) >= _NEVER_WRONG:
        found.append(
            f"diverged: D is right about {min(_mean(real), _mean(fake)):.2%} of the images (from "
            f"{_NEVER_WRONG:.1%} on G learns nothing more from it)"
        )
    elif len(known) > 1 and known.std() < _STUCK:
        found.append(f"diverged: the loss of D stands at {known.mean():.4f}; nothing is learned")
    return found


def _mean(values: NDArray[np.float32]) -> float:
    """Mean of the values that there are; NaN where there are none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def write_log(path: Path, log: NDArray[np.float32], steps: int) -> None:
    """Write a CSV: means over a fiftieth of the steps a row, beside its last step.

    Parameters
    ----------
    log : float32 array, (steps taken, 4)
    steps
        That the whole training takes.
    """
    size = max(2, -(-steps // _ROWS))
    lines = [",".join(("step", *COLUMNS))]
    for start in range(0, len(log), size):
        rows = log[start : start + size]
        means = ("" if math.isnan(mean) else f"{mean:.6g}" for mean in map(_mean, rows.T))
        lines.append(",".join((str(start + len(rows)), *means)))
    write_bytes(path, "".join(f"{line}\n" for line in lines).encode())
