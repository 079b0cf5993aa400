"""Torch devices by name, and what is asked of their arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dcgan_eval.core.errors import SettingsError


def check_device(name: str) -> None:
    """Refuse a device that torch does not know, or that is not there, before any work.

    Parameters
    ----------
    name
        Such as ``cpu``, ``cuda`` or ``cuda:1``.

    Raises
    ------
    SettingsError
        Nothing can be computed there.
    """
    import torch

    try:
        torch.empty(1, device=name).zero_().cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).strip().split("\n")[0][:120]
        raise SettingsError(
            f"no such device here ({reason}); give cpu, or one that is there"
        ) from None


@contextmanager
def full_convolutions() -> Iterator[None]:
    """Convolve in full float32 on GPUs too.

    There torch's default is TF32, 10 bits of mantissa: features would differ from a CPU's by more
    than edited code may change them.
    """
    import torch

    convolutions = torch.backends.cudnn.conv  # type: ignore[attr-defined]  # of a replaced module
    before = convolutions.fp32_precision
    convolutions.fp32_precision = "ieee"
    try:
        yield
    finally:
        convolutions.fp32_precision = before
