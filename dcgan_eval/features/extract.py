"""`extract_features`: the features of an encoder in one call."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from dcgan_eval.core import Progress, Silent, Work, available_memory
from dcgan_eval.data import ImageSet
from dcgan_eval.features.batchnorm import BatchNormPolicy
from dcgan_eval.features.encoder import EncoderRepresentation
from dcgan_eval.features.matrix import FeatureMatrix
from dcgan_eval.features.pooling import GEM_EPS, GEM_P, Pool, Pooling, SmallMaps, Tokens
from dcgan_eval.models import Encoder


def extract_features(
    encoder: Encoder,
    images: ImageSet,
    *,
    layers: Sequence[str] | None = None,
    grid: int = 4,
    small_maps: SmallMaps = "error",
    pool: Pool = "max",
    gem_p: float = GEM_P,
    gem_eps: float = GEM_EPS,
    tokens: Tokens | None = None,
    prefix_tokens: int = 1,
    batch_norm: BatchNormPolicy = "stored",
    reference: ImageSet | None = None,
    dtype: str = "float32",
    cache: Path | str | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> FeatureMatrix:
    """Pooled, flattened and concatenated layers of a frozen encoder.

    Parameters
    ----------
    encoder
        From `load_encoder`, or an `Encoder` of one's own network.
    images
        From `load_images`.
    layers
        Names; all of the encoder's layers when None.
    grid, small_maps, pool, gem_p, gem_eps, tokens, prefix_tokens
        What becomes of maps and tokens: see `Pooling`.
    batch_norm
        ``"stored"``, ``"dataset"`` (statistics of `reference`) or ``"batch"``.
    reference
        Images that give batch-norm statistics, in order; `images` themselves when None.
    dtype
        ``"float32"`` or ``"float16"``.
    cache
        Folder of the cache. Without one the features live in memory; where they would take more
        than half of what is free, in a temporary file that goes when they are no longer used.
    device
        Torch device.
    progress
        Where to report.

    Returns
    -------
    FeatureMatrix
        (len(images), columns).

    Examples
    --------
    >>> from dcgan_eval import extract_features, load_encoder, load_images
    >>> encoder = load_encoder("zoo/digits_dcgan8.safetensors")
    >>> images = load_images("digits", "test")
    >>> extract_features(encoder, images, layers=["layer1"], grid=2).shape
    (360, 128)
    """
    representation = EncoderRepresentation(
        encoder,
        kind="encoder",
        name=images.name,
        layers=layers,
        pooling=Pooling(grid, small_maps, pool, gem_p, gem_eps, tokens, prefix_tokens),
        batch_norm=batch_norm,
    ).stored_as(dtype)

    def within(folder: Path) -> FeatureMatrix:
        work = Work(folder, device=device, progress=progress or Silent())
        return representation.features(images, reference or images, work)

    if cache is not None:
        return within(Path(cache))
    if 2 * representation.stored_bytes(images) <= available_memory():
        work = Work(Path(), device=device, progress=progress or Silent())
        return representation.features_in_memory(images, reference or images, work)
    # On Linux a mapped file stays readable after its name is gone.
    with tempfile.TemporaryDirectory(prefix="dcgan-eval-") as folder:
        return within(Path(folder))
