"""A data set on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.make.images import encoded, noise, write_parquet


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
