"""Features of my TensorFlow encoder on CIFAR-10, few labels, against pixels."""

import numpy as np

import dcgan_eval as de

rng = np.random.default_rng(0)
y, y_test = np.arange(300) % 10, np.arange(100) % 10
centres = rng.normal(size=(10, 64))
np.savez(
    "from_tensorflow.npz",
    train=centres[y] + rng.normal(size=(300, 64)),
    test=centres[y_test] + rng.normal(size=(100, 64)),
)
X, X_test = (rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8) for n in (300, 100))

features = np.load("from_tensorflow.npz")
results = de.evaluate(
    {"TensorFlow": (features["train"], features["test"]), "pixels": de.Pixels()},
    train=(X, y),
    test=(X_test, y_test),
    protocol="few_labels",
    per_class=5,
    draws=3,
    selection="within_draw",
    folds=2,
    grid=[0.001, 0.01],
    dataset="my_cifar10",
    progress=False,
)
mine, pixels = (one.outcome.headline for one in results)
assert mine.value < 10 and pixels.value > 70 and mine.n_repeats == 3
(sentence,) = results.compare().sentences
assert sentence.startswith("TensorFlow is better than pixels by")
assert "**few_labels on my_cifar10**" in results.table()
