"""Every lazy door of the package: its names are there, and nothing else is imported for them."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from dcgan_eval.core.doors import lazy_door

DOORS = ["dcgan_eval", "dcgan_eval.models", "dcgan_eval.probes", "dcgan_eval.reporting"]


def test_these_are_all_lazy_doors() -> None:
    root = Path(importlib.import_module("dcgan_eval").__file__ or "").parent
    stubs = {path.parent.relative_to(root.parent) for path in root.rglob("*.pyi")}
    assert {".".join(path.parts) for path in stubs} == set(DOORS)


@pytest.mark.parametrize("door", DOORS)
def test_every_name_of_a_door_is_there(door: str) -> None:
    package = importlib.import_module(door)
    assert package.__all__ == dir(package) == sorted(set(package.__all__))
    star: dict[str, object] = {}
    exec(f"from {door} import *", star)
    for name in package.__all__:
        assert getattr(package, name) is star[name] is not None
    # A module that is imported takes its own name in its package, from a door's name too.
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert not modules & set(package.__all__)


@pytest.mark.parametrize("door", DOORS)
def test_a_door_opens_without_torch_and_pandas(door: str) -> None:
    code = f"import sys, {door}; sys.exit(bool({{'torch', 'pandas'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("door", DOORS)
def test_a_misspelt_name_is_an_attribute_error(door: str) -> None:
    package = importlib.import_module(door)
    with pytest.raises(AttributeError, match=f"^module '{door}' has no attribute 'load_'$"):
        _ = package.load_


@pytest.mark.parametrize("door", DOORS)
def test_a_stub_says_each_name_once(door: str) -> None:
    file = Path(importlib.import_module(door).__file__ or "")
    imports = ast.parse(file.with_suffix(".pyi").read_text()).body
    names = [alias for one in imports if isinstance(one, ast.ImportFrom) for alias in one.names]
    assert all(alias.asname == alias.name for alias in names)  # else it is none of the door's
    assert len({alias.name for alias in names}) == len(names)


def test_a_name_is_imported_when_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "a_room_of_tests"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "__init__.pyi").write_text(
        "from .inner import one as one\nfrom .inner import two as two\n"
    )
    (room / "inner.py").write_text("one, two = 1, 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    get, names, public = lazy_door("a_room_of_tests", str(room / "__init__.py"))
    assert names() == public == ["one", "two"]
    assert "a_room_of_tests.inner" not in sys.modules
    assert get("two") == 2
    assert "a_room_of_tests.inner" in sys.modules
