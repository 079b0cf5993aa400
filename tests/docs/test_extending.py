"""The page on other people's packages shows what the tests install, and names every group."""

import importlib
import re
from pathlib import Path

import pytest

from dcgan_eval.cli.verbs import list as list_verb

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text()
EXAMPLE = ROOT / "tests" / "packages" / "example"
FILES = {
    path.name: path.read_text()
    for pattern in ("*.toml", "*.yaml", "*/*.py")
    for path in EXAMPLE.glob(pattern)
}
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", [text for _, text in BLOCKS], ids=lambda text: text[:20])
def test_a_block_is_part_of_a_file(block):
    assert any(block in text for text in FILES.values())


def test_every_kind_of_file_is_shown():
    shown = {name for name, text in FILES.items() if any(block in text for _, block in BLOCKS)}
    assert shown == set(FILES) - {"__init__.py"}


def test_every_group_is_there():
    named = {f"dcgan_eval.{registry(place).group}" for place in list_verb._FOLDERS.values()}
    assert set(re.findall(r"^\| `(dcgan_eval\.\w+)` \|", PAGE, re.MULTILINE)) == named


def test_what_is_ours_is_there():
    for file in re.findall(r"`(\w+/\w+/\w+\.py)`", PAGE):
        assert (ROOT / "dcgan_eval" / file).is_file(), file
    for room, name in re.findall(r"`(\w+)\.([A-Z]\w+)`", PAGE):
        assert hasattr(importlib.import_module(f"dcgan_eval.{room}"), name)


def registry(place):
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
