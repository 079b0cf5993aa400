"""A network in memory on arrays, against random weights and raw pixels: table, comparison, page."""

import tempfile
from pathlib import Path

from torch import nn

import dcgan_eval as de

# What people hold: uint8 arrays N x H x W (x C), whole numbers or texts as labels.
train, test = de.load_dataset("digits")
X, y = train.images(0, len(train)), train.y
X_test, y_test = test.images(0, len(test)), test.y

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(16, 16, 3, padding=1)
)

results = de.evaluate(
    {
        "mine": net,
        "random": de.RandomNetwork("dcgan8", seeds=3, batch_norm="dataset", small_maps="keep"),
        "pixels": de.Pixels(),
        "columns": lambda images: images.mean((1, 3)),
    },
    train=(X, y),
    test=(X_test, y_test),
    protocol="few_labels",
    per_class=5,
    draws=5,
    selection="within_draw",
    folds=2,
    preprocess=([0.5], [0.5]),
    dataset="digits",
    progress=False,
)
print(results)  # where the records are
print(results.table())
print(results.compare().pairs[0].sentence)
print(results.report(Path(tempfile.mkdtemp()) / "report.html"))
