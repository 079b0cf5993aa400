"""Code that cannot be told by itself (here an object in its closure) is served by its version."""

import numpy as np

import dcgan_eval as de


class Projection:
    """Something that a library made: its state is not seen."""

    __slots__ = ("calls", "matrix")

    def __init__(self, seed):
        self.matrix, self.calls = np.random.default_rng(seed).normal(size=(64, 16)), 0

    def __call__(self, images):
        self.calls += 1
        return images.reshape(len(images), -1) / 255 @ self.matrix


def features_of(projection):
    return lambda images: projection(images)


how = {"train": "digits", "test": "digits", "protocol": "full_labels", "train_size": 100}
how |= {"grid": [0.01], "progress": False}
first, second = Projection(0), Projection(0)
(done,) = de.evaluate({"random": features_of(first)}, version="2026-01", **how)
(again,) = de.evaluate({"random": features_of(second)}, version="2026-01", **how)
assert again.id == done.id and again.run.started == done.run.started
assert second.calls < first.calls  # looked at, whether it is what it was; not computed
(other,) = de.evaluate({"random": features_of(Projection(1))}, version="2026-02", **how)
assert other.id != done.id and other.outcome.metrics != done.outcome.metrics
