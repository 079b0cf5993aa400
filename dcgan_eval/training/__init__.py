"""Training of the networks: losses, the loop, classifiers, resumable state."""

from dcgan_eval.training.architecture import Architecture
from dcgan_eval.training.classifier import Classifier, TrialParameters
from dcgan_eval.training.loop import train
from dcgan_eval.training.settings import Optimizer, Recipe, read_recipe
from dcgan_eval.training.state import TrainingState

__all__ = [
    "Architecture",
    "Classifier",
    "Optimizer",
    "Recipe",
    "TrainingState",
    "TrialParameters",
    "read_recipe",
    "train",
]
