"""What is fitted on what, selected on what, scored on what: one file a protocol."""

from dcgan_eval.protocols.base import (
    PROTOCOLS,
    Cost,
    Protocol,
    ProtocolSettings,
    Result,
    Task,
    load_protocol,
    read_protocol,
)

__all__ = [
    "PROTOCOLS",
    "Cost",
    "Protocol",
    "ProtocolSettings",
    "Result",
    "Task",
    "load_protocol",
    "read_protocol",
]
