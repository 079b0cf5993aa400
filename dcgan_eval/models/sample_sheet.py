"""A picture of samples, row by row."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dcgan_eval.core import SettingsError, rng_for, write_bytes
from dcgan_eval.models.generator import Generator

# Of all pixels so many are as bright or dark as can be when a grid is stretched.
_CLIPPED = 0.01
_GREY = 127.5


def write_sample_sheet(
    path: Path,
    network: Generator,
    rows: int,
    columns: int,
    seed: int,
    scale: int,
    same_z: bool = False,
    stretch: bool = False,
) -> float:
    """Write a PNG of rows × columns samples.

    Parameters
    ----------
    path
        Written whole or not at all.
    network
        A conditional generator gets class r mod n_classes in row r.
    rows, columns
        Of the grid. All samples are one batch, which matters where batch norm uses its statistics.
    seed
        Of z.
    scale
        Pixels of the picture a pixel of an image.
    same_z
        Whether every row shows the same z, so that rows differ by class alone.
    stretch
        Whether the contrast of the whole grid is stretched; see `stretched`.

    Returns
    -------
    float
        What the contrast was multiplied by; the picture says it, too.

    Raises
    ------
    SettingsError
        Rows of the same z of a generator without classes: all would be one.
    """
    n, classes = rows * columns, network.spec.n_classes
    if same_z and not classes:
        raise SettingsError("the same z in every row of a generator without classes; leave it out")
    z = network.latent(columns if same_z else n, rng_for("sample", seed))
    z = np.tile(z, (rows, 1)) if same_z else z
    labels = np.repeat(np.arange(rows, dtype=np.int64) % classes, columns) if classes else None
    images = network.sample(z, labels)
    factor = 1.0
    if stretch:
        images, factor = stretched(images)
    write_sheet(path, images.reshape(rows, columns, *images.shape[1:]), scale, factor)
    return factor


def stretched(images: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Images farther from mid-grey, all by one factor, and the factor.

    The factor, at least 1, is the largest at which no more than one value of a hundred would leave
    the range of pixels; those that do are cut off.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.arange(100, 156, dtype=np.uint8).reshape(1, 7, 8, 1)
    >>> more, factor = stretched(grey)
    >>> int(more.min()), int(more.max()), round(factor, 1)
    (0, 255, 4.6)
    """
    away = images.astype(np.float32) - _GREY
    most = float(np.quantile(np.abs(away), 1 - _CLIPPED))
    factor = max(1.0, _GREY / most) if most else 1.0
    return np.rint((away * factor + _GREY).clip(0, 255)).astype(np.uint8), factor


def write_sheet(path: Path, images: NDArray[np.uint8], scale: int, factor: float = 1.0) -> None:
    """Write a PNG of images (rows, columns, height, width, channels).

    Parameters
    ----------
    scale
        Pixels of the picture a pixel of an image.
    factor
        What the contrast was multiplied by, said in the file where it is not 1.
    """
    rows, columns, height, width, channels = images.shape
    picture = images.swapaxes(1, 2).reshape(rows * height, columns * width, channels)
    picture = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    said = PngInfo()
    if factor != 1:
        said.add_text("Description", f"contrast stretched {factor:.2f} times about mid-grey")
    content = io.BytesIO()
    image = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
    image.save(content, format="PNG", pnginfo=said)
    write_bytes(path, content.getvalue())
