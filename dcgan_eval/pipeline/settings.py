"""A pipeline file, read: what is evaluated, on what, by which protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import SerializeAsAny

from dcgan_eval.core import (
    Settings,
    SettingsError,
    build,
    execution,
    identity,
    located,
    override,
    read_yaml,
)
from dcgan_eval.data import DataSettings
from dcgan_eval.protocols import Protocol, read_protocol
from dcgan_eval.subjects import SubjectSettings, read_subjects


class PipelineFile(Settings):
    """The keys of a pipeline file; what lies under a ``kind`` is read by that kind.

    Attributes
    ----------
    name
        What the pipeline is called.
    data
        The image sets.
    defaults
        Keys given to every representation that has them.
    representations
        What is evaluated: a list of keys with ``kind``.
    generators
        The same list under the name that fits sources of samples; one of the two is given.
    protocol
        How: a name, or keys with ``kind``.
    results
        Folder of the records, from the working folder.
    dtype
        Storage of features.
    """

    name: str = execution()
    data: DataSettings = identity()
    defaults: dict[str, Any] = identity({})
    representations: list[dict[str, Any]] | None = identity(None)
    generators: list[dict[str, Any]] | None = identity(None)
    protocol: str | dict[str, Any] = identity()
    results: str = execution()
    dtype: str = identity("float32", pattern="^float(32|16)$")


class Pipeline(Settings):
    """A pipeline with every part read by its own settings.

    Attributes are those of `PipelineFile`, with `defaults` applied, and `beside`, the folder of its
    file: checkpoints and code are looked for there behind the working folder.
    """

    name: str = execution()
    data: DataSettings = identity()
    representations: tuple[SerializeAsAny[SubjectSettings], ...] = identity()
    protocol: SerializeAsAny[Protocol] = identity()
    results: str = execution()
    dtype: str = identity("float32")
    # No part of what a record says of itself.
    beside: Path | None = execution(None, exclude=True)


def read_pipeline(path: Path | str, assignments: Sequence[str] = ()) -> Pipeline:
    """Read a pipeline file.

    Parameters
    ----------
    path
        A YAML file.
    assignments
        ``key.path=value`` texts that change it (``--set``).

    Raises
    ------
    SettingsError
        One line that names the file, the key path, what was found and what is allowed.

    Examples
    --------
    >>> from dcgan_eval import read_pipeline
    >>> pipeline = read_pipeline("pipelines/digits.yaml", ["protocol.train_size=100"])
    >>> pipeline.name, pipeline.protocol.train_size
    ('digits', 100)
    """
    path = Path(path)
    values = read_yaml(path)
    if not isinstance(values, Mapping):
        keys = ", ".join(PipelineFile.model_fields)
        raise SettingsError(f"{path}: expected keys: {keys}")
    changed = override(values, list(assignments))
    with located(path):
        return pipeline_from(changed, path.parent)


def pipeline_from(values: Mapping[str, Any], beside: Path | None = None) -> Pipeline:
    """Read a pipeline from plain values; `beside` is the folder of the file that holds them."""
    file = build(PipelineFile, values)
    if (file.representations is None) == (file.generators is None):
        raise SettingsError("give either representations or generators")
    rows = file.generators if file.representations is None else file.representations
    return Pipeline(
        name=file.name,
        data=file.data,
        representations=tuple(read_subjects(rows, file.defaults)),
        protocol=read_protocol(file.protocol),
        results=file.results,
        dtype=file.dtype,
        beside=beside,
    )
