"""How good is what this network has learned: features, probes, records, tables.

The public names, imported when they are first used: ``import dcgan_eval`` does not import torch.
"""

from dcgan_eval.core.doors import lazy_door

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_door(__name__, __file__)
