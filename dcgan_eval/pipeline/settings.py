"""A pipeline file, read: what is evaluated, on what, by which protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import SerializeAsAny

from dcgan_eval.core import Settings, SettingsError, build, execution, identity, override, read_yaml
from dcgan_eval.data import DataSettings
from dcgan_eval.features import RepresentationSettings, read_representations
from dcgan_eval.protocols import ProtocolSettings, read_protocol


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

    Attributes are those of `PipelineFile`, with `defaults` applied.
    """

    name: str = execution()
    data: DataSettings = identity()
    representations: tuple[SerializeAsAny[RepresentationSettings], ...] = identity()
    protocol: SerializeAsAny[ProtocolSettings] = identity()
    results: str = execution()
    dtype: str = identity("float32")


def read_pipeline(path: Path, assignments: Sequence[str] = ()) -> Pipeline:
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
    """
    values = read_yaml(path)
    source = str(path)
    if not isinstance(values, Mapping):
        keys = ", ".join(PipelineFile.model_fields)
        raise SettingsError(f"{source}: expected keys: {keys}")
    return pipeline_from(override(values, list(assignments)), source)


def pipeline_from(values: Mapping[str, Any], source: str) -> Pipeline:
    """Read a pipeline from plain values; `source` stands in front of messages."""
    file = build(PipelineFile, values, source)
    if (file.representations is None) == (file.generators is None):
        raise SettingsError(f"{source}: give either representations or generators")
    rows = file.generators if file.representations is None else file.representations
    return Pipeline(
        name=file.name,
        data=file.data,
        representations=tuple(read_representations(rows, file.defaults, source)),
        protocol=read_protocol(file.protocol, source),
        results=file.results,
        dtype=file.dtype,
    )
