import math

import numpy as np
import pytest
from scipy.stats import nct, norm, t, ttest_ind

from dcgan_eval.stats import (
    Design,
    WelchTerms,
    compare_paired,
    detectable_difference,
    errors_to_detect,
    welch_errors_to_detect,
)


def test_normal_case_is_the_sum_of_two_quantiles():
    expected = norm.ppf(0.975) + norm.ppf(0.8)
    assert detectable_difference(0.004) == pytest.approx(0.004 * expected)
    assert errors_to_detect() == pytest.approx(2.8016, abs=1e-4)


def test_level_is_divided_by_the_number_of_pairs():
    expected = norm.ppf(1 - 0.025 / 6) + norm.ppf(0.8)
    assert detectable_difference(1.0, pairs=6) == pytest.approx(expected)


@pytest.mark.parametrize("df", [4, 9, 19, 99])
def test_power_of_a_t_test_is_eighty_percent(df):
    away, edge = detectable_difference(1.0, df=df), t.ppf(0.975, df)
    power = nct.sf(edge, df, away) + nct.cdf(-edge, df, away)
    assert power == pytest.approx(0.8, abs=0.01)


def test_many_degrees_of_freedom_give_the_normal_case():
    terms = WelchTerms(1.0, 1e6, 2.0, 1e6, 0.5, 1e6, 0.0)
    assert welch_errors_to_detect(terms) == pytest.approx(errors_to_detect(), abs=1e-3)
    assert welch_errors_to_detect(terms, pairs=6) == pytest.approx(errors_to_detect(6), abs=1e-3)


@pytest.mark.parametrize(("seeds_a", "seeds_b"), [(3, 3), (5, 5), (3, 8)])
def test_power_of_welchs_test_is_eighty_percent(seeds_a, seeds_b):
    """Normal samples, by scipy's own Welch test; no items, so that it is the same test."""
    rng = np.random.default_rng(seeds_a * 100 + seeds_b)
    sd_a, sd_b = 0.02, 0.015
    terms = WelchTerms(
        sd_a**2 / seeds_a, seeds_a - 1, sd_b**2 / seeds_b, seeds_b - 1, 0.0, 1.0, 0.0
    )
    error = math.sqrt(terms.of_a + terms.of_b)
    delta = detectable_difference(error, welch=terms)
    a = sd_a * rng.standard_normal((20_000, seeds_a))
    b = sd_b * rng.standard_normal((20_000, seeds_b)) + delta
    found = ttest_ind(a, b, axis=1, equal_var=False).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.015)


def test_methods_report_it():
    rng = np.random.default_rng(3)
    a = rng.random((3, 400)) < 0.3 + 0.05 * rng.standard_normal((3, 1))
    b = rng.random((3, 400)) < 0.3 + 0.05 * rng.standard_normal((3, 1))
    found = compare_paired(a, b, Design("seeds", setting="method"))
    assert found.detectable > errors_to_detect(df=found.df) * found.standard_error
