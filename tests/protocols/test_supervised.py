"""The supervised baseline: its labels, its trials, who goes on, what is scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcgan_eval.core import SettingsError
from dcgan_eval.data import ImageSet, with_pixels
from dcgan_eval.models import load_encoder
from dcgan_eval.pipeline import Options, make_plan, pipeline_from, run_pipeline
from dcgan_eval.protocols import Features, Result, Task, read_protocol
from dcgan_eval.protocols.draws import DrawFits
from dcgan_eval.protocols.kinds.few_labels import FewLabels
from dcgan_eval.protocols.trials import Trials, trial_parameters
from dcgan_eval.training import Architecture, Classifier, Untrained
from tests.make.images import noisy_images, random_images
from tests.make.tasks import work_in

VALUES: dict[str, Any] = {
    "kind": "supervised",
    "per_class": 10,
    "validation": 60,
    "trials": 6,
    "rungs": [1, 2],
    "kept": [3, 2],
    "epochs": 4,
    "batch": 10,
}
NETWORK = {"kind": "architecture", "network": "dcgan8"}


def task_of(values: dict[str, Any], train: ImageSet, test: ImageSet) -> Task[Architecture]:
    split = read_protocol(values).make_split(train, test)
    return Task(Untrained("dcgan8"), train, test, split)


def run(values: dict[str, Any], folder: Path) -> tuple[Result, Task[Architecture]]:
    task = task_of(values, random_images(150), random_images(60, seed=1))
    return read_protocol(values).run(task, work_in(folder)), task


def test_labels_are_draw_0_of_few_labels(tmp_path: Path) -> None:
    train, test = noisy_images(300, grouped=True), noisy_images(100, seed=1, grouped=True)
    task = task_of(VALUES, train, test)
    few = FewLabels(per_class=10, validation=60)
    split = few.make_split(train, test)
    nothing = Features(np.empty((300, 0)), np.empty((100, 0)))
    their = Task(nothing, train, test, split)
    fits = DrawFits(few.probe, 10, ("few_labels", 0), 1, their, work_in(tmp_path))
    np.testing.assert_array_equal(task.split.parts["labelled"], fits.rows("draw", 0))
    np.testing.assert_array_equal(task.split.parts["validation"], split.parts["validation"])
    groups = train.item_groups
    assert groups is not None
    labelled, validation = (groups[task.split.parts[part]] for part in ("labelled", "validation"))
    assert not set(labelled) & set(validation)


def test_a_trial_is_a_function_of_seed_and_number() -> None:
    drawn = [trial_parameters(0, trial, 25, 75) for trial in range(64)]
    assert drawn[17] == trial_parameters(0, 17, 25, 75)
    assert drawn[17] != trial_parameters(1, 17, 25, 75)
    assert len({one.rate for one in drawn}) == 64
    assert all(1e-4 <= one.rate <= 1e-2 and 1e-6 <= one.weight_decay <= 1e-1 for one in drawn)
    assert {one.shift for one in drawn} == {0, 1, 2, 3, 4}
    assert all(0 <= one.dropout <= 0.7 and 25 <= one.epochs <= 75 for one in drawn)


@pytest.mark.slow
def test_the_best_go_on_and_the_winner_predicts(tmp_path: Path) -> None:
    result, task = run(VALUES, tmp_path)
    told = result.details["trials"]
    errors = [one["validation_errors"] for one in told]
    running = list(range(6))
    for rung, go_on in enumerate([3, 2, 1]):
        assert [trial for trial in range(6) if len(errors[trial]) > rung] == running
        order = sorted(running, key=lambda trial: (errors[trial][rung], trial))
        running = sorted(order[:go_on])
    (winner,) = running
    assert result.details["winner"] == winner
    # The winner again, in one go and without the protocol.
    train, test = with_pixels(task.train), with_pixels(task.test)
    parts = [train.take(task.split.rows(part)) for part in ("labelled", "validation")]
    labelled, validation = ((part.images(0, len(part)), part.y) for part in parts)
    parameters = trial_parameters(0, winner, 2, 4)
    alone = Classifier(Untrained("dcgan8"), 3, parameters, ("supervised", 0, "trial", winner))
    alone.train_to(parameters.epochs, *labelled, batch=10)
    np.testing.assert_array_equal(result.predictions[0], alone.predict(test.pixels))
    logits = alone.logits(test.pixels).numpy()
    np.testing.assert_array_equal(logits.argmax(axis=1), result.predictions[0])
    np.testing.assert_array_equal(result.scores[0], logits.astype(np.float16))
    validation_error = 100 * np.mean(alone.predict(validation[0]) != validation[1])
    error, other = result.metrics
    assert (error.name, other.name) == ("error", "validation error")
    assert error.headline and not other.headline
    assert other.value == pytest.approx(validation_error) == pytest.approx(errors[winner][-1])
    assert error.value == pytest.approx(100 * np.mean(result.predictions[0] != task.y_test))
    assert result.notes[0] == "best of 6 random trials, chosen on 60 validation labels"


@pytest.mark.slow
def test_more_trials_train_only_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {**VALUES, "rungs": [1], "kept": [1], "epochs": 1}
    first, _ = run({**values, "trials": 3}, tmp_path)
    built = []
    trained = Trials._trained

    def counted(self: Trials, rung: int, trial: int) -> Classifier:
        built.append((rung, trial))
        return trained(self, rung, trial)

    monkeypatch.setattr(Trials, "_trained", counted)
    second, _ = run({**values, "trials": 5}, tmp_path)
    assert {trial for rung, trial in built if rung == 0} - {3, 4} <= {second.details["winner"]}
    for one, same in zip(first.details["trials"], second.details["trials"], strict=False):
        assert one["validation_errors"][0] == same["validation_errors"][0]
    built.clear()
    again, _ = run({**values, "trials": 5}, tmp_path)
    assert not built
    np.testing.assert_array_equal(again.predictions, second.predictions)


@pytest.mark.slow
def test_a_checkpoint_is_trained_on_beside_random_weights(tmp_path: Path) -> None:
    path = str(Path(__file__).parents[2] / "zoo" / "digits_dcgan8.safetensors")
    rows = [
        {"kind": "finetuned", "name": "all", "path": path},
        {"kind": "finetuned", "path": path, "trainable_layers": 0},
        NETWORK,
    ]
    values = {"name": "x", "data": {"name": "digits"}, "representations": rows}
    values |= {"protocol": {**VALUES, "rungs": [5], "kept": [2], "epochs": 8}, "results": "r"}
    options = Options(tmp_path / "cache", results=tmp_path / "r")
    records = run_pipeline(pipeline_from(values), options)
    told = [one.outcome.representation for one in records]
    assert [one.kind for one in told] == ["finetuned", "finetuned", "architecture"]
    assert [one.name for one in told[:2]] == ["all", "fine-tuned digits_dcgan8"]
    assert told[0].weights == told[1].weights == load_encoder(path).weights_hash
    assert len({one.id for one in records}) == 3
    whole, _, random = (one.outcome.metrics[0].value for one in records)
    assert whole < random
    # Trial t is drawn alike in all rows.
    rates = [[trial["rate"] for trial in one.outcome.details["trials"]] for one in records]
    assert rates[0] == rates[1] == rates[2]


@pytest.mark.slow
def test_networks_are_dropped_when_they_cannot_go_on(tmp_path: Path) -> None:
    run(VALUES, tmp_path)
    # What stays: 6 + 3 + 2 errors and the winner's predictions.
    assert len(list(tmp_path.glob("*.npz"))) == 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kept": [3]}, "one number a rung"),
        ({"rungs": [2, 1]}, "ascending"),
        ({"epochs": 1}, "from 1 to the last one, 1"),
        ({"trials": 2}, "from trials to 1 or more"),
        ({"kept": [3, 4]}, "from trials to 1 or more"),
        ({"split": "authors"}, "10,000 validation images"),
    ],
)
def test_settings_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_protocol({**VALUES, **change})


@pytest.mark.parametrize(
    ("representation", "protocol", "message"),
    [
        (
            {"kind": "pixels"},
            {**VALUES, "per_class": 5},
            "takes a network to train",
        ),
        (
            NETWORK,
            {"kind": "full_labels"},
            "gives a network to train: remove it",
        ),
        ({**NETWORK, "network": "svhn32"}, {**VALUES, "per_class": 5}, "images are"),
    ],
)
def test_a_representation_of_the_other_sort_is_refused(
    tmp_path: Path, representation: dict[str, Any], protocol: dict[str, Any], message: str
) -> None:
    pipeline = {"name": "x", "data": {"name": "digits"}, "results": "results"}
    values = {**pipeline, "representations": [representation], "protocol": protocol}
    with pytest.raises((SettingsError, ValueError), match=message):
        make_plan(pipeline_from(values), Options(tmp_path)).all_jobs()
