"""What a user's object is, in a hash: of code, closures, and whatever they refer to.

Functions are known by their bytecode, and, where they lie in files, by the digests of the files,
as `dcgan_eval.models.user_sources` follows them. Of the main script or a notebook only what is
referred to counts, so that an edit elsewhere in it changes nothing. Code of libraries is known by
its name: their versions stand in the record.
"""

from __future__ import annotations

import functools
import hashlib
import sys
import warnings
from collections.abc import Mapping
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any
from uuid import uuid4

import numpy as np
import torch
from torch import nn

from dcgan_eval.core import CacheWarning, digest_arrays, digest_json
from dcgan_eval.models import user_sources, weights_hash

# Where a module's own code changes what it computes; what it holds is in weights and submodules.
_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))
_PLAIN = (bool, int, str, type(None))
_BY_NAME = (
    *(float, complex, bytes, range, slice, PurePath),
    *(torch.dtype, torch.device, torch.Size, np.dtype, np.ufunc),
)
_DESCRIPTORS = (property, functools.cached_property, staticmethod, classmethod)
# What Python notes of a class, beside what the class defines.
_NOTED = frozenset({"__dict__", "__weakref__", "__doc__", "__module__", "_abc_impl"})
_NOTED_SO = ("__firstlineno", "__static_attr", "__annot", "__dataclass_")


class _UnknownError(Exception):
    """Something that cannot be told from another of its kind."""


def code_digest(thing: object) -> str | None:
    """Hash of everything that decides what an object does; None where that cannot be told.

    Parameters
    ----------
    thing
        A `torch.nn.Module` (its weights are left out), a function, or an object that is called.
    """
    try:
        told = _Told()
        return digest_json(told.network(thing) if isinstance(thing, nn.Module) else told.of(thing))
    except (_UnknownError, RecursionError):
        return None


def source_of(thing: object, version: str | None) -> str:
    """What an identity says of code: its hash, or the version that the user gives it.

    Code that cannot be told from other code gets a name of its own each time, so that nothing old
    is served for it.

    Warns
    -----
    CacheWarning
        It is such code.
    """
    name = getattr(thing, "__qualname__", type(thing).__qualname__)
    if version is not None:
        return f"{name}, version {version}"
    digest = code_digest(thing)
    if digest is None:
        warnings.warn(
            f"{name}: what decides it cannot be told, so it is computed anew each time; give "
            "version= and change it with the code",
            CacheWarning,
            stacklevel=2,
        )
    return digest or f"unknown {uuid4().hex}"


