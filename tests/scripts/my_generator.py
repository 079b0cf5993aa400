"""Is my class-conditional generator better than the committed one? By the nearest sample."""

import numpy as np

import dcgan_eval as de

# 28 × 28 digits, of those that come with scikit-learn.
parts = {}
for part, images in zip(("train", "test"), de.load_dataset("digits"), strict=True):
    small = np.minimum(images.images(0, len(images)), 255)
    parts[part] = (
        np.pad(small.repeat(3, 1).repeat(3, 2), ((0, 0), (2, 2), (2, 2), (0, 0))),
        images.y,
    )
X, y = parts["train"]


def mine(labels, rng):
    """As good as a generator can be, and a little noisy: uint8, or floats in [0, 1]."""
    rows = [rng.choice(np.flatnonzero(y == label)) for label in labels]
    return np.clip(X[rows] / 255 + rng.normal(scale=0.05, size=(len(rows), 28, 28, 1)), 0, 1)


results = de.evaluate(
    {"mine": mine, "committed": "mnist_conditional.safetensors"},
    **parts,
    protocol="nearest_samples",
    rungs=[128, 512],
    compared=128,
    progress=False,
)
errors = {one.outcome.representation.name: one.outcome.headline.value for one in results}
assert errors["mine"] < 15 < errors["committed"]
assert results.compare().sentences[0].startswith("mine is better than committed by")
