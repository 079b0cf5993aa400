"""From every past schema version to today's, one step a version."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dcgan_eval.core import RecordError
from dcgan_eval.records.schema import SCHEMA_VERSION

Step = Callable[[dict[str, Any]], dict[str, Any]]


def _coordinates(values: dict[str, Any]) -> dict[str, Any]:
    """Metrics and repeats with coordinates in place of names with ``@``; a layout, no design."""
    outcome = dict(values["outcome"])
    outcome["metrics"] = [{**one, **_named(one["name"])} for one in outcome["metrics"]]
    outcome["repeats"] = [
        {**one, "values": [{**_named(name), "value": x} for name, x in one["values"].items()]}
        for one in outcome.get("repeats", ())
    ]
    outcome["predictions"] = outcome.pop("design")
    return {**values, "outcome": outcome}


def _named(text: str) -> dict[str, Any]:
    """``error@50000`` as a name and a number of samples."""
    rung = re.fullmatch(r"(.+)@([0-9]+)", text)
    if rung is None:
        return {"name": text, "at": {}}
    return {"name": rung[1], "at": {"samples": int(rung[2])}}


STEPS: Mapping[int, Step] = MappingProxyType({1: _coordinates})
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
        try:
            values = STEPS[version](values)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RecordError(f"not a record of schema version {version}: {error!r:.80}") from None
        version += 1
        values = {**values, "schema_version": version}
    return values
