"""Small image sets on disk."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from dcgan_eval.core import rng_for


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


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., tuple[Path, np.ndarray, np.ndarray]]:
    """Writes ``small/{train,test}.parquet``: 30 and 12 noise images of three classes."""

    def make(name: str = "small") -> tuple[Path, np.ndarray, np.ndarray]:
        train, test = noise(30, 6, 5, 3), noise(12, 6, 5, 3)
        for split, images in (("train", train), ("test", test)):
            labels = np.arange(len(images)) % 3
            file = tmp_path / "root" / name / f"{split}.parquet"
            write_parquet(file, [encoded(image) for image in images], labels)
        return tmp_path / "root", train, test

    return make
