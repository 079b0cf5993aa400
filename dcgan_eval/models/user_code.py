"""The user's own networks: ``module: package.module:function``, run only when that is allowed.

What such a network computes is decided by the files of its code, too: imports are followed in the
source, wherever in a file they stand, and nothing is imported for it that was not. A module is the
user's unless it lies in the standard library, in site-packages (editable installs lie elsewhere),
or is dcgan-eval's own: versions of these stand in the record.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from torch import nn

import dcgan_eval
from dcgan_eval.core import CodeRefusedError, SettingsError, digest_json
from dcgan_eval.models.encoder import Encoder
from dcgan_eval.models.generator import Generator, GeneratorSpec
from dcgan_eval.models.image_input import Preprocess
from dcgan_eval.models.layer_maps import Layout
from dcgan_eval.models.weights import lacks_statistics

_PACKAGES = ("site-packages", "dist-packages")


def call_code(
    name: str, arguments: Mapping[str, Any], allow_code: bool, beside: Path | None = None
) -> Any:
    """Import and call ``package.module:function``; see `find_code_here` for `beside`.

    Raises
    ------
    CodeRefusedError
        `allow_code` is false.
    SettingsError
        No such module or function, or a call that fails.
    """
    if not allow_code:
        raise CodeRefusedError(
            f"{name}: would run code; look at it, then add --allow-code (in Python allow_code=True)"
        )
    module_name, _, function_name = name.partition(":")
    find_code_here(beside)
    try:
        target: Any = importlib.import_module(module_name)
        for part in function_name.split("."):
            target = getattr(target, part)
    except (ImportError, AttributeError) as error:
        raise SettingsError(f"{name}: cannot be imported: {error}") from error
    except Exception as error:
        raise SettingsError(f"{name}: fails at import: {_told(error)}") from error
    try:
        return target(**arguments)
    except TypeError as error:
        raise SettingsError(f"{name}: cannot be called with {dict(arguments)}: {error}") from error
    except Exception as error:
        raise SettingsError(f"{name}: fails when called: {_told(error)}") from error


def find_code_here(beside: Path | None = None) -> None:
    """Look for modules in the working folder, where users keep their code, as `python -m` does.

    Parameters
    ----------
    beside
        A folder that comes behind it: that of the pipeline's file.
    """
    places = [Path.cwd()] if beside is None else [Path.cwd(), beside.absolute()]
    for at, place in enumerate(map(str, places)):
        if place not in sys.path:
            sys.path.insert(at, place)


def _told(error: Exception) -> str:
    """An error of the user's code, its class included."""
    return f"{type(error).__name__}: {error}"


def encoder_from_code(
    name: str,
    *,
    layers: Sequence[str],
    input_shape: tuple[int, int, int],
    preprocess: Preprocess,
    arguments: Mapping[str, Any],
    allow_code: bool,
    beside: Path | None = None,
    layout: Layout = "channels_first",
) -> Encoder:
    """A network of the user's as an encoder.

    Its batch norms use what they have stored; one that stores nothing needs a policy.

    Raises
    ------
    CodeRefusedError
        `allow_code` is false.
    SettingsError
        The function does not give a `torch.nn.Module`.
    """
    network = _network_from_code(name, arguments, allow_code, beside)
    return Encoder(
        network,
        layers,
        input_shape,
        preprocess,
        missing_statistics=lacks_statistics(network),
        beyond_weights=_beyond_weights(name, arguments, network),
        layout=layout,
    )


def generator_from_code(
    name: str,
    *,
    spec: GeneratorSpec,
    arguments: Mapping[str, Any],
    allow_code: bool,
    beside: Path | None = None,
) -> Generator:
    """A network of the user's as a generator.

    Raises
    ------
    CodeRefusedError
        `allow_code` is false.
    SettingsError
        The function does not give a `torch.nn.Module`, or not one of this spec.
    """
    network = _network_from_code(name, arguments, allow_code, beside)
    drawn = Generator(network, spec, beyond_weights=_beyond_weights(name, arguments, network))
    try:
        drawn.try_out()
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise SettingsError(
            f"{name}: does not draw images of {spec.image_shape} ({reason}); check spec"
        ) from None
    return drawn


def _network_from_code(
    name: str, arguments: Mapping[str, Any], allow_code: bool, beside: Path | None
) -> nn.Module:
    """What the function gives, if it is a network."""
    network = call_code(name, arguments, allow_code, beside)
    if not isinstance(network, nn.Module):
        raise SettingsError(f"{name}: gave {type(network).__name__}, expected a torch.nn.Module")
    return network


def _beyond_weights(name: str, arguments: Mapping[str, Any], network: nn.Module) -> dict[str, Any]:
    """Weights alone do not tell what a network computes: two may share them, code is edited."""
    defining = {name.partition(":")[0], *(type(part).__module__ for part in network.modules())}
    return {
        "module": name,
        "arguments": dict(arguments),
        "source": digest_json(user_sources(defining)),
    }


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
        content = path.read_bytes()
        found[name] = hashlib.sha256(content).hexdigest()
        parent = name.rpartition(".")[0]
        todo += [parent] if parent else []
        if path.suffix == ".py":
            todo += _imports(content, name if path.stem == "__init__" else parent)
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


@functools.cache
def _is_users(path: Path) -> bool:
    """Whether a file is neither the standard library's, nor of site-packages, nor ours."""
    resolved = path.resolve()
    if any(part in _PACKAGES for part in (*path.parts, *resolved.parts)):
        return False
    theirs = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    ours = Path(dcgan_eval.__file__).parent
    return not any(resolved.is_relative_to(place.resolve()) for place in (*theirs, ours))


@functools.lru_cache(maxsize=1024)
def _imports(content: bytes, package: str) -> tuple[str, ...]:
    """Names that a file imports; of ``from a import b`` both ``a`` and ``a.b``."""
    try:
        return tuple(_imported(ast.parse(content), package))
    except (SyntaxError, ValueError):
        return ()  # it was imported once: it is being edited


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Names in the import statements, and calls, of a file."""
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
