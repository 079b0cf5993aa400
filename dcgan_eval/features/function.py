"""Features that a function of the user's gives of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import DataError, projected, rng_for
from dcgan_eval.features.extraction import ImageRepresentation
from dcgan_eval.features.matrix import Spans
from dcgan_eval.features.representation import Extractor, State

if TYPE_CHECKING:
    from dcgan_eval.models import Preprocess

_GUARD_IMAGES = 8

Featurise = Callable[[Any], Any]
"""Images of a batch (n, …) to features (n, columns)."""


class FunctionRepresentation(ImageRepresentation):
    """What a function gives, one layer called ``features``.

    It is called in one thread, and uses as many inside as it likes: where its last digits depend on
    that, so do the features'.

    Parameters
    ----------
    function
        Takes uint8 images (n, height, width, channels); or, where there is a preprocessing,
        a float32 tensor (n, channels, height, width) on the device. Gives an array or a tensor
        (n, columns), each row of its own image alone.
    kind, name
        See `dcgan_eval.core.Subject`.
    source
        What decides the function, such as a hash of its code.
    preprocess
        How pixels become the function's input.
    """

    layers = ("features",)

    def __init__(
        self,
        function: Featurise,
        *,
        kind: str,
        name: str,
        source: str,
        preprocess: Preprocess | None = None,
    ) -> None:
        self.function, self.kind, self.name = function, kind, name
        self.source, self.preprocess = source, preprocess
        self._of_noise: dict[tuple[int, int, int], NDArray[np.float32]] = {}

    def identity_values(self) -> dict[str, Any]:
        """What decides the function, and the preprocessing."""
        preprocess = None if self.preprocess is None else self.preprocess.identity_values()
        return {"source": self.source, "preprocess": preprocess}

    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """One layer, as wide as what images of noise give, whichever stand beside them.

        Raises
        ------
        DataError
            Other features for the same image.
        """
        if image_shape not in self._of_noise:
            noise = _noise(_GUARD_IMAGES, image_shape)
            alone, among = self._given(noise[:2], "cpu"), self._given(noise, "cpu")
            most = float(np.abs(among).max(initial=0.0, where=np.isfinite(among)))
            same = alone.shape[1] == among.shape[1] and np.allclose(
                among[:2], alone, rtol=1e-3, atol=1e-4 * most, equal_nan=True
            )
            if not same:
                raise DataError(
                    "gives other features for the same image when it is called "
                    "again or beside other images; give each image's own (a network: net.eval())"
                )
            self._of_noise[image_shape] = among
        return {"features": (0, self._of_noise[image_shape].shape[1])}

    def guard(self) -> NDArray[np.float32] | None:
        """The features of eight images of noise."""
        found = next(iter(self._of_noise.values()), None)
        return None if found is None else projected(found)

    @override
    def extractor(self, state: State, device: str) -> Extractor:
        return _FunctionExtractor(self, device)

    def _given(self, images: NDArray[np.uint8], device: str) -> NDArray[np.float32]:
        """What the function gives of a batch, once it is known to be features of it."""
        # A copy: whatever a function does with its input, the images stay as they are.
        given: Any = images.copy()
        if self.preprocess is not None:
            given = self.preprocess(torch.from_numpy(given).to(device)).contiguous()
        try:
            with torch.no_grad():
                found = self.function(given)
        except Exception as error:  # the user's code
            text = " ".join(str(error).split())[:200]
            raise DataError(
                f"fails on images {tuple(given.shape)}: {type(error).__name__}: {text}"
            ) from error
        if isinstance(found, torch.Tensor):
            found = found.detach().cpu().float().numpy()
        features = np.asarray(found)
        if features.ndim != 2 or len(features) != len(images) or features.dtype.kind not in "fiub":
            raise DataError(
                f"gives {features.dtype} {features.shape} of {len(images)} images; "
                f"expected numbers ({len(images)}, columns)"
            )
        return features.astype(np.float32)


class _FunctionExtractor(Extractor):
    """See `FunctionRepresentation.extractor`."""

    def __init__(self, of: FunctionRepresentation, device: str) -> None:
        self.of, self.device = of, device

    def __call__(self, images: NDArray[np.uint8], out: NDArray[np.floating]) -> None:
        """Write what the function gives, if it is as wide as before."""
        features = self.of._given(images, self.device)
        if features.shape != out.shape:
            raise DataError(
                f"gives {features.shape[1]} columns, of other images "
                f"{out.shape[1]}; give as many of all"
            )
        out[:] = features


def _noise(n: int, image_shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Images of noise."""
    return rng_for("guard", "images").integers(0, 256, (n, *image_shape), dtype=np.uint8)
