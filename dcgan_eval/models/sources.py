"""Whose code decides what a network computes: the user's modules, by digests of their files.

From the modules that define a network and the function that made it, imports are followed in the
source, wherever in a file they stand: nothing is imported for it that was not. A module is the
user's unless it lies in the standard library, in site-packages (editable installs lie elsewhere),
or is dcgan-eval's own: versions of these stand in the record.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path

import dcgan_eval
from dcgan_eval.core import digest_file

_PACKAGES = ("site-packages", "dist-packages")


def user_sources(modules: Iterable[str]) -> dict[str, str]:
    """Digest of the file of every module of the user's that these are or import.

    Parameters
    ----------
    modules
        Dotted names. Parents are included: their ``__init__`` runs, too.

    Returns
    -------
    dict
        Module → SHA-256 of its file, sorted by name.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    todo = list(modules)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        path = _file(name)
        if path is None or not _is_users(path):
            continue
        found[name] = digest_file(path)
        parent = name.rpartition(".")[0]
        todo += [parent] if parent else []
        if path.suffix == ".py":
            todo += _imports(path, name if path.stem == "__init__" else parent)
    return dict(sorted(found.items()))


def _file(name: str) -> Path | None:
    """The file of a module, which is not imported for it; None for one without, or not there."""
    module = sys.modules.get(name)
    if module is not None:
        origin = getattr(module, "__file__", None)
        return Path(origin) if origin else None
    spec, places = None, None
    path = ""
    for part in name.split("."):
        path = f"{path}.{part}" if path else part
        try:
            spec = PathFinder.find_spec(path, places)
        except (ImportError, AttributeError, ValueError):
            return None
        if spec is None:
            return None
        places = spec.submodule_search_locations
    return Path(spec.origin) if spec is not None and spec.has_location and spec.origin else None


def _is_users(path: Path) -> bool:
    """Whether a file is neither the standard library's, nor of site-packages, nor ours."""
    resolved = path.resolve()
    if any(part in _PACKAGES for part in (*path.parts, *resolved.parts)):
        return False
    theirs = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    ours = Path(dcgan_eval.__file__).parent
    return not any(resolved.is_relative_to(place.resolve()) for place in (*theirs, ours))


def _imports(path: Path, package: str) -> Iterator[str]:
    """Names that a file imports; of ``from a import b`` both ``a`` and ``a.b``."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # it was imported once: it is being edited
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = [*above, node.module or ""] if node.level else [node.module or ""]
            home = ".".join(part for part in base if part)
            yield home
            yield from (f"{home}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Call) and len(node.args) >= 1:
            # importlib.import_module("name"), __import__("name")
            called = node.func
            word = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            text = node.args[0]
            if word in ("import_module", "__import__") and isinstance(text, ast.Constant):
                yield str(text.value)
