"""In what precision networks compute; weights, losses and optimizers are float32 in all.

- ``float32``: as it says, on CUDA without TF32.
- ``tf32``: CUDA alone: factors of products and convolutions are rounded to 10 bits.
- ``bf16``: products and convolutions in bfloat16 by autocast, on every device; slow on processors
  without instructions for it (avx512_bf16, amx_bf16).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from dcgan_eval.core import SettingsError

Precision = Literal["float32", "tf32", "bf16"]


def check_precision(precision: Precision, device: str) -> None:
    """Refuse TF32 where there is none."""
    if precision == "tf32" and torch.device(device).type != "cuda":
        raise SettingsError(f"precision: tf32 is CUDA's, not {device}'s; give float32 or bf16")


def autocast(precision: Precision, device: str) -> torch.autocast:
    """Within it networks are called; losses and gradients are computed outside."""
    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=precision == "bf16")


@contextmanager
def rounding(precision: Precision, device: str) -> Iterator[None]:
    """Within it a CUDA device uses TF32 if that is the precision, else not; afterwards as before.

    Left to itself torch uses it for convolutions alone.
    """
    if torch.device(device).type != "cuda":
        yield
        return
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = products.allow_tf32, convolutions.allow_tf32
    try:
        products.allow_tf32 = convolutions.allow_tf32 = precision == "tf32"
        yield
    finally:
        products.allow_tf32, convolutions.allow_tf32 = before
