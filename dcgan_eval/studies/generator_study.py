"""`GeneratorStudy`: what studies of a generator have in common."""

from __future__ import annotations

import io
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from dcgan_eval.core import SettingsError, Subject, identity, write_bytes, write_text
from dcgan_eval.data import Items, Split, with_pixels
from dcgan_eval.protocols import Protocol
from dcgan_eval.samples import GeneratorSource
from dcgan_eval.studies.detector import DetectorSettings
from dcgan_eval.studies.drawing import NumberedSamples

_README = """\
Samples 0 ... {last} of {name}, seed {seed}; {width}x{height} pixels each.

To forget an object, draw a box around each of it and save them as
- COCO JSON, the names of the files as they are, or
- CSV with the columns image,part,left,top,width,height: the number of the sample, the name of the
  object, and its box in pixels from the upper left corner.
Samples without it have no box. Then: --set protocol.boxes=FILE --set protocol.part=NAME
--set protocol.annotated=NUMBER, where samples 0 ... NUMBER - 1 were looked at.

For arithmetic and direction, note numbers: --set protocol.exemplars='{{a: [3, 8, 12], ...}}'.
"""


class GeneratorStudy(Protocol):
    """Base of studies that look at samples as functions of z, beside real images."""

    takes: ClassVar[type[Subject]] = GeneratorSource

    def make_split(self, train: Items, test: Items) -> Split:
        """All of both sets."""
        rows = np.arange(len(train))
        return Split(train=rows, test=np.arange(len(test)), reference=rows, parts={})

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse another image size, and samples that no z decides."""
        super().check(subject, train)
        if not isinstance(subject, GeneratorSource):
            return
        subject.check_size(with_pixels(train))
        if subject.drawn.spec.dropout:
            raise SettingsError(
                f"{subject.name}: keeps dropout in its samples, which differ by more than z; give "
                "a generator without"
            )


class NumberedStudy(GeneratorStudy):
    """Base of studies of numbered samples, which the detector of parts looks at.

    Attributes
    ----------
    seed
        Of the samples, and of whatever else is drawn.
    detector
        How the detector of parts is trained; see `dcgan_eval.studies.DetectorSettings`.
    """

    seed: int = identity(0, ge=0)
    detector: DetectorSettings = identity(DetectorSettings())

    def check(self, subject: Subject, train: Items) -> None:
        """Refuse an encoder, too: it is the detector that looks."""
        super().check(subject, train)
        if isinstance(subject, GeneratorSource) and subject.encoder is not None:
            raise SettingsError(f"{subject.name}: encoder has no effect on {self.kind}; remove it")

    def write_samples(self, source: GeneratorSource, count: int, folder: Path) -> list[Path]:
        """Write samples 0 … count − 1 as PNG files by number, and what to do with them.

        Returns
        -------
        list of Path
            What was written.
        """
        samples, written = NumberedSamples(source.drawn, self.seed), []
        for number in range(count):
            image, stream = samples.of([number])[0], io.BytesIO()
            Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(stream, "PNG")
            written.append(folder / f"sample_{number:04d}.png")
            write_bytes(written[-1], stream.getvalue())
        height, width, _ = image.shape
        readme = _README.format(
            last=count - 1, name=source.name, seed=self.seed, width=width, height=height
        )
        write_text(folder / "README.txt", readme)
        return [*written, folder / "README.txt"]
