"""The autoencoder against NumPy's own gradients and Adam; seeds; what diverges."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dcgan_eval.core import SettingsError, Silent, rng_for
from dcgan_eval.studies.autoencoder import Autoencoder, first_code
from dcgan_eval.studies.hashing import crops
from dcgan_eval.studies.threads import one_thread
from tests.make.images import random_images

IMAGES = random_images(50, (8, 8, 1), seed=1)


def by_hand(settings: Autoencoder, seed: int) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Weights and biases of the code in float64, by the chain rule written out."""
    first = first_code(1, seed)
    rng = rng_for("dedup", seed, "weights")
    rng.random((128, 1024), np.float32), rng.random(128, np.float32)
    outer = (2 * rng.random((1024, 128), np.float32) - 1) / np.sqrt(128)
    outer_bias = (2 * rng.random(1024, np.float32) - 1) / np.sqrt(128)
    weights = [first["weight"], first["bias"], outer, outer_bias]
    weights = [one.astype(np.float64) for one in weights]
    means = [[np.zeros_like(one) for one in weights] for _ in range(2)]
    losses = []
    for step in range(settings.steps):
        stream = rng_for("dedup", seed, "step", step)
        rows = np.sort(stream.integers(50, size=settings.batch))
        x = crops(IMAGES.pixels[rows]).reshape(settings.batch, -1) / 127.5 - 1
        seen = x * (stream.random(x.shape, np.float32) >= settings.noise)
        inner = seen @ weights[0].T + weights[1]
        kept = stream.random(inner.shape, np.float32) >= settings.dropout
        scale = kept / (1 - settings.dropout)
        code = np.maximum(inner, 0) * scale
        away = code @ weights[2].T + weights[3] - x
        losses.append(np.mean(away**2))
        away *= 2 / away.size
        back = (away @ weights[2]) * scale * (inner > 0)
        slopes = [back.T @ seen, back.sum(0), away.T @ code, away.sum(0)]
        for at, slope in enumerate(slopes):
            means[0][at] += 0.1 * (slope - means[0][at])
            means[1][at] += 0.001 * (slope**2 - means[1][at])
            m, v = means[0][at] / (1 - 0.9 ** (step + 1)), means[1][at] / (1 - 0.999 ** (step + 1))
            weights[at] -= settings.rate * m / (np.sqrt(v) + 1e-8)
    return weights[0], weights[1], losses


def test_it_is_trained_as_the_module_says() -> None:
    settings = Autoencoder(steps=10, batch=8, noise=0.4, dropout=0.25)
    with one_thread():
        found = settings.fit(IMAGES, 3, Silent())
    weight, bias, losses = by_hand(settings, 3)
    assert found["losses"] == pytest.approx(losses, rel=1e-4)
    # A first step of Adam's goes as far for a slope of 1e-9 as for one of 1.
    assert np.abs(found["weight"] - weight).mean() < 1e-5
    assert np.abs(found["bias"] - bias).mean() < 1e-5


def test_a_seed_decides_all_and_the_state_of_torch_nothing() -> None:
    few = Autoencoder(steps=3, batch=4)
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(len(found))
        found.append(few.fit(IMAGES, seed, Silent())["weight"])
    assert np.array_equal(found[0], found[1]) and not np.array_equal(found[0], found[2])


def test_losses_are_the_means_of_tenths() -> None:
    assert len(Autoencoder(steps=3, batch=4).fit(IMAGES, 0, Silent())["losses"]) == 3
    losses = Autoencoder(steps=205, batch=16, rate=1e-4).fit(IMAGES, 0, Silent())["losses"]
    assert len(losses) == 10 and losses[-1] < 0.8 * losses[0]


def test_a_rate_that_diverges_is_one_line() -> None:
    with pytest.raises(SettingsError, match=r"loss is (inf|nan) in step \d+; lower autoencoder"):
        Autoencoder(steps=50, batch=4, rate=1e30).fit(IMAGES, 0, Silent())
