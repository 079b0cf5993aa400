"""What all tests share: no network, and where data and checkpoints lie when they are at hand."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import settings

# With CI set the examples are the same in every run; elsewhere each run tries others.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

_BESIDE = Path(__file__).resolve().parents[2] / "shared"


def _root(variable: str, name: str) -> Path | None:
    given = os.environ.get(variable)
    path = Path(given) if given else _BESIDE / name
    return path if path.is_dir() else None


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing touches the network: opening a connection fails."""

    def refused(*arguments: object, **options: object) -> None:
        raise AssertionError("a test tried to open a network connection")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "create_connection", refused)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder of the real data sets; the test is skipped where they are absent."""
    root = _root("DCGAN_EVAL_DATA", "data")
    if root is None:
        pytest.skip("no real data sets at hand (set DCGAN_EVAL_DATA)")
    return root


@pytest.fixture(scope="session")
def checkpoint_root() -> Path:
    """Folder of the published checkpoints; the test is skipped where they are absent."""
    root = _root("DCGAN_EVAL_CHECKPOINTS", "checkpoints")
    if root is None:
        pytest.skip("no published checkpoints at hand (set DCGAN_EVAL_CHECKPOINTS)")
    return root
