"""What a user says of preprocessing: means and deviations, or a transform of torchvision's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from dcgan_eval.core import SettingsError, build, located
from dcgan_eval.models import Preprocess
from dcgan_eval.subjects.code import source_of

# Of torchvision's: what only makes tensors of images, which they are here already.
_MAKE_TENSORS = (
    "ToTensor",
    "PILToTensor",
    "ToImage",
    "ToDtype",
    "ConvertImageDtype",
    "ToPureTensor",
)
# What brings pixels from 0…255 to 0…1, unless it is told not to.
_SCALE = ("ToTensor", "ConvertImageDtype", "ToDtype", "ImageClassification")
_RANDOM = (
    *("Rand", "Auto", "TrivialAugment", "AugMix"),
    *("ColorJitter", "ElasticTransform", "GaussianNoise"),
)


class Transform:
    """A transform of torchvision's on a batch of floats in [0, 1]; a hook before a network.

    Parameters
    ----------
    steps
        Called one after the other with (n, channels, height, width).
    """

    def __init__(self, steps: Sequence[Any]) -> None:
        self.steps = tuple(steps)

    def applied(self, images: torch.Tensor) -> torch.Tensor:
        """All steps in order."""
        for step in self.steps:
            images = step(images)
        return images

    def __call__(self, network: nn.Module, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        """As `torch.nn.Module.register_forward_pre_hook` calls it."""
        return (self.applied(inputs[0]),)

    def text(self) -> str:
        """What decides the steps: what torchvision's say of themselves, the code of others."""
        return "; ".join(map(_told, self.steps))


class Prepared(NamedTuple):
    """How pixels become a network's input: scaled, and, where there is one, by a transform."""

    scaled: Preprocess
    transform: Transform | None = None


def as_preprocess(given: object) -> Prepared | None:
    """Read what is given as ``preprocess=``.

    Parameters
    ----------
    given
        None; ``(mean, std)``, or a mapping with both, in units of pixels in [0, 1]; a transform
        of torchvision's that works on tensors.

    Raises
    ------
    SettingsError
        Anything else; a random transform; a transform that takes no batch of floats.
    """
    if given is None or isinstance(given, Prepared):
        return given
    if isinstance(given, Preprocess):
        return Prepared(given)
    with located("preprocess"):
        if isinstance(given, Mapping):
            return Prepared(build(Preprocess, _plain(given)))
        if isinstance(given, tuple | list) and len(given) == 2 and not callable(given[0]):
            return Prepared(build(Preprocess, _plain({"mean": given[0], "std": given[1]})))
        if not callable(given):
            raise SettingsError(
                f"found {type(given).__name__}; expected (mean, std) or a transform of torchvision"
            )
        return _of_transform(given)


def _told(step: Any) -> str:
    """What decides a step."""
    if type(step).__module__.startswith("torchvision.") and type(step).__name__ != "Lambda":
        return " ".join(repr(step).split())
    return source_of(step, None)


def _of_transform(given: Any) -> Prepared:
    """A transform; one that only normalises as means and deviations."""
    whole = _steps(given)
    steps = [one for one in whole if type(one).__name__ not in _MAKE_TENSORS]
    names = [type(one).__name__ for one in steps]
    if len(steps) < len(whole):
        first = next((one for one in whole if type(one).__name__ in _SCALE), None)
        if first is None or not getattr(first, "scale", True):
            raise SettingsError(
                "leaves pixels between 0 and 255; make it ToDtype(torch.float32, scale=True), or "
                "give (mean, std) in units of pixels in [0, 1]"
            )
    if any(name.startswith(_RANDOM) for name in names):
        raise SettingsError(f"{', '.join(names)}: is random; give the transform of the test images")
    if names == ["Normalize"]:
        values = {"mean": steps[0].mean, "std": steps[0].std}
        return Prepared(build(Preprocess, _plain(values)))
    unit = Preprocess(mean=(0.0,), std=(1.0,))
    return Prepared(unit, Transform(steps)) if steps else Prepared(unit)


def _steps(transform: Any) -> list[Any]:
    """Steps of a `Compose` (and of those within), or the one that it is."""
    inner = getattr(transform, "transforms", None)
    if isinstance(transform, nn.Sequential):
        inner = list(transform)
    if not isinstance(inner, Sequence):
        return [transform]
    return [step for one in inner for step in _steps(one)]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers, lists and arrays as lists of floats."""
    try:
        return {key: np.atleast_1d(value).astype(float).tolist() for key, value in values.items()}
    except (TypeError, ValueError):
        raise SettingsError(f"found {values!r:.80}; expected numbers, one a channel") from None
