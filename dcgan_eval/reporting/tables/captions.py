"""What a paper would call a table: the metric, the data set by its own name, the labels."""

from __future__ import annotations

from dcgan_eval.reporting.results.experiment import Experiment
from dcgan_eval.reporting.results.rows import Row
from dcgan_eval.reporting.results.series import is_rung, samples_of

# As their authors write them; others stand as they are called.
_DATASETS = {
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "fashion-mnist": "Fashion-MNIST",
    "mnist": "MNIST",
    "svhn": "SVHN",
    "svhn_subset": "SVHN",
}
# A subset in so many characters stands in a caption; a longer one below the table alone.
_FEW = 40


def caption_of(row: Row) -> str:
    """``Accuracy on CIFAR-10, all training labels``: of a table with this row."""
    samples = samples_of(row) if is_rung(row) else None
    metric = capital(row.metric.replace("_", " "))
    return f"{metric} on {experiment_words(row.experiment, samples)}"


def capital(text: str) -> str:
    """With a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def dataset_words(experiment: Experiment) -> str:
    """``CIFAR-10``; ``a part of SVHN`` where it is no more than that."""
    data = _DATASETS.get(experiment.dataset, experiment.dataset)
    return data if experiment.subset is None else f"a part of {data}"


def experiment_words(experiment: Experiment, samples: int | None = None) -> str:
    """``CIFAR-10, all training labels``; a protocol that is none of ours stands by its name."""
    subset = experiment.subset
    labels = f"{experiment.values.get('per_class')} labels a class"
    how = {
        "full_labels": "all training labels",
        "few_labels": labels,
        "supervised": f"networks trained on {labels}",
        "nearest_samples": f"nearest of {samples:,} samples" if samples else "nearest samples",
    }.get(experiment.kind, experiment.protocol)
    if subset is not None and len(subset) <= _FEW:
        how = subset if experiment.kind == "full_labels" else f"{subset}, {how}"
        return f"{_DATASETS.get(experiment.dataset, experiment.dataset)}, {how}"
    return f"{dataset_words(experiment)}, {how}"
