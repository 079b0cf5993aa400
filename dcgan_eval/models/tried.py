"""Layers tried on noise: what they give, and whether it is an image's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import SettingsError, UserError, rng_for
from dcgan_eval.models.layer_maps import LayerShape, Layout, layer_shape
from dcgan_eval.models.outputs import tensor_of
from dcgan_eval.models.passes import See

Forward = Callable[[torch.Tensor, Sequence[str], See], None]
"""Runs a network on uint8 images until enough of some layers was seen."""

# Images in a pass: a batch norm without statistics refuses a single dense vector.
_TRIED = 2
# An image gives other numbers beside another one by rounding at most: this much of the largest.
_SAME_IMAGE_TOLERANCE = 1e-3


def tried(
    forward: Forward,
    layouts: Mapping[str, Layout],
    input_shape: tuple[int, int, int],
    by_batch: bool,
) -> dict[str, LayerShape]:
    """What layers give, in the order in which the network computes them.

    Parameters
    ----------
    layouts
        Of the maps of each layer.
    input_shape
        Channels, height, width.
    by_batch
        Whether an image's numbers are known to depend on the others of its batch.

    Raises
    ------
    SettingsError
        Images that the network does not take; a layer that is not computed just once in a pass,
        or does not give the same of the same image.
    """
    channels, height, width = input_shape
    shapes: dict[str, LayerShape] = {}
    calls: Counter[str] = Counter()
    firsts: dict[str, torch.Tensor] = {}

    def note(name: str, output: object) -> bool:
        shapes[name] = layer_shape(name, output, layouts[name], _TRIED)
        firsts[name] = tensor_of(name, output)[0].clone()
        calls[name] += 1
        return False

    shape = (_TRIED + 1, height, width, channels)
    noise = rng_for("encoder", "tried").integers(0, 256, shape, np.uint8)
    try:
        forward(torch.from_numpy(noise[:_TRIED]), list(layouts), note)
    except UserError:
        raise
    except Exception as error:  # the user's code
        # What comes after the wanted layers need not fit this image size: it is never run.
        if len(shapes) < len(layouts):
            reason = str(error).strip().split("\n")[0]
            raise SettingsError(
                f"the network does not take images of {channels}×{height}×{width} ({reason}); "
                "check the input shape"
            ) from error
    for name in layouts:
        if calls[name] != 1:
            often = f"computed {calls[name]} times" if calls[name] else "never computed"
            raise SettingsError(
                f"layer {name!r} is {often} in a pass; choose another, such as the block "
                "that holds it"
            )
    _refuse_changing(forward, firsts, noise[[0, 1 if by_batch else 2]])
    return shapes


def _refuse_changing(
    forward: Forward, before: dict[str, torch.Tensor], images: NDArray[np.uint8]
) -> None:
    """Refuse layers that give the first image something else than before."""

    def compare(name: str, output: object) -> bool:
        first = before.pop(name)
        most = _SAME_IMAGE_TOLERANCE * first.abs().max()
        if (tensor_of(name, output)[0] - first).abs().max() > most:
            raise SettingsError(
                f"layer {name!r} does not give the same numbers of the same image: the network "
                "draws at random in evaluation mode, or looks at the rest of the batch; choose "
                "a layer before that, or take it out"
            )
        return not before

    forward(torch.from_numpy(images), list(before), compare)
