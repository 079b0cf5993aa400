"""Single-layer K-means features of Coates, Lee and Ng (AISTATS 2011).

Fitted on unlabelled images: 1. Patches are drawn at random places. 2. Each is normalised: its mean
is subtracted, its standard deviation (variance + 10) divided out. 3. All are whitened (ZCA, 0.1
added to the eigenvalues). 4. K-means (Euclidean, Lloyd's iterations) gives K centroids.

Of an image: 5. every patch (stride 1) is normalised and whitened; z_k is its distance to centroid
k. 6. Its K activations are max(0, mean(z) − z_k), the "triangle". 7. They are summed over the four
quadrants of the image. 8. Each column is standardised (variance + 0.01), as before the paper's SVM,
by the features of unlabelled images.

The constants are those of the paper's section 3 and of its authors' demonstration code, from which
two details differ: centroids begin at patches in place of small random vectors, and a centroid that
lost all its patches stays where it is in place of being set to zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan_eval.core import DataError, Progress, rng_for
from dcgan_eval.data import ImageSet
from dcgan_eval.features.representation import Extractor
from dcgan_eval.features.workers import Workers, workers

# Added to a patch's variance (pixels of 0 … 255), to the eigenvalues of the covariance, and to the
# variance of a column.
_CONTRAST = 10.0
_ZCA = 0.1
_COLUMN = 0.01
_READ = 1024  # images read at a time for their patches
_ROWS = 4096  # rows of distances to all centroids at a time: they stay in the cache


@dataclass(frozen=True)
class Dictionary:
    """What is fitted.

    Attributes
    ----------
    mean : float32 (p,)
        Of the normalised patches, p = channels · side².
    whitening : float32 (p, p)
    centroids : float32 (K, p)
    """

    mean: NDArray[np.float32]
    whitening: NDArray[np.float32]
    centroids: NDArray[np.float32]


def fit_dictionary(
    images: ImageSet,
    *,
    maps: int,
    side: int,
    patches: int,
    iterations: int,
    seed: int,
    progress: Progress,
) -> Dictionary:
    """Steps 1 to 4.

    Parameters
    ----------
    images
        Unlabelled images.
    maps, side
        Number of centroids, and height and width of a patch.
    patches
        How many are drawn, with replacement.
    iterations
        Of Lloyd's algorithm, at most: it ends when no patch changes its centroid.
    seed
        Of the patches and of the first centroids.

    Raises
    ------
    DataError
        Fewer patches than centroids, or images that are smaller than a patch.
    """
    height, width, _ = images.image_shape
    if min(height, width) <= side:
        raise DataError(
            f"K-means: patches of {side}×{side} in images of {height}×{width}; "
            "give a smaller patch or larger images"
        )
    if patches < maps:
        raise DataError(f"K-means: {patches} patches for {maps} maps; draw more patches")
    drawn = normalized(draw_patches(images, side, patches, seed))
    mean = drawn.mean(axis=0, dtype=np.float64)
    drawn -= mean.astype(np.float32)
    first = rng_for("kmeans", "centroids", seed).choice(len(drawn), maps, replace=False)
    whitening = _whiten(drawn)
    centroids = lloyd(drawn, drawn[first], iterations, progress)
    return Dictionary(mean.astype(np.float32), whitening, centroids)


class _Chunks:
    """Work on chunks of rows, to which all threads need the same."""

    def __init__(self, columns: int) -> None:
        self.block_bytes: int | None = 4 * _ROWS * columns

    def twin(self) -> _Chunks:
        """The same: nothing is changed."""
        return self


def _whiten(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Step 3: the matrix that whitens centred rows, which they are multiplied by in place."""
    chunks = [torch.from_numpy(rows[at : at + _ROWS]) for at in range(0, len(rows), _ROWS)]
    covariance = torch.zeros((rows.shape[1], rows.shape[1]), dtype=torch.float64)
    with workers(_Chunks(rows.shape[1])) as shared:
        for product in shared.in_order(lambda _, chunk: chunk.T @ chunk, chunks):
            covariance += product
        values, vectors = torch.linalg.eigh(covariance / (len(rows) - 1))
        whitening = ((vectors / torch.sqrt(values + _ZCA)) @ vectors.T).float()
        for _ in shared.in_order(lambda _, chunk: chunk.copy_(chunk @ whitening), chunks):
            pass
    return np.asarray(whitening)


