"""Groups of codes against loops over all pairs; duplicates that are found again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dcgan_eval.studies import Autoencoder, find_duplicates
from dcgan_eval.studies.duplicates import first_of_group
from tests.make.images import random_images

RNG = np.random.default_rng(0)


def by_loops(codes: np.ndarray, within: int) -> list[int]:
    """The lowest row that can be reached by steps of few bits."""
    bits = np.unpackbits(codes, axis=1)
    first = list(range(len(codes)))
    changed = True
    while changed:
        changed = False
        for a in range(len(codes)):
            for b in range(len(codes)):
                if first[b] < first[a] and (bits[a] != bits[b]).sum() <= within:
                    first[a], changed = first[b], True
    return first


def near_codes(n: int, flips: int) -> np.ndarray:
    """Codes around a few centres, with up to so many bits flipped, in no order."""
    bits = np.unpackbits(RNG.integers(0, 256, (4, 16), np.uint8), axis=1)[RNG.integers(0, 4, n)]
    for row in bits:
        row[RNG.choice(128, RNG.integers(0, flips + 1), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


@pytest.mark.parametrize("within", [0, 1, 2, 3, 5, 8])
def test_groups_are_those_of_all_pairs(within: int) -> None:
    for flips in (0, 2, 5, 9):
        codes = near_codes(40, flips)
        assert first_of_group(codes, within).tolist() == by_loops(codes, within)


def test_equal_codes_among_many() -> None:
    codes = RNG.integers(0, 2, (3000, 16), np.uint8)
    codes[:, 2:] = 0
    first = first_of_group(codes)
    seen: dict[bytes, int] = {}
    assert first.tolist() == [seen.setdefault(one.tobytes(), at) for at, one in enumerate(codes)]
    assert first_of_group(codes[:1], 3).tolist() == [0]


FEW = Autoencoder(steps=30, batch=16)


def test_images_that_are_there_twice_are_found() -> None:
    images = random_images(30, (12, 10, 3), seed=2)
    twice = images.take(np.array([*range(30), 4, 9]))
    expected = [*range(30), 4, 9]
    assert find_duplicates(twice, autoencoder=FEW).tolist() == expected
    assert find_duplicates(twice, autoencoder=FEW, threshold=1e9).tolist() == [0] * 32


def test_the_same_bits_for_any_number_of_threads() -> None:
    images, before = random_images(200, (32, 32, 3), seed=4), torch.get_num_threads()
    found = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(find_duplicates(images, autoencoder=FEW, within=8))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(*found)
