"""Samples that a JAX program wrote into a file, against as many real images."""

import numpy as np

import dcgan_eval as de

train, test = de.load_dataset("digits")
X, y = train.images(0, len(train)), train.y
rng = np.random.default_rng(0)
rows = rng.permutation(len(y))[:600]
drawn = np.clip(X[rows] / 255 + rng.normal(scale=0.3, size=(600, 8, 8, 1)), 0, 1)
np.savez_compressed("samples.npz", images=drawn.astype(np.float32), labels=y[rows])

results = de.evaluate(
    {"JAX": de.SampleFiles(images="samples.npz"), "real": {"kind": "real"}},
    train=train,
    test=test,
    protocol="nearest_samples",
    rungs=[100, 600],
    progress=False,
)
frame = results.frame()
errors = frame.pivot(index="representation", columns="metric", values="value")
assert errors.loc["real", "error@600"] < errors.loc["JAX", "error@600"] < 20
assert (errors["error@600"] < errors["error@100"]).all()
# The real images are copies, each another one; the program's are not.
assert list(errors.loc["real", ["copied", "distinct"]]) == [100, 100]
assert errors.loc["JAX", "copied"] < 5
