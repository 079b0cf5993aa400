"""Torch devices by name, and what is asked of their arithmetic."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dcgan_eval.core.errors import SettingsError

# Characters of a library's reason that a line has room for.
_MOST_TOLD = 120
# The setting before `full_convolutions`, once for each thread that is inside.
_before: list[str] = []
_changing = threading.Lock()


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
        reason = str(error).strip().split("\n")[0]
        raise SettingsError(
            f"no such device here ({_shortened(reason)}); give cpu, or one that is there"
        ) from None


def device_name(name: str) -> str:
    """What records call a device: a GPU by its model, anything else as it is named."""
    import torch

    return str(torch.cuda.get_device_name(name)) if name.startswith("cuda") else name


def _shortened(text: str) -> str:
    """A text up to the end of the last sentence, or else word, that a line has room for."""
    if len(text) <= _MOST_TOLD:
        return text
    sentences, stop, _ = text[:_MOST_TOLD].rpartition(". ")
    if stop:
        return f"{sentences}."
    return f"{text[:_MOST_TOLD].rpartition(' ')[0] or text[:_MOST_TOLD]} …"


@contextmanager
def full_convolutions() -> Iterator[None]:
    """Convolve in full float32 on GPUs too.

    There torch's default is TF32, 10 bits of mantissa: features would differ from a CPU's by more
    than edited code may change them. The setting is the process's: the first thread that comes
    makes it, the last one that goes takes it back.
    """
    import torch

    convolutions = torch.backends.cudnn.conv  # type: ignore[attr-defined]  # of a replaced module
    with _changing:
        _before.append(_before[0] if _before else convolutions.fp32_precision)
        convolutions.fp32_precision = "ieee"
    try:
        yield
    finally:
        with _changing:
            before = _before.pop()
            if not _before:
                convolutions.fp32_precision = before
