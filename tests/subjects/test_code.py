"""Objects of a user's by what decides what they do: equal ones alike, others not."""

from __future__ import annotations

import copy
import functools
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.subjects.code import code_digest


def typed(source: str, **names: Any) -> dict[str, Any]:
    """What a notebook's cell defines, in no file."""
    cell: dict[str, Any] = {"__name__": "__main__", "np": np, "torch": torch, "nn": nn, **names}
    exec(textwrap.dedent(source), cell)
    return cell


def cell(source: str, **names: Any) -> str | None:
    return code_digest(typed(source, **names)["f"])


NET = """
class Net(nn.Module):
  def __init__(self, factor):
    super().__init__()
    self._factor = factor
  def forward(self, x): return self._factor * x
"""
WRAPPED = """
import functools
@functools.wraps(np.mean)
def f(x): return np.mean(x) * {}
"""

PAIRS = {
    "private attribute": (f"{NET}f = Net(2)", f"{NET}f = Net(3)"),
    "part used twice": (
        "b = nn.ReLU()\nf = nn.Sequential(b)",
        "b = nn.ReLU()\nf = nn.Sequential(b, b)",
    ),
    "wrapper of a library's": (WRAPPED.format(2), WRAPPED.format(3)),
    "traced": (
        "f = torch.fx.symbolic_trace(nn.Sequential(nn.ReLU()))",
        "f = torch.fx.symbolic_trace(nn.Sequential(nn.Tanh()))",
    ),
    "handler": (
        "def f(x):\n  try:\n    g(x)\n    h(x)\n  except ValueError: pass\ng = h = abs",
        "def f(x):\n  try:\n    g(x)\n  except ValueError: pass\n  else:\n    h(x)\ng = h = abs",
    ),
    "own list": (
        "class L(list):\n  def g(self): return 1\nl = L()\nf = lambda x: l.g()",
        "class L(list):\n  def g(self): return 2\nl = L()\nf = lambda x: l.g()",
    ),
    "mask": (
        "a = np.ma.array([1, 2], mask=[0, 1])\nf = lambda x: x + a",
        "a = np.ma.array([1, 2], mask=[1, 0])\nf = lambda x: x + a",
    ),
    "operation": ("f = lambda x: x + 1", "f = lambda x: x * 1"),
    "constant": ("f = lambda x: x + 1", "f = lambda x: x + 2"),
    "attribute": ("f = lambda x: x.mean(1)", "f = lambda x: x.max(1)"),
    "global": ("a = 1\nf = lambda x: x + a", "a = 2\nf = lambda x: x + a"),
    "global array": (
        "a = np.ones(3)\nf = lambda x: x @ a",
        "a = np.zeros(3)\nf = lambda x: x @ a",
    ),
    "default": ("def f(x, k=1): return x", "def f(x, k=2): return x"),
    "keyword": ("def f(x, *, k=1): return x", "def f(x, *, k=2): return x"),
    "inner": (
        "def f(x):\n  def g(y): return y + 1\n  return g(x)",
        "def f(x):\n  def g(y): return y + 2\n  return g(x)",
    ),
    "called": (
        "def g(x): return x + 1\ndef f(x): return g(x)",
        "def g(x): return x + 2\ndef f(x): return g(x)",
    ),
    "method": (
        "class A:\n  def __call__(self, x): return x + 1\nf = A()",
        "class A:\n  def __call__(self, x): return x + 2\nf = A()",
    ),
    "state": (
        "class A:\n  def __call__(self, x): return x\nf = A()\nf.k = 1",
        "class A:\n  def __call__(self, x): return x\nf = A()\nf.k = 2",
    ),
    "base": (
        "class B:\n  def __call__(self, x): return x\nclass A(B): pass\nf = A()",
        "class B:\n  def __call__(self, x): return -x\nclass A(B): pass\nf = A()",
    ),
    "bound": (
        "class A:\n  k = 1\n  def g(self, x): return x * self.k\nf = A().g",
        "class A:\n  k = 2\n  def g(self, x): return x * self.k\nf = A().g",
    ),
    "weights": (
        "torch.manual_seed(0)\nnet = nn.Linear(2, 2)\nf = lambda x: net(x)",
        "torch.manual_seed(1)\nnet = nn.Linear(2, 2)\nf = lambda x: net(x)",
    ),
    "network": ("f = nn.Sequential(nn.ReLU())", "f = nn.Sequential(nn.Tanh())"),
    "slope": ("f = nn.LeakyReLU(0.1)", "f = nn.LeakyReLU(0.2)"),
    "stride": ("f = nn.Conv2d(1, 1, 3, 1)", "f = nn.Conv2d(1, 1, 3, 2)"),
    "forward": (
        "class A(nn.Module):\n  def forward(self, x): return x\nf = A()",
        "class A(nn.Module):\n  def forward(self, x): return -x\nf = A()",
    ),
    "plain attribute": (
        "class A(nn.Module):\n  pass\nf = A()\nf.scale = torch.ones(2)",
        "class A(nn.Module):\n  pass\nf = A()\nf.scale = torch.zeros(2)",
    ),
    "dataclass": tuple(
        "from dataclasses import dataclass, field\n@dataclass(order=True)\nclass A:\n"
        f"  k: int = {k}\n  l: list = field(default_factory=list)\n"
        "  def __call__(self, x): return x + self.k\nf = A()"
        for k in (1, 2)
    ),
    "fields": tuple(
        "from dataclasses import dataclass\n@dataclass\nclass A:\n"
        f"  k: int = {k}\nf = lambda x: x + A().k"
        for k in (1, 2)
    ),
    "abstract": tuple(
        "from abc import ABC, abstractmethod\nclass B(ABC):\n  @abstractmethod\n"
        f"  def g(self, x): ...\nclass A(B):\n  def g(self, x): return x + {k}\n"
        "  def __call__(self, x): return self.g(x)\nf = A()"
        for k in (1, 2)
    ),
    "cached": tuple(
        "from functools import cached_property\nclass A:\n  @cached_property\n"
        f"  def k(self): return {k}\n  def __call__(self, x): return x + self.k\nf = A()"
        for k in (1, 2)
    ),
    "path": tuple(
        f"from pathlib import Path\np = Path('{name}')\nf = lambda x: x @ np.load(p)"
        for name in "ab"
    ),
    "range": tuple(f"r = range({k})\nf = lambda x: x[:, r]" for k in (1, 2)),
    "hook": (
        "f = nn.ReLU()\nf.register_forward_hook(lambda m, i, o: o + 1)",
        "f = nn.ReLU()\nf.register_forward_hook(lambda m, i, o: o + 2)",
    ),
}


