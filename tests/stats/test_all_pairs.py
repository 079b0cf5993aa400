from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_eval.core import DataError
from dcgan_eval.stats import Design, all_pairs_pvalues, compare_paired


@pytest.mark.slow
@given(
    seed=st.integers(0, 10_000),
    rows=st.sampled_from(["none", "draws", "seeds"]),
    n_rows=st.integers(1, 5),
    grouped=st.booleans(),
)
def test_equals_one_pair_at_a_time(
    seed: int, rows: Literal["none", "draws", "seeds"], n_rows: int, grouped: bool
) -> None:
    random = np.random.default_rng(seed)
    shape = (1 if rows == "none" else n_rows, 30)
    common = random.random(shape)
    errors = [(common + 0.5 * random.random(shape) > c) for c in (0.6, 0.7, 0.9, 1.2)]
    errors += [errors[0].copy(), np.ones(shape, bool), np.zeros(shape, bool)]
    groups = np.arange(30) // 3 if grouped else None
    found = all_pairs_pvalues(errors, Design(rows), groups)
    for a, one in enumerate(errors):
        for b, other in enumerate(errors):
            p = compare_paired(one, other, Design(rows), groups=groups).p
            if p is None:
                assert np.isnan(found[a, b])
            else:
                assert found[a, b] == pytest.approx(p, rel=1e-6, abs=1e-300)


def test_fractions_and_other_shapes_are_refused() -> None:
    fractions = np.full((3, 10), 0.5)
    with pytest.raises(DataError, match="one by one"):
        all_pairs_pvalues([fractions, fractions], Design("seeds"))
    with pytest.raises(DataError, match="equal shape"):
        all_pairs_pvalues([np.zeros((1, 10)), np.zeros((1, 11))], Design("none"))
    assert all_pairs_pvalues([], Design("none")).shape == (0, 0)
