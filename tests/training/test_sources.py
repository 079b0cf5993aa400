"""The pairs of other sources: trained by their recipes, evaluated by their pipelines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from PIL import Image

from dcgan_eval.models import load_family, load_generator
from dcgan_eval.pipeline import read_pipeline
from dcgan_eval.training import Recipe, read_recipe
from tests.make.commands import Finished, call
from tests.make.images import write_npz

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
# Recipe, and what is an option of the pair or of its training.
VARIANTS: list[tuple[str, list[str]]] = [
    ("keras_mnist", ["options.dense=16"]),
    ("gans_in_action", []),
    ("tf_dcgan", []),
    ("tf_dcgan", ["options.sampling_dropout=true", "optimizer={kind: rmsprop, rate: 1e-4}"]),
    ("tf_dcgan_horses", ["data.classes=['7']"]),
    ("conditional_tf", []),
    ("conditional_tf", ["options.auxiliary=true", "joint_batch=true"]),
    ("residual", []),
    ("residual", ["options.side=64", "options.norm=layer"]),
]
# Protocols that are small enough for ten images a class.
FEW = ["protocol.draws=1", "protocol.selection_draws=1", "protocol.validation=20"]
FEW += ["protocol.per_class=2", "representations.1.seeds=1", "defaults.batch_norm=batch"]
NEAREST = ["protocol.rungs=[20]", "protocol.seeds=1"]


def recipe_of(name: str, changes: list[str]) -> Recipe:
    return read_recipe(REPOSITORY / "recipes" / f"{name}.yaml", changes)


def command(
    verb: str, file: Path, changes: list[str], capsys: pytest.CaptureFixture[str]
) -> Finished:
    assignments = [word for change in changes for word in ("--set", change)]
    done = call([verb, file, *assignments, "--data-root", ".", "--quiet"], capsys)
    assert done.code == 0, done.err
    return done


def sheet() -> NDArray[np.uint8]:
    """The samples that were drawn last."""
    with Image.open("samples.png") as picture:
        return np.asarray(picture)


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_a_pair_is_trained_sampled_and_evaluated(
    name: str, options: list[str], box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Two steps: of a hundred images, or of the ten that are of one class.
    batch = 5 if name == "tf_dcgan_horses" else 50
    changes = ["data.name=tiny", "options.width=4", "epochs=1", f"batch={batch}", *options]
    recipe = recipe_of(name, changes)
    pair = load_family(recipe.network, recipe.options).pair()
    channels, *sides = pair.discriminator.takes.shape
    shape = (*sides, channels) if channels == 3 else tuple(sides)
    labels = [number % 10 for number in range(100)]
    write_npz(Path("tiny.npz"), 100, shape, y_train=labels, y_test=labels)

    printed = command("train", REPOSITORY / "recipes" / f"{name}.yaml", changes, capsys).out
    judge, draw = (Path(line) for line in printed.split())
    assert load_generator(draw).spec == pair.generator.takes
    done = call(["sample", draw, "--rows", "2", "--columns", "3", "--scale", "1"], capsys)
    assert done.code == 0, done.err
    height, width = sides
    assert sheet().shape[:2] == (2 * height, 3 * width)

    pipeline = REPOSITORY / "pipelines" / f"{name}.yaml"
    keys = ["data.name=tiny", "results=out"]
    if name == "conditional_tf":
        keys += [*NEAREST, f"generators.0.path={draw}"]
    else:
        keys += [*FEW, f"representations.0.path={judge}"]
        keys += [f"representations.1.options={json.dumps(recipe.options)}"]
    command("run", pipeline, keys, capsys)
    assert len([*Path("out").glob("*.json")]) == (1 if name == "conditional_tf" else 2)


@pytest.mark.parametrize("name", sorted({name for name, _ in VARIANTS}))
def test_a_pipeline_reads_what_its_recipe_leaves(name: str) -> None:
    recipe, file = recipe_of(name, []), REPOSITORY / "pipelines" / f"{name}.yaml"
    read_pipeline(file)
    values = yaml.safe_load(file.read_text())
    role = "generator" if "generators" in values else "discriminator"
    trained, *beginnings = values.get("generators") or values["representations"]
    # Two cores cannot always train as long as the source.
    makefile = (REPOSITORY / "results" / "sources" / "Makefile").read_text()
    found = re.search(rf"^EPOCHS_{name} = (\d+)$", makefile, re.MULTILINE)
    assert found is not None and int(found[1]) % recipe.keep_every == 0
    last = f"{recipe.name}_{role}_{int(found[1]):04d}.safetensors"
    assert trained["path"] == f"{recipe.out}/{last}"
    for row in beginnings:
        assert row["network"] == recipe.network
        assert row.get("options", {}) == recipe.options
        assert row["initialisation"] == recipe.initialisation
        assert recipe.seed in range(row["seeds"])


def test_rows_of_the_same_z_differ_by_class_alone(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = ["data.name=tiny", "options.width=4", "epochs=1", "batch=50"]
    labels = [number % 10 for number in range(100)]
    write_npz(Path("tiny.npz"), 100, (28, 28), y_train=labels, y_test=labels)
    recipe = REPOSITORY / "recipes" / "conditional_tf.yaml"
    _, draw = command("train", recipe, changes, capsys).out.split()
    grid = ["sample", draw, "--rows", "11", "--columns", "2", "--scale", "1"]
    for same, equal in (([], False), (["--same-z"], True)):
        assert call([*grid, *same], capsys).code == 0
        first, second, *_, last = np.split(sheet(), 11)  # the eleventh is of the first class again
        assert np.array_equal(first, last) == equal
        assert not np.array_equal(first, second)
