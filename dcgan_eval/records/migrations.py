"""From every past schema version to today's, one step a version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dcgan_eval.core import RecordError
from dcgan_eval.records.schema import SCHEMA_VERSION

# version → function that makes it version + 1
STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def migrate(values: object) -> dict[str, Any]:
    """Bring a record's values to today's schema version.

    Raises
    ------
    RecordError
        No version, or one that this release does not know.
    """
    if not isinstance(values, dict) or not isinstance(values.get("schema_version"), int):
        raise RecordError("no schema_version: not a record of dcgan-eval")
    while values["schema_version"] < SCHEMA_VERSION:
        version = values["schema_version"]
        if version not in STEPS:
            raise RecordError(f"schema version {version} is not known")
        values = {**STEPS[version](values), "schema_version": version + 1}
    if values["schema_version"] > SCHEMA_VERSION:
        raise RecordError(
            f"schema version {values['schema_version']} is newer than this release's "
            f"{SCHEMA_VERSION}; update dcgan-eval"
        )
    return values
