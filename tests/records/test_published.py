from __future__ import annotations

from typing import Any

import pytest

from dcgan_eval.records import ProtocolInfo, metric_label, published_tables


def rows(kind: str, dataset: str, **settings: Any) -> dict[str, dict[str, float]]:
    protocol = ProtocolInfo(kind=kind, version=1, settings=settings)
    found: dict[str, dict[str, float]] = {}
    for table in published_tables(protocol, dataset):
        for row in table.rows:
            found.setdefault(row.name, {})[metric_label(table.metric, row.at)] = row.value
    return found


def test_the_papers_own_rows() -> None:
    assert rows("full_labels", "cifar10")["DCGAN + L2-SVM"] == {"accuracy": 82.8}
    svhn = rows("few_labels", "svhn", per_class=100)
    assert svhn["DCGAN + L2-SVM"] == {"error": 22.48} and len(svhn) == 9
    assert rows("nearest_samples", "mnist")["DCGAN"] == {
        "error@50000": 2.98,
        "error@10000000": 1.48,
    }


def test_accuracies_of_table_1_are_given_as_errors() -> None:
    found = rows("few_labels", "cifar10", per_class=400)
    printed = {
        "1-layer K-means": 63.7,
        "3-layer K-means, learned receptive fields": 70.7,
        "view-invariant K-means": 72.6,
        "Exemplar CNN": 77.4,
        "DCGAN + L2-SVM": 73.8,
    }
    assert set(found) == set(printed)
    for name, accuracy in printed.items():
        assert found[name]["error"] == pytest.approx(100 - accuracy)


def test_other_experiments_have_no_published_rows() -> None:
    assert not rows("few_labels", "svhn", per_class=10)
    assert not rows("few_labels", "svhn")
    assert not rows("full_labels", "svhn")
    assert not rows("full_labels", "cifar100")


def test_every_table_names_its_source() -> None:
    for kind, dataset, settings in (
        ("full_labels", "cifar10", {}),
        ("few_labels", "cifar10", {"per_class": 400}),
        ("few_labels", "svhn", {"per_class": 100}),
        ("nearest_samples", "mnist", {}),
    ):
        protocol = ProtocolInfo(kind=kind, version=1, settings=settings)
        (table,) = published_tables(protocol, dataset)
        assert "arXiv:1511.06434v2, table" in table.source
