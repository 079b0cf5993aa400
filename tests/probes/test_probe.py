"""The contract of all probes."""

from __future__ import annotations

import numpy as np
import pytest

from dcgan_eval.core import SettingsError
from dcgan_eval.probes import PROBES, Evaluation, Probe, read_probe


@pytest.mark.parametrize("name", PROBES.names())
def test_a_name_alone_is_the_probe_with_its_usual_settings(name: str) -> None:
    probe = read_probe(name)
    assert probe == PROBES.load(name)()
    assert probe.kind == name
    assert read_probe({"kind": name}) == probe


def test_nobody_makes_the_base() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Probe()  # type: ignore[abstract]


def test_what_is_no_probe_is_refused_in_one_line() -> None:
    with pytest.raises(SettingsError, match=r"^probe: expected a probe's name or keys"):
        read_probe(3)
    with pytest.raises(SettingsError, match=r"^probe.kind: unknown probe 'l2svn'; did you"):
        read_probe("l2svn")


def test_blocks_are_the_rows_in_order() -> None:
    X = np.arange(22.0, dtype=np.float32).reshape(11, 2)
    for rows in (None, np.array([7, 0, 3, 3, 9])):
        expected = X if rows is None else X[rows]
        found = np.full_like(expected, -1)
        sizes = []
        for at, block in Evaluation(X, rows).blocks(4):
            found[at] = block
            sizes.append(len(block))
        assert np.array_equal(found, expected)
        assert sizes == ([4, 4, 3] if rows is None else [4, 1])
