from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from dcgan_eval.data import KNOWN, load_dataset


def test_parts_make_up_the_librarys_digits() -> None:
    train, test = load_dataset("digits")
    assert (len(train), len(test)) == (1437, 360) and train.image_shape == (8, 8, 1)
    X, y = load_digits(return_X_y=True)
    both = np.concatenate([train.pixels, test.pixels]).reshape(1797, 64) * (16 / 255)
    labels = np.concatenate([train.y, test.y])
    ours = sorted(map(bytes, np.column_stack([labels, both.round()]).astype(np.uint8)))
    theirs = sorted(map(bytes, np.column_stack([y, X]).astype(np.uint8)))
    assert ours == theirs


def test_the_division_never_changes() -> None:
    train, test = load_dataset("digits")
    known = KNOWN["digits"].fingerprints
    assert (train.fingerprint, test.fingerprint) == (known["train"], known["test"])
    shares = np.bincount(test.y) / np.bincount(np.concatenate([train.y, test.y]))
    assert abs(shares - 360 / 1797).max() < 0.01


def test_scaling_is_exact() -> None:
    train, _ = load_dataset("digits")
    assert np.array_equal(np.unique(train.pixels), [(k * 255 + 8) // 16 for k in range(17)])


def test_files_in_a_root_go_first(tmp_path: Path) -> None:
    (tmp_path / "digits").mkdir()
    images, labels = np.zeros((20, 8, 8), np.uint8), np.arange(20) % 10
    for split in ("train", "test"):
        np.savez(tmp_path / "digits" / f"{split}.npz", images=images, labels=labels)
    assert len(load_dataset("digits", roots=[tmp_path])[0]) == 20
