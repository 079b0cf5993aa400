"""The nearest class mean: nothing is chosen, all labels are used."""

from typing import ClassVar, Literal

import numpy as np
from scipy.spatial.distance import cdist

from dcgan_eval.core import Subject, Work, identity
from dcgan_eval.data import Items, Split
from dcgan_eval.features import Representation
from dcgan_eval.protocols import Features, Protocol, Result, Task, accuracy_metric, layout_of


class NearestMean(Protocol):
    """Settings of ``kind: nearest_mean``.

    Attributes
    ----------
    distance
        Between a test row and the mean of a class.
    """

    version: ClassVar[int] = 1
    takes: ClassVar[type[Subject]] = Representation

    kind: Literal["nearest_mean"] = identity("nearest_mean")
    distance: Literal["euclidean", "cityblock"] = identity("euclidean")

    def make_split(self, train: Items, test: Items) -> Split:
        """All rows."""
        everything = np.arange(len(train))
        return Split(train=everything, test=np.arange(len(test)), reference=everything)

    def memory_bytes(self, train: Items, split: Split, columns: int) -> int:
        """Everything as float64, and the distances."""
        rows = len(split.train) + len(split.test)
        return 8 * rows * columns + 8 * len(split.test) * len(train.class_names)

    def run(self, task: Task[Features], work: Work) -> Result:
        """Means of the training rows; the nearest one is what is predicted."""
        X, y = task.given.train[:], task.y_train
        means = [X[y == label].mean(axis=0, dtype=np.float64) for label in range(task.n_classes)]
        distances = cdist(task.given.test[:], means, self.distance)
        predictions = distances.argmin(axis=1)[None, :]
        wrong, given = predictions != task.y_test, "the weights, the labelled images"
        return Result(
            metrics=(accuracy_metric(wrong, task.test_groups, given=given),),
            predictions=predictions,
            layout=layout_of(task, "none", predictions, []),
        )
