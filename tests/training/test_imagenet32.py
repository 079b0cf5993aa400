"""The paper's ImageNet pair: its recipes train, its pipeline reads what they leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcgan_eval.data import load_images
from dcgan_eval.models import load_family, load_generator
from dcgan_eval.pipeline import read_pipeline
from dcgan_eval.training import read_recipe, train
from tests.make.images import write_npz

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
RECIPES = {"imagenet32": 128, "imagenet32_half": 64}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_trains_a_pair_and_its_average(name: str, box: Path) -> None:
    write_npz(Path("tiny.npz"), 8, (32, 32, 3), y_train=[0, 1] * 4, y_test=[0, 1] * 4)
    small = ["data.name=tiny", "options.width=2", "epochs=1", "batch=4", "out=out"]
    small += ["optimizer.full_epochs=1"]
    recipe = read_recipe(REPOSITORY / "recipes" / f"{name}.yaml", small)
    paths = train(recipe, load_images(recipe.data, "train", roots=[Path()]))
    assert [path.name for path in paths] == [
        f"{name}_{network}_0001.safetensors"
        for network in ("discriminator", "generator", "average")
    ]
    assert load_generator(paths[1]).spec == load_generator(paths[2]).spec


@pytest.mark.parametrize(("name", "width"), RECIPES.items())
def test_a_recipe_is_of_the_papers_pair_and_keeps_its_last_step(name: str, width: int) -> None:
    recipe = read_recipe(REPOSITORY / "recipes" / f"{name}.yaml", [])
    assert recipe.augment.flip and recipe.augment.shift == 4
    assert recipe.epochs % recipe.keep_every == 0
    network = load_family(recipe.network, recipe.options).pair().discriminator
    first, *_, last = (p for n, p in network.module.named_parameters() if "conv" in n)
    assert (first.shape[0], last.shape[0]) == (width, 4 * width)


def test_the_pipeline_reads_what_the_recipe_leaves() -> None:
    recipe = read_recipe(REPOSITORY / "recipes" / "imagenet32.yaml", [])
    file = REPOSITORY / "pipelines" / "cifar10_ours.yaml"
    read_pipeline(file)
    assert f"path: {recipe.out}/{recipe.name}_discriminator_*.safetensors" in file.read_text()
