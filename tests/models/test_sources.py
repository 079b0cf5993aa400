"""Which files of the user's decide what a network computes."""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path

import pytest

from dcgan_eval.models.sources import user_sources


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    files = {
        "srcs_main.py": "import srcs_a, json, numpy\nfrom srcs_pkg import inner as renamed\n",
        "srcs_a.py": "def late():\n    import srcs_b\n",
        "srcs_b.py": "import importlib\nm = importlib.import_module('srcs_c')\nimport srcs_main\n",
        "srcs_c.py": "import dcgan_eval.core, torch.nn\n",
        "srcs_pkg/__init__.py": "",
        "srcs_pkg/inner.py": "from . import beside\nfrom .deep.down import x\n",
        "srcs_pkg/beside.py": "from ..nowhere import x\n",
        "srcs_pkg/deep/__init__.py": "from ..other import *\n",
        "srcs_pkg/deep/down.py": "x = 1\n",
        "srcs_pkg/other.py": "import absent_module\n",
        "srcs_unused.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    importlib.invalidate_caches()
    return tmp_path


def test_imports_are_followed_wherever_they_stand(place: Path) -> None:
    found = user_sources(["srcs_main"])
    assert list(found) == [
        *("srcs_a", "srcs_b", "srcs_c", "srcs_main", "srcs_pkg", "srcs_pkg.beside"),
        *("srcs_pkg.deep", "srcs_pkg.deep.down", "srcs_pkg.inner", "srcs_pkg.other"),
    ]
    assert found["srcs_a"] == hashlib.sha256((place / "srcs_a.py").read_bytes()).hexdigest()
    # Nothing was imported for it.
    assert not [name for name in sys.modules if name.startswith("srcs_")]
    assert user_sources(["srcs_pkg.inner"]).keys() == {
        name for name in found if name.startswith("srcs_pkg")
    }


def test_what_lies_in_site_packages_is_not_the_users(place: Path) -> None:
    installed = place / "site-packages"
    installed.mkdir()
    (installed / "srcs_installed.py").write_text("")
    (place / "srcs_main.py").write_text("import srcs_installed, torchvision, email\n")
    sys.path.insert(0, str(installed))
    try:
        importlib.invalidate_caches()
        assert list(user_sources(["srcs_main", "torch", "dcgan_eval.models"])) == ["srcs_main"]
    finally:
        sys.path.remove(str(installed))


def test_a_module_without_a_file_is_passed_over() -> None:
    assert user_sources(["builtins", "sys", "no_such_module_at_all", ""]) == {}
