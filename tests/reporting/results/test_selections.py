from __future__ import annotations

from dcgan_eval.records import Selection, SelectionPoint
from dcgan_eval.reporting.results.selections import (
    repeats_of,
    scores_by_value,
    scores_of_choice,
)


def selection(curve: dict[float, tuple[float, ...]], chosen: float, on: str) -> Selection:
    return Selection(
        parameter="C",
        scored_on=on,
        metric="error",
        better="low",
        curve=tuple(
            SelectionPoint(
                value=value,
                score=sum(scores) / len(scores),
                scores=scores if len(scores) > 1 else (),
            )
            for value, scores in curve.items()
        ),
        chosen=chosen,
        at_end=False,
    )


def test_one_selection_has_the_scores_of_its_draws() -> None:
    one = [selection({0.1: (1.0, 3.0), 1.0: (2.0, 5.0)}, 1.0, "validation")]
    assert scores_by_value(one) == {0.1: (1.0, 3.0), 1.0: (2.0, 5.0)}
    assert scores_of_choice(one) == (2.0, 5.0) and repeats_of(one) == "draws"


def test_one_score_a_value() -> None:
    one = [selection({0.1: (1.0,), 1.0: (2.0,)}, 0.1, "5 folds of the draw")]
    assert scores_by_value(one) == {0.1: (1.0,), 1.0: (2.0,)}
    assert scores_of_choice(one) == (1.0,) and repeats_of(one) == "folds"


def test_draws_that_choose_for_themselves_have_a_score_each() -> None:
    several = [
        selection({0.1: (1.0, 3.0), 1.0: (4.0, 6.0)}, 0.1, "2 folds of the draw"),
        selection({1.0: (2.0, 4.0), 0.1: (6.0, 8.0), 10.0: (1.0, 1.0)}, 10.0, "2 folds of the draw"),
    ]
    assert scores_by_value(several) == {0.1: (2.0, 7.0), 1.0: (5.0, 3.0)}
    assert scores_of_choice(several) == (2.0, 1.0) and repeats_of(several) == "draws"
