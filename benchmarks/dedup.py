"""Near-duplicates among up to a million images: seconds by number of images, memory, exactness.

    OMP_WAIT_POLICY=passive python -m benchmarks.dedup --data-root DATA --record

Images are CIFAR-10's training images again and again, each time with noise of its own, written to a
file block by block; every tenth of a round is a copy without noise, so that it is known which
images must be found. The autoencoder is trained with `--steps` whatever the number; images are then
hashed and grouped. Keys of the record, for each number N of images: ``N: train``, ``N: hash``,
``N: group`` and ``N: group within 2`` (seconds), ``N: microseconds an image`` (hash and group) and
``N: rise in MB`` (peak of anonymous memory over that before); ``copies not found`` (planted copies
that are in no group with their original, of all numbers together).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np

from benchmarks.common import Benchmark, PeakMemory
from dcgan_eval.core import Silent, Timer, rng_for
from dcgan_eval.data import ImageSet, load_images
from dcgan_eval.studies import Autoencoder
from dcgan_eval.studies.duplicates import first_of_group
from dcgan_eval.studies.hashing import CodeBits, images_codes
from dcgan_eval.studies.threads import one_thread

BLOCK = 1000
COPIED = 10
NOISE = 20.0
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What a call gives, and its wall-clock seconds."""
    timer = Timer()
    return work(), timer.took()[0]


def repeated(source: ImageSet, count: int, path: Path) -> ImageSet:
    """So many images in a file: all of a set as they are, then again with noise."""
    pixels = np.lib.format.open_memmap(path, "w+", np.uint8, (count, *source.image_shape))
    for start in range(0, count, BLOCK):
        rows = np.arange(start, min(start + BLOCK, count))
        images = source.images_of(rows % len(source)).astype(np.float32)
        noise = rng_for("benchmark", "dedup", start).normal(0, NOISE, images.shape)
        noisy = (rows >= len(source)) & (rows % COPIED > 0)
        images[noisy] += noise[noisy].astype(np.float32)
        pixels[start : start + len(rows)] = np.clip(np.rint(images), 0, 255)
    pixels.flush()
    labels = source.y[np.arange(count) % len(source)]
    mapped = np.asarray(np.load(path, mmap_mode="r"))
    names = source.class_names
    return ImageSet(
        name="repeated", labels=labels, class_names=names, fingerprint="", pixels=mapped
    )


def measured(images: ImageSet, source: int, steps: int) -> tuple[dict[str, float], int]:
    """Figures of one number of images, and the copies that were not found."""
    with one_thread(), PeakMemory() as memory:
        trained, training = timed(lambda: Autoencoder(steps=steps).fit(images, 0, Silent()))
        code = CodeBits(trained["weight"], trained["bias"])
        codes, hashing = timed(lambda: images_codes(images, code, Silent()))
        first, grouping = timed(lambda: first_of_group(codes))
        _, within = timed(lambda: first_of_group(codes, 2))
    rows = np.arange(source, len(images))
    copies = rows[rows % COPIED == 0]
    missed = int(np.sum(first[copies] != first[copies % source]))
    return {
        "train": training,
        "hash": hashing,
        "group": grouping,
        "group within 2": within,
        "microseconds an image": 1e6 * (hashing + grouping) / len(images),
        "rise in MB": memory.risen / 2**20,
    }, missed


def main() -> None:
    """Measure every number of images, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, default=None, help="folder with cifar10")
    parser.add_argument("--images", type=int, nargs="+", default=[50_000, 200_000, 1_000_000])
    parser.add_argument("--source", type=int, default=20_000, help="CIFAR-10 images repeated")
    parser.add_argument("--steps", type=int, default=Autoencoder().steps)
    benchmark = Benchmark("dedup", parser)
    options = benchmark.options
    roots = None if options.data_root is None else [options.data_root]
    cifar = load_images("cifar10", "train", roots=roots)
    source = cifar.take(np.arange(min(options.source, len(cifar))))
    figures: dict[str, float] = {}
    details: dict[str, Any] = {"steps": options.steps, "source": len(source), "noise": NOISE}
    missed = 0
    for count in options.images:
        with TemporaryDirectory() as folder:
            images = repeated(source, count, Path(folder, "pixels.npy"))
            found, absent = measured(images, len(source), options.steps)
        missed += absent
        figures |= {f"{count}: {name}": value for name, value in found.items()}
        print(f"{count:>9,}", *(f"{name} {value:.1f}" for name, value in found.items()), flush=True)
    print("copies not found:", missed)
    benchmark.record({**figures, "copies not found": missed}, details)


if __name__ == "__main__":
    main()
