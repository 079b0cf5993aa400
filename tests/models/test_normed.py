"""Weights that torch computes of others: what is read is what the module itself uses."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.normed import effective_weights

LAYERS: dict[str, Callable[[], nn.Module]] = {
    "convolution": lambda: nn.Conv2d(3, 5, 2),
    "square convolution": lambda: nn.Conv2d(6, 6, 3),
    "transposed convolution": lambda: nn.ConvTranspose2d(3, 5, 2),
    "square transposed convolution": lambda: nn.ConvTranspose2d(6, 6, 3),
    "dense": lambda: nn.Linear(4, 7, bias=False),
}


def old_weight_norm(layer: nn.Module) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return nn.utils.weight_norm(layer)


NORMS: dict[str, tuple[Callable[[nn.Module], nn.Module], str]] = {
    "spectral, hooks": (nn.utils.spectral_norm, "spectral norm (1)"),
    "spectral, parametrization": (parametrizations.spectral_norm, "spectral norm (1)"),
    "weight, hooks": (old_weight_norm, "weight norm (1)"),
    "weight, parametrization": (parametrizations.weight_norm, "weight norm (1)"),
}


def trained(layer: nn.Module, steps: int = 20) -> nn.Module:
    """As in training: passes refine a spectral norm's vectors, the weights move a little."""
    layer.train()
    shape = (2, 4) if isinstance(layer, nn.Linear) else (2, layer.in_channels, 5, 5)
    for _ in range(steps):
        layer(torch.randn(shape))
    return layer.eval()


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("kind", LAYERS)
def test_effective_weights_are_those_that_the_module_uses(kind: str, norm: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        wrap, said = NORMS[norm]
        layer = trained(wrap(LAYERS[kind]()))
        with torch.no_grad():
            layer(torch.ones((1, 4) if kind == "dense" else (1, layer.in_channels, 5, 5)))
    kept = {f"main.0.{name}": one for name, one in layer.state_dict().items()}
    found, norms = effective_weights(kept)
    assert norms == (said,)
    assert set(found) == {"main.0.weight", *(["main.0.bias"] if layer.bias is not None else [])}
    torch.testing.assert_close(found["main.0.weight"], layer.weight.detach())


def test_vectors_that_were_never_trained_are_read_as_a_convolutions() -> None:
    layer = nn.utils.spectral_norm(nn.Conv2d(6, 6, 3)).eval()
    with torch.no_grad():
        layer(torch.ones(1, 6, 5, 5))
    found, _ = effective_weights(dict(layer.state_dict()))
    torch.testing.assert_close(found["weight"], layer.weight.detach())


def test_half_precision_is_computed_in_single() -> None:
    layer = trained(nn.utils.spectral_norm(nn.Conv2d(3, 5, 2)))
    kept = {name: one.half() for name, one in layer.state_dict().items()}
    assert effective_weights(kept)[0]["weight"].dtype == torch.float32


@pytest.mark.parametrize(
    "tensors",
    [
        {"a_orig": torch.ones(3, 4), "a_u": torch.ones(5), "a_v": torch.ones(4)},
        {"a_orig": torch.ones(()), "a_u": torch.ones(1), "a_v": torch.ones(1)},
        {"a_g": torch.ones(3, 1), "a_v": torch.ones(4, 2)},
        {"a_g": torch.ones(3), "a_v": torch.ones(3, 2)},
    ],
)
def test_parts_that_do_not_belong_together_are_one_line(tensors: dict[str, torch.Tensor]) -> None:
    with pytest.raises(CheckpointError, match="norm's") as caught:
        effective_weights(tensors)
    assert "\n" not in str(caught.value)


def test_weights_of_other_names_are_left() -> None:
    tensors = {"weight_u": torch.ones(2), "a.original": torch.ones(2), "g": torch.ones(1)}
    assert effective_weights(tensors) == (tensors, ())
