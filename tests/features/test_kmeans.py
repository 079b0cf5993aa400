"""K-means features against plain loops over patches, centroids and quadrants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from dcgan_eval.core import DataError, Silent, rng_for
from dcgan_eval.data import ImageSet
from dcgan_eval.features.kmeans import (
    Dictionary,
    TriangleFeatures,
    draw_patches,
    fit_dictionary,
    lloyd,
    normalized,
)
from dcgan_eval.subjects import Place, read_subjects
from tests.make.images import made_images

SIDE = 3


def images(n: int, height: int = 8, width: int = 9, channels: int = 3) -> ImageSet:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n, height, width, channels), dtype=np.uint8)
    # Neighbouring pixels resemble each other, as in photographs.
    pixels[:, :, 1:] = pixels[:, :, 1:] // 2 + pixels[:, :, :-1] // 2
    return made_images("noise", pixels, np.zeros(n, np.int64), ("a", "b"), "noise")


def fit(source: ImageSet, **changes: Any) -> Dictionary:
    keys = {"maps": 5, "side": SIDE, "patches": 600, "iterations": 20, "seed": 0, **changes}
    return fit_dictionary(source, progress=Silent(), **keys)


def normalized_by_hand(patch: NDArray[np.uint8]) -> NDArray[np.float64]:
    """A patch (y, x, channel) as one normalised row in the order channel, y, x."""
    row = patch.transpose(2, 0, 1).astype(np.float64).ravel()
    return (row - row.mean()) / np.sqrt(row.var(ddof=1) + 10)


def features_by_hand(image: NDArray[np.uint8], fitted: Dictionary) -> NDArray[np.float64]:
    """One patch, one centroid, one quadrant after another: (map, quadrant row, column)."""
    rows, columns = image.shape[0] - SIDE + 1, image.shape[1] - SIDE + 1
    out = np.zeros((len(fitted.centroids), 2, 2))
    for y in range(rows):
        for x in range(columns):
            row = normalized_by_hand(image[y : y + SIDE, x : x + SIDE])
            white = (row - fitted.mean) @ fitted.whitening
            z = [np.sqrt(((white - c) ** 2).sum()) for c in fitted.centroids.astype(np.float64)]
            for k, distance in enumerate(z):
                quadrant = int(y >= rows / 2), int(x >= columns / 2)
                out[k][quadrant] += max(0.0, np.mean(z) - distance)
    return out


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(8, 9), (6, 6)])
def test_features_are_those_of_plain_loops(channels: int, size: tuple[int, int]) -> None:
    some = images(7, *size, channels)
    fitted = fit(some)
    found = np.empty((7, 20), np.float32)
    TriangleFeatures(fitted, SIDE, "cpu")(some.pixels, found)
    wanted = np.stack([features_by_hand(image, fitted).ravel() for image in some.pixels])
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_patches_are_cut_from_the_images_in_the_order_of_the_features() -> None:
    some = images(3)
    drawn = draw_patches(some, SIDE, 50, seed=1)
    rng = rng_for("kmeans", "patches", 1)
    image = np.sort(rng.integers(3, size=50))
    y, x = rng.integers(6, size=50), rng.integers(7, size=50)
    for at in range(50):
        patch = some.pixels[image[at], y[at] : y[at] + SIDE, x[at] : x[at] + SIDE]
        np.testing.assert_array_equal(drawn[at], patch.transpose(2, 0, 1).ravel())
    np.testing.assert_array_equal(drawn, draw_patches(some, SIDE, 50, seed=1))
    assert not np.array_equal(drawn, draw_patches(some, SIDE, 50, seed=2))


def test_patches_come_from_all_images_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    some = images(40)
    some.pixels[:] = np.arange(40, dtype=np.uint8)[:, None, None, None]
    whole = draw_patches(some, SIDE, 4000, seed=0)
    assert np.bincount(whole[:, 0].astype(int), minlength=40).min() > 60
    monkeypatch.setattr("dcgan_eval.features.kmeans._READ", 7)
    np.testing.assert_array_equal(draw_patches(some, SIDE, 4000, seed=0), whole)


def test_whitened_patches_are_white() -> None:
    some = images(60)
    fitted = fit(some, patches=5000)
    rows = normalized(draw_patches(some, SIDE, 5000, seed=0)) - fitted.mean
    covariance = np.cov(rows.astype(np.float64), rowvar=False)
    values, vectors = np.linalg.eigh(covariance)
    white = np.cov(rows @ fitted.whitening, rowvar=False)
    # Along an eigenvector the variance v becomes v / (v + 0.1).
    np.testing.assert_allclose(
        vectors.T @ white @ vectors, np.diag(values / (values + 0.1)), atol=1e-3
    )
    np.testing.assert_allclose(fitted.whitening, fitted.whitening.T, atol=1e-4)


def test_lloyd_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    rows = (
        rng.normal(size=(400, 6)) + 3 * rng.normal(size=(8, 6))[rng.integers(0, 8, 400)]
    ).astype(np.float32)
    first = rows[:10]
    found = lloyd(rows, first, 100, Silent())
    model = KMeans(10, init=first, n_init=1, max_iter=100, tol=0, algorithm="lloyd").fit(rows)
    np.testing.assert_allclose(found, model.cluster_centers_, atol=1e-4)


def test_a_centroid_without_patches_stays_where_it_is() -> None:
    rows = np.array([[0.0, 0.0], [0.0, 1.0], [9.0, 9.0]], np.float32)
    far = np.array([[0.0, 0.2], [9.0, 8.0], [500.0, 500.0]], np.float32)
    found = lloyd(rows, far, 10, Silent())
    np.testing.assert_array_equal(found, [[0.0, 0.5], [9.0, 9.0], [500.0, 500.0]])


def test_refuses_what_cannot_be_fitted() -> None:
    with pytest.raises(DataError, match="smaller patch"):
        fit(images(3), side=8)
    with pytest.raises(DataError, match="draw more patches"):
        fit(images(3), patches=4)


def test_the_representation_is_fitted_on_the_reference_alone() -> None:
    entry = {"kind": "kmeans", "maps": 4, "patch": SIDE, "patches": 200, "iterations": 5}
    (settings,) = read_subjects([entry], {})
    (one,) = settings.make(0, Place())
    assert one.needs_reference()
    assert one.spans((8, 9, 3)) == {"kmeans": (0, 16)}
    state = one.fit(images(20), "cpu", Silent())
    assert sorted(state) == ["centroids", "column_mean", "column_sd", "mean", "whitening"]
    out = np.empty((7, 16), np.float32)
    one.extractor(state, "cpu")(images(7).pixels, out)
    alone = np.empty((1, 16), np.float32)
    one.extractor(state, "cpu")(images(7).pixels[4:5], alone)
    np.testing.assert_allclose(alone[0], out[4], rtol=1e-5, atol=1e-5)


def test_columns_are_standardised_by_the_reference_images() -> None:
    entry = {"kind": "kmeans", "maps": 4, "patch": SIDE, "patches": 200, "iterations": 5}
    reference = images(30)

    def features(**keys: int) -> NDArray[np.float64]:
        (settings,) = read_subjects([{**entry, **keys}], {})
        (one,) = settings.make(0, Place())
        out = np.empty((30, 16), np.float32)
        one.extractor(one.fit(reference, "cpu", Silent()), "cpu")(reference.pixels, out)
        return out.astype(np.float64)

    plain = features(standardize=0)
    # 100 images are asked for, 30 are there.
    wanted = (plain - plain.mean(axis=0)) / np.sqrt(plain.var(axis=0) + 0.01)
    np.testing.assert_allclose(features(standardize=100), wanted, rtol=1e-4, atol=1e-4)
    # Ten of thirty, spread evenly.
    some = plain[::3]
    wanted = (plain - some.mean(axis=0)) / np.sqrt(some.var(axis=0) + 0.01)
    np.testing.assert_allclose(features(standardize=10), wanted, rtol=1e-4, atol=1e-4)
