"""The hash of weights: content alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from dcgan_eval.models import load_encoder, random_encoder, save_checkpoint, weights_hash
from tests.models.nets import randomise, saved


def network() -> nn.Sequential:
    parts = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    randomise(parts, "weights")
    return parts


def test_the_hash_does_not_depend_on_the_file_format(tmp_path: Path) -> None:
    encoder = random_encoder("dcgan8", {}, 3)
    tensors = encoder.network.state_dict()
    torch_file = saved(tmp_path / "a.pt", tensors)
    wrapped = saved(tmp_path / "b.pt", {"model": {f"module.{k}": v for k, v in tensors.items()}})
    save_checkpoint(tmp_path / "c.safetensors", tensors, {})
    paths = [torch_file, wrapped, tmp_path / "c.safetensors"]
    assert {load_encoder(path).weights_hash for path in paths} == {encoder.weights_hash}


def test_counters_of_batches_decide_nothing_and_memory_order_neither() -> None:
    one, other = network(), network()
    other[1].num_batches_tracked += 7
    other[0].to(memory_format=torch.channels_last)
    assert weights_hash(one) == weights_hash(other)


def _bit(parts: nn.Sequential) -> None:
    parts[0].weight.data.view(torch.int32)[0, 0, 0, 0] ^= 1


def _shape(parts: nn.Sequential) -> None:
    parts[0].weight.data = parts[0].weight.data.reshape(2, 3, 3, 3)


def _buffer(parts: nn.Sequential) -> None:
    parts[1].running_var[0] += 1


def _hidden_buffer(parts: nn.Sequential) -> None:
    parts.register_buffer("mask", torch.ones(1), persistent=False)


def _half(parts: nn.Sequential) -> None:
    parts.half()


@pytest.mark.parametrize("change", [_bit, _shape, _buffer, _hidden_buffer, _half])
def test_any_change_of_content_is_another_hash(change: object) -> None:
    other = network()
    change(other)  # type: ignore[operator]  # one of the functions above
    assert weights_hash(other) != weights_hash(network())


def test_types_that_numpy_does_not_have() -> None:
    one, other = network().bfloat16(), network().bfloat16()
    assert weights_hash(one) == weights_hash(other)
    other[0].weight.data.view(torch.int16)[0, 0, 0, 0] ^= 1
    assert weights_hash(one) != weights_hash(other)
