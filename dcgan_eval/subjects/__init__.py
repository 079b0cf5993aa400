"""What a pipeline evaluates, by kind: one file a kind, its settings make the subjects."""

from dcgan_eval.subjects.locate import find_checkpoints, training_step
from dcgan_eval.subjects.settings import (
    KINDS,
    EncoderSettings,
    Place,
    SubjectSettings,
    read_subjects,
)

__all__ = [
    "KINDS",
    "EncoderSettings",
    "Place",
    "SubjectSettings",
    "find_checkpoints",
    "read_subjects",
    "training_step",
]
