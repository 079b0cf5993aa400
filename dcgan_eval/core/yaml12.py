"""YAML as people expect it: scalars by YAML 1.2 rules, duplicate keys and alias bombs refused."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from dcgan_eval.core.errors import SettingsError, distrusted, located
from dcgan_eval.core.reading import read_regular, whole

# A pipeline is a page of text. Larger files, and those of more nodes than this, also when aliases
# are unfolded, are not pipelines.
_MOST_BYTES = 1 << 20
_MOST_NODES = 100_000


class _Loader(yaml.SafeLoader):
    """SafeLoader without YAML 1.1's surprises: ``no`` is a word, ``1e-4`` a number."""

    composed = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node, if it is not one too many: each takes long."""
        self.composed += 1
        if self.composed > _MOST_NODES:
            raise SettingsError(f"has more than {_MOST_NODES} values")
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    """An integer by the YAML 1.2 core schema: a leading zero does not mean octal."""
    text = str(loader.construct_scalar(node))
    return whole(text, 0 if text.startswith(("0o", "0x")) else 10)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, object]:
    """A mapping whose keys are distinct strings."""
    found: dict[str, object] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise SettingsError(f"line {line}: key {key!r} is not text; quote it")
        if key in found:
            raise SettingsError(f"line {line}: key {key!r} is given twice; keep one")
        found[key] = loader.construct_object(value_node, deep=True)
    return found


# Dates, bytes and sets are no values of YAML 1.2: a tag that asks for one is refused.
_Loader.yaml_constructors = {
    tag: make
    for tag, make in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in ("null", "bool", "float", "str", "seq")
}
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _unfolded(node: yaml.Node, sizes: dict[int, int], open_: set[int]) -> int:
    """How many nodes a tree has when each alias is written out."""
    if id(node) in open_:
        raise SettingsError("an alias contains itself; write the value out")
    if id(node) not in sizes:
        children: list[yaml.Node] = []
        if isinstance(node, yaml.SequenceNode):
            children = node.value
        elif isinstance(node, yaml.MappingNode):
            children = [part for pair in node.value for part in pair]
        open_.add(id(node))
        sizes[id(node)] = 1 + sum(_unfolded(child, sizes, open_) for child in children)
        open_.discard(id(node))
    return sizes[id(node)]


def parse_yaml(text: str) -> object:
    """Parse one YAML document.

    Parameters
    ----------
    text
        The document.

    Raises
    ------
    SettingsError
        Broken syntax, a duplicate or non-text key, a tag, an alias that unfolds beyond reason.
    """
    with distrusted(SettingsError, "not valid YAML"):
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            if _unfolded(node, {}, set()) > _MOST_NODES:
                raise SettingsError(f"its aliases unfold to more than {_MOST_NODES} values")
            return loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = f"line {mark.line + 1}: " if mark else ""
            raise SettingsError(f"{where}not valid YAML: {error.problem}") from None
        finally:
            loader.dispose()


def read_yaml(path: Path) -> object:
    """Read one YAML file; see `parse_yaml`."""
    with located(path):
        try:
            if path.is_dir():
                raise SettingsError("is a folder; give the YAML file in it")
            text = read_regular(path, _MOST_BYTES).decode()
        except FileNotFoundError:
            raise SettingsError("no such file; check the path") from None
        except UnicodeDecodeError:
            raise SettingsError("not UTF-8 text; settings are YAML text") from None
        except OSError as error:
            raise SettingsError(
                f"cannot be read ({error.strerror}); settings are a page of text"
            ) from None
        return parse_yaml(text)
