"""What gives labelled samples: generators, real data, deformed data; and their stream."""

from dcgan_eval.samples.deformed import Deformation, DeformedSource, deform
from dcgan_eval.samples.function import FunctionSource, checked_samples
from dcgan_eval.samples.generated import GeneratorSource
from dcgan_eval.samples.given import GivenSource
from dcgan_eval.samples.real import RealSource
from dcgan_eval.samples.source import BATCH, SampleSource
from dcgan_eval.samples.stream import as_bytes, asked_labels, picked, rows_like, samples

__all__ = [
    "BATCH",
    "Deformation",
    "DeformedSource",
    "FunctionSource",
    "GeneratorSource",
    "GivenSource",
    "RealSource",
    "SampleSource",
    "as_bytes",
    "asked_labels",
    "checked_samples",
    "deform",
    "picked",
    "rows_like",
    "samples",
]
