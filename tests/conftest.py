"""What all tests share: markers, no network, and where data and checkpoints lie if at hand."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

# With CI set the examples are the same in every run; elsewhere each run tries others. A machine
# that is busy with something else is no failure.
settings.register_profile("ours", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("ours")

_BESIDE = Path(__file__).resolve().parents[2] / "shared"


def _root(variable: str, name: str) -> Path | None:
    given = os.environ.get(variable)
    path = Path(given) if given else _BESIDE / name
    return path if path.is_dir() else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests on real data by their fixtures, and skip those that need a device."""
    for item in items:
        if {"data_root", "checkpoint_root", "case_root"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("real_data")
        if item.get_closest_marker("gpu") and not _has_gpu():
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))


@cache
def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


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


@pytest.fixture(scope="session")
def case_root() -> Path:
    """Folder of the scripts that make small inputs of kinds that people have; skipped without."""
    root = _root("DCGAN_EVAL_CASES", "cases")
    if root is None:
        pytest.skip("no scripts of cases at hand (set DCGAN_EVAL_CASES)")
    return root


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_EVAL_CACHE", "cache")
    for variable in ("DCGAN_EVAL_DATA", "DCGAN_EVAL_CHECKPOINTS"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path
