"""What a record says: the outcome, which running again reproduces, and how the run went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dcgan_eval.core import Took

SCHEMA_VERSION = 2

Whole = Annotated[int, Field(ge=-(2**63), lt=2**64)]
"""A whole number of 64 bits."""

At = dict[Literal["samples", "layer", "k"], Annotated[int, Field(ge=0, lt=2**63)] | str]
"""Coordinates inside one record; what a whole record is of stands in its `RepresentationInfo`."""


def metric_label(name: str, at: Mapping[Any, int | str]) -> str:
    """A metric as tables show it and ``--metric`` takes it.

    ``error@50000`` for a number of samples, ``accuracy@layer=conv1`` and so on for the rest.
    """
    for axis in sorted(at):
        name += f"@{at[axis]}" if axis == "samples" else f"@{axis}={at[axis]}"
    return name


class Part(BaseModel):
    """Base of all parts: frozen, unknown keys refused, numbers finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MetricInterval(Part):
    """An interval in the metric's unit, with what it covers and what is given."""

    low: float
    high: float
    level: float = 0.95
    method: str
    covers: str
    given: str


class Value(Part):
    """A number by name, and where inside the record it was taken."""

    name: str
    value: float
    at: At = Field(default_factory=dict)

    @property
    def label(self) -> str:
        """See `metric_label`."""
        return metric_label(self.name, self.at)


class Metric(Value):
    """One number that the protocol reports."""

    unit: str = "%"
    better: Literal["high", "low"]
    interval: MetricInterval | None = None
    sd: float | None = Field(default=None, description="over repeats, ddof 1")
    n_repeats: Whole = 1
    headline: bool = Field(default=False, description="the number that tables show first")
    spread: float | None = Field(
        default=None, description="1.96 × sd (ddof 0) over draws, as the DCGAN authors print it"
    )


class SetInfo(Part):
    """One image set that was used."""

    fingerprint: str
    size: Whole
    shape: tuple[Whole, Whole, Whole] | None = Field(
        description="height, width, channels; null where the items have labels alone"
    )
    groups: str | None = Field(
        default=None, description="hash of the group of each item, where the data have groups"
    )


class DataInfo(Part):
    """Which images, and whether they are the whole published set."""

    name: str
    train: SetInfo
    test: SetInfo
    class_names: tuple[str, ...]
    subset: str | None = Field(default=None, description="why this is not the whole set, or null")


class ProtocolInfo(Part):
    """The protocol with the settings that decide the outcome."""

    kind: str
    version: Whole
    preset: str | None = None
    settings: dict[str, Any]


class RepresentationInfo(Part):
    """Where the features (or samples) come from."""

    kind: str
    name: str
    method: str | None = Field(
        default=None, description="what several seeds or steps have in common"
    )
    seed: Whole | None = None
    step: Whole | None = None
    weights: str | None = Field(default=None, description="hash of the weights")
    layers: tuple[str, ...] = ()
    columns: Whole | None = None
    identity: dict[str, Any]
    assumed: dict[str, Any] = Field(
        default_factory=dict, description="what nobody said and was taken as it usually is"
    )


class SelectionPoint(Part):
    """One value that was tried, with its score on the selection part (percent)."""

    value: float
    score: float
    scores: tuple[float, ...] = ()


class Selection(Part):
    """How a hyper-parameter was chosen: grid, whole curve, choice."""

    parameter: str
    scored_on: str
    metric: str
    better: Literal["high", "low"]
    curve: tuple[SelectionPoint, ...]
    chosen: float
    at_end: bool
    extended: Whole = 0


class Layout(Part):
    """How the predictions beside the record are laid out (rows × items)."""

    rows: Literal["none", "draws", "seeds"]
    n_rows: Whole
    n_items: Whole
    items: str = Field(description="fingerprint of the test items, in order")
    row_ids: str = Field(description="fingerprint of the draws or seeds, in order")
    grouped: bool = False


class Repeat(Part):
    """One repetition (a draw, a seed): its metrics, in their units."""

    name: str
    values: tuple[Value, ...]


class Outcome(Part):
    """Everything that running again gives again, byte for byte."""

    protocol: ProtocolInfo
    data: DataInfo
    representation: RepresentationInfo
    metrics: tuple[Metric, ...] = Field(min_length=1)
    selection: tuple[Selection, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    predictions: Layout | None = None
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = Field(default_factory=dict)

    @property
    def headline(self) -> Metric:
        """The metric that tables show first."""
        return next((metric for metric in self.metrics if metric.headline), self.metrics[0])


class RunInfo(Part):
    """How the run went; never compared."""

    started: str
    seconds: dict[str, float]
    cpu_seconds: dict[str, float] = Field(
        default_factory=dict, description="by the same phases; empty in older records"
    )
    load: float | None = Field(
        default=None, description="average of the machine over the minute before the run"
    )
    environment: dict[str, str]
    settings: dict[str, Any]
    command: str
    git_revision: str | None = None
    warnings: tuple[str, ...] = ()
    guard: tuple[float, ...] = Field(
        default=(), description="what the subject gave for fixed noise, where code gives it"
    )

    @property
    def took(self) -> Took:
        """Of all phases."""
        cpu = self.cpu_seconds
        return Took(sum(self.seconds.values()), sum(cpu.values()) if cpu else None)


class Record(Part):
    """A result: what was done, what came out, how the run went.

    Examples
    --------
    >>> from pathlib import Path
    >>> from dcgan_eval.records import read_record
    >>> (path,) = Path("results/cifar10_3000").glob("*.a4cd59f7fe08.json")
    >>> record = read_record(path)
    >>> headline = record.outcome.headline
    >>> headline.label, round(headline.value, 2), headline.unit
    ('accuracy', 70.32, '%')
    """

    schema_version: Whole = SCHEMA_VERSION
    id: str
    outcome: Outcome
    run: RunInfo
    digests: dict[Literal["outcome", "predictions", "exhibits"], str] = Field(
        default_factory=dict, description="filled when the record is saved"
    )

    def _repr_html_(self) -> str:
        from dcgan_eval.records.display import record_html

        return record_html(self)
