"""Records: their schema, the store, the journal of a running job, published rows."""

from dcgan_eval.records.journal import Journal
from dcgan_eval.records.predictions import Predictions, scored_rows
from dcgan_eval.records.published import PublishedRow, PublishedTable, published_tables
from dcgan_eval.records.schema import (
    SCHEMA_VERSION,
    At,
    DataInfo,
    Layout,
    Metric,
    MetricInterval,
    Outcome,
    ProtocolInfo,
    Record,
    Repeat,
    RepresentationInfo,
    RunInfo,
    Selection,
    SelectionPoint,
    SetInfo,
    Value,
    metric_label,
)
from dcgan_eval.records.store import ResultStore, read_record, read_records, record_id
from dcgan_eval.records.stored import StoredRecord

__all__ = [
    "SCHEMA_VERSION",
    "At",
    "DataInfo",
    "Journal",
    "Layout",
    "Metric",
    "MetricInterval",
    "Outcome",
    "Predictions",
    "ProtocolInfo",
    "PublishedRow",
    "PublishedTable",
    "Record",
    "Repeat",
    "RepresentationInfo",
    "ResultStore",
    "RunInfo",
    "Selection",
    "SelectionPoint",
    "SetInfo",
    "StoredRecord",
    "Value",
    "metric_label",
    "published_tables",
    "read_record",
    "read_records",
    "record_id",
    "scored_rows",
]
