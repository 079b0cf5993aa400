"""What is said of preprocessing, against what torchvision does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torchvision import transforms as v1
from torchvision.models import ResNet18_Weights
from torchvision.transforms import v2

from dcgan_eval import Function, Module
from dcgan_eval.core import SettingsError
from dcgan_eval.features import FunctionRepresentation
from dcgan_eval.subjects import Place
from dcgan_eval.subjects.preprocessing import as_preprocess
from tests.make.images import noise

IMAGES = torch.from_numpy(noise(3, 9, 9, 3))
CHANNELS = ([0.4, 0.5, 0.6], [0.2, 0.3, 0.4])


def as_network_sees(given: Any) -> torch.Tensor:
    prepared = as_preprocess(given)
    assert prepared is not None
    x = prepared.scaled(IMAGES)
    return x if prepared.transform is None else prepared.transform.applied(x)


@pytest.mark.parametrize(
    "given",
    [
        v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]),
        v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(*CHANNELS)]),
        v2.Compose([v2.CenterCrop(6), v2.ToDtype(torch.float32, scale=True), v2.Resize(4)]),
        v1.Compose([v1.CenterCrop(6), v1.ConvertImageDtype(torch.float32)]),
        v1.Compose([v1.PILToTensor(), ResNet18_Weights.DEFAULT.transforms(crop_size=4)]),
    ],
)
def test_a_transform_does_what_torchvision_does(given: Any) -> None:
    steps = [one for one in given.transforms if type(one).__name__ not in ("PILToTensor",)]
    expected = IMAGES.permute(0, 3, 1, 2)
    for step in steps:
        expected = step(expected)
    # Resizing of bytes rounds to bytes.
    torch.testing.assert_close(as_network_sees(given), expected.float(), rtol=0.02, atol=0.02)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (v2.ToDtype(torch.float32), "^preprocess: leaves pixels between 0 and 255"),
        (v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32), v2.Resize(4)]), "leaves pixels"),
        (v1.PILToTensor(), "leaves pixels between 0 and 255; make it ToDtype"),
        (v1.Compose([v1.RandAugment(), v1.ToTensor()]), "RandAugment: is random; give"),
        (v1.Compose([v1.ToTensor(), v1.ColorJitter(1.0)]), "ColorJitter: is random"),
    ],
)
def test_a_transform_that_would_be_another_here_is_refused(given: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        as_preprocess(given)


def test_means_of_colours_for_grey_images_are_refused() -> None:
    message = "preprocess has 3 values a mean, the images have 1 channels; give one value or 1"
    row = Function(lambda x: x.flatten(1), preprocess=CHANNELS, version="1")
    (subject,) = row.make(0, Place())
    assert isinstance(subject, FunctionRepresentation)
    with pytest.raises(SettingsError, match=message):
        subject.spans((9, 9, 1))
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3))
    with pytest.raises(SettingsError, match=message):
        Module(network, input=[1, 9, 9], preprocess=CHANNELS).make(0, Place())
