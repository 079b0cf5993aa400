"""What protocols that fit a probe share."""

from __future__ import annotations

from typing import Any

import pytest

from dcgan_eval.protocols import read_protocol

PROTOCOLS: list[dict[str, Any]] = [
    {"kind": "full_labels", "grid": [0.1]},
    {"kind": "few_labels", "per_class": 5, "draws": 2},
]


@pytest.mark.parametrize("values", PROTOCOLS, ids=lambda values: str(values["kind"]))
def test_no_unit_of_another_version_of_the_probe_is_served(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol = read_protocol(values)
    before, identity = protocol.journal_values(), protocol.identity_values()
    monkeypatch.setattr(type(protocol.probe), "engine", 99)  # type: ignore[attr-defined]
    assert protocol.journal_values() != before
    assert protocol.identity_values() == identity
