"""What is fitted on what, selected on what, scored on what: one file a protocol."""

from dcgan_eval.protocols.base import (
    PROTOCOLS,
    Features,
    Protocol,
    Result,
    Task,
    read_protocol,
)
from dcgan_eval.protocols.memorisation import nearest_training_images
from dcgan_eval.protocols.probed import ProbedProtocol
from dcgan_eval.protocols.scoring import (
    accuracy_metric,
    confusion_matrix,
    error_metric,
    error_rates,
    layout_of,
    projection,
    selection_of,
)

__all__ = [
    "PROTOCOLS",
    "Features",
    "ProbedProtocol",
    "Protocol",
    "Result",
    "Task",
    "accuracy_metric",
    "confusion_matrix",
    "error_metric",
    "error_rates",
    "layout_of",
    "nearest_training_images",
    "projection",
    "read_protocol",
    "selection_of",
]
