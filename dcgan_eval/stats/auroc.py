"""Area under the ROC curve: how often a positive's value is above a negative's, ties half."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DataError

Floats = NDArray[np.float64]


def auroc(values: NDArray[np.floating], positive: NDArray[np.bool_]) -> Floats:
    """Areas of several features for several classes, one against the rest.

    Parameters
    ----------
    values : (n, features)
    positive : (n, classes)

    Returns
    -------
    float64 array, (classes, features)
        From ranks (Mann and Whitney): exact, whatever the order of sums.

    Raises
    ------
    DataError
        A class that all items have, or none.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.array([[0.1, 5.0], [0.2, 1.0], [0.3, 1.0]])
    >>> auroc(values, np.array([[False], [False], [True]]))
    array([[1.  , 0.25]])
    """
    n_positive = positive.sum(0)[:, None]
    n_negative = len(positive) - n_positive
    if not (n_positive.all() and n_negative.all()):
        raise DataError("there is no curve of a class that all items have, or none")
    sums = positive.T.astype(np.float64) @ _ranks(values, 0)
    return np.asarray((sums - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def auroc_changes(values: NDArray[np.floating], positive: NDArray[np.bool_]) -> Floats:
    """What each item adds to the error of an area, to first order (DeLong 1988).

    Parameters
    ----------
    values, positive : (n,)

    Returns
    -------
    float64 array, (n,)
        (V − area)/m, V the share of the other kind on the right side of an item and m the number of
        items of its own kind: they sum to 0, and their squares to the area's variance.
    """
    own = np.where(positive, positive.sum(), (~positive).sum())
    within = np.empty(len(values))
    for kind in (positive, ~positive):
        within[kind] = _ranks(values[kind])
    below = (_ranks(values) - within) / (len(values) - own)
    right = np.where(positive, below, 1 - below)
    return np.asarray((right - right[positive].mean()) / own)


def _ranks(values: NDArray[np.floating], axis: int | None = None) -> Floats:
    """From 1, ties by their mean."""
    # It takes a second to import, which commands that need none do not wait for.
    from scipy.stats import rankdata

    return np.asarray(rankdata(values, axis=axis))
