"""The columns in flight: what is kept of each (subset, C, class) between two passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Self

import torch
from numpy.typing import NDArray

from dcgan_eval.probes.l2svm.certificate import DualCone
from dcgan_eval.probes.l2svm.coarse import Factors


@dataclass
class Table:
    """A record of tensors whose first axis is the column; records may hold records."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def chosen(self, which: torch.Tensor) -> Self:
        """Some columns, by mask or index."""
        table: Self = _mapped(self, lambda tensor: tensor[which])
        return table

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The columns of several tables, one after another."""
        if len(parts) == 1:
            return parts[0]
        table: Self = _zipped(parts)
        return table

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Every tensor by its dotted name."""
        return {name: tensor.cpu().numpy() for name, tensor in _named(self, "")}

    def filled(self, arrays: Mapping[str, NDArray[Any]], device: str) -> Self:
        """A table of this kind with the tensors that `to_arrays` gave."""
        names = iter([name for name, _ in _named(self, "")])
        table: Self = _mapped(self, lambda _: torch.from_numpy(arrays[next(names)]).to(device))
        return table


@dataclass
class Columns(Table):
    """q columns in flight.

    Attributes
    ----------
    subset, value, problem : int64 (q,)
        Which subset, rung of the ladder of C, and one-against-the-rest problem.
    passes : float64 (q,)
        Passes over X so far.
    gap : float64 (q,)
        The last gap; infinite before the first.
    spawned : bool (q,)
        Whether the next rung has been started from this column.
    a : (q, k)
        Leading coordinates of w.
    r : (q, width)
        The rest: w = aU + r, U·r = 0.
    scores : (q, n)
        s = Xw, updated with w and never recomputed in flight.
    steps, step_scores : (q, 2, width), (q, 2, n)
        The last two steps beside the leading directions, of length one, and X times them.
    birth, birth_scores : (q, width), (q, n)
        r of the column that this one was started from, and X times it.
    factors, cone
        Preconditioner of the coarse problem; dual points.
    """

    subset: torch.Tensor
    value: torch.Tensor
    problem: torch.Tensor
    passes: torch.Tensor
    gap: torch.Tensor
    spawned: torch.Tensor
    a: torch.Tensor
    r: torch.Tensor
    scores: torch.Tensor
    steps: torch.Tensor
    step_scores: torch.Tensor
    birth: torch.Tensor
    birth_scores: torch.Tensor
    factors: Factors
    cone: DualCone


@dataclass
class Landed(Table):
    """Columns that have left: their weights and the dual point that proved the gap.

    Attributes
    ----------
    subset, value, problem, passes
        As in `Columns`.
    weights : (q, width)
    hinge : (q, n)
        h of the dual point α = 2c·h.
    """

    subset: torch.Tensor
    value: torch.Tensor
    problem: torch.Tensor
    passes: torch.Tensor
    weights: torch.Tensor
    hinge: torch.Tensor


def new_columns(
    subset: torch.Tensor,
    value: torch.Tensor,
    problem: torch.Tensor,
    a: torch.Tensor,
    r: torch.Tensor,
    scores: torch.Tensor,
) -> Columns:
    """Columns at a given w, without history."""
    q, k = a.shape
    width, n = r.shape[1], scores.shape[1]
    return Columns(
        subset=subset,
        value=value,
        problem=problem,
        passes=torch.zeros(q, dtype=torch.float64, device=a.device),
        gap=torch.full((q,), torch.inf, dtype=torch.float64, device=a.device),
        spawned=torch.zeros(q, dtype=torch.bool, device=a.device),
        a=a,
        r=r,
        scores=scores,
        steps=a.new_zeros((q, 2, width)),
        step_scores=a.new_zeros((q, 2, n)),
        birth=a.new_zeros((q, width)),
        birth_scores=a.new_zeros((q, n)),
        factors=Factors(
            a.new_zeros((q, k, k)), torch.zeros((q, n), dtype=torch.bool, device=a.device)
        ),
        cone=DualCone.empty(q, n, width, a),
    )


def _mapped(record: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The record with every tensor changed."""
    values = (getattr(record, field.name) for field in fields(record))
    return type(record)(
        *(_mapped(value, change) if is_dataclass(value) else change(value) for value in values)
    )


def _zipped(records: Sequence[Any]) -> Any:
    """The record whose tensors are those of several, one after another."""
    joined = []
    for field in fields(records[0]):
        values = [getattr(record, field.name) for record in records]
        joined.append(_zipped(values) if is_dataclass(values[0]) else torch.cat(values))
    return type(records[0])(*joined)


def _named(record: Any, prefix: str) -> list[tuple[str, torch.Tensor]]:
    """Dotted names and tensors, in the order of the fields."""
    found: list[tuple[str, torch.Tensor]] = []
    for field in fields(record):
        value = getattr(record, field.name)
        name = prefix + field.name
        found += _named(value, f"{name}.") if is_dataclass(value) else [(name, value)]
    return found
