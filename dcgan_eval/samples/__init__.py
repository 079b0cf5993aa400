"""What gives labelled samples: generators, real data, deformed data; and their stream."""

from dcgan_eval.samples.deformed import Deformation, DeformedSource, deform
from dcgan_eval.samples.generated import GeneratorSource
from dcgan_eval.samples.real import RealSource
from dcgan_eval.samples.source import BATCH, SampleSource
from dcgan_eval.samples.stream import as_bytes, asked_labels, picked, rows_like, samples

__all__ = [
    "BATCH",
    "Deformation",
    "DeformedSource",
    "GeneratorSource",
    "RealSource",
    "SampleSource",
    "as_bytes",
    "asked_labels",
    "deform",
    "picked",
    "rows_like",
    "samples",
]
