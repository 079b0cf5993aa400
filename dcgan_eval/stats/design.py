"""How predictions are designed, and what an interval on them covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dcgan_eval.core import DataError
from dcgan_eval.stats.methods import FEWEST_SEEDS

Repeats = Literal["none", "draws", "seeds"]
Setting = Literal["checkpoint", "method"]
Computation = Literal["one row", "items", "two-way", "methods"]


@dataclass(frozen=True)
class Design:
    """What the rows of an error array are, and what is compared.

    Attributes
    ----------
    rows
        ``none``: one prediction an item. ``draws``: labelled draws, the same for everything
        compared. ``seeds``: seeds of a sampler, or, in the setting ``method``, training seeds
        (each row the mean over its draws).
    setting
        ``checkpoint``: these weights. ``method``: the way of training; needs three training
        seeds, with fewer only checkpoints are compared.
    given
        What was held fixed, where it is not the design's usual list: a protocol that chooses
        its C inside each draw says so here.
    parameter
        What was chosen once for all rows, as the design's usual list calls it.
    """

    rows: Repeats
    setting: Setting = "checkpoint"
    given: str | None = None
    parameter: str = "C"

    def __post_init__(self) -> None:
        if self.rows not in ("none", "draws", "seeds"):
            raise DataError(f"rows {self.rows!r} unknown: expected none, draws or seeds")
        if self.setting not in ("checkpoint", "method"):
            raise DataError(f"setting {self.setting!r} unknown: expected checkpoint or method")

    def computation(self, *n_rows: int) -> Computation:
        """Which variance applies to arrays with these numbers of rows."""
        if max(n_rows) == 1:
            return "one row"
        if self.rows == "draws":
            return "two-way"
        if self.rows == "none":
            raise DataError(
                f"{max(n_rows)} rows of errors, but the design has one prediction an item: "
                "rows must be draws or seeds"
            )
        if min(n_rows) < FEWEST_SEEDS:
            return "items"
        if self.setting == "method" or len(set(n_rows)) > 1:
            return "methods"
        return "two-way"

    def covers(self, n_rows: int, grouped: bool) -> str:
        """What an interval covers, in words."""
        items = (
            "other groups of test items like these" if grouped else "other test items like these"
        )
        if self.rows == "draws" and n_rows > 1:
            return f"{items}, other labelled draws from this pool"
        if self.rows == "seeds" and n_rows >= FEWEST_SEEDS:
            kind = "training" if self.setting == "method" else "sampling"
            return f"{items}, other {kind} seeds"
        return items

    def held_fixed(self, n_rows: int) -> str:
        """What an interval is given, in words."""
        if self.given is not None:
            return self.given
        fitted = f"the batch-norm statistics, the chosen {self.parameter}"
        if self.rows == "none":
            return f"the weights, the labelled images, {fitted}"
        if self.rows == "draws":
            this = "the one labelled draw, " if n_rows == 1 else ""
            return f"the weights, {this}the pool and its split, {fitted}"
        seeds = "" if n_rows >= FEWEST_SEEDS else "the seeds, "
        if self.setting == "method":
            return f"{seeds}the training images, the labelled draws, the split"
        return f"the weights, {seeds}the number of samples"

    def notes(self, *n_rows: int) -> tuple[str, ...]:
        """What a reader must know about these numbers of rows, one sentence each."""
        notes = []
        if self.rows == "draws" and max(n_rows) == 1:
            notes.append("One draw: which labels were drawn is not in this interval.")
        if self.rows == "seeds" and min(n_rows) < FEWEST_SEEDS and self.setting == "checkpoint":
            notes.append(f"Fewer than {FEWEST_SEEDS} seeds: other seeds are not in this interval.")
        if self.setting == "method" and (self.rows != "seeds" or min(n_rows) < FEWEST_SEEDS):
            notes.append(
                "Only checkpoints were compared, not methods: that takes at least "
                f"{FEWEST_SEEDS} training seeds of each."
            )
        return tuple(notes)
