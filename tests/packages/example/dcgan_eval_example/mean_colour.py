"""The mean colour of each cell of an image."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError, Subject, identity
from dcgan_eval.features import Extractor, ImageRepresentation, Spans, State
from dcgan_eval.subjects import Place, SubjectSettings


class MeanColour(ImageRepresentation):
    """One layer, ``mean_colour``; columns in the order channel, y, x."""

    kind = "mean_colour"

    def __init__(self, cells: int, name: str | None = None) -> None:
        self.cells, self.name = cells, name or f"mean colour, {cells}×{cells}"

    def identity_values(self) -> dict[str, Any]:
        """The cells a side, and a number to raise when the same images would give others."""
        return {"cells": self.cells, "version": 1}

    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """One column a channel and cell."""
        height, width, channels = image_shape
        if height % self.cells or width % self.cells:
            raise DataError(f"{self.name}: {height}×{width} pixels; give cells that divide both")
        return {"mean_colour": (0, channels * self.cells**2)}

    def extractor(self, state: State, device: str) -> Extractor:
        """Nothing is fitted."""
        return CellMeans(self.cells)


class CellMeans(Extractor):
    """Means over cells, in 0 … 255."""

    def __init__(self, cells: int) -> None:
        self.cells = cells

    def __call__(self, images: NDArray[np.uint8], out: NDArray[np.floating]) -> None:
        """Write a row an image."""
        n, height, width, channels = images.shape
        side = self.cells
        cells = images.reshape(n, side, height // side, side, width // side, channels)
        out[:] = cells.mean(axis=(2, 4)).transpose(0, 3, 1, 2).reshape(n, -1)


class MeanColourSettings(SubjectSettings):
    """Settings of ``kind: mean_colour``.

    Attributes
    ----------
    cells
        Along each side of an image.
    """

    cells: int = identity(1, ge=1)

    def make(self, part: int, place: Place) -> list[Subject]:
        """One representation."""
        return [MeanColour(self.cells, self.name)]
