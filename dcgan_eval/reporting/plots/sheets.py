"""Sheets of images, in lines and in rows: the exhibits of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.plots.style import Style
from dcgan_eval.reporting.results.rows import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sample_grid(samples: NDArray[Any], columns: int = 10, most: int = 100) -> NDArray[np.uint8]:
    """Samples (n, height, width, channels) side by side with a pixel between, `columns` a line."""
    shown = np.asarray(samples[:most], dtype=np.uint8)
    n, height, width, channels = shown.shape
    lines = -(-n // columns)
    grid = np.full((lines * (height + 1), columns * (width + 1), channels), 255, dtype=np.uint8)
    for place, sample in enumerate(shown):
        y, x = divmod(place, columns)
        grid[y * (height + 1) :, x * (width + 1) :][:height, :width] = sample
    return grid[:-1, :-1]


def is_samples(array: NDArray[Any]) -> bool:
    """Whether an exhibit is a set of images."""
    return (
        array.dtype == np.uint8 and array.ndim == 4 and array.shape[3] in (1, 3) and len(array) > 0
    )


def is_sheet(array: NDArray[Any]) -> bool:
    """Whether an exhibit is images in rows: (rows, columns, height, width, channels)."""
    return array.ndim == 5 and array.size > 0 and is_samples(array.reshape(-1, *array.shape[2:]))


def sheet_grid(sheet: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of images as one picture, (height, width, channels)."""
    images = sheet.reshape(-1, *sheet.shape[2:])
    return sample_grid(images, columns=sheet.shape[1], most=len(images))


def sheet_plots(row: Row) -> list[Plot]:
    """A plot of each sheet that a record of this row has beside it."""
    (stored, *_) = row.records
    outcome = stored.outcome
    whose = f"of {outcome.representation.name} on {outcome.data.name} ({stored.id[:6]})"
    return [
        _sheet_plot(f"{name.replace('_', ' ')} {whose}", array)
        for name, array in sorted(stored.exhibits().items())
        if is_sheet(array)
    ]


def _sheet_plot(title: str, sheet: NDArray[np.uint8]) -> Plot:
    """Rows of images, nothing around them."""
    picture = sheet_grid(sheet)

    def draw(figure: Figure, style: Style) -> None:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(
            picture[:, :, 0] if picture.shape[2] == 1 else picture,
            cmap="gray",
            vmin=0,
            vmax=255,
            interpolation="nearest",
            aspect="auto",
        )
        axes.set_axis_off()
        figure.set_figheight(style.width * picture.shape[0] / picture.shape[1])

    text = f"{sheet.shape[0]} rows of {sheet.shape[1]} images"
    return Plot(title, f"{text}.", draw, photographs=True)
