"""Features that were computed elsewhere, from files: labels are enough, rows are matched by id."""

import tempfile
from pathlib import Path

import numpy as np

import dcgan_eval as de

folder = Path(tempfile.mkdtemp())
train, test = de.load_dataset("digits")

# Some other program's work: features in any order, with the number of the item each row is of.
for part, images in (("train", train), ("test", test)):
    order = np.random.default_rng(0).permutation(len(images))
    pixels = images.images(0, len(images)).reshape(len(images), -1)[order]
    np.savez(folder / f"{part}.npz", features=np.sqrt(pixels / 255), ids=order)

results = de.evaluate(
    {
        "roots": de.FeatureFiles(train=str(folder / "train.npz"), test=str(folder / "test.npz")),
        # Two arrays do as well, rows in the order of the labels.
        "means": (
            train.images(0, len(train)).mean((2, 3)),
            test.images(0, len(test)).mean((2, 3)),
        ),
    },
    train=train.y,
    test=test.y,
    protocol="full_labels",
    grid=[0.01, 0.1],
    progress=False,
)
print(results.table())
