"""Paths in z against formulas written out, and where there is no arc."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcgan_eval.studies import linear, spherical

T = np.linspace(0, 1, 7)


def points(d: int = 50, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(d, np.float32), rng.standard_normal(d, np.float32)


def test_a_straight_line() -> None:
    a, b = points()
    for t, found in zip(T, linear(a, b, T), strict=True):
        for i in range(len(a)):
            assert found[i] == pytest.approx((1 - t) * a[i] + t * b[i], abs=1e-6)
    pictures = linear(a.reshape(2, 5, 5), b.reshape(2, 5, 5), T)
    assert np.array_equal(pictures.reshape(7, 50), linear(a, b, T))


def test_an_arc_turns_evenly_from_end_to_end() -> None:
    a, b = points()
    a, b = a / np.linalg.norm(a), 1.0 * b / np.linalg.norm(b)
    whole = math.acos(float(a @ b))
    found = spherical(a, b, T).astype(float)
    assert np.allclose(found[0], a, atol=1e-6) and np.allclose(found[-1], b, atol=1e-6)
    for t, one in zip(T, found, strict=True):
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-6)
        assert math.acos(min(1.0, float(a @ one))) == pytest.approx(t * whole, abs=1e-3)


def test_lengths_in_the_middle_are_those_of_draws() -> None:
    rng = np.random.default_rng(0)
    half = np.array([0.5])
    pairs = rng.standard_normal((200, 2, 100))
    arc, line = (
        np.mean([np.linalg.norm(way(a, b, half)) for a, b in pairs]) for way in (spherical, linear)
    )
    assert arc == pytest.approx(10, rel=0.03) and line == pytest.approx(10 / math.sqrt(2), rel=0.03)


@pytest.mark.parametrize("b", [[2.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])
def test_no_arc_is_a_straight_line(b: list[float]) -> None:
    a = np.array([1.0, 0.0])
    assert np.array_equal(spherical(a, np.array(b), T), linear(a, np.array(b), T))
