"""How much memory a path takes, said before any is taken."""

from __future__ import annotations

from collections.abc import Sequence

from dcgan_eval.core import available_memory, refuse_if_too_large

BLOCK_BYTES = 1 << 28  # read at a time by a thread
CONVERTED_BYTES = 1 << 25  # a block that is converted stays within the last cache
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
    block_rows
        As in `l2svm_path`.

    Returns
    -------
    int
        An upper estimate: float64 is assumed where the solver decides by the data.
    """
    sizes = list(subset_sizes) if subset_sizes is not None else [n]
    problems = 1 if n_classes == 2 else n_classes
    if method == "auto":
        method = choose_method(sizes, d)
    result = len(sizes) * n_Cs * problems * (d + 4) * itemsize
    largest = max(sizes)
    if method == "span":
        gathered = largest * d * itemsize * 2 + largest * 2048 * 16
        square = 3 * largest**2 * 8 + (0 if pool_size is None else pool_size**2 * 8)
        vectors = 16 * n_Cs * problems * largest * 8
        return _FIXED + result + gathered + square + vectors
    columns = len(sizes) * n_Cs * problems if 2 * sum(sizes) >= len(sizes) * n else n_Cs * problems
    vectors = deflated_bytes(n, d, columns)
    return _FIXED + result + vectors + block_bytes(n, d, itemsize, block_rows)


def block_bytes(n: int, d: int, itemsize: int, block_rows: int | None) -> int:
    """Copies of rows that all threads of the deflated branch hold at once.

    Each thread multiplies a block of its own, which is copied where a subset picks its rows, and
    copied to float64 for the certificate. All blocks together are never more than all rows.
    """
    from torch import get_num_threads  # costs a second, which `import dcgan_eval` does not take

    threads = get_num_threads()
    rows = min(n, threads * (block_rows or max(1, BLOCK_BYTES // (itemsize * d))))
    converted = min(n, threads * (block_rows or max(1, CONVERTED_BYTES // (8 * d))))
    return d * (rows * itemsize + converted * (itemsize + 8))


def deflated_bytes(n: int, d: int, columns: int) -> int:
    """Of the deflated branch: Z, U, kept factors, and the vectors of the columns in flight."""
    rank, sample = choose_rank(n, d)
    finding = 4 * (sample * d + 4 * (rank + 32) * d)
    leading = 4 * rank * (n + 2 * d) + finding + 4 * columns * rank**2
    vectors = 4 * columns * (20 * n + 12 * d)  # at most: columns come and go
    return leading + vectors


def choose_method(sizes: Sequence[int], d: int) -> str:
    """Span for few samples: below 2,048, or where X is at least four times wider than tall."""
    largest = max(sizes)
    return "span" if largest <= 2048 or (largest <= 8192 and 4 * largest <= d) else "deflated"


def choose_rank(n: int, d: int) -> tuple[int, int]:
    """Leading directions of the deflated method, and rows that they are found from.

    More directions save passes and cost more in the coarse problem and to find: 512 for large
    problems and 256 for small ones took the least time (``docs/l2svm.md``, part 4).
    """
    rank = 512 if n >= 20_000 else 256
    return min(rank, d + 1, n), min(n, 5000 if n >= 20_000 else 2000)


def refuse_path(need: int, limit: int | None) -> None:
    """Refuse a path that takes more than the limit (None: than what is free)."""
    refuse_if_too_large(
        need,
        available_memory() if limit is None else limit,
        "this L2-SVM path",
        "needs {need:.2f} GB of memory and {have:.2f} GB can be had: ask for fewer values of C or "
        "subsets at a time, or use a larger machine",
    )
