"""How much memory a path takes, said before any is taken."""

from __future__ import annotations

from collections.abc import Sequence

from dcgan_eval.core import available_memory, refuse_if_too_large

BLOCK_BYTES = 1 << 26  # of rows that are copied at a time, where they must be
GROUP_OF_TARGETS = 64  # that fly together: memory is bounded, and products are at their rate
# Up to this the span solves what stays open in the deflated branch that the shape chose.
ROWS_CLOSED_IN_SPAN = 4096
_FIXED = 1 << 28  # thread stacks, BLAS buffers, small arrays: measured with tiny problems


def predict_memory(
    n: int,
    d: int,
    n_classes: int,
    n_Cs: int,
    *,
    subset_sizes: Sequence[int] | None = None,
    pool_size: int | None = None,
    itemsize: int = 4,
    method: str = "auto",
    block_rows: int | None = None,
    tol: float = 1e-3,
) -> int:
    """Peak of anonymous memory of `l2svm_path` in bytes, X itself not counted.

    Parameters
    ----------
    n, d
        Rows and columns of X.
    n_classes, n_Cs
        Number of classes and of values of C.
    subset_sizes
        Rows of each subset; None for one subset of all rows.
    pool_size
        Rows of the union of the subsets, if their Gram matrix is shared.
    itemsize
        Bytes of a number of `coef`: 4, or 8 when X is float64.
    method
        ``"span"``, ``"deflated"`` or ``"auto"``, as in `l2svm_path`.
    block_rows, tol
        As in `l2svm_path`.

    Returns
    -------
    int
        An upper estimate: float64 is assumed where the solver decides by the data.
    """
    sizes = list(subset_sizes) if subset_sizes is not None else [n]
    problems = 1 if n_classes == 2 else n_classes
    chosen = choose_method(sizes, d) if method == "auto" else method
    result = 2 * len(sizes) * n_Cs * problems * (d + 4) * itemsize
    largest = max(sizes)
    span = gram_bytes(largest, d, itemsize, n_Cs * problems)
    if chosen == "span":
        return _FIXED + result + span + (0 if pool_size is None else pool_size**2 * 8)
    targets = problems * (len(sizes) if 2 * sum(sizes) >= len(sizes) * n else 1)
    flying = deflated_bytes(n, d, targets, n_Cs) * (1 if tol >= 1e-5 else 2)
    flying += block_bytes(n, d, block_rows)
    may_close = method == "auto" and largest <= ROWS_CLOSED_IN_SPAN
    return _FIXED + result + max(flying, span if may_close else 0)


def gram_bytes(rows: int, d: int, itemsize: int, columns: int) -> int:
    """Of the span branch: the rows, their Gram matrix and two of its size, vectors, in float64."""
    return rows * d * itemsize * 2 + rows * 2048 * 16 + 3 * rows**2 * 8 + 16 * columns * rows * 8


def block_bytes(n: int, d: int, block_rows: int | None) -> int:
    """Copies of rows, for the iteration in float32 and for the certificate in float64."""
    return 12 * d * min(n, block_rows or max(1, BLOCK_BYTES // (4 * d)))


def deflated_bytes(n: int, d: int, targets: int, n_Cs: int) -> int:
    """Of the deflated branch in float32: Z, U, and the columns in flight and landed."""
    rank, sample = choose_rank(n, d, targets * n_Cs)
    finding = 8 * sample * d + 16 * (rank + 16) * d
    leading = 12 * rank * n + 8 * rank * d
    # At most: a target has all its values of C in flight together.
    columns = min(targets, GROUP_OF_TARGETS) * n_Cs
    return finding + leading + columns * (4 * (13 * n + 9 * d) + n + 8 * rank**2)


def choose_method(sizes: Sequence[int], d: int) -> str:
    """Span for few samples, more of them where X is wide (``docs/l2svm.md``, part 4)."""
    return "span" if max(sizes) <= 60 * d ** (1 / 3) else "deflated"


def choose_rank(n: int, d: int, columns: int) -> tuple[int, int]:
    """Leading directions of the deflated method, and rows that they are found from.

    More directions save passes of every column, and cost half a pass each once: so there are more
    for more columns. What the coarse problem costs beside a pass, k²/d, limits them. The optimum is
    flat (``docs/l2svm.md``, part 4).
    """
    rank = max(64, min(384, round(22 * columns ** (2 / 3)), round((5 * d) ** 0.5)))
    return min(rank, d, n), min(n, max(1000, 8 * rank))


def refuse_path(need: int, limit: int | None) -> None:
    """Refuse a path that takes more than the limit (None: than what is free)."""
    refuse_if_too_large(
        need,
        available_memory() if limit is None else limit,
        "this L2-SVM path",
        "needs {need:.2f} GB of memory and {have:.2f} GB can be had: ask for fewer values of C or "
        "subsets at a time, or use a larger machine",
    )
