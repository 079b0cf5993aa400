"""Networks that give more than one tensor, or are not plain float32 modules, against themselves."""

from __future__ import annotations

import copy
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

from dcgan_eval.core import SettingsError
from dcgan_eval.models import Encoder, LayerShape
from tests.make.images import noise
from tests.make.networks import randomise

SHAPE = (3, 8, 8)
IMAGES = noise(5, 8, 8, 3)
# What the usual preprocessing makes of them.
X = torch.from_numpy(IMAGES).permute(0, 3, 1, 2) / 127.5 - 1
Pair = namedtuple("Pair", "maps pooled")


@dataclass
class Output:
    maps: torch.Tensor
    pooled: torch.Tensor
    attentions: None = None


def as_it_is(outputs: torch.Tensor) -> torch.Tensor:
    return outputs


class Gives(nn.Module):
    """A convolution whose maps and their means come packed in some way."""

    def __init__(self, pack: Callable[[torch.Tensor, torch.Tensor], Any]) -> None:
        super().__init__()
        self.conv, self.pack = nn.Conv2d(3, 4, 3), pack

    def forward(self, x: torch.Tensor) -> Any:
        maps = self.conv(x)
        return self.pack(maps, maps.mean((2, 3)))


@pytest.mark.parametrize(
    ("pack", "maps", "pooled"),
    [
        (lambda m, p: {"maps": m, "pooled": p}, "maps", "pooled"),
        (lambda m, p: (m, p), "0", "1"),
        (lambda m, p: [m, (None, p)], "0", "1.1"),
        (Pair, "maps", "pooled"),
        (Output, "maps", "pooled"),
        (lambda m, p: {"out": Output(m, p), "steps": 3}, "out.maps", "out.pooled"),
    ],
)
@pytest.mark.parametrize("place", ["0", "."])
def test_the_name_says_which_of_several_outputs(
    pack: Any, maps: str, pooled: str, place: str
) -> None:
    network = nn.Sequential(randomise(Gives(pack), "gives"))
    names = [f"{place}[{maps}]", f"{place}[{pooled}]"]
    encoder = Encoder(network, names, SHAPE)
    assert encoder.layers == {names[0]: LayerShape(4, 6, 6), names[1]: LayerShape(4, 1, 1)}
    found = encoder.encode(IMAGES, names, as_it_is)
    with torch.no_grad():
        expected = network[0].conv(X)
    torch.testing.assert_close(found[names[0]], expected)
    torch.testing.assert_close(found[names[1]][:, :, 0, 0], expected.mean((2, 3)))
    assert set(encoder.encode(IMAGES, names[1:], as_it_is)) == {names[1]}
    with pytest.raises(SettingsError, match=r"several outputs; name one of .*\["):
        Encoder(network, [place], SHAPE)
    with pytest.raises(SettingsError, match=r"several outputs; name one of .*\["):
        Encoder(network, [f"{place}[absent]"], SHAPE)


def test_one_tensor_among_what_is_none_need_not_be_named() -> None:
    network = nn.Sequential(randomise(Gives(lambda m, p: (m, None, 3)), "one"))
    assert Encoder(network, ["0"], SHAPE).layers == {"0": LayerShape(4, 6, 6)}
    plain = nn.Sequential(nn.Conv2d(3, 4, 3))
    with pytest.raises(SettingsError, match=r"'0' gives one tensor; leave out \[maps\]"):
        Encoder(plain, ["0[maps]"], SHAPE)
    with pytest.raises(SettingsError, match="gives dict; choose another"):
        Encoder(nn.Sequential(Gives(lambda m, p: {})), ["0"], SHAPE)


