"""Training of the networks: losses, the loop, resumable state."""

from dcgan_eval.training.loop import train
from dcgan_eval.training.settings import Optimizer, Recipe, read_recipe
from dcgan_eval.training.state import TrainingState

__all__ = ["Optimizer", "Recipe", "TrainingState", "read_recipe", "train"]
