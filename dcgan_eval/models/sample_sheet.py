"""A picture of samples, row by row."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from dcgan_eval.core import SettingsError, rng_for, write_bytes
from dcgan_eval.models.generator import Generator


def write_sample_sheet(
    path: Path,
    network: Generator,
    rows: int,
    columns: int,
    seed: int,
    scale: int,
    same_z: bool = False,
) -> None:
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
    _, height, width, channels = images.shape
    picture = images.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    picture = picture.reshape(rows * height, columns * width, channels)
    picture = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    content = io.BytesIO()
    Image.fromarray(picture[:, :, 0] if channels == 1 else picture).save(content, format="PNG")
    write_bytes(path, content.getvalue())
