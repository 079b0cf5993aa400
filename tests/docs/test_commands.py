"""Every command in README and documentation parses; those that need no data are run."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from dcgan_eval.cli.main import make_app
from tests.make.commands import call

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# Commands that take what is in the repository alone, and a few seconds at most.
RUNS = (
    r"env$",
    r"list",
    r"data list",
    r"data check digits$",
    r"inspect zoo/",
    r"convert zoo/",
    r"table results/(cifar10_3000|mnist)",
    r"(compare|power|plot|report|diff) .*results/cifar10_(3000|400)",
    r"run pipelines/digits.yaml --dry-run$",
    r"cache prune",
    r"init ",
)


def blocks():
    """Commands on lines of their own in code blocks, once each."""
    found = {}
    for page in PAGES:
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            lines = block.replace("\\\n", " ").splitlines()
            for line in lines:
                if line.startswith("dcgan-eval "):
                    found[line.removeprefix("dcgan-eval ")] = page.name
    return sorted(found)


def parsed(words):
    """Parse without running; what click says of a wrong line is raised."""
    command, words = typer.main.get_command(make_app()), list(words)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    return command.make_context("dcgan-eval", words)


def test_wrong_commands_do_not_parse():
    with pytest.raises(KeyError):
        parsed(["tabel", "results"])
    with pytest.raises(typer.BadParameter.__bases__[0]):
        parsed(["table", "results", "--fromat", "csv"])


@pytest.mark.parametrize("line", blocks())
def test_it_parses(line):
    assert parsed(shlex.split(line, comments=True)).info_name == "dcgan-eval"


def test_commands_within_sentences_name_verbs():
    verbs = set(typer.main.get_command(make_app()).commands)
    for page in PAGES:
        for verb in re.findall(r"`dcgan-eval ([a-z]+)", page.read_text()):
            assert verb in verbs, page


@pytest.mark.parametrize("line", [one for one in blocks() if any(re.match(r, one) for r in RUNS)])
def test_it_runs(line, tmp_path, monkeypatch, capsys):
    for folder in ("results", "zoo", "pipelines", "recipes"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    for variable in ("DCGAN_EVAL_DATA", "DCGAN_EVAL_CHECKPOINTS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DCGAN_EVAL_CACHE", str(tmp_path / "cache"))
    done = call(shlex.split(line, comments=True), capsys)
    assert done.code == 0, done.err


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "docs/statistics.md"])
def test_python_runs(page, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("DCGAN_EVAL_DATA", raising=False)
    found = re.findall(
        r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE
    )
    assert found
    for code in found:
        exec(compile(code, page, "exec"), {})
    assert capsys.readouterr().out
