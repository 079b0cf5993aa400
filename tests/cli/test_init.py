"""``dcgan-eval init``: the demo's pipeline under another name; nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcgan_eval.core import BUNDLED, CheckpointError
from dcgan_eval.pipeline import Options, make_plan, read_pipeline
from dcgan_eval.subjects import Place, find_checkpoints
from tests.make.commands import call

DEMO = read_pipeline(BUNDLED / "demo.yaml")
WEIGHTS = "digits_dcgan8.safetensors"


@pytest.mark.parametrize(
    ("file", "name"),
    [("my.yaml", "my"), ("runs/a b:c.yml", "a-b-c"), ("1e3.yaml", "1e3"), ("null", "null")],
)
def test_what_is_written_is_the_demo_under_its_own_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(["init", file], capsys)
    assert done.code == 0 and done.out == f"{file}\n"
    assert done.err.startswith("next: dcgan-eval run ") and done.err.count("\n") == 1
    made = read_pipeline(Path(file))
    assert (made.name, made.results) == (name, f"results/{name}")
    same = {"name": DEMO.name, "results": DEMO.results, "beside": DEMO.beside}
    assert made.model_copy(update=same) == DEMO
    comments = [line for line in Path(file).read_text().splitlines() if line.startswith("#")]
    assert len(comments) > 10

    plan = make_plan(made, Options(tmp_path / "cache"))
    names = [job.subject.name for job in plan.all_jobs()]
    assert names[0] == "DCGAN trained on digits" and names[-1] == "raw pixels" and len(names) == 5


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_what_is_there_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], there: str
) -> None:
    path = tmp_path / "my.yaml"
    if there == "file":
        path.write_text("mine")
    elif there == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere.yaml")
    done = call(["init", path], capsys)
    assert done.code == 2 and done.out == ""
    assert done.err == (f"dcgan-eval: {path}: is there already; give another name, or remove it\n")
    assert there != "file" or path.read_text() == "mine"
    assert not (tmp_path / "nowhere.yaml").exists()


def test_bundled_weights_are_found_by_their_name_behind_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_checkpoints(WEIGHTS, Place()) == [BUNDLED / WEIGHTS]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / WEIGHTS).write_bytes(b"")
    roots = Place((tmp_path / "mine",))
    assert find_checkpoints(WEIGHTS, roots) == [tmp_path / "mine" / WEIGHTS]
    # Neither a pattern nor a folder leads there.
    for text in ("*.safetensors", ".", f"../bundled/{WEIGHTS}", f"no/{WEIGHTS}"):
        with pytest.raises(CheckpointError, match="looked for"):
            find_checkpoints(text, Place())
