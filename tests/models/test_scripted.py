"""Networks behind others: compiled, on several devices, in TorchScript."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torchvision import transforms

from dcgan_eval.core import SettingsError
from dcgan_eval.models import Encoder
from dcgan_eval.models.scripted import Scripted
from dcgan_eval.subjects import Place
from dcgan_eval.subjects.module import Module
from tests.make.images import noise
from tests.make.networks import randomise

SHAPE = (3, 8, 8)
IMAGES = noise(5, 8, 8, 3)

pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning"),
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
]


def small() -> nn.Module:
    return randomise(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)), "small")


@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.compile])
def test_what_is_wrapped_is_read_under_its_own_names(wrap: Any) -> None:
    plain = Module(small(), input=SHAPE).representation(0, Place())
    wrapped = Module(wrap(small()), input=SHAPE).representation(0, Place())
    assert wrapped.layers == ["0", "2"] and wrapped.name == "Sequential"
    assert wrapped.identity_values() == plain.identity_values()
    inside = Encoder(nn.Sequential(wrap(small()), nn.ReLU()), ["0.0", "0.2"], SHAPE)
    bare = Encoder(nn.Sequential(small(), nn.ReLU()), ["0.0"], SHAPE)
    assert inside.weights_hash == bare.weights_hash


class Scaled(nn.Module):
    """A convolution whose maps are changed by what is no weight."""

    def __init__(self, number: float, tensor: float, part: float) -> None:
        super().__init__()
        self.conv, self.number = randomise(nn.Conv2d(3, 4, 3), "scaled"), number
        self.tensor, self.parts = torch.full((2000,), tensor), {"a": [torch.tensor(part)]}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x) * self.number + self.tensor.mean() * self.parts["a"][0]


def test_attributes_of_a_script_are_what_decides_it() -> None:
    values = [(1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (1.0, 2.0, 1.0), (1.0, 1.0, 2.0)]
    digests = [Scripted(torch.jit.script(Scaled(*one))).digest() for one in values]
    assert len(set(digests)) == 4
    assert Scripted(torch.jit.script(Scaled(*values[0]))).digest() == digests[0]


def test_a_script_is_seen_behind_a_transform() -> None:
    half = transforms.Compose([transforms.CenterCrop(6), transforms.Normalize(0.5, 0.5)])
    script = torch.jit.script(small().eval())
    subject = Module(script, input=SHAPE, layers=["."], preprocess=half)
    encoder = subject.representation(0, Place()).encoder
    found = encoder.encode(IMAGES, ["."], torch.clone)["."]
    x = torch.from_numpy(IMAGES).permute(0, 3, 1, 2)[:, :, 1:7, 1:7] / 127.5 - 1
    torch.testing.assert_close(found, script(x).detach())
    again = copy.deepcopy(encoder.network)(torch.from_numpy(IMAGES).permute(0, 3, 1, 2) / 255)
    torch.testing.assert_close(again, found)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_script_traced_in_training_is_refused() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).train()
    script = torch.jit.trace(network, torch.rand(2, 3, 8, 8))
    with pytest.raises(SettingsError, match="looks at the rest of the batch"):
        Encoder(script, ["."], SHAPE)
