"""From every past schema version to today's, one step a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dcgan_eval.core import RecordError
from dcgan_eval.records.schema import SCHEMA_VERSION

Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: Mapping[int, Step] = MappingProxyType({})
"""Version → function that makes it version + 1."""


def migrate(values: object) -> dict[str, Any]:
    """Bring a record's values to today's schema version.

    Raises
    ------
    RecordError
        No version, or one that this release does not know.
    """
    version = values.get("schema_version") if isinstance(values, dict) else None
    if not isinstance(values, dict) or not isinstance(version, int):
        raise RecordError("no schema_version: not a record of dcgan-eval")
    if version > SCHEMA_VERSION:
        raise RecordError(
            f"schema version {version} is newer than this release's {SCHEMA_VERSION}; "
            "update dcgan-eval"
        )
    while version < SCHEMA_VERSION:
        if version not in STEPS:
            raise RecordError(f"schema version {version} is not known")
        version += 1
        values = {**STEPS[version - 1](values), "schema_version": version}
    return values
