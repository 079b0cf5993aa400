"""On a GPU everything is what it is on the CPU.

Protocols also run on "cpu:0", the CPU as a torch device.
"""

from __future__ import annotations

import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dcgan_eval.core import CacheWarning, Silent, build
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import load_encoder, random_encoder
from dcgan_eval.pipeline import Options, pipeline_from, run_pipeline
from dcgan_eval.probes import (
    Evaluation,
    Fits,
    NearestNeighborScorer,
    l2svm_path,
    read_probe,
)
from dcgan_eval.training import Recipe, train
from tests.make.features import Extraction, extract
from tests.make.images import random_images
from tests.make.neighbours import CASES, brute_force


@pytest.mark.gpu
@pytest.mark.parametrize("name", CASES)
def test_nearest_samples_are_those_of_brute_force(name: str) -> None:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    queries, samples = CASES[name](rng)
    ids = rng.permutation(10 * len(samples))[: len(samples)]
    squared, nearest = brute_force(queries, samples, ids)
    for block_rows in (70, 4096):
        scorer = NearestNeighborScorer(queries, block_rows=block_rows, device="cuda")
        found = scorer.partial_fit(samples, ids, ids).neighbors()
        np.testing.assert_array_equal(found.ids, nearest)
        np.testing.assert_array_equal(found.distances, np.sqrt(squared))


@pytest.mark.gpu
@pytest.mark.parametrize("batch_norm", ["dataset", "batch"])
def test_features_are_those_of_the_cpu_and_its_cache_is_taken_over(
    tmp_path: Path, batch_norm: str
) -> None:
    encoder = random_encoder("svhn32", {}, 0)
    rep = EncoderRepresentation(encoder, kind="network", name="test", batch_norm=batch_norm)
    one = Extraction(rep, random_images(300, (32, 32, 3)), random_images(200, (32, 32, 3), seed=9))
    on_cpu = extract(one, tmp_path / "cpu")[:]
    on_gpu = extract(one, tmp_path / "gpu", device="cuda")[:]
    scale = np.abs(on_cpu).max()
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=0, atol=1e-5 * scale)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CacheWarning)
        again = extract(one, tmp_path / "cpu", device="cuda")[:]
    np.testing.assert_array_equal(again, on_cpu)


@pytest.mark.gpu
@pytest.mark.parametrize("method", ["span", "deflated"])
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_svms_are_certified_and_those_of_the_cpu(method: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 900)
    X = (rng.normal(size=(900, 200)) * 2 + rng.normal(size=(4, 200))[y]).astype(dtype)
    subsets = [np.flatnonzero(np.arange(900) % 3 != fold) for fold in range(3)]
    given: dict[str, Any] = {"subsets": subsets, "tol": 1e-6, "method": method}
    here = l2svm_path(X, y, [1e-4, 1e-2], **given)
    there = l2svm_path(X, y, [1e-4, 1e-2], device="cuda", **given)
    assert there.gap.max() <= 1e-6
    np.testing.assert_allclose(there.coef, here.coef, atol=1e-3 * np.abs(here.coef).max())


@pytest.mark.gpu
def test_neighbours_vote_as_on_the_cpu() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(500, 40)).astype(np.float32)
    y = rng.integers(0, 5, 500)
    probe = read_probe("knn")
    fits = Fits(X, y, [1.0, 10.0], [np.arange(400)], [Evaluation(X)])
    here, there = (
        probe.predict_path(fits, device=device, progress=Silent()).predictions[0]
        for device in ("cpu", "cuda")
    )
    np.testing.assert_array_equal(here, there)


@pytest.mark.gpu
def test_training_goes_on_where_it_was(tmp_path: Path) -> None:
    """Weights and moments come back to the device's memory."""
    images = random_images(64)
    values = {"name": "small", "data": {"name": "digits"}, "network": "dcgan8", "batch": 16}

    def recipe(folder: str) -> Recipe:
        return build(Recipe, {**values, "epochs": 3, "out": str(tmp_path / folder)})

    class Interrupted(Exception):
        pass

    class AfterTwoEpochs(Silent):
        def say(self, line: str) -> None:
            if "epoch 2" in line:
                raise Interrupted

    pieces = recipe("pieces").model_copy(update={"save_every": 1})
    with pytest.raises(Interrupted):
        train(pieces, images, device="cuda", progress=AfterTwoEpochs())
    found = load_encoder(train(pieces, images, device="cuda")[0]).network.state_dict()
    whole = load_encoder(train(recipe("whole"), images, device="cuda")[0]).network.state_dict()
    for name, tensor in found.items():
        np.testing.assert_allclose(tensor, whole[name], atol=1e-3)


PIPELINES: dict[str, dict[str, Any]] = {
    "few_labels": {
        "representations": [{"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}],
        "protocol": {
            "kind": "few_labels",
            "per_class": 5,
            "draws": 4,
            "selection_draws": 2,
            "validation": 200,
            "grid": [0.01, 0.1],
            "extend": False,
        },
    },
    "full_labels": {
        "representations": [{"kind": "kmeans", "maps": 20, "patch": 3, "patches": 2000}],
        "protocol": {"kind": "full_labels", "train_size": 200},
    },
    "nearest_samples": {
        "generators": [{"kind": "deformed"}],
        "protocol": {"kind": "nearest_samples", "rungs": [100, 1000], "compared": 100},
    },
    "supervised": {
        "representations": [{"kind": "architecture", "network": "dcgan8"}],
        "protocol": {
            "kind": "supervised",
            "per_class": 10,
            "validation": 100,
            "trials": 2,
            "rungs": [1],
            "kept": [1],
            "epochs": 2,
        },
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("device", ["cpu:0", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize("name", PIPELINES)
def test_every_protocol_runs_and_the_record_names_the_device(
    name: str, device: str, tmp_path: Path
) -> None:
    pipeline = pipeline_from(
        {"name": name, "data": {"name": "digits"}, "results": "r", **PIPELINES[name]}
    )
    values = {}
    for one in ("cpu", device):
        options = Options(tmp_path / f"cache {one}", results=tmp_path / one, device=one)
        (record,) = run_pipeline(pipeline, options)
        values[one] = record.outcome.headline.value
        gpu = one.startswith("cuda")
        expected = torch.cuda.get_device_name() if gpu else one
        assert record.run.environment["device"] == expected
    if name != "supervised":  # its training amplifies rounding
        assert values[device] == pytest.approx(values["cpu"], abs=1.0)