class _Told:
    """Objects as JSON values; what holds itself is told by its place where it comes again."""

    def __init__(self) -> None:
        self.path: list[int] = []
        # With the object, whose number is another's as soon as it is gone.
        self.done: dict[int, tuple[object, str]] = {}
        self.files: dict[str, dict[str, str]] = {}

    def of(self, value: Any) -> Any:
        """Any object; equal ones alike, whether they are one or several."""
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, _BY_NAME):
            return [type(value).__name__, repr(value)]
        if id(value) in self.path:
            return ["within", self.path.index(id(value))]
        if id(value) not in self.done:
            self.path.append(id(value))
            self.done[id(value)] = value, digest_json(self.told(value))
            self.path.pop()
        return self.done[id(value)][1]

    def told(self, value: Any) -> Any:
        """What an object is made of."""
        if isinstance(value, np.ndarray | np.generic | torch.Tensor):
            return self.array(value)
        if type(value) in (dict, MappingProxyType):
            return ["dict", [[self.of(k), self.of(v)] for k, v in value.items()]]
        if type(value) in (list, tuple):
            return [type(value).__name__, [self.of(one) for one in value]]
        if isinstance(value, Mapping):
            items = [[self.of(k), self.of(v)] for k, v in value.items()]
            return [self.of(type(value)), items, self.held(value)]
        if isinstance(value, list | tuple):
            return [self.of(type(value)), [self.of(one) for one in value], self.held(value)]
        if isinstance(value, set | frozenset):
            return ["set", sorted(digest_json(_Told().of(one)) for one in value)]
        if isinstance(value, nn.Module):
            return [self.network(value), weights_hash(value)]
        return self.code(value)

    def array(self, value: Any) -> Any:
        """An array or tensor by its numbers."""
        if isinstance(value, torch.Tensor):
            bits = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
            return ["tensor", str(value.dtype), list(value.shape), digest_arrays([("bits", bits)])]
        if isinstance(value, np.ma.MaskedArray):
            return ["masked", self.array(np.asarray(value)), self.array(np.ma.getmaskarray(value))]
        found = np.asarray(value)
        if found.dtype.hasobject:
            return ["array", [self.of(one) for one in found.ravel().tolist()]]
        return ["array", digest_arrays([("array", found)])]

    def network(self, network: nn.Module) -> Any:
        """Classes and plain attributes of all parts of a network, those used twice twice."""
        return [
            [name, self.of(type(part)), self.attributes(part)]
            for name, part in network.named_modules(remove_duplicate=False)
        ]

    def held(self, value: object) -> Any:
        """Attributes of a user's own kind of list, tuple or mapping."""
        return self.of(getattr(value, "__dict__", {}))

    def attributes(self, part: nn.Module) -> Any:
        """What a part of a network holds beside weights and parts."""
        users = self.is_users(type(part).__module__)
        own = {
            key: value
            for key, value in vars(part).items()
            # What a user's class keeps under private names decides what it does as well.
            if key not in _OF_EVERY_MODULE and (users or not key.startswith("_"))
        }
        if isinstance(part, torch.fx.GraphModule):
            own["code"] = part.code
        own |= {name: list(vars(part)[name].values()) for name in _HOOKS if vars(part).get(name)}
        told = {}
        for name, value in own.items():
            try:
                told[name] = self.of(value)
            except _UnknownError:
                if users:
                    raise
                told[name] = type(value).__name__  # a library's: of its version
        return told

    def code(self, value: Any) -> Any:
        """Functions, classes, modules; any other object by its class and attributes."""
        if isinstance(value, ModuleType):
            return ["module", value.__name__, self.sources(value.__name__)]
        if isinstance(value, functools.partial):
            return ["partial", self.of([value.func, value.args, value.keywords])]
        if isinstance(value, MethodType):
            return ["method", self.of(value.__func__), self.of(value.__self__)]
        if isinstance(value, staticmethod | classmethod):
            return self.of(value.__func__)
        if isinstance(value, property):
            return [self.of(one) for one in (value.fget, value.fset)]
        if isinstance(value, functools.cached_property):
            return self.of(value.func)
        if isinstance(value, FunctionType):
            return self.function(value)
        if isinstance(value, BuiltinFunctionType) and (
            value.__self__ is None or isinstance(value.__self__, ModuleType)
        ):
            return ["builtin", value.__module__, value.__qualname__]
        if isinstance(value, type):
            return self.class_(value)
        if not hasattr(value, "__dict__"):
            raise _UnknownError
        return [self.of(type(value)), self.of(vars(value))]

    def function(self, function: FunctionType) -> Any:
        """Code, defaults, closure, and the globals that the code names."""
        # Not `__module__`, which `functools.wraps` takes from what is wrapped.
        home = function.__globals__.get("__name__") or "__main__"
        cells = [_content(cell) for cell in function.__closure__ or ()]
        held = [function.__defaults__, function.__kwdefaults__, cells]
        if not self.is_users(home):
            return ["library", home, function.__qualname__, self.of(held)]
        names = sorted(set(_names(function.__code__)) & set(function.__globals__))
        found = [[name, self.of(function.__globals__[name])] for name in names]
        # Of two functions in one file the files say the same.
        code = [_code(function.__code__), {} if home == "__main__" else self.sources(home)]
        return ["function", function.__qualname__, code, self.of(held), found]

    def class_(self, kind: type) -> Any:
        """A class: its files, and what it has that they do not say; or what it defines."""
        home = kind.__module__
        if not self.is_users(home):
            return ["library", home, kind.__qualname__]
        if home == "__main__" or not self.sources(home):
            return ["class", kind.__qualname__, self.of(list(kind.__bases__)), self.of(_own(kind))]
        told = ["class", kind.__qualname__, self.sources(home)]
        values = self.values(kind)
        return [*told, values] if values else told

    def values(self, kind: type) -> list[Any]:
        """What a class and its bases have beside the code in their files: it may have been set."""
        found = []
        for one in filter(lambda base: self.is_users(base.__module__), kind.__mro__):
            for name, value in _own(one).items():
                read = (one.__module__, f"{one.__qualname__}.{name}")
                of_file = read == (
                    getattr(value, "__module__", None),
                    getattr(value, "__qualname__", None),
                )
                if of_file or name.startswith("__") or isinstance(value, _DESCRIPTORS):
                    continue
                try:
                    found.append([*read, self.of(value)])
                except _UnknownError:
                    found.append([*read, type(value).__name__])
        return found

    def sources(self, module: str) -> dict[str, str]:
        """Digests of the files of a module of the user's; none where it is in none."""
        if module not in self.files:
            self.files[module] = user_sources([module])
        return self.files[module]

    def is_users(self, module: str) -> bool:
        """Whether code is the user's, and no library's."""
        if module == "__main__" or self.sources(module):
            return True
        if module == "builtins":
            return False
        # Code of a module that was made in memory is in no file of a library.
        found = sys.modules.get(module)
        return found is None or getattr(found, "__spec__", None) is None


def _own(kind: type) -> dict[str, Any]:
    """What a class defines."""
    return {
        name: value
        for name, value in vars(kind).items()
        if name not in _NOTED
        and not name.startswith(_NOTED_SO)
        and not isinstance(value, MemberDescriptorType)
    }


def _names(code: CodeType) -> list[str]:
    """Names that code and the functions within it refer to."""
    inner = [name for one in code.co_consts if isinstance(one, CodeType) for name in _names(one)]
    return [*code.co_names, *inner]


def _code(code: CodeType) -> Any:
    """Bytecode with its constants, names and arguments; line numbers decide nothing."""
    consts = [_code(one) if isinstance(one, CodeType) else _constant(one) for one in code.co_consts]
    digest = hashlib.sha256(code.co_code + code.co_exceptiontable).hexdigest()
    counts = [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags]
    names = [list(code.co_names), list(code.co_varnames), list(code.co_freevars)]
    return [digest, consts, *names, counts]


def _constant(value: object) -> str:
    """A constant as text; the order of a set is another in each process."""
    if isinstance(value, frozenset):
        return f"frozenset{sorted(map(_constant, value))}"
    if isinstance(value, tuple):
        return f"tuple{[_constant(one) for one in value]}"
    return repr(value)


def _content(cell: Any) -> Any:
    """What a closure's cell holds; nothing where it is not filled yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None
