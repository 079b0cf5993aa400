from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_eval.core import rng_for, seed_for

coordinates = st.lists(st.one_of(st.text(), st.integers()), min_size=1, max_size=5)


def test_seeds_are_fixed_for_all_time() -> None:
    # Changing these numbers changes every draw of every protocol.
    assert seed_for("svhn1000", "draw", 17) == 6771144528971088185
    assert rng_for("svhn1000", "draw", 17).integers(0, 1000, 3).tolist() == [332, 238, 333]


@pytest.mark.slow
@given(coordinates, coordinates)
def test_other_coordinates_give_another_seed(one: list[str | int], two: list[str | int]) -> None:
    assert (seed_for(*one) == seed_for(*two)) == (one == two)
    assert 0 <= seed_for(*one) < 2**63


def test_neighbouring_coordinates_do_not_run_together() -> None:
    assert seed_for("a", "bc") != seed_for("ab", "c")
    assert seed_for("1") != seed_for(1)
