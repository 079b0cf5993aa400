"""Images as floats in [0, 1], as many programs have them, are the bytes they came from."""

import numpy as np

import dcgan_eval as de

rng = np.random.default_rng(0)
y = np.arange(200) % 10
X = rng.integers(0, 256, (200, 32, 32, 3), dtype=np.uint8)
X[np.arange(200), 3 * y] = 255
how = {"protocol": "full_labels", "grid": [0.001], "dataset": "bars", "progress": False}
(of_bytes,) = de.evaluate(de.Pixels(), train=(X[:150], y[:150]), test=(X[150:], y[150:]), **how)

floats = (X / 255).astype(np.float32)
parts = {"train": (floats[:150], y[:150]), "test": (floats[150:], y[150:])}
try:
    de.evaluate(de.Pixels(), **parts, **how)
except ValueError as error:
    assert "pixels='unit'" in str(error)
else:
    raise AssertionError("floats were taken for pixels without a word")
(of_floats,) = de.evaluate(de.Pixels(), **parts, pixels="unit", **how)
assert of_floats.id == of_bytes.id
assert of_floats.outcome == of_bytes.outcome
