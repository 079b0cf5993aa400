"""Which maps of a layer say that a position lies inside a box: a logistic regression.

Source: Radford, Metz, Chintala, arXiv 1511.06434, section 6.3.1: activations inside the boxes are
positive, random ones of the same samples negative. Here the latter lie outside all boxes, and there
are as many; each map is in units of its standard deviation, so that its penalty does not depend on
how large its values are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from dcgan_eval.core import DataError, rng_for
from dcgan_eval.studies.boxes import PartBox, masks
from dcgan_eval.studies.drawing import NumberedSamples
from dcgan_eval.studies.maps import read_maps

Floats = NDArray[np.float32]

_ITERATIONS = 1000


def positions(
    samples: NumberedSamples, layer: str, boxes: Sequence[PartBox]
) -> tuple[Floats, Floats]:
    """Maps at positions inside boxes, and at as many elsewhere in the same samples.

    Parameters
    ----------
    boxes
        Of one part, of samples by their numbers. A position lies inside where its centre does.

    Returns
    -------
    float32 array, float32 array, (positions, maps)

    Raises
    ------
    DataError
        There are none of the one or the other.
    """
    inside, outside = [], []
    _, height, width = samples.generator.spec.image_shape
    for number in sorted({box.image for box in boxes}):
        with read_maps(samples.generator, layer) as kept:
            samples.of([number])
        maps = kept[0][0]
        rows, columns = maps.shape[1:]
        own = [
            PartBox(
                number,
                box.part,
                box.left * columns / width,
                box.top * rows / height,
                box.width * columns / width,
                box.height * rows / height,
            )
            for box in boxes
            if box.image == number
        ]
        ((_, covered),) = masks(own, rows, columns).items()
        elsewhere = maps[:, ~covered].T
        rng = rng_for("forget", samples.seed, "elsewhere", number)
        some = min(int(covered.sum()), len(elsewhere))
        inside.append(maps[:, covered].T)
        outside.append(elsewhere[rng.choice(len(elsewhere), some, replace=False)])
    for where, side in (("inside", inside), ("outside", outside)):
        if not any(map(len, side)):
            raise DataError(
                f"boxes of {len(side)} samples: no position of layer {layer!r} lies {where} them; "
                "give boxes of a few samples at least, smaller than the image"
            )
    return np.concatenate(inside), np.concatenate(outside)


def map_weights(inside: Floats, outside: Floats) -> NDArray[np.float64]:
    """What each map says for lying inside, (maps,); 0 of a map that never changes.

    Examples
    --------
    >>> import numpy as np
    >>> from dcgan_eval.studies.regression import map_weights
    >>> inside = np.array([[1, 5, 2], [1, 4, 0]], np.float32)
    >>> np.sign(map_weights(inside, 1 - inside))
    array([1., 1., 1.])
    """
    X = np.concatenate([inside, outside]).astype(np.float64)
    sd = X.std(axis=0)
    X /= np.where(sd > 0, sd, 1)
    fitted = LogisticRegression(max_iter=_ITERATIONS).fit(X, np.arange(len(X)) < len(inside))
    weights: NDArray[np.float64] = np.where(sd > 0, fitted.coef_[0], 0)
    return weights
