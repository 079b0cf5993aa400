"""Small image sets, in memory and as files."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from dcgan_eval.core import digest_arrays, rng_for
from dcgan_eval.data import ImageSet


def made_images(
    name: str,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    class_names: tuple[str, ...],
    fingerprint: str,
) -> ImageSet:
    """A set of images in memory."""
    return ImageSet(
        name=name,
        labels=labels,
        class_names=class_names,
        fingerprint=fingerprint,
        pixels=pixels,
    )


def random_images(
    n: int, shape: tuple[int, int, int] = (8, 8, 1), n_classes: int = 3, seed: int = 0
) -> ImageSet:
    """Random pixels, brighter with the class, so that classes can be told apart."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n, dtype=np.int64) % n_classes
    pixels = rng.integers(0, 128, (n, *shape), dtype=np.uint8)
    pixels += (labels * (127 // n_classes)).astype(np.uint8)[:, None, None, None]
    names = tuple(str(label) for label in range(n_classes))
    fingerprint = digest_arrays([("pixels", pixels), ("labels", labels)])
    return made_images(f"random{n}", pixels, labels, names, fingerprint)


def noisy_images(n: int, n_classes: int = 3, seed: int = 0, grouped: bool = False) -> ImageSet:
    """Images whose classes overlap; with groups, five images in a row are of one group."""
    images = random_images(n, n_classes=n_classes, seed=seed)
    order = np.random.default_rng(seed + 100).permutation(n)
    groups = np.arange(n, dtype=np.int64) // 5 if grouped else None
    return replace(images, labels=images.labels[order], groups=groups)


def noise(n: int, *shape: int) -> np.ndarray:
    """Seeded uint8 images."""
    return rng_for("noise", n, *shape).integers(0, 256, (n, *shape), dtype=np.uint8)


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """An image as the bytes of a file."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def write_parquet(
    path: Path,
    pictures: list[bytes | None],
    labels: Any,
    *,
    paths: list[str] | None = None,
    column: str = "image",
    **options: Any,
) -> Path:
    """A Parquet file in the Hugging Face layout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    paths = paths or [f"{i:05d}.png" for i in range(len(pictures))]
    rows = [{"bytes": b, "path": p} for b, p in zip(pictures, paths, strict=True)]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({column: pa.array(rows, type=kind), "label": pa.array(labels)})
    pq.write_table(table, path, **options)
    return path


def write_duplicates(path: Path, train: ImageSet, groups: Any) -> Path:
    """What a record of the study ``dedup`` says of a training part."""
    outcome = {"data": {"train": {"fingerprint": train.fingerprint}}, "details": {"groups": groups}}
    path.write_text(json.dumps({"outcome": outcome}))
    return path


def write_npz(path: Path, n: int = 24, shape: tuple[int, ...] = (8, 8), **changed: Any) -> None:
    """A data set of three classes in one archive; keywords replace its arrays."""
    x, y = noise(n, *shape), np.arange(n) % 3
    path.parent.mkdir(exist_ok=True)
    np.savez(path, **{"x_train": x, "y_train": y, "x_test": x, "y_test": y, **changed})
