"""Published numbers, one YAML file a table: typed by protocol and data set, with their source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from dcgan_eval.core import read_yaml
from dcgan_eval.records.schema import At, Part, ProtocolInfo


class PublishedRow(Part):
    """One published number: what it is of, and where it was taken.

    Attributes
    ----------
    value
        Of the table's metric, in its unit.
    note
        What a reader must know: another definition, how it was printed.
    """

    name: str
    value: float
    at: At = Field(default_factory=dict)
    note: str | None = None


class PublishedTable(Part):
    """The rows of one published table that one protocol on one data set can stand beside.

    Attributes
    ----------
    settings
        What the settings of our protocol must say for these rows to be the same experiment.
    metric
        What our protocol calls the metric of these rows.
    """

    source: str
    protocol: str
    dataset: str
    settings: dict[str, Any] = Field(default_factory=dict)
    metric: str
    rows: tuple[PublishedRow, ...]


def published_tables(protocol: ProtocolInfo, dataset: str) -> tuple[PublishedTable, ...]:
    """Tables that belong beside results of a protocol on a data set; often none."""
    return tuple(
        table
        for table in _all_tables()
        if (table.protocol, table.dataset) == (protocol.kind, dataset)
        and all(protocol.settings.get(key) == value for key, value in table.settings.items())
    )


@cache
def _all_tables() -> tuple[PublishedTable, ...]:
    """Every YAML file of this folder."""
    paths = sorted(Path(__file__).parent.glob("*.yaml"))
    return tuple(PublishedTable.model_validate(read_yaml(path)) for path in paths)
