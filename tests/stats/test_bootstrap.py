import numpy as np
import pytest

from dcgan_eval.core import rng_for
from dcgan_eval.stats import group_codes, paired_bootstrap


def plain(x, codes, replicates):
    """Draw whole groups again, one at a time."""
    rng = np.random.default_rng(1)
    members = [np.flatnonzero(codes == g) for g in range(codes.max() + 1)]
    means = []
    for _ in range(replicates):
        chosen = rng.integers(len(members), size=len(members))
        means.append(x[np.concatenate([members[g] for g in chosen])].mean())
    return np.quantile(means, [0.025, 0.975])


def test_groups_agree_with_drawing_groups_one_by_one():
    rng = np.random.default_rng(0)
    ids = np.sort(rng.integers(0, 60, size=200))
    codes = group_codes(ids, 200)
    x = rng.integers(-1, 2, size=200).astype(float) + (codes % 3 == 0)
    got = paired_bootstrap(x, codes, rng_for("test"), replicates=20_000)
    assert got == pytest.approx(tuple(plain(x, codes, 4000)), abs=0.015)


def test_items_agree_with_drawing_items_one_by_one():
    x = np.random.default_rng(0).integers(-1, 2, size=300).astype(float)
    got = paired_bootstrap(x, None, rng_for("test"), replicates=20_000)
    assert got == pytest.approx(tuple(plain(x, np.arange(300), 4000)), abs=0.012)


def test_same_stream_same_interval_whatever_the_block(monkeypatch):
    from dcgan_eval.stats import bootstrap

    x = np.random.default_rng(0).random(50)
    whole = paired_bootstrap(x, None, rng_for("test"), replicates=500)
    monkeypatch.setattr(bootstrap, "_BLOCK", 50 * 7)
    assert paired_bootstrap(x, None, rng_for("test"), replicates=500) == whole


def test_level():
    x = np.random.default_rng(0).random(200)
    low, high = paired_bootstrap(x, None, rng_for("test"), level=0.5)
    wide = paired_bootstrap(x, None, rng_for("test"), level=0.99)
    assert wide[0] < low < x.mean() < high < wide[1]
