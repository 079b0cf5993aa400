"""The door of the room opens without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

import dcgan_eval.models


def test_importing_the_room_imports_no_torch() -> None:
    code = "import sys, dcgan_eval.models; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_name_of_the_door_is_there() -> None:
    for name in dcgan_eval.models.__all__:
        assert getattr(dcgan_eval.models, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'load_'"):
        _ = dcgan_eval.models.__getattr__("load_")
