"""A walk in z: whether images change little by little between two random points, or jump.

1. Each row has two random points of z, its ends, and a label of its own. 2. Between them leads a
straight line, and an arc (`spherical`). 3. Controls on the same row: the end images, mixed pixel by
pixel, which move evenly but are no images on the way; and random samples in no order, which are
images but do not move. 4. The largest step between neighbours, and the path length: the mean
squared speed, from pairs ε apart. Both are in a feature space, over the mean step of the samples in
no order, that is, the mean distance of two random samples.

Sources: Radford, Metz, Chintala, arXiv 1511.06434, section 6.1 and figure 4; Karras, Laine, Aila,
arXiv 1812.04948, section 4.1 (perceptual path length, there with LPIPS, here with the feature space
that is given). docs/studies.md derives the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, SettingsError, Subject, Work, execution, identity, rng_for
from dcgan_eval.data import ImageSet, Items, Split, with_pixels
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import Generator
from dcgan_eval.protocols import Result, Task, nearest_training_images
from dcgan_eval.records import Metric
from dcgan_eval.samples import BATCH, GeneratorSource, as_bytes
from dcgan_eval.studies.drawing import of_z_alone
from dcgan_eval.studies.generator_study import GeneratorStudy
from dcgan_eval.studies.paths import linear, spherical
from dcgan_eval.studies.ratio import ratio_metric
from dcgan_eval.studies.threads import one_thread

Floats = NDArray[np.float32]
Path = Callable[[NDArray[np.float64]], Floats]
"""Places t in [0, 1] (n,) to images (n, height, width, channels)."""

# Rows of the exhibits.
_SHOWN = 8
# Networks with the maps of a row.
_NETWORK_BYTES = 800_000_000
_PATHS = ("spherical", "linear", "pixel")
_UNORDERED = "unordered"


class Walk(GeneratorStudy):
    """Settings of ``kind: walk``; see the module.

    Attributes
    ----------
    rows
        Pairs of random points, independent of each other.
    steps
        Of a row, which has one image more.
    label
        Of all rows, where the generator has classes; row r has class r mod classes when None.
    epsilon
        Distance on the path (whose length is 1) of the two images that a speed is taken from.
    seed
        Of all random points.
    block
        Training images held at a time.
    """

    version: ClassVar[int] = 1

    kind: Literal["walk"] = identity("walk")
    rows: int = identity(50, ge=2, le=100_000)
    steps: int = identity(9, ge=2, le=1000)
    label: int | None = identity(None, ge=0)
    epsilon: float = identity(1e-4, gt=0, le=0.1)
    seed: int = identity(0, ge=0)
    block: int = execution(4096, ge=1)

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse a label that is none, and what else makes features no function of z alone."""
        super().check(subject, train)
        if not isinstance(subject, GeneratorSource):
            return
        spec, encoder = subject.drawn.spec, subject.encoder
        if self.label is not None and self.label >= spec.n_classes:
            known = f"0 … {spec.n_classes - 1}" if spec.n_classes else "no labels; remove it"
            raise SettingsError(f"{subject.name}: protocol.label {self.label}; it takes {known}")
        if encoder is None:
            return
        if not isinstance(encoder, EncoderRepresentation):
            raise SettingsError(
                f"{subject.name}: encoder gives no features of images between bytes; give a "
                "network, such as kind: checkpoint"
            )
        encoder.columns(train)
        if encoder.batch_norm == "batch":
            raise SettingsError(
                f"{subject.name}: encoder.batch_norm: batch makes features depend on the images "
                "beside; set dataset or stored"
            )

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """Images of all rows as queries, a block of training images, the networks."""
        pixels = math.prod(with_pixels(train).image_shape)
        images = self.rows * (self.steps + 1) + self.block
        return images * 4 * pixels * 4 + _NETWORK_BYTES

    def run(self, task: Task[GeneratorSource], work: Work) -> Result:
        """Walk row by row, then look the images up among the training images."""
        source, train = task.given.on(work.device), with_pixels(task.train)
        generator = of_z_alone(source.drawn, rng_for("walk", self.seed, "statistics"))
        measure = _measure(source, train.take(task.split.reference), work)
        largest: dict[str, list[float]] = {name: [] for name in (*_PATHS, _UNORDERED)}
        speeds: dict[str, list[float]] = {name: [] for name in _PATHS}
        yardstick: list[float] = []
        images: dict[str, list[Floats]] = {name: [] for name in (*_PATHS, _UNORDERED)}
        at = np.linspace(0, 1, self.steps + 1)
        with one_thread(), work.progress.task("walk", self.rows, "rows") as advance:
            for row in range(self.rows):
                paths, unordered, starts = self._row(generator, row)
                drawn = {**{name: path(at) for name, path in paths.items()}, _UNORDERED: unordered}
                for name, frames in drawn.items():
                    steps = np.linalg.norm(np.diff(measure(frames), axis=0), axis=1)
                    largest[name].append(float(steps.max()))
                    if name == _UNORDERED:
                        yardstick.append(float(steps.mean()))
                    if row < _SHOWN or name == "spherical":
                        images[name].append(frames)
                for name, path in paths.items():
                    near = measure(path(np.concatenate([starts, starts + self.epsilon])))
                    moved = np.linalg.norm(near[self.steps :] - near[: self.steps], axis=1)
                    speeds[name].append(float(np.mean((moved / self.epsilon) ** 2)))
                advance(1)
        if np.mean(yardstick) == 0:
            raise DataError(f"{source.name}: all random samples are alike: there is no way between")
        space = "pixels" if source.encoder is None else source.encoder.name
        nearest, looked_up = _nearest(images["spherical"], train, self.block, work)
        return Result(
            metrics=_metrics(largest, speeds, np.array(yardstick), space),
            notes=_notes(source, space),
            details={
                "space": space,
                "mean_distance_of_random_samples": float(np.mean(yardstick)),
                "largest_step": largest,
                "squared_speed": speeds,
                "step_of_random_samples": yardstick,
                "training_images": looked_up,
            },
            exhibits={
                **{f"{name}_walk": _shown(images[name]) for name in _PATHS},
                "unordered_samples": _shown(images[_UNORDERED]),
                "training_images_nearest_to_spherical_walk": nearest,
            },
        )

    def _row(
        self, generator: Generator, row: int
    ) -> tuple[Mapping[str, Path], Floats, NDArray[np.float64]]:
        """Paths of one row, its samples in no order, and where on the paths speed is taken."""
        rng = rng_for("walk", self.seed, "row", row)
        a, b = generator.latent(2, rng)
        others = generator.latent(self.steps + 1, rng)
        # One place in each step.
        starts = (np.arange(self.steps) + rng.random()) / self.steps * (1 - self.epsilon)
        n_classes = generator.spec.n_classes
        label = row % max(1, n_classes) if self.label is None else self.label

        def draw(z: Floats) -> Floats:
            labels = np.full(len(z), label, np.int64) if n_classes else None
            return generator.sample_float(z, labels)

        first, last = draw(np.stack([a, b]))
        paths: dict[str, Path] = {
            "spherical": lambda t: draw(spherical(a, b, t)),
            "linear": lambda t: draw(linear(a, b, t)),
            "pixel": lambda t: linear(first, last, t),
        }
        return paths, draw(others), starts


