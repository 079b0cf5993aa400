"""The leading directions of the rows, and the rows' coordinates in them (steps 10 and 11)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from dcgan_eval.core import DataError, rng_for
from dcgan_eval.probes.l2svm.rows import RowBlocks, matmul

_EXTRA = 32  # probes beyond the rank, as usual for randomised range finding (Halko et al. 2011)


@dataclass(frozen=True)
class Leading:
    """k orthonormal directions and what every row has of them.

    Attributes
    ----------
    U : (k, width)
        Orthonormal rows.
    Z : (k, n)
        Coordinates U [X, bias]ᵀ of the rows.
    """

    U: torch.Tensor
    Z: torch.Tensor

    def complement(self, vectors: torch.Tensor) -> torch.Tensor:
        """What vectors (q, width) have beside the k directions."""
        return vectors - (vectors @ self.U.T) @ self.U


def find_leading(reader: RowBlocks, rank: int, sample: int) -> Leading:
    """About `rank` leading directions, from `sample` rows drawn with a fixed seed.

    Raises
    ------
    DataError
        A row that holds NaN or infinity.
    """
    if rank >= reader.width:
        U = torch.eye(reader.width, dtype=reader.dtype, device=reader.device)
    else:
        U = _range_of(_sample(reader, sample), rank)
    Z = reader.scores(U)
    bad = ~torch.isfinite(Z).all(0)
    if bool(bad.any()):
        at = int(bad.nonzero()[0, 0])
        row = at if reader.rows is None else int(reader.rows[at])
        raise DataError(f"features of row {row} contain NaN or infinity: expected finite numbers")
    return Leading(U, Z)


def _sample(reader: RowBlocks, sample: int) -> torch.Tensor:
    """Rows drawn without replacement, in order, their constant column included: (rows, width)."""
    picked = rng_for("l2svm", "leading rows").permutation(reader.n)[:sample]
    picked.sort()
    rows = picked if reader.rows is None else reader.rows[picked]
    wanted = np.float32 if reader.dtype == torch.float32 else np.float64
    out = np.full((len(rows), reader.width), reader.bias, dtype=wanted)
    out[:, : reader.d] = reader.X[rows]
    # What is not finite is found, and named, when all rows are read.
    return torch.from_numpy(np.nan_to_num(out, copy=False, posinf=0, neginf=0)).to(reader.device)


def _range_of(rows: torch.Tensor, rank: int) -> torch.Tensor:
    """10. Leading right singular vectors of A by range finding with one power iteration.

    B = Ω A, C = orth(B Aᵀ), and the directions are the eigenvectors of (C A)ᵀ(C A), largest first.
    """
    probes = min(rank + _EXTRA, len(rows))
    noise = rng_for("l2svm", "probes").standard_normal((probes, len(rows)))
    B = matmul(torch.from_numpy(noise).to(rows), rows)  # (probes, width)
    C = _orthonormal(matmul(B, rows.T))  # (probes, rows)
    B = matmul(C, rows)
    _, vectors = torch.linalg.eigh(matmul(B, B.T).double())
    kept = vectors.flip(1)[:, : min(rank, probes)].T.contiguous().to(rows)
    return _orthonormal(matmul(kept, B))


def _orthonormal(rows: torch.Tensor) -> torch.Tensor:
    """Orthonormal rows of the same span, to the rounding of the dtype."""
    Q: torch.Tensor = torch.linalg.qr(rows.T)[0]
    return Q.T.contiguous()
