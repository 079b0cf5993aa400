"""What a pipeline evaluates, by kind: one file a kind, its settings make the subjects."""

from dcgan_eval.subjects.function import HELD, Function, Held
from dcgan_eval.subjects.held import Defaults, as_subjects
from dcgan_eval.subjects.locate import find_checkpoint, find_checkpoints
from dcgan_eval.subjects.module import Module
from dcgan_eval.subjects.settings import (
    KINDS,
    EncoderSettings,
    Place,
    SubjectSettings,
    read_subjects,
)

__all__ = [
    "HELD",
    "KINDS",
    "Defaults",
    "EncoderSettings",
    "Function",
    "Held",
    "Module",
    "Place",
    "SubjectSettings",
    "as_subjects",
    "find_checkpoint",
    "find_checkpoints",
    "read_subjects",
]
