"""Optimizers against their formulas, and how those of Keras and TensorFlow differ from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from dcgan_eval.core import build
from dcgan_eval.training import Optimizer

Numbers = NDArray[np.float64]
GRADIENTS = np.random.default_rng(0).normal(size=(12, 5))
RATES = [0.1] * 6 + [0.05] * 6


def ours(values: dict[str, Any], rates: list[float]) -> Numbers:
    """Weights after each step, from zeros."""
    weights = nn.Parameter(torch.zeros(5, dtype=torch.float64))
    made = build(Optimizer, {"rate": 0.1, **values}).over([weights])
    steps = []
    for gradient, rate in zip(GRADIENTS, rates, strict=False):
        for group in made.param_groups:
            group["lr"] = rate
        weights.grad = torch.from_numpy(gradient.copy())
        made.step()
        steps.append(weights.detach().numpy().copy())
    return np.array(steps)


def keras_sgd(nesterov: bool, rates: list[float]) -> Numbers:
    """Keras's SGD: the rate is within the velocity."""
    velocity, weights, steps = np.zeros(5), np.zeros(5), []
    for gradient, rate in zip(GRADIENTS, rates, strict=True):
        velocity = 0.9 * velocity - rate * gradient
        weights = weights + (0.9 * velocity - rate * gradient if nesterov else velocity)
        steps.append(weights)
    return np.array(steps)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_is_that_of_keras_as_long_as_the_rate_is_constant(nesterov: bool) -> None:
    values = {"kind": "sgd", "momentum": 0.9, "nesterov": nesterov}
    constant = [0.1] * 12
    np.testing.assert_allclose(ours(values, constant), keras_sgd(nesterov, constant), rtol=1e-12)
    found, keras = ours(values, RATES), keras_sgd(nesterov, RATES)
    np.testing.assert_allclose(found[:6], keras[:6], rtol=1e-12)
    # What was gathered at the old rate slows with PyTorch, and goes on with Keras.
    assert np.abs(found[6:] - keras[6:]).max() > 0.01


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_rmsprop_adds_eps_to_the_root_and_begins_with_a_mean_of_zero(momentum: float) -> None:
    values = {"kind": "rmsprop", "alpha": 0.9, "eps": 0.01, "momentum": momentum}
    squares, gathered, weights, steps = np.zeros(5), np.zeros(5), np.zeros(5), []
    for gradient, rate in zip(GRADIENTS, RATES, strict=True):
        squares = 0.9 * squares + 0.1 * gradient**2
        gathered = momentum * gathered + gradient / (np.sqrt(squares) + 0.01)
        weights = weights - rate * gathered
        steps.append(weights)
    np.testing.assert_allclose(ours(values, RATES), np.array(steps), rtol=1e-12)


def test_adam_adds_eps_behind_the_correction_of_bias() -> None:
    eps, beta1, beta2 = 0.01, 0.5, 0.999
    found = ours({"beta1": beta1, "beta2": beta2, "eps": eps}, [0.1])[0]
    corrected = np.abs(GRADIENTS[0])  # both moments' corrections give back the first gradient
    np.testing.assert_allclose(found, -0.1 * GRADIENTS[0] / (corrected + eps), rtol=1e-12)
    # TensorFlow's ε stands before it, which is as much as ε / √(1 − β2) here.
    rate = 0.1 * np.sqrt(1 - beta2) / (1 - beta1)
    moments = (1 - beta1) * GRADIENTS[0], np.sqrt((1 - beta2) * GRADIENTS[0] ** 2)
    tensorflow = -rate * moments[0] / (moments[1] + eps)
    as_ours = ours({"beta1": beta1, "beta2": beta2, "eps": eps / np.sqrt(1 - beta2)}, [0.1])[0]
    np.testing.assert_allclose(as_ours, tensorflow, rtol=1e-12)


@pytest.mark.parametrize("kind", ["adam", "sgd", "rmsprop"])
def test_weight_decay_is_coupled(kind: str) -> None:
    weights = nn.Parameter(torch.full((5,), 2.0, dtype=torch.float64))
    decaying = build(Optimizer, {"kind": kind, "weight_decay": 0.25}).over([weights])
    plain_weights = nn.Parameter(weights.detach().clone())
    plain = build(Optimizer, {"kind": kind}).over([plain_weights])
    gradient = torch.from_numpy(GRADIENTS[0])
    weights.grad, plain_weights.grad = gradient.clone(), gradient + 0.25 * 2.0
    decaying.step(), plain.step()
    torch.testing.assert_close(weights, plain_weights)


def test_the_rate_falls_in_steps_and_then_along_a_line() -> None:
    falling = Optimizer(rate=2e-4, decay=0.95, decay_steps=500)
    rates = [falling.rate_at(step, 600, 30) for step in (0, 499, 500, 1000)]
    assert rates == pytest.approx([2e-4, 2e-4, 1.9e-4, 1.805e-4])
    both = Optimizer(rate=1.0, full_epochs=1, last_rate=0.0, decay=0.5, decay_steps=10)
    assert [both.rate_at(step, 10, 3) for step in (9, 10, 20)] == pytest.approx([1.0, 0.25, 0.0])
    assert Optimizer(rate=1.0).rate_at(10**6, 7, 3) == 1.0


def test_a_text_is_a_kind_and_what_is_usual_is_in_no_id() -> None:
    assert build(Optimizer, {}).identity_values() == {
        "rate": 2e-4,
        "beta1": 0.5,
        "beta2": 0.999,
        "eps": 1e-8,
        "weight_decay": 0.0,
        "full_epochs": None,
        "last_rate": 0.01,
    }
    sgd = Optimizer.model_validate("sgd")
    assert sgd == Optimizer(kind="sgd")
    assert sgd.identity_values()["kind"] == "sgd"
