"""Samples that were drawn elsewhere, in files: of TensorFlow, JAX, Keras, of whatever draws."""

from __future__ import annotations

from pathlib import Path

from typing_extensions import override

from dcgan_eval.core import DataError, Subject, execution, identity, map_array
from dcgan_eval.samples import GivenSource
from dcgan_eval.subjects.locate import find_file
from dcgan_eval.subjects.settings import Place, SubjectSettings


class SampleFiles(SubjectSettings):
    """Settings of ``kind: samples``.

    Attributes
    ----------
    images
        A file .npy, .npz or .safetensors with an array ``images``, ``samples`` or ``X``:
        (n, height, width[, channels]), uint8 or floats in [0, 1]; looked for as in
        ``kind: features``, and mapped. Not identity: its values are.
    labels
        A file with an array ``labels``, ``label`` or ``y``: what each sample is meant to be.
        That of `images` itself when None.

    Examples
    --------
    >>> from dcgan_eval import SampleFiles
    >>> SampleFiles(images="samples.npz", name="a GAN in JAX").images
    'samples.npz'
    """

    kind: str = identity("samples")
    images: str = execution()
    labels: str | None = execution(None)

    @override
    def make(self, part: int, place: Place) -> list[Subject]:
        path, unpacked = find_file(self.images, place), place.unpacked()
        beside = path if self.labels is None else find_file(self.labels, place)
        if self.labels is None and path.suffix == ".npy":
            raise DataError(f"{path}: has images alone; give labels")
        return [
            GivenSource(
                map_array(path, ("images", "samples", "X"), DataError, unpacked),
                map_array(beside, ("labels", "label", "y"), DataError, unpacked),
                self.name or Path(self.images).stem,
            )
        ]


SUBJECT = SampleFiles
