"""Torch devices by name."""

from __future__ import annotations

from dcgan_eval.core.errors import SettingsError


def check_device(name: str, where: str) -> None:
    """Refuse a device that torch does not know, or that is not there, before any work.

    Parameters
    ----------
    name
        Such as ``cpu``, ``cuda`` or ``cuda:1``.
    where
        Option or key that named it, for the message.

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
            f"{where} {name}: no such device here ({reason}); give cpu, or one that is there"
        ) from None
