"""Tables, comparisons, plots and the report: functions of records."""

from dcgan_eval.core.doors import lazy_door

__getattr__, __dir__, __all__ = lazy_door(__name__, __file__)
