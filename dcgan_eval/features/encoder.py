"""Features of a frozen network: layers pooled under a batch-norm policy."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from typing_extensions import override

from dcgan_eval.core import (
    CheckpointError,
    LayoutWarning,
    Progress,
    SettingsError,
    did_you_mean,
    located,
    projected,
    rng_for,
)
from dcgan_eval.data import ImageSet
from dcgan_eval.features.batchnorm import (
    AveragedStatistics,
    BatchNormPolicy,
    Moments,
    batch_norms,
    batch_statistics,
    forget_statistics,
    give_statistics,
)
from dcgan_eval.features.blocks import BATCH
from dcgan_eval.features.extraction import ImageRepresentation
from dcgan_eval.features.matrix import Spans
from dcgan_eval.features.pooling import Pooling, prefix_doubt
from dcgan_eval.features.representation import Extractor, State
from dcgan_eval.features.workers import workers

if TYPE_CHECKING:
    from dcgan_eval.models import Encoder


_GUARD_IMAGES = 8
_DEFAULT_POOLING = Pooling()
# Of maps of any size, and of tokens.
_MEANS = Pooling(1, small_maps="keep", pool="avg", tokens="mean", prefix_tokens=0)
# Images that pass through a network together on a CPU, where they do not see each other: their maps
# stay small enough to be kept by the allocator, whose fresh pages cost a tenth of the time.
_PASS = 32
# Maps of the largest layer's size that are there at once: input and output of a convolution, and
# copies of them in the order that it likes.
_MAPS = 6


class EncoderRepresentation(ImageRepresentation):
    """A frozen encoder's layers, pooled, flattened and concatenated.

    Parameters
    ----------
    encoder
        The network with its preprocessing.
    kind, name, method, seed, step
        See `dcgan_eval.core.Subject`.
    layers
        Layers to use, by name; all of the encoder's when None.
    pooling
        What becomes of the layers' maps and tokens.
    batch_norm
        ``"stored"`` statistics, those of the ``"dataset"`` (the split's reference images, the
        authors' way), or of the ``"batch"`` itself.

    Raises
    ------
    SettingsError
        An unknown layer; pooling that has no effect on the layers, or says nothing of their tokens.
    CheckpointError
        ``"stored"`` statistics are asked of a network that has none.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        kind: str,
        name: str,
        layers: Sequence[str] | None = None,
        pooling: Pooling = _DEFAULT_POOLING,
        batch_norm: BatchNormPolicy = "stored",
        method: str | None = None,
        seed: int | None = None,
        step: int | None = None,
    ) -> None:
        wanted = list(encoder.layers) if layers is None else list(layers)
        for layer in wanted:
            if layer not in encoder.layers:
                hint = did_you_mean(layer, encoder.layers)
                raise SettingsError(f"{name}: unknown layer {layer!r}; {hint}")
        if len(set(wanted)) < len(wanted):
            raise SettingsError(f"{name}: a layer of {wanted} is named twice; name each once")
        if not wanted:
            raise SettingsError(f"{name}: no layers; name at least one of {list(encoder.layers)}")
        if batch_norm == "stored" and encoder.missing_statistics:
            raise CheckpointError(
                f"{name}: the network has batch norm without stored statistics; "
                "set batch_norm: dataset (the authors' way) or batch"
            )
        self.encoder = encoder
        self._guard: NDArray[np.float32] | None = None
        self.kind, self.name = kind, name
        self.method, self.seed, self.step = method, seed, step
        self.weights, self.assumed = encoder.weights_hash, encoder.assumed
        # Columns follow the network's order, however the layers were listed.
        self.layers = [layer for layer in encoder.layers if layer in wanted]
        with located(name):
            pooling.check(encoder.layers[layer] for layer in self.layers)
        self.pooling = pooling
        shapes = (encoder.layers[layer] for layer in self.layers)
        doubt = prefix_doubt(shapes, pooling, encoder.input_shape)
        if doubt is not None:
            warnings.warn(LayoutWarning(f"{name}: {doubt}"), stacklevel=2)
        if batch_norm != "stored" and encoder.scripted_norms:
            raise SettingsError(
                f"{name}: batch norms inside TorchScript have their own statistics; remove "
                f"batch_norm: {batch_norm}"
            )
        has_norms = bool(batch_norms(encoder.network))
        self.batch_norm: BatchNormPolicy = batch_norm if has_norms else "stored"

    def has_columns_of(self, other: EncoderRepresentation) -> bool:
        """Whether another's features, which differs in layers alone, are columns of these."""
        return {*other.layers} <= {*self.layers} and self.encoder.folds_like(other.encoder)

    def guard(self) -> NDArray[np.float32]:
        """The layers of eight images of noise; batch norm uses theirs unless it has its own."""
        if self._guard is not None:
            return self._guard
        channels, height, width = self.encoder.input_shape
        shape = (_GUARD_IMAGES, height, width, channels)
        noise = rng_for("guard", "images").integers(0, 256, shape, dtype=np.uint8)
        columns = max(last for _, last in self.spans((height, width, channels)).values())
        features = np.empty((_GUARD_IMAGES, columns), np.float32)
        own_batch = self.batch_norm != "stored"
        _EncoderExtractor(self.encoder, self.layers, self.pooling, own_batch)(noise, features)
        self._guard = projected(features)
        return self._guard

    def identity_values(self) -> dict[str, Any]:
        """Weights, layers, pooling, preprocessing and batch-norm policy."""
        return {
            "weights": self.weights,
            "network": self.encoder.structure,
            "layers": self.layers,
            **self.pooling.identity_values(),
            "batch_norm": self.batch_norm,
            "preprocess": self.encoder.preprocess.identity_values(),
            "input": list(self.encoder.input_shape),
            **self.encoder.beyond_weights,
        }

    def spans(self, image_shape: tuple[int, int, int]) -> Spans:
        """Columns of each layer; the shape of the images is checked by the encoder."""
        spans: dict[str, tuple[int, int]] = {}
        at = 0
        self.encoder.check_images(image_shape)
        for layer in self.layers:
            with located(f"layer {layer!r}"):
                width = self.pooling.columns(self.encoder.layers[layer])
            spans[layer] = (at, at + width)
            at += width
        return spans

    def needs_reference(self) -> bool:
        """Only `dataset` statistics are computed on reference images."""
        return self.batch_norm == "dataset"

    @override
    def fitted_values(self) -> dict[str, Any]:
        """What decides the statistics of all layers, whichever are wanted and however pooled."""
        return {
            "weights": self.weights,
            "network": self.encoder.structure,
            "until": list(self.encoder.layers)[-1],
            "preprocess": self.encoder.preprocess.identity_values(),
            "input": list(self.encoder.input_shape),
            **self.encoder.beyond_weights,
        }

    def fit(self, reference: ImageSet, device: str, progress: Progress) -> State:
        """Average the statistics of the reference images' batches, in order."""
        if self.batch_norm != "dataset":
            return {}
        averages = AveragedStatistics()
        starts = range(0, len(reference), BATCH)
        with (
            workers(_StatisticsPass(self._normalising_by_batch(device)), device) as shared,
            progress.task("batch-norm statistics", len(reference), "images") as done,
        ):

            def batch(own: _StatisticsPass, start: int) -> tuple[Moments, int]:
                images = reference.images(start, min(start + BATCH, len(reference)))
                return own(images), len(images)

            for found, count in shared.in_order(batch, starts):
                averages.add(found)
                done(count)
        return averages.result()

    @override
    def witness(self, reference: ImageSet, state: State, device: str) -> NDArray[np.float32]:
        """Means of the maps of all layers: the same for all that share the state."""
        whole = copy.copy(self)
        whole.layers, whole.pooling = list(self.encoder.layers), _MEANS
        return ImageRepresentation.witness(whole, reference, state, device)

    def extractor(self, state: State, device: str) -> Extractor:
        """Fold the statistics into the convolutions and pool inside the hooks."""
        if self.batch_norm == "batch":
            encoder = self._normalising_by_batch(device)
            return _EncoderExtractor(encoder, self.layers, self.pooling, own_batch=True)
        encoder = self.opened(state, device)
        return _EncoderExtractor(encoder, self.layers, self.pooling, own_batch=False)

    def opened(self, state: State, device: str) -> Encoder:
        """The encoder as its features are made: with the statistics of `state`, folded."""
        network = copy.deepcopy(self.encoder.network)
        give_statistics(network, state)
        return self.encoder.with_network(network).folded().to(device)

    def _normalising_by_batch(self, device: str) -> Encoder:
        """A copy of the network with activations in place and no statistics to fold."""
        network = copy.deepcopy(self.encoder.network)
        forget_statistics(network)
        return self.encoder.with_network(network).folded().to(device)


