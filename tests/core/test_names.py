from __future__ import annotations

import pytest

from dcgan_eval.core import SettingsError, did_you_mean
from dcgan_eval.protocols import PROTOCOLS


def test_a_near_miss_is_suggested() -> None:
    assert did_you_mean("few_lables", ["few_labels", "full_labels"]).startswith(
        "did you mean 'few_labels'?"
    )
    assert did_you_mean("zzz", ["a", "b"]) == "known: a, b"


def test_the_folder_is_the_registry() -> None:
    assert "full_labels" in PROTOCOLS.names()
    with pytest.raises(SettingsError, match="unknown protocol 'full_label'; did you mean"):
        PROTOCOLS.load("full_label")
    with pytest.raises(SettingsError, match="unknown protocol"):
        PROTOCOLS.load("../base")
