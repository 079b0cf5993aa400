"""Batch-norm statistics, pinned against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from dcgan_eval.core import CheckpointError, Silent
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.features.batchnorm import batch_norms, batch_statistics, moments
from dcgan_eval.features.blocks import BATCH
from dcgan_eval.models import Encoder, random_encoder
from tests.make.images import random_images


def convolve(
    x: NDArray[np.float64], kernel: NDArray[np.float64], stride: int
) -> NDArray[np.float64]:
    """Cross-correlation with padding (k − 1)/2 by loops over positions."""
    n, _, height, width = x.shape
    out, _, k, _ = kernel.shape
    pad = (k - 1) // 2
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows = range(0, height + 2 * pad - k + 1, stride)
    columns = range(0, width + 2 * pad - k + 1, stride)
    y = np.empty((n, out, len(rows), len(columns)))
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            patch = padded[:, :, top : top + k, left : left + k]
            y[:, :, i, j] = np.einsum("ncij,ocij->no", patch, kernel)
    return y


def test_dataset_statistics_are_the_authors_average_over_batches() -> None:
    # 300 images: batches of 128, 128 and 44, each with equal weight, each normalised by its own
    # statistics before the next layer sees it; variances are divided by N·H·W.
    images = random_images(300)
    encoder = random_encoder("dcgan8", {}, 3)
    weights = {k: v.numpy().astype(np.float64) for k, v in encoder.network.state_dict().items()}
    sums: dict[str, list[NDArray[np.float64]]] = {}
    for start in range(0, 300, BATCH):
        x = images.images(start, min(start + BATCH, 300)).transpose(0, 3, 1, 2) / 127.5 - 1
        for layer, stride in (("layer1", 1), ("layer2", 1), ("layer3", 2)):
            x = convolve(x, weights[f"{layer}.conv.weight"], stride)
            if layer != "layer1":
                mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
                sums.setdefault(f"{layer}.norm.mean", []).append(mean)
                sums.setdefault(f"{layer}.norm.var", []).append(var)
                scale, shift = weights[f"{layer}.norm.weight"], weights[f"{layer}.norm.bias"]
                x = (x - mean[:, None, None]) / np.sqrt(var + 1e-8)[:, None, None]
                x = x * scale[:, None, None] + shift[:, None, None]
            x = np.where(x > 0, x, 0.2 * x)
    found = EncoderRepresentation(encoder, kind="k", name="n", batch_norm="dataset").fit(
        images, "cpu", Silent()
    )
    assert set(found) == set(sums)
    for key, batches in sums.items():
        np.testing.assert_allclose(found[key], np.mean(batches, axis=0), rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_a_batch_is_normalised_as_torchs_own_training_mode_does(order: torch.memory_format) -> None:
    # Channels far from zero, where float32 sums of squares would lose everything.
    torch.manual_seed(0)
    shift = torch.tensor([0.0, 3.0, -300.0, 1000.0]).reshape(1, 4, 1, 1)
    maps = (torch.randn(128, 4, 32, 32) + shift).contiguous(memory_format=order)
    norm = nn.BatchNorm2d(4, momentum=1.0).double()
    expected = norm(maps.double())
    biased = norm.running_var * (1 - 1 / (maps.numel() / 4))  # type: ignore[operator]
    network = nn.Sequential(nn.BatchNorm2d(4)).eval()
    with torch.no_grad(), batch_statistics(network) as found:
        got = network(maps)
    np.testing.assert_allclose(found["0.mean"], norm.running_mean, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found["0.var"], biased, rtol=1e-6)
    # What rounding of the maps' own mean, as float32, leaves.
    np.testing.assert_allclose(got, expected.detach(), rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(got[:, :2], expected.detach()[:, :2], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 7), (1, 3, 2, 2), (3, 3, 700, 300)])
def test_moments_of_any_shape_are_those_of_float64(shape: tuple[int, ...]) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(1)) + 5
    mean, var = moments(values)
    rows = values.double().transpose(0, 1).flatten(1)
    np.testing.assert_allclose(mean, rows.mean(1), rtol=1e-6)
    np.testing.assert_allclose(var, rows.var(1, correction=0), rtol=1e-6)


def test_the_network_is_as_before_when_the_block_ends() -> None:
    network = random_encoder("dcgan8", {}, 0).network
    before = {k: v.clone() for k, v in network.state_dict().items()}
    with pytest.raises(RuntimeError, match="stop"), batch_statistics(network):
        network(torch.randn(4, 1, 8, 8))
        raise RuntimeError("stop")
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())
    assert not any(module.training for module in batch_norms(network).values())


def test_batch_policy_normalises_each_batch_by_itself() -> None:
    images = random_images(6)
    encoder = random_encoder("dcgan8", {}, 0)
    rep = EncoderRepresentation(encoder, kind="k", name="n", batch_norm="batch")
    extractor = rep.extractor({}, "cpu")
    assert not extractor.independent
    together = np.empty((6, 3 * 16 * 64 - 16 * 32), np.float32)
    extractor(images.images(0, 6), together)
    alone = np.empty((3, together.shape[1]), np.float32)
    extractor(images.images(0, 3), alone)
    assert not np.allclose(together[:3], alone, atol=1e-3)


def test_a_network_without_statistics_must_be_given_a_policy() -> None:
    with pytest.raises(CheckpointError, match="set batch_norm: dataset"):
        EncoderRepresentation(random_encoder("dcgan8", {}, 0), kind="k", name="n")


def test_without_batch_norm_the_policy_has_nothing_to_do() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())
    encoder = Encoder(network, ["1"], (1, 8, 8))
    rep = EncoderRepresentation(encoder, kind="k", name="n", batch_norm="dataset")
    assert not rep.needs_reference()
