"""The optimizer of a recipe: one for each network, and its rate by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import torch
from pydantic import model_validator
from torch import nn

from dcgan_eval.core import Settings, identity

# Which kinds read what not all of them read.
_READ_BY: Mapping[str, tuple[str, ...]] = {
    "beta1": ("adam",),
    "beta2": ("adam",),
    "eps": ("adam", "rmsprop"),
    "momentum": ("sgd", "rmsprop"),
    "nesterov": ("sgd",),
    "alpha": ("rmsprop",),
}


class Optimizer(Settings):
    """Adam, SGD or RMSProp, one for each network; the kind alone is its text.

    Attributes
    ----------
    kind
        ``adam``, ``sgd`` or ``rmsprop``.
    rate
        Learning rate; the paper's.
    beta1, beta2
        Of ``adam``; the paper's values.
    eps
        Of ``adam`` and ``rmsprop``.
    momentum
        Of ``sgd`` and ``rmsprop``.
    nesterov
        Of ``sgd`` with momentum.
    alpha
        Of ``rmsprop``: share of the mean of squared gradients that stays at a step (Keras: rho).
    weight_decay
        Coupled: added to the gradient of every parameter, batch-norm scales too.
    full_epochs, last_rate
        The rate is full for so many epochs, then falls linearly to `last_rate` × rate at the last
        one; never where `full_epochs` is not given.
    decay, decay_steps
        The rate is multiplied by `decay` after every `decay_steps` steps (TensorFlow's
        ``exponential_decay`` with ``staircase``).

    Notes
    -----
    The formulas are PyTorch's. Elsewhere they are others:

    - SGD: Keras keeps v = m·v − rate·g, PyTorch b = m·b + g and goes rate·b, with and without
      Nesterov: the same weights as long as the rate is. A rate that falls slows what PyTorch's
      momentum has gathered at once, Keras's only what comes. Keras's own ``decay``,
      rate / (1 + decay·step), is not offered.
    - Adam: TensorFlow and Keras add ε to the root of the second moment before its correction of
      bias, PyTorch after it: their ε acts as ε / √(1 − β2ᵗ) here, 32 times as much at the first
      step. Keras's is 1e-7.
    - RMSProp: PyTorch and Keras add ε to the root, TensorFlow 1 to what stands under it (1e-10),
      and begins with a mean of one, where PyTorch begins with zero. With momentum TensorFlow keeps
      the rate in what is gathered, PyTorch not, as for SGD. Keras's rho is 0.9.
    """

    kind: Literal["adam", "sgd", "rmsprop"] = identity("adam", later=True)
    rate: float = identity(2e-4, gt=0)
    beta1: float = identity(0.5, ge=0, lt=1)
    beta2: float = identity(0.999, ge=0, lt=1)
    eps: float = identity(1e-8, gt=0)
    momentum: float = identity(0.0, ge=0, lt=1, later=True)
    nesterov: bool = identity(False, later=True)
    alpha: float = identity(0.99, ge=0, lt=1, later=True)
    weight_decay: float = identity(0.0, ge=0)
    full_epochs: int | None = identity(None, ge=1)
    last_rate: float = identity(0.01, ge=0, le=1)
    decay: float | None = identity(None, gt=0, le=1, later=True)
    decay_steps: int | None = identity(None, ge=1, later=True)

    @model_validator(mode="before")
    @classmethod
    def _text_is_a_kind(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _only_what_counts(self) -> Optimizer:
        """Refuse settings that would have no effect."""
        for name, kinds in _READ_BY.items():
            if name in self.model_fields_set and self.kind not in kinds:
                raise ValueError(f"{name} has no effect with kind: {self.kind}; remove it")
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs momentum; give it")
        if (self.decay is None) != (self.decay_steps is None):
            raise ValueError("give both decay and decay_steps, or neither")
        return self

    def over(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """The optimizer of one network's parameters.

        Examples
        --------
        >>> from torch import nn
        >>> chosen = Optimizer(kind="sgd", rate=5e-4, momentum=0.9, nesterov=True)
        >>> chosen.over(nn.Linear(2, 1).parameters()).defaults["nesterov"]
        True
        """
        if self.kind == "sgd":
            return torch.optim.SGD(
                parameters,
                lr=self.rate,
                momentum=self.momentum,
                nesterov=self.nesterov,
                weight_decay=self.weight_decay,
            )
        if self.kind == "rmsprop":
            return torch.optim.RMSprop(
                parameters,
                lr=self.rate,
                alpha=self.alpha,
                eps=self.eps,
                momentum=self.momentum,
                weight_decay=self.weight_decay,
            )
        return torch.optim.Adam(
            parameters,
            lr=self.rate,
            betas=(self.beta1, self.beta2),
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=True,  # one pass over the weights: an eighth of a CPU step is saved
        )

    def rate_at(self, step: int, steps_per_epoch: int, epochs: int) -> float:
        """Learning rate of a step (from 0) of a run of so many epochs.

        Examples
        --------
        >>> falling = Optimizer(rate=1.0, decay=0.5, decay_steps=10)
        >>> [falling.rate_at(step, 100, 5) for step in (9, 10, 20)]
        [1.0, 0.5, 0.25]
        """
        rate = self.rate
        if self.decay is not None and self.decay_steps is not None:
            rate *= self.decay ** (step // self.decay_steps)
        epoch = step // steps_per_epoch + 1
        if self.full_epochs is None or epoch <= self.full_epochs:
            return rate
        along = (epoch - self.full_epochs) / max(1, epochs - self.full_epochs)
        return rate * (1 - along * (1 - self.last_rate))
