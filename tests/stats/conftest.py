"""The error model of the simulations, which lives with the benchmarks."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# A machine that is busy with something else is no failure.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def error_model() -> ModuleType:
    path = ROOT / "benchmarks" / "error_model.py"
    spec = importlib.util.spec_from_file_location("error_model_of_benchmarks", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
