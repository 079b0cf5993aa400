"""A layer of an encoder, opened: how large its maps get, and what in an image makes them so."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import Work, rng_for
from dcgan_eval.data import ImageSet
from dcgan_eval.features import EncoderRepresentation, Pooling
from dcgan_eval.models import Encoder, gradients, receptive_field

# The largest value of a map, whatever its size.
_LARGEST = Pooling(1)


class Responses(NamedTuple):
    """What in images makes maps large.

    Attributes
    ----------
    values : float32 array, (maps, images, height, width, channels)
        Gradients, guided or plain, of each map's largest value; where it is there several times, of
        the first.
    places : int array, (maps, images, 2)
        Row and column of that value in the map.
    """

    values: NDArray[np.float32]
    places: NDArray[np.int64]


class OpenedLayer:
    """A layer of an encoder, whose batch norms have the statistics that its features are made with.

    Parameters
    ----------
    given
        The encoder.
    layer
        One that gives maps.
    guided
        See `dcgan_eval.models.gradients`.
    reference
        Images that statistics are taken of, where the encoder takes those of the data set.
    """

    def __init__(
        self,
        given: EncoderRepresentation,
        layer: str,
        reference: ImageSet,
        work: Work,
        *,
        guided: bool,
    ) -> None:
        self.of_maps = EncoderRepresentation(
            given.encoder,
            kind=given.kind,
            name=given.name,
            layers=[layer],
            pooling=_LARGEST,
            batch_norm=given.batch_norm,
        )
        self.layer, self.guided, self.reference, self.work = layer, guided, reference, work
        state = self.of_maps.fitted_state(reference, work)
        self.encoder = self.of_maps.opened(state, work.device)
        self.field = receptive_field(given.encoder, layer)

    def largest(self, images: ImageSet) -> NDArray[np.floating]:
        """The largest value of each map, (images, maps), from the cache or computed into it."""
        return self.of_maps.features(images, self.reference, self.work)[:]

    def responses(self, images: NDArray[np.uint8], maps: list[int]) -> Responses:
        """Responses of some maps to images (n, height, width, channels)."""
        width = self.encoder.layers[self.layer].width
        places: list[torch.Tensor] = []

        def largest(values: torch.Tensor) -> torch.Tensor:
            flat = values[:, maps].flatten(2)
            places.append(flat.argmax(2))
            return flat.gather(2, places[0][:, :, None])[:, :, 0]

        found = gradients(self.encoder, images, self.layer, largest, guided=self.guided)
        at = places[0].T.cpu().numpy()
        return Responses(found.cpu().numpy(), np.stack([at // width, at % width], 2))

    def crop(self, image: NDArray[Any], place: NDArray[np.int64]) -> NDArray[Any]:
        """What a place sees of an image (height, width, channels), and no more where it can be.

        A window that leaves the image is moved into it; the whole image where it is larger, or
        where the receptive field is not known.
        """
        if self.field is None:
            return image
        slices = []
        for reach, at, side in zip(self.field, place, image.shape, strict=False):
            first, last = reach.window(int(at))
            size = min(last - first, side)
            start = min(max(first, 0), side - size)
            slices.append(slice(start, start + size))
        return image[tuple(slices)]


def with_shuffled_weights(given: EncoderRepresentation, seed: int) -> EncoderRepresentation:
    """The same network, the values of each of its weight tensors in random order.

    Batch norms take the statistics of the data set: those that are stored are of other weights.
    """
    encoder = given.encoder
    network = copy.deepcopy(encoder.network)
    with torch.no_grad():
        for name, weights in network.named_parameters():
            order = rng_for("saliency", seed, "weights", name).permutation(weights.numel())
            shuffled = weights.flatten()[torch.from_numpy(order).to(weights.device)]
            weights.copy_(shuffled.reshape(weights.shape))
    twin = Encoder(
        network,
        list(encoder.layers),
        encoder.input_shape,
        encoder.preprocess,
        missing_statistics=encoder.missing_statistics,
        layout=encoder.layout,
    )
    return EncoderRepresentation(
        twin,
        kind=given.kind,
        name=f"{given.name}, random weights",
        batch_norm="stored" if encoder.scripted_norms else "dataset",
    )


def as_picture(response: NDArray[np.floating]) -> NDArray[np.uint8]:
    """A response as bytes: grey where there is none, its largest magnitude black or white."""
    most = float(np.abs(response).max())
    picture: NDArray[np.uint8] = np.rint(127.5 + 127.5 * response / (most or 1.0)).astype(np.uint8)
    return picture
