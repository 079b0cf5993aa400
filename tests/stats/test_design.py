import pytest

from dcgan_eval.core import DataError
from dcgan_eval.stats import Design


@pytest.mark.parametrize(
    ("design", "n_rows", "expected"),
    [
        (Design("none"), (1, 1), "one row"),
        (Design("draws"), (1, 1), "one row"),
        (Design("draws"), (2, 2), "two-way"),
        (Design("draws", "method"), (10, 10), "two-way"),
        (Design("seeds"), (1, 1), "one row"),
        (Design("seeds"), (2, 2), "items"),
        (Design("seeds"), (3, 3), "two-way"),
        (Design("seeds"), (3, 5), "methods"),
        (Design("seeds", "method"), (3, 3), "methods"),
        (Design("seeds", "method"), (1, 5), "items"),
    ],
)
def test_computation(design, n_rows, expected):
    assert design.computation(*n_rows) == expected


def test_unknown_words_are_refused():
    with pytest.raises(DataError, match="rows 'folds' unknown"):
        Design("folds")
    with pytest.raises(DataError, match="setting 'run' unknown"):
        Design("draws", "run")


def test_rows_without_a_meaning_are_refused():
    with pytest.raises(DataError, match="one prediction an item"):
        Design("none").computation(2, 2)


def test_what_is_covered_is_not_given():
    draws = Design("draws")
    assert "other labelled draws" in draws.covers(10, False)
    assert "the one labelled draw" not in draws.held_fixed(10)
    assert "labelled draws" not in draws.covers(1, False)
    assert "the one labelled draw" in draws.held_fixed(1)
    seeds = Design("seeds", "method")
    assert "other training seeds" in seeds.covers(3, True)
    assert "groups of test items" in seeds.covers(3, True)
    assert "the seeds" in seeds.held_fixed(2)
    assert "the labelled draws" in seeds.held_fixed(3)


def test_a_protocol_may_say_itself_what_is_given():
    assert Design("draws", given="the weights, the pool").held_fixed(10) == "the weights, the pool"


def test_what_was_chosen_is_called_by_its_name():
    assert Design("none").held_fixed(1).endswith("the chosen C")
    for rows, n_rows in (("none", 1), ("draws", 1), ("draws", 10)):
        assert Design(rows, parameter="k").held_fixed(n_rows).endswith("the chosen k")


def test_notes():
    assert Design("none").notes(1, 1) == ()
    assert Design("draws").notes(10, 10) == ()
    (note,) = Design("draws").notes(1, 1)
    assert "which labels were drawn is not in this interval" in note
    (note,) = Design("seeds", "method").notes(5, 1)
    assert note.startswith("Only checkpoints were compared")
    (note,) = Design("draws", "method").notes(10, 10)
    assert note.startswith("Only checkpoints were compared")
    (note,) = Design("seeds").notes(2, 2)
    assert "Fewer than 3 seeds" in note