def draw_patches(images: ImageSet, side: int, count: int, seed: int) -> NDArray[np.float32]:
    """Patches (count, channels·side²) in the order channel, y, x, at places drawn evenly."""
    height, width, _ = images.image_shape
    rng = rng_for("kmeans", "patches", seed)
    image = np.sort(rng.integers(len(images), size=count))
    y = rng.integers(height - side + 1, size=count)
    x = rng.integers(width - side + 1, size=count)
    drawn = []
    for start in range(0, len(images), _READ):
        block = images.images(start, start + _READ)
        # (images, y, x, channel, patch y, patch x), a view
        windows = np.lib.stride_tricks.sliding_window_view(block, (side, side), axis=(1, 2))
        here = (image >= start) & (image < start + _READ)
        drawn.append(windows[image[here] - start, y[here], x[here]].reshape(int(here.sum()), -1))
    return np.concatenate(drawn).astype(np.float32)


def normalized(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Brightness and contrast taken out of each patch (a row)."""
    centred = patches - patches.mean(axis=1, keepdims=True)
    variance = centred.var(axis=1, ddof=1, keepdims=True)
    return np.asarray(centred / np.sqrt(variance + _CONTRAST), dtype=np.float32)


def lloyd(
    rows: NDArray[np.float32], centroids: NDArray[np.float32], iterations: int, progress: Progress
) -> NDArray[np.float32]:
    """Move centroids to the mean of the rows that are nearest to them, again and again."""
    centroids = centroids.copy()
    labels = np.full(len(rows), -1, dtype=np.int64)
    with (
        workers(_Chunks(len(centroids))) as shared,
        progress.task("K-means", iterations, "iterations") as advance,
    ):
        for _ in range(iterations):
            before, labels = labels, _nearest(rows, centroids, shared)
            advance(1)
            if np.array_equal(before, labels):
                break
            counts = np.bincount(labels, minlength=len(centroids))
            order = np.argsort(labels, kind="stable")
            kept = counts > 0
            starts = (np.cumsum(counts) - counts)[kept]
            sums = np.add.reduceat(rows[order], starts, axis=0)
            centroids[kept] = sums / counts[kept, None]
    return centroids


def _nearest(
    rows: NDArray[np.float32], centroids: NDArray[np.float32], shared: Workers[_Chunks]
) -> NDArray[np.int64]:
    """Nearest centroid of each row: the one with the largest r·c − ½|c|²."""
    half = torch.from_numpy((centroids**2).sum(axis=1) / 2)
    columns = torch.from_numpy(np.ascontiguousarray(centroids.T))

    def nearest(_: _Chunks, start: int) -> torch.Tensor:
        block = torch.from_numpy(rows[start : start + _ROWS])
        return torch.addmm(half, block, columns, beta=-1).argmax(dim=1)

    return torch.cat(list(shared.in_order(nearest, range(0, len(rows), _ROWS)))).numpy()


class TriangleFeatures(Extractor):
    """Steps 5 to 7, with everything that does not depend on the images made ready.

    Parameters
    ----------
    dictionary
        From `fit_dictionary`.
    side
        Height and width of a patch.
    device
        Torch device.
    """

    def __init__(self, dictionary: Dictionary, side: int, device: str) -> None:
        self.side, self.device = side, device
        self.mean = torch.from_numpy(dictionary.mean).to(device)
        self.whitening = torch.from_numpy(dictionary.whitening).to(device)
        centroids = torch.from_numpy(dictionary.centroids).to(device)
        # z² = |w|² − 2 w·c + |c|² as one product: [w, |w|², 1] · [−2c, 1, |c|²]
        ones = torch.ones((len(centroids), 1), device=device)
        squared = (centroids * centroids).sum(dim=1, keepdim=True)
        self.columns = torch.cat([-2 * centroids, ones, squared], dim=1).T.contiguous()
        # Patches, white ones and distances of a step, and the columns of a block.
        self.block_bytes = 4 * (_ROWS * 3 * max(self.columns.shape) + _READ * 4 * len(centroids))

    def __call__(self, images: NDArray[np.uint8], out: NDArray[np.floating]) -> None:
        """Write features of images (n, height, width, channels) into `out` (n, 4·K).

        Columns are ordered map, quadrant row, quadrant column.
        """
        pixels = torch.from_numpy(np.array(images.transpose(0, 3, 1, 2), dtype=np.float32))
        pixels = pixels.to(self.device)
        places = (images.shape[1] - self.side + 1, images.shape[2] - self.side + 1)
        quadrants = _quadrants(*places).to(self.device)
        step = max(1, _ROWS // quadrants.shape[1])
        target = torch.from_numpy(out)
        for start in range(0, len(pixels), step):
            activations = self._activations(pixels[start : start + step])
            pooled = quadrants @ activations.reshape(-1, *quadrants.shape[1:], len(self.columns.T))
            target[start : start + step] = pooled.transpose(1, 2).flatten(1)

    def _activations(self, pixels: torch.Tensor) -> torch.Tensor:
        """Triangle activations of all patches, (images · places, K)."""
        columns = torch.nn.functional.unfold(pixels, self.side)
        patches = columns.transpose(1, 2).flatten(0, 1)
        variance, mean = torch.var_mean(patches, dim=1, keepdim=True)
        patches = (patches - mean) / torch.sqrt(variance + _CONTRAST)
        white = (patches - self.mean) @ self.whitening
        squared = (white * white).sum(dim=1, keepdim=True)
        z = torch.cat([white, squared, torch.ones_like(squared)], dim=1) @ self.columns
        z.clamp_(min=0).sqrt_()
        return torch.sub(z.mean(dim=1, keepdim=True), z, out=z).clamp_(min=0)


class Standardized(Extractor):
    """Step 8 after the others.

    Parameters
    ----------
    extractor
        Gives the columns.
    mean, sd : float32 (4·K,)
        From `fit_columns`.
    """

    def __init__(
        self, extractor: Extractor, mean: NDArray[np.float32], sd: NDArray[np.float32]
    ) -> None:
        self.extractor, self.mean, self.sd = extractor, mean, sd
        self.block_bytes = extractor.block_bytes

    def __call__(self, images: NDArray[np.uint8], out: NDArray[np.floating]) -> None:
        """Write standardised features of images into `out`."""
        self.extractor(images, out)
        out -= self.mean
        out /= self.sd


def fit_columns(
    extractor: Extractor, images: ImageSet, columns: int, device: str, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of each column over the features of some images.

    Returns
    -------
    mean, sd : float32 (columns,)
        Of ``variance + 0.01``, so that a column without variance is no division by zero.
    """
    # Sums are taken about the first row: a column far from 0 loses no digits.
    offset = np.zeros(columns)
    total, squares = np.zeros(columns), np.zeros(columns)

    def of_block(own: Extractor, start: int) -> NDArray[np.float32]:
        block = images.images(start, start + _READ)
        features = np.empty((len(block), columns), np.float32)
        own(block, features)
        return features

    with (
        workers(extractor, device) as shared,
        progress.task("K-means columns", len(images), "images") as advance,
    ):
        for start, features in enumerate(shared.in_order(of_block, range(0, len(images), _READ))):
            if start == 0:
                offset = features[0].astype(np.float64)
            deviations = features - offset
            total += deviations.sum(axis=0)
            squares += (deviations * deviations).sum(axis=0)
            advance(len(features))
    mean = total / len(images)
    variance = np.maximum(squares / len(images) - mean * mean, 0)
    sd = np.sqrt(variance + _COLUMN)
    return (mean + offset).astype(np.float32), sd.astype(np.float32)


def _quadrants(rows: int, columns: int) -> torch.Tensor:
    """Which places belong to which quadrant, (4, rows · columns); the first ones are the larger."""
    y = (torch.arange(rows) >= (rows + 1) // 2).long()
    x = (torch.arange(columns) >= (columns + 1) // 2).long()
    quadrant = (2 * y[:, None] + x[None, :]).flatten()
    return (quadrant == torch.arange(4)[:, None]).float()
