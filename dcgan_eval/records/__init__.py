"""Records: their schema, the store, the journal of a running job, published rows."""

from dcgan_eval.records.journal import Journal
from dcgan_eval.records.predictions import Predictions
from dcgan_eval.records.published import PublishedRow, PublishedTable, published_tables
from dcgan_eval.records.schema import (
    SCHEMA_VERSION,
    DataInfo,
    Design,
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
)
from dcgan_eval.records.store import ResultStore, read_record, read_records, record_id
from dcgan_eval.records.stored import StoredRecord

__all__ = [
    "SCHEMA_VERSION",
    "DataInfo",
    "Design",
    "Journal",
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
    "published_tables",
    "read_record",
    "read_records",
    "record_id",
]
