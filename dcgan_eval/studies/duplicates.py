"""Images whose codes are alike, in groups: exact, in n log n time where codes must be equal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dcgan_eval.core import Indices, Progress, Silent
from dcgan_eval.data import ImageSet
from dcgan_eval.studies.autoencoder import Autoencoder
from dcgan_eval.studies.hashing import CodeBits, Codes, differing_bits, images_codes
from dcgan_eval.studies.threads import one_thread


def find_duplicates(
    images: ImageSet,
    *,
    autoencoder: Autoencoder | None = None,
    threshold: float = 0.0,
    within: int = 0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Indices:
    """Find near-duplicates as the DCGAN paper does: by the codes of an autoencoder (4.1.1).

    Parameters
    ----------
    images
        On which the autoencoder is trained, and which are then grouped.
    autoencoder
        How it is trained.
    threshold
        Activation above which a unit of the code is a 1.
    within
        Bits in which the codes of two images of a group may differ.
    seed
        Of first weights, batches, noise and dropout.
    progress
        Where to report.

    Returns
    -------
    int64 array, (n,)
        The first image of each image's group; of an image without duplicates itself.

    Raises
    ------
    SettingsError
        The training diverges.

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval import load_images
    >>> from dcgan_eval.studies import Autoencoder, find_duplicates
    >>> images = load_images("digits", "train").take(np.array([0, 1, 2, 1, 0]))
    >>> first = find_duplicates(images, autoencoder=Autoencoder(steps=5))
    >>> first.tolist()
    [0, 1, 2, 1, 0]
    >>> kept = images.take(np.flatnonzero(first == np.arange(len(images))))
    """
    told = progress or Silent()
    with one_thread():
        trained = (autoencoder or Autoencoder()).fit(images, seed, told)
        code = CodeBits(trained["weight"], trained["bias"], threshold)
        return first_of_group(images_codes(images, code, told), within)


def first_of_group(codes: Codes, within: int = 0) -> Indices:
    """The lowest row of each row's group.

    Two rows whose codes differ in at most `within` bits are in one group, and so are two that are
    joined by such steps.
    """
    order, run = _runs(codes)
    first = order[np.flatnonzero(np.diff(run, prepend=-1))]  # of each distinct code
    if within:
        pairs = [np.zeros((0, 2), np.int64), *_near_pairs(codes[first], within)]
        a, b = np.concatenate(pairs).T
        joined = coo_array((np.ones(len(a), bool), (a, b)), shape=(len(first), len(first)))
        count, group = connected_components(joined, directed=False)
        lowest = np.full(count, len(codes))
        np.minimum.at(lowest, group, first)
        first = lowest[group]
    found = np.empty(len(codes), np.int64)
    found[order] = first[run]
    return found


def _runs(rows: NDArray[np.uint8]) -> tuple[Indices, Indices]:
    """Rows in an order in which equal ones stand together, lowest first; number of each run."""
    order = np.lexsort(rows.T[::-1])
    placed = rows[order]
    begins = np.any(placed[1:] != placed[:-1], axis=1)
    return order, np.concatenate([[0], np.cumsum(begins)])


def _near_pairs(codes: Codes, within: int) -> Iterator[Indices]:
    """All pairs (n, 2) of distinct codes that differ in at most `within` bits.

    Of within + 1 parts of two such codes at least one is equal: pairs of equal parts are compared,
    those that stand next to each other in the order of a part first, then those two places apart.
    """
    for columns in np.array_split(np.arange(codes.shape[1]), within + 1):
        order, run = _runs(codes[:, columns])
        apart, place = 1, np.arange(len(codes))
        while len(place := place[place < len(codes) - apart]):
            place = place[run[place] == run[place + apart]]
            pairs = np.stack([order[place], order[place + apart]], axis=1)
            yield pairs[differing_bits(codes[pairs[:, 0]], codes[pairs[:, 1]]) <= within]
            apart += 1