def _measure(
    source: GeneratorSource, reference: ImageSet, work: Work
) -> Callable[[Floats], NDArray[np.float64]]:
    """The function from images to points of the feature space, (n, columns)."""
    encoder = source.encoder
    if not isinstance(encoder, EncoderRepresentation):
        return lambda images: images.reshape(len(images), -1).astype(np.float64)
    extractor = encoder.fitted(reference, work)
    columns = max(last for _, last in encoder.columns(reference).values())

    def features(images: Floats) -> NDArray[np.float64]:
        out = np.empty((len(images), columns), np.float32)
        extractor(images, out)
        return out.astype(np.float64)

    return features


def _metrics(
    largest: Mapping[str, list[float]],
    speeds: Mapping[str, list[float]],
    yardstick: NDArray[np.float64],
    space: str,
) -> tuple[Metric, ...]:
    """The numbers of each path and of its controls."""
    covers, given = "other points of z", f"the generator, distances of {space}"
    steps = [
        ratio_metric(
            f"{name} largest step",
            np.array(values),
            yardstick,
            better="low",
            covers=covers,
            given=given,
            headline=name == "spherical",
        )
        for name, values in largest.items()
    ]
    lengths = [
        ratio_metric(
            f"{name} path length",
            np.array(values),
            yardstick,
            power=2,
            unit="1",
            better="low",
            covers=covers,
            given=given,
        )
        for name, values in speeds.items()
    ]
    return (*steps, *lengths)


def _notes(source: GeneratorSource, space: str) -> tuple[str, ...]:
    """What a reader must know."""
    notes = [f"path lengths are in distances of {space}, not in LPIPS"]
    if source.drawn.spec.batch_statistics:
        notes.append(f"batch norm of the generator uses the statistics of {BATCH} random z")
    return tuple(notes)


def _nearest(
    rows: list[Floats], train: ImageSet, block: int, work: Work
) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """Training images nearest to the first rows, and what is to be said of those of all."""
    columns, shape = len(rows[0]), rows[0].shape[1:]
    found = nearest_training_images(np.concatenate(rows), train, block, work.device)
    distances = found["distances"].reshape(len(rows), columns)
    ids = found["ids"].reshape(len(rows), columns)[:_SHOWN]
    images = train.images_of(ids.ravel()).reshape(*ids.shape, *shape)
    return images, {
        "mean_distance_at_ends": float(distances[:, [0, -1]].mean()),
        "mean_distance_between": float(distances[:, 1:-1].mean()),
        "distinct": len(np.unique(found["ids"])),
        "images": distances.size,
    }


def _shown(rows: list[Floats]) -> NDArray[np.uint8]:
    """The first rows as bytes, (rows, columns, height, width, channels)."""
    return as_bytes(np.stack(rows[:_SHOWN]))


PROTOCOL = Walk
