from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from dcgan_eval.stats import mcnemar_exact, mcnemar_midp

counts = st.integers(0, 60)


@given(counts, counts)
def test_exact_agrees_with_statsmodels(b, c):
    if b + c:
        theirs = mcnemar([[5, b], [c, 5]], exact=True).pvalue
        assert float(mcnemar_exact(b, c)) == pytest.approx(theirs, abs=1e-12)


@given(counts, counts)
def test_midp_counts_the_observed_outcome_half(b, c):
    n = b + c
    if n == 0:
        assert mcnemar_midp(b, c) == 1
        return
    tail = sum(comb(n, k) for k in range(min(b, c))) + comb(n, min(b, c)) / 2
    expected = 2 * tail / 2**n if b != c else 1 - comb(n, b) / 2**n / 2
    assert float(mcnemar_midp(b, c)) == pytest.approx(expected, rel=1e-9)
    assert mcnemar_midp(b, c) <= mcnemar_exact(b, c) + 1e-12


def test_published_example():
    # Airway data of Bentur et al. 2009 as analysed by Fagerland, Lydersen & Laake (2013).
    assert float(mcnemar_exact(1, 7)) == pytest.approx(0.0703, abs=5e-5)
    assert float(mcnemar_midp(1, 7)) == pytest.approx(0.0391, abs=5e-5)


def test_arrays():
    p = mcnemar_exact(np.array([0, 3]), np.array([5, 3]))
    assert p == pytest.approx([2 / 32, 1.0])
