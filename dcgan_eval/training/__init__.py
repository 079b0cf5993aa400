"""Training of the networks: losses, optimizers, the loop, classifiers, resumable state."""

from dcgan_eval.training.architecture import Architecture, Pretrained, Untrained
from dcgan_eval.training.augment import Augment
from dcgan_eval.training.classifier import Classifier, TrialParameters
from dcgan_eval.training.loop import train
from dcgan_eval.training.optimizer import Optimizer
from dcgan_eval.training.settings import Recipe, read_recipe
from dcgan_eval.training.state import TrainingState

__all__ = [
    "Architecture",
    "Augment",
    "Classifier",
    "Optimizer",
    "Pretrained",
    "Recipe",
    "TrainingState",
    "TrialParameters",
    "Untrained",
    "read_recipe",
    "train",
]
