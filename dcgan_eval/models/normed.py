"""Weights that torch computes of others: spectral norm and weight norm, in both of their forms.

A state dict holds what is trained; a frozen network is its effective weights alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.weights import Tensors

# How near to the same direction u and Wv are once a spectral norm was trained.
_ALIGNED = 0.9


@dataclass(frozen=True)
class _Form:
    """What stands in a file in place of a weight.

    Attributes
    ----------
    first
        Name of the first tensor; its groups joined are the name of the weight.
    others
        Names of the others, by the same groups.
    effective
        The weight of these tensors.
    """

    norm: str
    first: re.Pattern[str]
    others: tuple[str, ...]
    effective: Callable[..., torch.Tensor]


def _spectral(weight: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """W / uᵀWv, where W is the weight with the outputs' axis first, flattened.

    That axis is the first one, of a transposed convolution the second: which it is, shapes say, or
    u, which training brings near to Wv.
    """
    matrices = [weight.movedim(axis, 0).flatten(1) for axis in (0, 1) if weight.ndim > 1]
    fitting = [one for one in matrices if one.shape == (*u.shape, *v.shape)]
    if not fitting:
        raise ValueError

    def aligned(matrix: torch.Tensor) -> bool:
        image = matrix @ v
        return bool((u @ image).abs() > _ALIGNED * u.norm() * image.norm())

    matrix = max(fitting, key=aligned)  # the first one where they say the same
    return weight / (u @ matrix @ v)


def _weight_norm(g: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """G · v / |v|, the norm over all axes but that of g."""
    if g.ndim not in (0, v.ndim):
        raise ValueError
    axes = [axis for axis in range(v.ndim) if not g.ndim or g.shape[axis] == 1]
    if any(g.shape[axis] != v.shape[axis] for axis in range(g.ndim) if axis not in axes):
        raise ValueError
    length: torch.Tensor = torch.linalg.vector_norm(v, dim=axes, keepdim=bool(g.ndim))
    return v * (g / length)


_INSIDE = r"(.*?)parametrizations\.(\w+)\.original"
_FORMS = (
    _Form("spectral norm", re.compile(r"(.*?)(\w+)_orig"), ("{0}{1}_u", "{0}{1}_v"), _spectral),
    _Form(
        "spectral norm",
        re.compile(_INSIDE),
        ("{0}parametrizations.{1}.0._u", "{0}parametrizations.{1}.0._v"),
        _spectral,
    ),
    _Form("weight norm", re.compile(r"(.*?)(\w+)_g"), ("{0}{1}_v",), _weight_norm),
    _Form(
        "weight norm",
        re.compile(f"{_INSIDE}0"),
        ("{0}parametrizations.{1}.original1",),
        _weight_norm,
    ),
)


def effective_weights(tensors: Tensors) -> tuple[Tensors, tuple[str, ...]]:
    """Put weights in place of what they are computed of in evaluation mode.

    Parameters
    ----------
    tensors
        A state dict, dense.

    Returns
    -------
    tensors
        Computed in float32 at least.
    norms
        What was found and how often, such as ``spectral norm (3)``.

    Raises
    ------
    CheckpointError
        Parts that do not belong together.

    Examples
    --------
    >>> import torch
    >>> kept = {"0.weight_g": torch.full((1, 1), 2.0), "0.weight_v": torch.tensor([[3.0, 4.0]])}
    >>> effective_weights(kept)
    ({'0.weight': tensor([[1.2000, 1.6000]])}, ('weight norm (1)',))
    """
    made: Tensors = {}
    used: set[str] = set()
    found: Counter[str] = Counter()
    for name in tensors:
        for form in _FORMS:
            match = form.first.fullmatch(name)
            names = [name, *(one.format(*match.groups()) for one in form.others)] if match else []
            if match is None or not tensors.keys() >= {*names}:
                continue
            parts = [tensors[one] for one in names]
            try:
                weight = form.effective(*(one.to(_at_least_float(one.dtype)) for one in parts))
            except (ValueError, RuntimeError):
                shapes = " and ".join(str(tuple(one.shape)) for one in parts)
                raise CheckpointError(f"{name!r}: {shapes} are no {form.norm}'s") from None
            made["".join(match.groups())] = weight
            used |= {*names}
            found[form.norm] += 1
    kept = {name: tensor for name, tensor in tensors.items() if name not in used}
    return kept | made, tuple(f"{norm} ({count})" for norm, count in found.items())


def _at_least_float(dtype: torch.dtype) -> torch.dtype:
    return torch.promote_types(dtype, torch.float32)
