"""All readers of files, each with a valid file of every form that it reads."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import faults_mutations as forms
from benchmarks import faults_others_files as others
from benchmarks import faults_own_files as own
from benchmarks.faults_mutations import Form
from benchmarks.faults_own_files import Maker
from dcgan_eval.reporting import make_report


@dataclass(frozen=True)
class Reader:
    """A file and what reads it.

    Attributes
    ----------
    exact
        Whether what is read is what was written, or nothing: the file has a sum of its own.
    share
        How many of its files are read, against those of others.
    """

    form: Form
    make: Maker
    exact: bool = False
    share: float = 1.0


_SVHN, _MNIST = "svhn/train_32x32.mat", "MNIST/raw/train-{}-ubyte"

READERS = {
    # Ours.
    "record": Reader(forms.RECORD, own.record, share=3),
    "record shown": Reader(forms.RECORD, own.shown_record, share=3),
    "record on a page": Reader(forms.RECORD, own.page_of_record, share=0.2),
    "predictions": Reader(forms.ZIP, own.predictions, exact=True),
    "predictions shown": Reader(forms.ZIP, own.signed("predictions", own.shown), share=2),
    "exhibits on a page": Reader(
        forms.ZIP, own.signed("exhibits", lambda folder: make_report([folder])), share=0.2
    ),
    "unit": Reader(forms.ZIP, own.unit, exact=True, share=2),
    "about features": Reader(forms.JSON, own.features("features/*/about.json"), True, 0.5),
    "features": Reader(forms.BYTES, own.features("features/*/values.bin"), True, 0.5),
    "fitted state": Reader(forms.ZIP, own.features("states/*.npz"), True, 0.5),
    "features explained": Reader(forms.JSON, own.explained),
    "entry of images": Reader(forms.JSON, own.decoded("entry.json"), True, 0.5),
    "pixels": Reader(forms.NPY, own.decoded("pixels.npy"), True, 0.5),
    "labels of images": Reader(forms.NPY, own.decoded("labels.npy"), True, 0.5),
    "unpacked features": Reader(forms.NPY, others.unpacked("values.npy"), True, 0.5),
    "sum of unpacked features": Reader(forms.BYTES, others.unpacked("sha256"), True, 0.5),
    "training state": Reader(forms.ZIP, own.training_state, exact=True),
    "pipeline": Reader(forms.TEXT, own.pipeline, share=3),
    "recipe": Reader(forms.TEXT, own.recipe, share=2),
    "style of a table": Reader(forms.TEXT, own.style, share=0.5),
    # Checkpoints.
    "our checkpoint": Reader(
        forms.SAFETENSORS, others.checkpoint("d.safetensors", others.ours), share=2
    ),
    "sequence": Reader(
        forms.SAFETENSORS, others.checkpoint("s.safetensors", others.sequence), share=2
    ),
    "generator": Reader(forms.SAFETENSORS, others.generator, share=2),
    "torch": Reader(forms.ZIP, others.checkpoint("d.pth", others.zipped), share=2),
    "old torch": Reader(forms.PICKLE, others.checkpoint("d.pt", others.pickled), share=2),
    "authors' list": Reader(forms.PICKLE, others.authors("d.jl")),
    "authors' array": Reader(forms.NPY, others.authors("d.jl_02.npy")),
    # Data sets.
    "npz": Reader(forms.ZIP, others.images("own/own.npz", others.archive), share=2),
    "mat": Reader(forms.MAT, others.images(_SVHN, others.plain_mat, "svhn"), share=2),
    "packed mat": Reader(forms.PACKED_MAT, others.images(_SVHN, others.packed_mat, "svhn")),
    "parquet": Reader(forms.PARQUET, others.images("own/train.parquet", others.shard), share=2),
    "idx images": Reader(
        forms.IDX, others.images(_MNIST.format("images-idx3"), others.idx, "mnist"), share=0.5
    ),
    "idx labels": Reader(
        forms.IDX, others.images(_MNIST.format("labels-idx1"), others.idx, "mnist"), share=0.5
    ),
    "png": Reader(forms.PNG, others.images("own/train/a/0.png", others.pictures("png")), share=2),
    "jpeg": Reader(
        forms.PICTURE, others.images("own/train/a/0.jpeg", others.pictures("jpeg")), share=2
    ),
    "webp": Reader(forms.PICTURE, others.images("own/train/a/0.webp", others.pictures("webp"))),
    "sums": Reader(forms.TEXT, others.sums, share=0.5),
    # What was made elsewhere.
    "labels npy": Reader(forms.NPY, others.labels("npy")),
    "labels parquet": Reader(forms.PARQUET, others.labels("parquet")),
    "features npy": Reader(forms.NPY, others.features("npy"), share=2),
    "features npz": Reader(forms.ZIP, others.features("npz")),
    "packed features npz": Reader(forms.ZIP, others.features("npz", packed=True)),
    "features safetensors": Reader(forms.SAFETENSORS, others.features("safetensors")),
    "features parquet": Reader(forms.PARQUET, others.features("parquet")),
    "columns of features": Reader(forms.JSON, others.columns),
    "samples": Reader(forms.ZIP, others.samples),
    "answers csv": Reader(forms.TEXT, others.answers("csv"), share=2),
    "answers jsonl": Reader(forms.TEXT, others.answers("jsonl"), share=2),
    "answers parquet": Reader(forms.PARQUET, others.answers("parquet")),
    "answers npz": Reader(forms.ZIP, others.answers("npz")),
    "answers npy": Reader(forms.NPY, others.answers("npy")),
}
