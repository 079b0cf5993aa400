"""Devices: full float32 inside, the user's choice outside."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dcgan_eval.core import SettingsError, check_device, full_convolutions
from dcgan_eval.models import Encoder, Preprocess


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^no such device here \(.*\); give cpu"):
        check_device("warp")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Found no driver.\nAnd more.", "Found no driver."),
        ("Found no driver. Please check " + "that you have one and " * 9, "Found no driver."),
        ("One of " + "cpu, cuda, " * 11, "One of " + "cpu, cuda, " * 10 + "…"),
        ("x" * 130, "x" * 120 + " …"),
    ],
)
def test_a_long_reason_ends_with_a_sentence_or_a_word(
    told: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*arguments: object, **options: object) -> None:
        raise RuntimeError(told)

    monkeypatch.setattr(torch, "empty", refuses)
    with pytest.raises(SettingsError) as caught:
        check_device("cuda")
    reason = str(caught.value).removeprefix("no such device here (").partition(");")[0]
    assert reason == shown


def test_convolutions_are_full_inside_and_as_they_were_after() -> None:
    before = torch.backends.cudnn.conv.fp32_precision
    with pytest.raises(KeyError), full_convolutions():
        assert torch.backends.cudnn.conv.fp32_precision == "ieee"
        raise KeyError
    assert torch.backends.cudnn.conv.fp32_precision == before


def test_convolutions_are_full_until_the_last_thread_is_through() -> None:
    before = torch.backends.cudnn.conv.fp32_precision
    first, second = full_convolutions(), full_convolutions()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert torch.backends.cudnn.conv.fp32_precision == "ieee"
    second.__exit__(None, None, None)
    assert torch.backends.cudnn.conv.fp32_precision == before


class _Asks(nn.Module):
    """Remembers the precision that its convolution had."""

    def __init__(self) -> None:
        super().__init__()
        self.layer1 = nn.Conv2d(1, 2, 3, padding=1)
        self.seen: list[str] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(torch.backends.cudnn.conv.fp32_precision)
        out: torch.Tensor = self.layer1(x)
        return out


def test_encoders_convolve_in_full() -> None:
    encoder = Encoder(_Asks(), ["layer1"], (1, 8, 8), Preprocess())
    encoder.encode(torch.zeros(2, 8, 8, 1, dtype=torch.uint8), ["layer1"], lambda maps: maps)
    assert isinstance(encoder.network, _Asks)
    assert set(encoder.network.seen) == {"ieee"}
