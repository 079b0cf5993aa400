"""Weights: drawn where they are known, loaded as they are, hashed by content alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from dcgan_eval.core import CheckpointError, SettingsError
from dcgan_eval.models import (
    Initialisation,
    initialise,
    load_encoder,
    random_encoder,
    save_checkpoint,
    weights_hash,
)
from dcgan_eval.models.weights import load_exactly
from tests.make.networks import randomise, saved


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


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (nn.PReLU(), "PReLU"),
        (nn.Conv1d(2, 2, 3), "Conv1d"),
        (nn.InstanceNorm2d(3, affine=True), "InstanceNorm2d"),
        (nn.Dropout(0.5), "Dropout"),
        (nn.Dropout2d(0.5), "Dropout2d"),
    ],
)
def test_layers_that_would_be_left_to_chance_are_not_initialised(
    layer: nn.Module, kind: str
) -> None:
    parts = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Sequential(nn.ReLU(), layer))
    with pytest.raises(SettingsError, match=rf"^layer '1\.1' is {kind}, whose") as caught:
        initialise(parts, "test")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", ["truncated_normal", "glorot_uniform"])
def test_weights_of_other_initialisations_are_as_they_are_defined(how: Initialisation) -> None:
    conv, norm = nn.ConvTranspose2d(40, 60, 5), nn.BatchNorm2d(60)
    initialise(nn.Sequential(conv, norm), "test", how=how)
    weights = conv.weight.detach()
    # 25 pixels of 40 maps in, of 60 out; a uniform within ±b has a deviation of b / √3, a normal
    # within two deviations 0.8796 of its own.
    bound = 0.04 if how == "truncated_normal" else (6 / (25 * (40 + 60))) ** 0.5
    deviation = 0.8796 * 0.02 if how == "truncated_normal" else bound / 3**0.5
    assert 0.99 * bound < float(weights.abs().max()) <= bound
    assert float(weights.std()) == pytest.approx(deviation, rel=0.01)
    assert torch.equal(norm.weight, torch.ones(60))
    assert not conv.bias.any()
    other = nn.ConvTranspose2d(40, 60, 5)
    initialise(nn.Sequential(other), "test", how=how)
    assert torch.equal(other.weight, conv.weight)


def test_layer_and_group_norms_begin_with_no_effect() -> None:
    norms = [nn.GroupNorm(1, 3), nn.LayerNorm(3)]
    for norm in norms:
        nn.init.constant_(norm.weight, 7.0)
        nn.init.constant_(norm.bias, 7.0)
    initialise(nn.Sequential(*norms), "test")
    for norm in norms:
        assert torch.equal(norm.weight, torch.ones(3))
        assert not norm.bias.any()


def test_layers_without_weights_are_passed_by() -> None:
    parts = nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.InstanceNorm2d(3), nn.BatchNorm2d(3, affine=False), nn.Flatten()
    )
    initialise(parts, "test")
    assert not parts[0].bias.any()


class Indexed(nn.Module):
    """A layer that keeps whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 3)
        self.register_buffer("index", torch.arange(2**25, 2**25 + 3))


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_loaded_weights_have_the_type_and_the_memory_order_of_their_network(device: str) -> None:
    with torch.device(device):
        network = nn.Sequential(Indexed(), nn.BatchNorm2d(4))
    given = nn.Sequential(Indexed(), nn.BatchNorm2d(4)).state_dict()
    given["0.linear.weight"] = given["0.linear.weight"].half().T.contiguous().T
    load_exactly(network, given)
    found = dict(network.state_dict())
    assert {name: tensor.dtype for name, tensor in found.items()} == {
        name: torch.int64 if "index" in name or "num" in name else torch.float32 for name in given
    }
    assert all(tensor.is_contiguous() and not tensor.is_meta for tensor in found.values())
    assert torch.equal(found["0.linear.weight"], given["0.linear.weight"].float())
    assert torch.equal(found["0.index"], given["0.index"])
    assert found["0.linear.weight"].requires_grad is False
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_nothing_is_loaded_of_what_does_not_fit() -> None:
    network = nn.Linear(2, 3)
    before = weights_hash(network)
    with pytest.raises(CheckpointError, match="missing bias; nothing was loaded"):
        load_exactly(network, {"weight": torch.ones(3, 2)})
    assert weights_hash(network) == before