@pytest.mark.parametrize("one, other", PAIRS.values(), ids=PAIRS)
def test_what_does_something_else_is_something_else(one: str, other: str) -> None:
    first = cell(one)
    assert first is not None and first == cell(one)
    # Lines before it, and what it is called, decide nothing.
    assert first == cell(f"unrelated = 5\n\n\n{one}")
    assert cell(other) not in (None, first)


def test_equal_parts_are_alike_whether_they_are_one_or_several() -> None:
    stride = tuple([1, 1])
    one = nn.Sequential(nn.Conv2d(1, 1, 3, stride), nn.Conv2d(1, 1, 3, stride))
    other = nn.Sequential(nn.Conv2d(1, 1, 3, (1, 1)), nn.Conv2d(1, 1, 3, tuple([1, 1])))
    assert code_digest(one) == code_digest(other) == code_digest(copy.deepcopy(one))


def test_weights_and_mode_of_a_network_are_left_to_others() -> None:
    torch.manual_seed(0)
    one, other = nn.Linear(2, 2), nn.Linear(2, 2).eval()
    assert code_digest(one) == code_digest(other)


def test_what_holds_itself_ends() -> None:
    source = "class A:\n  def __call__(self, x): return x\nf = A()\nf.me = f"
    assert cell(source) == cell(source) is not None
    assert cell("def f(x): return f(x - 1) if x else x") is not None


@pytest.mark.parametrize(
    "source",
    [
        "rng = np.random.default_rng(0)\nf = lambda x: x + rng.random()",
        "f = iter([1]).__next__",
        "import threading\nlock = threading.Lock()\ndef f(x):\n  with lock: return x",
    ],
)
def test_what_cannot_be_told_is_nothing(source: str) -> None:
    assert cell(source) is None


def test_partial_builtin_and_library_functions() -> None:
    assert code_digest(functools.partial(np.mean, axis=1)) != code_digest(
        functools.partial(np.mean, axis=2)
    )
    assert code_digest(np.mean) == code_digest(np.mean) is not None
    assert code_digest(len) is not None


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Any]:
    """Writes a file of the user's and imports it, anew each time."""
    import importlib
    import sys

    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, text: str) -> Any:
        (tmp_path / f"{name}.py").write_text(text)
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        return importlib.import_module(name)

    return make


def test_code_in_files_is_known_by_its_files(module: Callable[[str, str], Any]) -> None:
    module("helper_of_code", "K = 1\n")
    text = "from helper_of_code import K\ndef f(x): return x * K\n"
    first = code_digest(module("own_code", text).f)
    assert first == code_digest(module("own_code", text).f) is not None
    module("helper_of_code", "K = 2\n")
    assert code_digest(module("own_code", text).f) != first


def test_what_is_set_in_a_class_of_a_file_is_known(module: Callable[[str, str], Any]) -> None:
    text = """
import threading
class Base:
  scale = 1
  lock = threading.Lock()
  def g(self, x): return x
class Net(Base):
  def __call__(self, x): return self.scale * self.g(x)
  @property
  def k(self): return 1
"""
    found = module("set_of_code", text)
    whole = code_digest(found.Net())
    assert whole == code_digest(found.Net()) is not None
    found.Base.scale = 2
    scaled = code_digest(found.Net())
    found.Net.scale = 1  # in the way of the base's
    shadowed = code_digest(found.Net())
    del found.Net.scale
    found.Base.scale, found.Base.g = 1, lambda self, x: -x
    assert len({whole, scaled, shadowed, code_digest(found.Net())}) == 4


def test_files_are_read_once_for_a_function(
    module: Callable[[str, str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import ast

    for place in range(4):
        module(f"part{place}_of_code", f"def g(x): return x + {place}\n")
    text = "".join(f"from part{place}_of_code import g as g{place}\n" for place in range(4))
    made = module("parts_of_code", f"{text}def f(x): return g0(g1(g2(g3(x))))\n")
    parsed: list[bytes] = []
    parse = ast.parse
    monkeypatch.setattr(ast, "parse", lambda content: parsed.append(content) or parse(content))
    first = code_digest(made.f)
    assert len(parsed) == len(set(parsed)) == 5
    assert code_digest(made.f) == first and len(parsed) == 5


def test_two_functions_of_one_file_are_two(module: Callable[[str, str], Any]) -> None:
    found = module("two_of_code", "f, g = [lambda x: x + 1], [lambda x: x * 1]\n")
    assert code_digest(found.f[0]) != code_digest(found.g[0])
