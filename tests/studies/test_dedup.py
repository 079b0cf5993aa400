"""The study of near-duplicates against loops, its controls, its record in use, bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcgan_eval import evaluate
from dcgan_eval.core import DataError, SettingsError, Silent, Work, rng_for
from dcgan_eval.data import DataSettings, ImageSet, load_dataset, load_images
from dcgan_eval.features import PixelRepresentation
from dcgan_eval.protocols import Result, Task, read_protocol
from dcgan_eval.records import Journal
from dcgan_eval.samples import RealSource
from dcgan_eval.stats import wilson
from dcgan_eval.studies.autoencoder import Autoencoder, first_code
from dcgan_eval.studies.distortions import DISTORTIONS
from dcgan_eval.studies.findings import Findings, Pairs, groups_of
from dcgan_eval.studies.hashing import CodeBits, crops, pixel_codes
from dcgan_eval.studies.threads import one_thread
from tests.make.images import random_images

TRAIN = random_images(60, (32, 32, 1), seed=1).take(np.array([*range(60), 3, 3, 8]))
TEST = random_images(20, (32, 32, 1), seed=2)
TEST.pixels[5] = TRAIN.pixels[12]
FEW = {"steps": 20, "batch": 8}


def studied(folder: Path, train: ImageSet = TRAIN, test: ImageSet = TEST, **values: Any) -> Result:
    usual = {"autoencoder": FEW, "planted": 12, "within": 2, **values}
    protocol = read_protocol({"kind": "dedup", **usual})
    source = RealSource()
    protocol.check(source, train)
    task = Task(source, train, test, protocol.make_split(train, test))
    return protocol.run(task, Work(folder, units=Journal(folder / "units")))


def test_numbers_by_loops(tmp_path: Path) -> None:
    result = studied(tmp_path)
    found = {metric.label: metric for metric in result.metrics}
    with one_thread():
        trained = Autoencoder(**FEW).fit(TRAIN, 0, Silent())
    first = first_code(1, 0)
    rows = np.sort(rng_for("dedup", 0, "planted").permutation(20)[:12])

    def bits(code: Any, images: np.ndarray) -> np.ndarray:
        return np.array([np.unpackbits(code(crops(one[None]))[0]) for one in images])

    for of, code in (
        ("", CodeBits(trained["weight"], trained["bias"])),
        ("random weights ", CodeBits(first["weight"], first["bias"])),
        ("equal pixels ", pixel_codes),
    ):
        ours, theirs = bits(code, TRAIN.images(0, 63)), bits(code, TEST.images(0, 20))
        apart = (ours[:, None] != ours).sum(2)
        removed = [bool((apart[row, :row] <= 2).any()) for row in range(63)]
        assert found[f"{of}removed"].value == pytest.approx(100 * np.mean(removed))
        there = [(one != ours).sum(1).min() <= 2 for one in theirs]
        metric = found[f"{of}test images in training"]
        assert metric.value == pytest.approx(100 * np.mean(there))
        assert metric.interval is not None
        assert metric.interval.low == pytest.approx(100 * wilson(np.mean(there), 20)[0])
        for name, change in DISTORTIONS.items():
            if of == "equal pixels ":
                assert f"{of}{name} found" not in found
                continue
            changed = bits(code, change(TEST.images_of(rows)))
            alike = (changed != theirs[rows]).sum(1) <= 2
            assert found[f"{of}{name} found"].value == pytest.approx(100 * np.mean(alike)), name
    assert found["equal pixels removed"].value == pytest.approx(100 * 3 / 63)
    assert found["equal pixels test images in training"].value == 5.0
    assert found["jpeg 75 found"].headline


def test_pairs_are_near_by_the_distances_of_test_images(tmp_path: Path) -> None:
    result = studied(tmp_path)

    def standard(image: np.ndarray) -> np.ndarray:
        pixels = image.ravel().astype(float) - image.mean()
        return pixels / np.linalg.norm(pixels)

    rows = np.sort(rng_for("dedup", 0, "planted").permutation(20)[:12])
    ours = np.array([standard(one) for one in TRAIN.images(0, 63)])
    nearest = [np.linalg.norm(ours - standard(one), axis=1).min() for one in TEST.images_of(rows)]
    near = np.percentile(nearest, 5)
    assert result.details["near_distance"] == pytest.approx(near, rel=1e-5)
    groups = result.details["groups"]
    assert [3, 60, 61] in groups and [8, 62] in groups
    (metric,) = (one for one in result.metrics if one.label == "near pairs")
    # Copies are at distance 0; random images that share a code are far apart.
    copies = [group for group in groups if set(group) <= {3, 60, 61, 8, 62}]
    assert metric.value == pytest.approx(100 * len(copies) / len(groups))
    pairs = result.exhibits["pairs_by_autoencoder"]
    assert pairs.shape == (1, 20, 32, 32, 1)
    assert result.exhibits["planted_duplicates"].shape == (8, 8, 32, 32, 1)


def test_a_trained_network_is_used_again_and_a_seed_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = studied(tmp_path)
    assert studied(tmp_path / "anew").details == before.details
    other = studied(tmp_path / "anew", seed=1, within=0)
    assert other.details["losses"] == before.details["losses"]  # the journal is keyed by settings
    protocol = read_protocol({"kind": "dedup", "within": 3})
    assert protocol.journal_values() == read_protocol("dedup").journal_values()
    slower = read_protocol({"kind": "dedup", "autoencoder": {"rate": 1e-4}})
    assert slower.journal_values() != protocol.journal_values()


def test_groups_in_the_order_of_their_first() -> None:
    found = groups_of(np.array([0, 1, 0, 3, 1, 0]))
    assert [one.tolist() for one in found] == [[0, 2, 5], [1, 4]]
    nothing = Pairs(np.zeros((0, 2, 32, 32, 1), np.uint8), np.zeros(0))
    findings = Findings(np.array([0, 1, 0]), np.zeros((0, 2), np.int64), {}, nothing)
    assert findings.removed == 1


def test_no_groups_is_said_and_not_judged(tmp_path: Path) -> None:
    distinct = random_images(40, (32, 32, 3), seed=5)
    result = studied(tmp_path, distinct, random_images(20, (32, 32, 3), seed=6), within=0)
    assert "no group of training images was found: there are no pairs to judge" in result.notes
    assert "near pairs" not in {metric.label for metric in result.metrics}
    assert list(result.exhibits) == ["planted_duplicates"]


def test_its_record_leaves_the_duplicates_out(tmp_path: Path) -> None:
    few = {"autoencoder": {"steps": 100, "batch": 8}, "planted": 5}
    results = evaluate(
        {"kind": "real"},
        train="digits",
        test="digits",
        protocol="dedup",
        cache=tmp_path / "cache",
        results=tmp_path / "found",
        progress=False,
        **few,
    )
    (record,) = (tmp_path / "found").glob("*.json")
    outcome = results[0].outcome
    groups = outcome.details["groups"]
    kept = load_images(DataSettings(name="digits", dedup=record), "train")
    whole, _ = load_dataset("digits")
    left_out = np.concatenate([group[1:] for group in groups])
    assert len(left_out) == outcome.details["found"]["autoencoder"]["removed"] > 0
    expected = whole.take(np.setdiff1d(np.arange(len(whole)), left_out))
    assert kept.fingerprint == expected.fingerprint


def test_wrong_input_is_one_line(tmp_path: Path) -> None:
    def wrong(**values: Any) -> str:
        with pytest.raises((SettingsError, DataError)) as error:
            studied(tmp_path, **values)
        assert "\n" not in str(error.value)
        return str(error.value)

    assert "protocol.within: found 9" in wrong(within=9)
    assert "protocol.autoencoder.steps: found 0" in wrong(autoencoder={"steps": 0})
    assert "unknown key 'epochs'" in wrong(autoencoder={"epochs": 3})
    assert "protocol.autoencoder.dropout: found 1.0" in wrong(autoencoder={"dropout": 1.0})
    tiny = random_images(30, (2, 8, 1))
    assert "images of 2×8; give images of at least 3×3" in wrong(train=tiny)
    with pytest.raises(SettingsError, match="protocol dedup takes RealSource; kind: pixels gives"):
        read_protocol("dedup").check(PixelRepresentation(), TRAIN)
