"""The pages say what the code says: options of verbs, fields of records, settings of protocols."""

import json
import re
import runpy
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dcgan_eval import compare, compare_predictions
from dcgan_eval.features import Pooling
from dcgan_eval.protocols import PROTOCOLS
from dcgan_eval.records import Record, schema
from dcgan_eval.reporting.given.answers import ROLES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def pages():
    return SimpleNamespace(**runpy.run_path(DOCS / "options.py"))


def sections(page):
    """Heading of the second level → text below it."""
    parts = re.split(r"^## (.+)$", (DOCS / page).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def first_cells(text):
    """Names in the first column of tables."""
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, flags=re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def test_every_command_is_there_with_its_options(pages):
    page = (DOCS / "commands.md").read_text()
    names = [name for name, _ in pages.commands()]
    assert sorted(pages.marks(page)) == sorted(names)
    assert pages.filled(page) == page, "run: python docs/options.py"
    assert set(sections("commands.md")) == {name.split()[1] for name in names}


def test_every_key_of_pooling_is_there():
    keys = first_cells(sections("encoders.md")["Pooling"])
    assert sorted(keys) == sorted(field.name for field in fields(Pooling))


def test_every_field_of_a_record_is_there():
    said = sections("record.md")
    parts = [
        one
        for one in vars(schema).values()
        if isinstance(one, type) and issubclass(one, schema.Part) and one is not schema.Part
    ]
    assert Record in parts
    for part in parts:
        assert sorted(first_cells(said[part.__name__])) == sorted(part.model_fields), part
    assert f"`schema_version` is {schema.SCHEMA_VERSION}" in (DOCS / "record.md").read_text()


def test_every_protocol_is_there_with_its_settings_and_presets():
    said = sections("protocols.md") | sections("studies.md")
    del said["rooms"], said["detector"]  # a data set, and what looks at samples
    kinds = PROTOCOLS.names()
    assert sorted(said) == sorted(kinds)
    for kind in kinds:
        protocol = PROTOCOLS.load(kind)
        settings = set(protocol.model_fields) - {"kind", "preset"}
        assert set(first_cells(said[kind])) == settings, kind
        for preset in protocol.presets:
            assert f"reset `{preset}`" in said[kind]


def test_the_keys_of_a_comparison_are_there():
    said = first_cells(sections("predictions.md")["JSON"])
    y = np.arange(40) % 4
    reports = [
        compare(DOCS.parent / "results" / "cifar10_3000"),
        compare_predictions({"A": y, "B": y[::-1]}, y),
    ]
    for report in reports:
        for pair in json.loads(report.render("json"))["pairs"]:
            assert set(said) <= set(pair)


def test_the_names_of_columns_are_there():
    table = sections("predictions.md")["What a file holds"]
    for role, names in ROLES.items():
        (line,) = re.findall(rf"^\| `{role}` \| (.*?) \|", table, flags=re.MULTILINE)
        assert re.findall(r"`(\w+)`", line) == list(names)
    assert set(first_cells(table)) == set(ROLES)


@pytest.mark.system
@pytest.mark.skipif(shutil.which("mkdocs", path=Path(sys.executable).parent) is None, reason="docs")
def test_the_site_builds_without_warnings(tmp_path):
    done = subprocess.run(
        [Path(sys.executable).parent / "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=DOCS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "commands" / "index.html").is_file()
