from dataclasses import replace

import numpy as np
import pytest

from dcgan_eval.stats import (
    Design,
    Interval,
    compare_paired,
    p_text,
    sample_size_sentence,
    sentence,
)

BASE = compare_paired(*(np.random.default_rng(0).random((2, 10, 2001)) < 0.2), Design("draws"))


def made(difference, low, high, p, **changes):
    interval = Interval(low, high, 0.95, "two-way t", "", "")
    return replace(BASE, difference=difference, interval=interval, p=p, **changes)


def test_better():
    b_better = made(-0.0131, -0.0203, -0.0059, 0.0004)
    expected = "by 1.3 points (95 % interval 0.6 to 2.0, p = 0.0004) on 2,001 images and 10 draws."
    assert sentence(b_better, "old", "new") == f"new is better than old {expected}"
    a_better = made(0.0131, 0.0059, 0.0203, 0.0004)
    assert sentence(a_better, "old", "new") == f"old is better than new {expected}"


def test_cannot_be_told_apart():
    tied = made(-0.006, -0.017, 0.005, 0.29, detectable=0.019)
    assert sentence(tied, "old", "new", items="digits") == (
        "old and new can't be told apart on 2,001 digits and 10 draws (difference 0.6 in favour "
        "of new, 95 % interval \N{MINUS SIGN}0.5 to 1.7, p = 0.29); a true difference of 1.9 "
        "points would have been found four times in five."
    )


def test_holm_decides():
    one_of_three = made(-0.0131, -0.0203, -0.0010, 0.03, detectable=0.019, pairs=3)
    said = sentence(one_of_three, "old", "new", adjusted_p=0.09)
    assert "can't be told apart" in said
    assert "p = 0.030, p = 0.090 after Holm for 3 pairs" in said
    assert "new is better" in sentence(one_of_three, "old", "new", adjusted_p=0.04)


def test_narrow_intervals_get_more_decimals():
    narrow = made(-0.00042, -0.00046, -0.00038, 1e-9)
    assert "by 0.042 points (95 % interval 0.038 to 0.046, p < 0.0001)" in sentence(
        narrow, "A", "B"
    )


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (1e-7, "p < 0.0001"),
        (0.0004, "p = 0.0004"),
        (0.0123, "p = 0.012"),
        (0.0496, "p = 0.0496"),
        (0.0504, "p = 0.0504"),
        (0.29, "p = 0.29"),
        (1.0, "p = 1.00"),
    ],
)
def test_p(p, text):
    assert p_text(p) == text


def test_an_end_beside_zero_is_not_rounded_to_it():
    tied = made(0.0001, -0.00004, 0.00024, 0.15, detectable=0.0003)
    said = sentence(tied, "old", "new")
    assert "95 % interval \N{MINUS SIGN}0.004 to 0.024" in said


def test_never_disagree():
    a = np.zeros((3, 50))
    assert sentence(compare_paired(a, a, Design("draws")), "A", "B") == (
        "A and B never disagree on 50 images and 3 draws."
    )
    said = sentence(compare_paired(a[0], a[0], Design("none")), "A", "B")
    assert said == (
        "A and B never disagree on 50 images "
        "(95 % interval of the difference \N{MINUS SIGN}7.1 to 7.1 points)."
    )


def test_nothing_varies():
    said = sentence(compare_paired(np.zeros((3, 50)), np.ones((3, 50)), Design("draws")), "A", "B")
    assert said == (
        "A and B differ by 100.0 points on 50 images and 3 draws, in favour of A; neither rows "
        "nor items vary: no interval, no p."
    )


def test_one_draw_says_so():
    a, b = np.random.default_rng(0).random((2, 1, 80)) < 0.3
    said = sentence(compare_paired(a, b, Design("draws")), "A", "B")
    assert said.endswith("One draw: which labels were drawn is not in this interval.")
    assert "draws" not in said.split("(")[0]


def test_seeds_of_two_methods():
    rng = np.random.default_rng(0)
    found = compare_paired(rng.random((3, 80)), rng.random((5, 80)), Design("seeds", "method"))
    assert "on 80 images and 3 and 5 seeds" in sentence(found, "A", "B")


def test_sample_size():
    a, b = np.random.default_rng(0).random((2, 1, 1000)) < 0.3
    found = compare_paired(a, b, Design("none"))
    said = sample_size_sentence(found, found.detectable / 2)
    assert said.endswith("four times in five, about 4,100 images like these are needed.")
    rates = np.array([0.1, 0.5, 0.3, 0.6])
    b4 = np.random.default_rng(1).random((4, 500)) < rates[:, None]
    said = sample_size_sentence(compare_paired(b4 * 0, b4, Design("draws")), 0.01)
    assert said == (
        "To find a true difference of 1.0 points four times in five, no number of images is "
        "enough with 4 draws: that takes more draws."
    )
