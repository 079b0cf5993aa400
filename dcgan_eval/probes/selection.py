"""The one place where a hyper-parameter is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# From the design of the experiments: at an end of the grid two steps are added, three times at
# most; beyond that the record says that the choice lies at an end.
_MOST_EXTENSIONS = 3

Errors = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """A chosen value with the curve it was chosen from.

    Attributes
    ----------
    values
        The grid, ascending, extensions included.
    errors : float64 array, (values, repeats)
        Error (a fraction) of each value in each repeat (selection draws; one column otherwise).
    index
        Of the chosen value.
    extended
        How many times the grid was extended.
    """

    values: tuple[float, ...]
    errors: Errors
    index: int
    extended: int

    @property
    def chosen(self) -> float:
        """The chosen value."""
        return self.values[self.index]

    @property
    def at_end(self) -> bool:
        """Whether the choice is the first or last value of the grid."""
        return self.index in (0, len(self.values) - 1)


def best(mean_errors: Sequence[float], prefer: Literal["small", "large"]) -> int:
    """Index of the lowest error; ties go to the preferred end of the (ascending) grid."""
    errors = np.asarray(mean_errors, dtype=np.float64)
    lowest = np.flatnonzero(errors == errors.min())
    return int(lowest[0] if prefer == "small" else lowest[-1])


def choose(
    values: Sequence[float],
    score: Callable[[Sequence[float]], Errors],
    extend: Callable[[Sequence[float], bool], tuple[float, ...]],
    prefer: Literal["small", "large"],
) -> Choice:
    """Choose the value with the lowest mean error, extending the grid while it lies at an end.

    Parameters
    ----------
    values
        Ascending grid.
    score
        Errors (values × repeats) of the values it is given.
    extend
        Two values beyond the upper (True) or lower (False) end, ascending; () for no more.
    prefer
        Which end a tie goes to.
    """
    grid = tuple(values)
    errors = score(grid)
    extended = 0
    while True:
        index = best(errors.mean(axis=1).tolist(), prefer)
        if extended == _MOST_EXTENSIONS or index not in (0, len(grid) - 1):
            return Choice(grid, errors, index, extended)
        upwards = index == len(grid) - 1
        further = extend(grid, upwards)
        if not further:
            return Choice(grid, errors, index, extended)
        added = score(further)
        grid = grid + further if upwards else further + grid
        errors = np.concatenate([errors, added] if upwards else [added, errors])
        extended += 1