def blocks() -> nn.Module:
    network = nn.Sequential()
    network.add_module("stem", nn.Conv2d(3, 4, 1))
    network.add_module("blocks", nn.Sequential(*(nn.Conv2d(4, 4, 3, 1, 1) for _ in range(5))))
    return network


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (["blocks[-2:]"], ["blocks.3", "blocks.4"]),
        (["blocks[:2]", "stem"], ["stem", "blocks.0", "blocks.1"]),
        (["blocks[1:-3]"], ["blocks.1"]),
        ([".[:]"], ["stem", "blocks"]),
    ],
)
def test_a_slice_is_written_out(layers: list[str], expected: list[str]) -> None:
    assert list(Encoder(blocks(), layers, SHAPE).layers) == expected


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("block[-2:]", "unknown layer 'block'; did you mean 'blocks'"),
        ("blocks[9:]", r"blocks\[9:\]: 'blocks' has 5 parts"),
        ("stem[-1:]", "'stem' has 0 parts"),
    ],
)
def test_a_slice_of_nothing_is_refused(layer: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Encoder(blocks(), [layer], SHAPE)


class Sequence(nn.Module):
    """Tokens in the order that `nn.MultiheadAttention` takes: tokens, images, channels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).permute(2, 0, 1)


def test_tokens_come_as_they_are_and_images_are_the_first_axis() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 2, 2), nn.Flatten(2), Sequence())
    with pytest.raises(SettingsError, match=r"gives torch.float32 \(16, 2, 4\) for 2 images"):
        Encoder(nn.Sequential(network[0], network[2]), ["1"], SHAPE)

    class Tokens(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.flatten(2).transpose(1, 2)

    network = nn.Sequential(network[0], Tokens())
    encoder = Encoder(network, ["1"], SHAPE)
    assert encoder.layers == {"1": LayerShape(4, 1, 1, tokens=16)}
    with torch.no_grad():
        torch.testing.assert_close(encoder.encode(IMAGES, ["1"], as_it_is)["1"], network(X))


def plain() -> nn.Sequential:
    parts = [nn.Conv2d(3, 8, 3, 1, 1), nn.BatchNorm2d(8), nn.ReLU(True), nn.Conv2d(8, 8, 3)]
    return randomise(nn.Sequential(*parts), "plain")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_network_computes_in_the_type_of_its_weights(dtype: torch.dtype) -> None:
    network = plain().to(dtype).eval()
    encoder = Encoder(network, ["2", "3"], SHAPE)
    found = encoder.encode(IMAGES, ["2", "3"], as_it_is)
    with torch.no_grad():
        maps = network[:3](X.to(dtype))
        torch.testing.assert_close(found["2"], maps if dtype == torch.float64 else maps.float())
    assert encoder.weights_hash != Encoder(plain(), ["2"], SHAPE).weights_hash
    folded = encoder.folded().encode(IMAGES, ["3"], as_it_is)["3"]
    torch.testing.assert_close(folded, found["3"], rtol=0.02, atol=0.02)


@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("how", ["script", "trace", "freeze"])
def test_torchscript_is_read_as_a_whole(how: str) -> None:
    network = plain().eval()
    scripted = torch.jit.trace(network, X) if how == "trace" else torch.jit.script(network)
    if how == "freeze":
        scripted = torch.jit.freeze(scripted)
    encoder = Encoder(scripted, ["."], SHAPE)
    assert encoder.structure == "Sequential"
    with torch.no_grad():
        torch.testing.assert_close(encoder.encode(IMAGES, ["."], as_it_is)["."], network(X))
    inside = Encoder(nn.Sequential(scripted, nn.ReLU()), ["0", "1"], SHAPE)
    assert inside.layers == {"0": LayerShape(8, 6, 6), "1": LayerShape(8, 6, 6)}
    assert encoder.folded() is not None
    if how != "freeze":
        with pytest.raises(SettingsError, match=r"'3' lies inside TorchScript.*; name '\.'"):
            Encoder(scripted, ["3"], SHAPE)
        with pytest.raises(SettingsError, match="name '0'"):
            Encoder(nn.Sequential(scripted), ["0.3"], SHAPE)


@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_torchscript_with_the_same_weights_and_other_code_is_another_network() -> None:
    class Shifted(nn.Module):
        def __init__(self, shift: float) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.shift = nn.Conv2d(3, 4, 3), torch.full((1,), shift)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x) + self.shift

    def about(shift: float, freeze: bool) -> dict[str, Any]:
        made = torch.jit.trace(Shifted(shift).eval(), X)
        encoder = Encoder(torch.jit.freeze(made) if freeze else made, ["."], SHAPE)
        return {"weights": encoder.weights_hash, **encoder.beyond_weights}

    for freeze in (False, True):
        assert about(1.0, freeze) == about(1.0, freeze)
        assert about(1.0, freeze) != about(2.0, freeze)
    assert "scripts" not in Encoder(plain(), ["."], SHAPE).beyond_weights


def normed(how: str) -> nn.Sequential:
    network = plain()
    wrap = {
        "weight_norm by hooks": nn.utils.weight_norm,
        "weight_norm": nn.utils.parametrizations.weight_norm,
        "spectral_norm by hooks": nn.utils.spectral_norm,
        "spectral_norm": nn.utils.parametrizations.spectral_norm,
    }[how]
    wrap(network[0])
    wrap(network[3])
    return network


@pytest.mark.filterwarnings("ignore:`torch.nn.utils:FutureWarning")
@pytest.mark.parametrize(
    "how", ["weight_norm by hooks", "weight_norm", "spectral_norm by hooks", "spectral_norm"]
)
def test_normed_weights_are_those_of_a_training_that_is_under_way(how: str) -> None:
    network = normed(how)
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    network(X).mean().backward()
    optimizer.step()
    network(X)  # what hooks compute now has a gradient
    encoder = Encoder(network, ["0", "3"], SHAPE)
    reference = network.eval()
    with torch.no_grad():
        expected = {"0": reference[0](X), "3": reference(X)}
    for made in (encoder, encoder.folded(), encoder.with_network(copy.deepcopy(encoder.network))):
        found = made.encode(IMAGES, ["0", "3"], as_it_is)
        for name, maps in expected.items():
            torch.testing.assert_close(found[name], maps, rtol=1e-4, atol=1e-4)
