"""Near-duplicates in a training part, as a record of the study ``dedup`` names them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dcgan_eval.core import DataError, Indices, distrusted, parse_json, read_regular
from dcgan_eval.data.items import Items

# As of any record.
_MOST_BYTES = 1 << 24


def repeated_rows(file: Path, places: Sequence[Path], train: Items) -> Indices:
    """Rows of the training part that a record finds to repeat earlier ones.

    Parameters
    ----------
    file
        A record of ``dcgan-eval study dedup``: its groups of near-duplicates are used, of which the
        first image is kept.
    places
        Folders in which a relative path is looked for, in order.
    train
        The whole training part, of which the record must be.

    Returns
    -------
    int64 array
        All images of all groups but the first of each.

    Raises
    ------
    DataError
        Absent, no such record, of other images, or with rows that are not there or stand twice.
    """
    path = next((place / file for place in places if (place / file).is_file()), file)
    with distrusted(DataError, f"data.dedup: {path}: no record of dcgan-eval study dedup"):
        outcome = parse_json(read_regular(path, _MOST_BYTES))["outcome"]
        fingerprint, groups = outcome["data"]["train"]["fingerprint"], outcome["details"]["groups"]
        rows = np.array([row for group in groups for row in group])
        repeated = np.array([row for group in groups for row in group[1:]], np.int64)
    if fingerprint != train.fingerprint:
        raise DataError(
            f"data.dedup: {path}: of other images than {train.name}; make it anew with dcgan-eval "
            "study dedup, with the same data settings but classes"
        )
    numbers = not len(rows) or (rows.dtype.kind == "i" and rows.ndim == 1)
    if not numbers or not np.isin(rows, np.arange(len(train))).all():
        raise DataError(f"data.dedup: {path}: groups have rows outside 0 … {len(train) - 1}")
    if len(np.unique(rows)) < len(rows):
        raise DataError(f"data.dedup: {path}: a row stands in two groups, or twice in one")
    return repeated
