"""YAML files that are none: one line that says where and what."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make.commands import call, refused

# A file's text, and what the message says.
WRONG_TEXTS = {
    "a key twice": ("name: a\nname: b\n", ["line 2", "'name' is given twice"]),
    "broken syntax": ("name: [a\n", ["not valid YAML"]),
    "a list": ("- a\n- b\n", ["expected keys"]),
    "empty": ("", ["expected keys"]),
    "a tag that runs code": ("name: !!python/object/apply:os.getcwd []\n", ["not valid YAML"]),
    "an alias bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        ["aliases unfold"],
    ),
    "an alias of itself": ("a: &a [*a]\n", ["contains itself"]),
    "nesting without end": ("[" * 5000, ["not valid YAML"]),
    "a control character": ("name: \x07\n", ["not valid YAML"]),
    "a number for a key": ("1: a\n", ["not text"]),
}


@pytest.mark.parametrize("case", WRONG_TEXTS)
def test_a_yaml_file_that_is_none(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, fragments = WRONG_TEXTS[case]
    Path("p.yaml").write_text(text)
    refused(call(["run", "p.yaml"], capsys), 2, "p.yaml", *fragments)


def test_files_that_are_no_text(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(call(["run", "absent.yaml"], capsys), 2, "absent.yaml", "no such file")
    refused(call(["run", "."], capsys), 2, "is a folder")
    Path("p.yaml").write_bytes(b"name: \xff\xfe\n")
    refused(call(["run", "p.yaml"], capsys), 2, "not UTF-8")
    Path("p.yaml").write_bytes(b"#" * (2 << 20))
    refused(call(["run", "p.yaml"], capsys), 2, "larger than 1 MiB")
