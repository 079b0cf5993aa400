"""How a record shows itself in a notebook."""

from __future__ import annotations

from html import escape

from dcgan_eval.records.schema import Metric, Record


def record_html(record: Record) -> str:
    """A record as one small HTML table: what was done on what, what came out."""
    outcome = record.outcome
    protocol, took = outcome.protocol, record.run.took
    lines = [
        ("protocol", protocol.preset or protocol.kind),
        ("data", f"{outcome.data.name}, {outcome.data.test.size:,} test images"),
        *((metric.label, _metric_text(metric)) for metric in outcome.metrics),
        *((f"chosen {one.parameter}", f"{one.chosen:g}") for one in outcome.selection),
        ("seconds", f"{took.seconds:.1f}"),
        *([("CPU seconds", f"{took.cpu:.1f}")] if took.waited else []),
        ("record", record.id[:12]),
    ]
    if outcome.data.subset is not None:
        lines.insert(2, ("not the whole set", outcome.data.subset))
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(text)}</td></tr>'
        for name, text in lines
    )
    return f"<table><caption>{escape(outcome.representation.name)}</caption>{rows}</table>"


def _metric_text(metric: Metric) -> str:
    """``22.48 % (21.9 to 23.1)``."""
    text = f"{metric.value:.2f} {metric.unit}"
    if metric.interval is not None:
        text += f" ({metric.interval.low:.2f} to {metric.interval.high:.2f})"
    return text
