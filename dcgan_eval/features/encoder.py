"""Features of a frozen network: layers pooled under a batch-norm policy."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

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
    batch_norms,
    batch_statistics,
    give_statistics,
)
from dcgan_eval.features.blocks import BATCH
from dcgan_eval.features.extraction import ImageRepresentation
from dcgan_eval.features.matrix import Spans
from dcgan_eval.features.pooling import Pooling, prefix_doubt
from dcgan_eval.features.representation import Extractor, State

if TYPE_CHECKING:
    from dcgan_eval.models import Encoder


_GUARD_IMAGES = 8
_DEFAULT_POOLING = Pooling()


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

    def fit(self, reference: ImageSet, device: str, progress: Progress) -> State:
        """Average the statistics of the reference images' batches, in order."""
        if self.batch_norm != "dataset":
            return {}
        averages = AveragedStatistics()
        encoder = self.encoder.with_network(copy.deepcopy(self.encoder.network)).to(device)
        with (
            batch_statistics(encoder.network, averages.observe),
            progress.task("batch-norm statistics", len(reference), "images") as done,
        ):
            for start in range(0, len(reference), BATCH):
                images = reference.images(start, min(start + BATCH, len(reference)))
                encoder.encode(images, self.layers[-1:], _nothing)
                done(len(images))
        return averages.result()

    def extractor(self, state: State, device: str) -> Extractor:
        """Fold the statistics into the convolutions and pool inside the hooks."""
        network = copy.deepcopy(self.encoder.network)
        give_statistics(network, dict(state))
        encoder = self.encoder.with_network(network)
        if self.batch_norm != "batch":
            encoder = encoder.folded()
        own_batch = self.batch_norm == "batch"
        return _EncoderExtractor(encoder.to(device), self.layers, self.pooling, own_batch)


def _nothing(maps: torch.Tensor) -> torch.Tensor:
    """A reduction for passes whose features nobody wants."""
    return maps.new_empty(0)


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

    def __call__(self, images: NDArray[np.uint8], out: NDArray[np.floating]) -> None:
        """Write the pooled layers side by side."""
        with nullcontext() if self.independent else batch_statistics(self.encoder.network):
            pooled = self.encoder.encode(images, self.layers, self.pooling)
        at = 0
        target = torch.from_numpy(out)
        for layer in self.layers:
            width = pooled[layer].shape[1]
            target[:, at : at + width].copy_(pooled[layer])
            at += width
