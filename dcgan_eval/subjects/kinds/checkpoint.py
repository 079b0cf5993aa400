"""A trained network in a file; a folder or a pattern of files is many, by training step or seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dcgan_eval.core import execution, identity
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import load_encoder
from dcgan_eval.subjects.locate import find_checkpoints, training_seed, training_step
from dcgan_eval.subjects.settings import EncoderSettings, Place, SubjectSettings


class Checkpoint(EncoderSettings):
    """Settings of ``kind: checkpoint``.

    Attributes
    ----------
    path
        A file, a folder of checkpoints, or a pattern such as ``run/step_*.safetensors`` (steps)
        or ``runs/*/final.safetensors`` (trainings, which are seeds of one method where their cards
        name several); looked for from the working folder, then beside the pipeline, then in the
        checkpoint roots. Not identity: the hash of the weights is.
    geometry
        What a state dict does not say (``input``, ``strides``, ``paddings``, ``slope``), where no
        known layout fits unambiguously.
    **keys
        Those of `EncoderSettings`: ``layers``, ``grid``, ``pool``, ``gem_p``, ``gem_eps``,
        ``tokens``, ``prefix_tokens``, ``batch_norm``, ``small_maps``, ``ablate``, ``name``.

    Examples
    --------
    >>> from dcgan_eval import Checkpoint, evaluate
    >>> subject = Checkpoint("zoo/digits_dcgan8.safetensors", small_maps="keep")
    >>> few = {"train_size": 100, "grid": [0.01], "progress": False}
    >>> evaluate(subject, train="digits", test="digits", protocol="full_labels", **few)
    <Results: 1 record in ...>
    """

    kind: str = identity("checkpoint")
    path: str = execution()
    geometry: dict[str, Any] | None = identity(None)

    def __init__(self, path: str | Path, **keys: Any) -> None:
        """Take the path by its place; see the attributes."""
        SubjectSettings.__init__(self, path=str(path), **keys)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def parts(self, place: Place) -> int:
        """One a file."""
        return len(find_checkpoints(self.path, place))

    def representation(self, part: int, place: Place) -> EncoderRepresentation:
        """The network of one file."""
        paths = find_checkpoints(self.path, place)
        path, several = paths[part], len(paths) > 1
        method = self.name or path.stem
        seeds = [training_seed(one) for one in paths] if several else []
        # Several steps of one training have its seed in common, which tells none apart.
        seed = seeds[part] if len(set(seeds)) > 1 and None not in seeds else None
        told = [f"seed {seed}"] if seed is not None else []
        told += [path.stem] if len({one.stem for one in paths}) > 1 else []
        return EncoderRepresentation(
            load_encoder(path, layers=self.layers, geometry=self.geometry),
            kind=self.kind,
            name=", ".join([method, *told]),
            layers=self.layers,
            pooling=self.pooling(),
            batch_norm=self.batch_norm,
            method=method if several else None,
            seed=seed,
            step=training_step(path) if several else None,
        )


SUBJECT = Checkpoint
