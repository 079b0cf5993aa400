"""The real data sets, where they are at hand: what their README says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dcgan_eval.data import KNOWN, DataSettings, grouped_part, load_dataset


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_cifar10(data_root: Path, cache: Path) -> None:
    train, test = load_dataset("cifar10", roots=[data_root], cache=cache)
    assert (train.pixels.shape, test.pixels.shape) == ((50000, 32, 32, 3), (10000, 32, 32, 3))
    assert train.y[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    assert test.y[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    means = train.pixels.reshape(-1, 3).mean(axis=0) / 255
    assert means.round(4).tolist() == [0.4914, 0.4822, 0.4465]
    assert np.bincount(train.y).tolist() == [5000] * 10
    assert train.class_names == KNOWN["cifar10"].class_names


def test_mnist(data_root: Path, cache: Path) -> None:
    train, test = load_dataset("mnist", roots=[data_root], cache=cache)
    assert (train.pixels.shape, test.pixels.shape) == ((60000, 28, 28, 1), (10000, 28, 28, 1))
    # As everybody's MNIST begins.
    assert train.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test.y[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_svhn_subset_and_its_photos(data_root: Path, cache: Path) -> None:
    settings = DataSettings(name="svhn_subset", item_groups=r"photo(\d+)")
    train, test = load_dataset(settings, roots=[data_root], cache=cache)
    assert (len(train), len(test)) == (7999, 2001)
    groups, test_groups = train.item_groups, test.item_groups
    assert groups is not None and test_groups is not None
    # Photos 1 … 4031 and 4032 … 5033; digits of a photo follow each other.
    assert np.array_equal(np.unique(groups), np.arange(4031))
    assert np.array_equal(np.unique(test_groups), np.arange(5033 - 4031))
    assert np.all(np.diff(groups) >= 0)
    part, rest = grouped_part(groups, 1000, "photos")
    assert 1000 <= len(part) < 1010 and not set(groups[part]) & set(groups[rest])


@pytest.mark.parametrize("name", ["cifar10", "mnist", "svhn_subset"])
def test_fingerprints_are_the_known_ones(data_root: Path, cache: Path, name: str) -> None:
    train, test = load_dataset(name, roots=[data_root], cache=cache)
    found = {"train": train.fingerprint, "test": test.fingerprint}
    assert found == dict(KNOWN[name].fingerprints)
