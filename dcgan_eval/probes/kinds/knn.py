"""Weighted k nearest neighbours by cosine similarity, as papers on representations report them.

Each of the k most similar fitted rows votes for its class with weight exp(similarity / 0.07).
Neighbours are exact: of equally similar rows the first ones count.

Source: Wu, Xiong, Yu, Lin, "Unsupervised Feature Learning via Non-Parametric Instance
Discrimination", CVPR 2018, section 3.4 (also its temperature); DINO and DINOv2 use the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import Indices, Progress, SettingsError, identity
from dcgan_eval.probes.matrix import Matrix
from dcgan_eval.probes.probe import Fits, Predicted, Probe

# The numbers of neighbours that DINOv2 reports are among them.
_GRID = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
_BLOCK_BYTES = 1 << 26
_SIMILARITIES = 1 << 22  # of a block of queries with a block of fitted rows


class KNNProbe(Probe):
    """``probe: knn``.

    Attributes
    ----------
    temperature
        Similarities are divided by it before they are exponentiated.
    """

    parameter: ClassVar[str] = "k"
    prefer: ClassVar[Literal["small", "large"]] = "large"

    kind: Literal["knn"] = identity("knn")
    temperature: float = identity(0.07, gt=0)

    def auto_grid(self, X: Matrix, rows: Indices, fewest: int | None = None) -> tuple[float, ...]:
        """5, 10, 20, 50, 100 and 200 neighbours, as far as every fit has so many rows."""
        most = len(rows) if fewest is None else fewest
        return tuple(k for k in _GRID if k <= most) or (1.0,)

    def extend(self, grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
        """Fewer than 5 neighbours are 1 and 3; nobody reports more than 200."""
        return () if upwards or grid[0] < 5 else (1.0, 3.0)

    def memory_bytes(
        self, rows: int, columns: int, n_classes: int, n_values: int, n_subsets: int
    ) -> int:
        """A block of queries, a block of rows, and their similarities."""
        blocks = 4 * _BLOCK_BYTES + 4 * _block_rows(columns) * columns * 4
        return (1 << 28) + blocks + 8 * 4 * _SIMILARITIES

    def predict_path(self, fits: Fits, *, device: str, progress: Progress) -> Predicted:
        """Search once for the largest k, then vote with each."""
        X, y, subsets, evaluations = fits.X, fits.y, fits.subsets, fits.evaluations
        ks = [_checked(value, min(map(len, subsets))) for value in fits.values]
        n_classes = int(y.max()) + 1
        total = len(subsets) * sum(map(len, evaluations))
        predictions = []
        with progress.task("nearest neighbours", total, "queries") as advance:
            for one in evaluations:
                found = np.empty((len(subsets), len(ks), len(one)), dtype=np.int16)
                size = _block_rows(X.shape[1])
                for at, block in one.blocks(size):
                    queries = _unit_rows(block, device)
                    for number, rows in enumerate(subsets):
                        similar, positions = nearest(queries, X, np.sort(rows), max(ks))
                        codes = torch.from_numpy(y[np.sort(rows)]).to(device)[positions]
                        weights = torch.exp((similar.double() - 1) / self.temperature)
                        for v, k in enumerate(ks):
                            votes = torch.zeros((len(queries), n_classes), dtype=torch.float64)
                            votes = votes.to(device)
                            votes.scatter_add_(1, codes[:, :k], weights[:, :k])
                            found[number, v, at] = votes.argmax(1).cpu().numpy()
                        advance(len(queries))
                predictions.append(found)
        return Predicted(tuple(predictions))


def nearest(
    queries: torch.Tensor, X: Matrix, rows: Indices, k: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the k rows that are most similar to each query, best first.

    Parameters
    ----------
    queries : (q, d)
        Of unit length.
    X, rows
        Features and the rows to search, ascending.

    Returns
    -------
    similarities : float32 (q, k)
    positions : int64 (q, k)
        In `rows`; of equal similarities the lower position comes first.
    """
    device = queries.device
    best = torch.empty((len(queries), 0), device=device)
    where = torch.empty((len(queries), 0), dtype=torch.int64, device=device)
    size = min(_block_rows(X.shape[1]), max(k, _SIMILARITIES // len(queries)))
    for first in range(0, len(rows), size):
        block = _unit_rows(X[rows[first : first + size]], str(device))
        similar = torch.cat([best, queries @ block.T], dim=1)
        positions = torch.arange(first, first + len(block), device=device)
        # Those found before have lower positions and stand first, so that columns are in order
        # of position wherever similarities are equal.
        where = torch.cat([where, positions.expand(len(queries), -1)], dim=1)
        keep = _largest(similar, min(k, similar.shape[1]))
        best, where = similar.gather(1, keep), where.gather(1, keep)
    return best, where


def _largest(values: torch.Tensor, k: int) -> torch.Tensor:
    """Columns of the k largest values of each row, largest first, the first of equals."""
    least = values.topk(k, dim=1).values[:, -1:]
    above = values > least
    # As many of those that equal the least are taken, from the left, as are missing.
    level = values == least
    missing = k - above.sum(1, keepdim=True)
    taken = above | (level & (level.cumsum(1) <= missing))
    columns = taken.nonzero()[:, 1].reshape(len(values), k)
    order = values.gather(1, columns).sort(dim=1, descending=True, stable=True).indices
    return columns.gather(1, order)


def _checked(value: float, rows: int) -> int:
    """A number of neighbours that can be had."""
    if value != int(value) or not 1 <= value <= rows:
        raise SettingsError(
            f"k={value:g} neighbours: expected whole numbers from 1 to the {rows} fitted rows"
        )
    return int(value)


def _unit_rows(block: NDArray[np.floating], device: str) -> torch.Tensor:
    """Rows divided by their lengths; a row of zeros stays, and is equally unlike all."""
    rows = torch.from_numpy(np.array(block, dtype=np.float32)).to(device)
    length = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return rows.div_(torch.where(length > 0, length, 1))


def _block_rows(columns: int) -> int:
    """Rows read at once."""
    return max(64, _BLOCK_BYTES // (4 * columns))


PROBE = KNNProbe