class _StatisticsPass:
    """Gives the statistics of all batch norms up to the last layer of an encoder."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.block_bytes: int | None = _map_bytes(encoder, BATCH)

    def twin(self) -> _StatisticsPass:
        """With modules of its own."""
        return _StatisticsPass(self.encoder.twin())

    def __call__(self, images: NDArray[np.uint8]) -> Moments:
        """Statistics of one batch; features are not wanted."""
        with batch_statistics(self.encoder.network) as found:
            self.encoder.encode(images, list(self.encoder.layers)[-1:], lambda maps: maps[:0])
        return found


def _map_bytes(encoder: Encoder, images: int) -> int:
    """Memory of the maps of so many images in a pass, as large as the layers say."""
    shapes = encoder.layers.values()
    sizes = (shape.channels * (shape.tokens or shape.height * shape.width) for shape in shapes)
    return 4 * images * _MAPS * max(*sizes, math.prod(encoder.input_shape))


class _EncoderExtractor(Extractor):
    """See `EncoderRepresentation.extractor`."""

    def __init__(
        self,
        encoder: Encoder,
        layers: Sequence[str],
        pooling: Pooling,
        own_batch: bool,
    ) -> None:
        self.encoder, self.layers, self.pooling = encoder, layers, pooling
        self.independent = not own_batch
        self.images = BATCH if own_batch or encoder.device.type != "cpu" else _PASS
        columns = sum(pooling.columns(encoder.layers[layer]) for layer in layers)
        self.block_bytes = _map_bytes(encoder, self.images) + 4 * BATCH * columns

    @override
    def twin(self) -> _EncoderExtractor:
        """With modules of its own: they have hooks, and may be given a batch's statistics."""
        encoder = self.encoder.twin()
        return _EncoderExtractor(encoder, self.layers, self.pooling, not self.independent)

    def __call__(self, images: NDArray[Any], out: NDArray[np.floating]) -> None:
        """Write the pooled layers side by side, some images after the others.

        Images may be float32 in [0, 1], too.
        """
        is_float = images.dtype == np.float32
        encode = self.encoder.encode_float if is_float else self.encoder.encode
        target = torch.from_numpy(out)
        for start in range(0, len(images), self.images):
            rows = slice(start, start + self.images)
            with nullcontext() if self.independent else batch_statistics(self.encoder.network):
                pooled = encode(images[rows], self.layers, self.pooling)
            torch.cat([pooled[layer].to("cpu") for layer in self.layers], 1, out=target[rows])
