"""A function of images, against the same numbers computed beforehand."""

import numpy as np

import dcgan_eval as de


def gradients(images):
    """Differences of neighbours, in both directions: (n, height, width, 1) to (n, columns)."""
    values = images[:, :, :, 0].astype(float) / 255
    across, down = np.diff(values, axis=2), np.diff(values, axis=1)
    return np.concatenate([across.reshape(len(values), -1), down.reshape(len(values), -1)], 1)


train, test = de.load_dataset("digits")
beforehand = tuple(gradients(part.images(0, len(part))) for part in (train, test))
results = de.evaluate(
    {"function": gradients, "arrays": beforehand},
    train=train,
    test=test,
    protocol="full_labels",
    train_size=200,
    grid=[0.01, 0.1],
    progress=False,
)
function, arrays = results
assert function.outcome.representation.columns == 112
assert (function.predictions().values == arrays.predictions().values).all()
assert function.outcome.metrics == arrays.outcome.metrics
