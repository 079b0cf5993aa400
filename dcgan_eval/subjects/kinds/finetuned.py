"""A trained network that is trained on with labels: for protocols that train."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from dcgan_eval.core import Subject, execution, identity
from dcgan_eval.models import load_encoder
from dcgan_eval.subjects.locate import find_checkpoints, told_apart
from dcgan_eval.subjects.settings import Place, SubjectSettings
from dcgan_eval.training import Pretrained


class Finetuned(SubjectSettings):
    """Settings of ``kind: finetuned``.

    Attributes
    ----------
    path, geometry
        As of ``kind: checkpoint``.
    trainable_layers
        How many layers are trained beside the new last one, from the last; 0 trains that alone.
        All of the network when not given.
    """

    path: str = execution()
    geometry: dict[str, Any] | None = identity(None)
    trainable_layers: int | None = identity(None, ge=0)

    @override
    def parts(self, place: Place) -> int:
        return len(find_checkpoints(self.path, place))

    @override
    def make(self, part: int, place: Place) -> list[Subject]:
        paths = find_checkpoints(self.path, place)
        told = told_apart(paths, part, self.name or f"fine-tuned {paths[part].stem}")
        return [
            Pretrained(
                load_encoder(paths[part], geometry=self.geometry),
                told.name,
                self.trainable_layers,
                method=told.method,
                seed=told.seed,
                step=told.step,
            )
        ]


SUBJECT = Finetuned
