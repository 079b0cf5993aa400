"""What tests of studies share: rooms, and a detector that is trained once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dcgan_eval.core import Work
from dcgan_eval.data import DataSettings, ImageSet, Made, load_dataset
from dcgan_eval.studies import Detector, DetectorSettings, trained_detector

# Enough for parts to be seen almost without errors.
DETECTOR = {"images": 2000, "epochs": 10}


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cache in which the detector lies."""
    return tmp_path_factory.mktemp("detector")


@pytest.fixture(scope="session")
def rooms(kept: Path) -> tuple[ImageSet, ImageSet]:
    """Few rooms, train and test."""
    made = Made(seed=2, train=60, test=40)
    return load_dataset(DataSettings(name="rooms", made=made), cache=kept)


@pytest.fixture(scope="session")
def seeing(kept: Path, rooms: tuple[ImageSet, ImageSet]) -> tuple[Detector, dict[str, Any]]:
    """The detector of rooms, and its errors."""
    return trained_detector(DetectorSettings(**DETECTOR), *rooms, Work(kept))
