"""The wheel in an empty environment, away from the source: the demo, and what README goes on to."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from tests.make.commands import Finished
from tests.make.wheels import REPOSITORY, environment_with, wheel_of_ours

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
README = (REPOSITORY / "README.md").read_text()
# Blocks of commands, and the one of what the demo prints.
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_of_ours(tmp_path_factory.mktemp("wheel"))


class Box:
    """An empty folder, and an environment that only has the wheel and its dependencies."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self.commands = environment_with(wheel, folder / "environment")

    def call(self, line: str) -> Finished:
        """Type a line there."""
        kept = {key: value for key, value in os.environ.items() if key in ("LANG", "LC_ALL")}
        done = subprocess.run(
            shlex.split(line, comments=True),
            cwd=self.folder,
            env={
                **kept,
                "PATH": os.pathsep.join([str(self.commands), os.environ["PATH"]]),
                "HOME": str(self.folder.parent),
                "OMP_NUM_THREADS": "2",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def box(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Box:
    return Box(wheel, tmp_path_factory.mktemp("box"))


def test_the_wheel_holds_what_the_demo_needs_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "dcgan_eval/bundled/demo.yaml" in names
    assert {name.split("/")[0].removesuffix(".dist-info") for name in names} == {
        "dcgan_eval",
        wheel.name.removesuffix("-py3-none-any.whl"),
    }
    tracked = subprocess.run(
        ["git", "ls-files", "dcgan_eval"], cwd=REPOSITORY, capture_output=True, text=True
    )
    if tracked.returncode == 0:
        assert set(tracked.stdout.split()) <= set(names)
    assert wheel.stat().st_size < 2_000_000


def test_the_demo_prints_what_the_readme_shows(box: Box) -> None:
    where = box.call("python -c 'import dcgan_eval; print(dcgan_eval.__file__)'")
    assert Path(where.out.strip()).is_relative_to(box.commands.parent)

    begun = time.monotonic()
    done = box.call("dcgan-eval demo")
    print(f"dcgan-eval demo: {time.monotonic() - begun:.1f} s")
    assert done.code == 0, done.err
    (shown,) = (text for kind, text in BLOCKS if kind == "text")
    assert worded(as_if_quiet(done.out)) == worded(shown)
    for found, said in zip(numbers(done.out), numbers(shown), strict=True):
        assert found == pytest.approx(said, abs=0.5)
    bold = re.findall(r"^\| (.*?) \| \*\*", done.out, re.MULTILINE)
    assert bold == ["DCGAN trained on digits"]
    page = (box.folder / "results/demo/report.html").read_text()
    assert page.startswith("<!") and "random weights" in page

    again = box.call("dcgan-eval demo --quiet")
    assert again.code == 0 and again.err == ""
    assert again.out == done.out


def as_if_quiet(printed: str) -> str:
    """What the demo prints where nothing else runs: without CPU seconds, which are told then."""
    lines = printed.splitlines()
    if not any(line.endswith("| CPU seconds |") for line in lines):
        return printed
    kept = (line for line in lines if not line.startswith("- CPU seconds are shown"))
    return "\n".join(re.sub(r"\|[^|]*\|$", "|", line) for line in kept)


def worded(printed: str) -> list[str]:
    """Words of what the demo prints, without numbers, which processors round in their ways."""
    return re.sub(r"[<=]? ?\d[\d,.]*", "#", printed).split()


def numbers(printed: str) -> list[float]:
    """Errors with their intervals, as the table has them."""
    rows = re.findall(r"\| \**(\d+\.\d\d)\** \| (\d+\.\d\d) to (\d+\.\d\d)", printed)
    return [float(value) for row in rows for value in row]


def test_what_the_readme_goes_on_to(box: Box) -> None:
    lines = [line for kind, text in BLOCKS[:2] for line in text.splitlines() if kind == ""]
    typed = [line for line in lines if line.startswith("dcgan-eval ")]
    assert any(line.startswith("dcgan-eval init my.yaml") for line in typed)
    for line in typed:
        done = box.call(line)
        assert done.code == 0, (line, done.err)
    assert (box.folder / "my.yaml").is_file()
    # Before it, the environment is activated in which `make` has installed the command.
    activated = next(i for i, line in enumerate(lines) if line.startswith(". .venv/bin/activate"))
    assert activated < lines.index(typed[0])


def test_completion(box: Box) -> None:
    done = box.call(
        "env _DCGAN_EVAL_COMPLETE=complete_bash COMP_CWORD=1 'COMP_WORDS=dcgan-eval in' dcgan-eval"
    )
    assert done.out.split() == ["init", "inspect"]
