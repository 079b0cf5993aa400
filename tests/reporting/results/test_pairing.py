from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.make.records import save

from dcgan_eval.reporting import gather
from dcgan_eval.reporting.results.findings import Findings
from dcgan_eval.reporting.results.pairing import pair_pvalues, why_not
from dcgan_eval.reporting.results.row_errors import ErrorReader, RowErrors
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.stats import Design, compare_paired


def rows_of(folder: Path, metric: str | None = None) -> list[Row]:
    found = Findings.of(gather(folder).records, published=False)
    return [row for row in found.rows if row.is_of(metric)]


def test_the_same_pairs_give_the_same_p(tmp_path: Path) -> None:
    settings = {"per_class": 1}
    for name, error in (("a", 0.2), ("b", 0.22), ("c", 0.35)):
        save(
            tmp_path,
            name,
            error,
            rows=6,
            grouped=True,
            protocol="few_labels",
            dataset="svhn",
            settings=settings,
        )
    for seed in range(3):
        save(
            tmp_path,
            f"random, seed {seed}",
            0.3,
            rows=6,
            grouped=True,
            protocol="few_labels",
            dataset="svhn",
            settings=settings,
            method="random",
            seed=seed,
        )
    rows, reader = rows_of(tmp_path), ErrorReader()
    p, comparable = pair_pvalues(rows, reader)
    assert comparable.all() and len(rows) == 4
    for i, a in enumerate(rows):
        for j, b in enumerate(rows[:i]):
            of_a, of_b = reader.errors(a), reader.errors(b)
            assert isinstance(of_a, RowErrors) and isinstance(of_b, RowErrors)
            # One seed against three: checkpoints, means over seeds, draws kept as rows.
            wanted = compare_paired(
                of_a.errors.mean(axis=0),
                of_b.errors.mean(axis=0),
                Design("draws"),
                groups=of_a.groups,
            )
            assert wanted.p is not None
            assert p[i, j] == p[j, i] == pytest.approx(wanted.p, rel=1e-6)


def test_equal_predictions_have_no_p(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path, name, 0.2, draw=1)
    p, _ = pair_pvalues(rows_of(tmp_path), ErrorReader())
    assert np.isnan(p).all()


def test_reasons_not_to_compare(tmp_path: Path) -> None:
    few = {"protocol": "few_labels", "dataset": "svhn", "rows": 4}
    base = save(tmp_path / "base", "base", 0.2, **few)
    (a,) = rows_of(base.parent)
    for change, reason in (
        ({"version": 2}, r"protocol version (1 and 2)"),
        ({"settings": {"draws": 7}}, r"draws (none and 7)"),
        ({"items": "others"}, r"test items (svhn all and svhn others)"),
        ({"train": "other"}, r"training images (train and other)"),
        ({"subset": "limit"}, r"subset (none and limit)"),
        ({"row_ids": "draws of seed 1"}, r"other draws of labelled images"),
        ({"rows": 5}, r"other draws of labelled images"),
        ({"protocol": "full_labels", "rows": 1}, r"protocol (few_labels and full_labels)"),
    ):
        folder = tmp_path / reason.replace("/", "")
        save(folder, "other", 0.2, **{**few, **change})
        (b,) = rows_of(folder)
        assert reason in (why_not(a, b, ErrorReader()) or ""), change
    assert why_not(a, a, ErrorReader()) is None


def test_a_preset_is_only_a_name(tmp_path: Path) -> None:
    save(tmp_path, "a", 0.2, preset="mine")
    save(tmp_path, "b", 0.3)
    a, b = rows_of(tmp_path)
    assert why_not(a, b, ErrorReader()) is None
