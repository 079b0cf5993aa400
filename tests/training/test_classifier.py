"""A classifier's trial against a plain torch loop, and taken up from its arrays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.core import SettingsError, rng_for
from dcgan_eval.models import Encoder, initialise, load_encoder, load_family
from dcgan_eval.training import Classifier, Pretrained, TrialParameters, Untrained
from dcgan_eval.training.classifier import _shifted
from tests.make.images import random_images
from tests.make.networks import randomise

PLAIN = TrialParameters(rate=2e-3, weight_decay=0.05, dropout=0.0, shift=0, epochs=3)
NAME = ("supervised", 0, "trial", 1)
IMAGES = random_images(50)


def classifier(parameters: TrialParameters) -> Classifier:
    return Classifier(Untrained("dcgan8"), 3, parameters, NAME)


def trained(parameters: TrialParameters, epochs: int) -> Classifier:
    made = classifier(parameters)
    made.train_to(epochs, IMAGES.pixels, IMAGES.y, 20)
    return made


def test_trains_as_a_plain_loop_does() -> None:
    network = load_family("dcgan8").pair().discriminator.module
    assert isinstance(network, nn.Sequential)
    network[-1] = nn.Linear(network[-1].in_features, 3)
    initialise(network, *NAME)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
    X = torch.from_numpy(IMAGES.pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
    y = torch.from_numpy(IMAGES.y)
    for epoch in range(3):
        order = torch.from_numpy(rng_for(*NAME, "epoch", epoch, "order").permutation(50))
        for rows in order.split(20):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(X[rows]), y[rows]).backward()
            optimizer.step()
        schedule.step()
    ours = trained(PLAIN, 3)
    # The head stands behind dropout, so its parameters have other names but the same order.
    for wanted, found in zip(network.parameters(), ours.network.parameters(), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)
    logits = network.eval()(X)
    sure = logits.topk(2).values.diff().abs()[:, 0] > 1e-2
    assert sure.float().mean() > 0.8
    wanted_classes = logits.argmax(1)[sure].numpy()
    np.testing.assert_array_equal(ours.predict(IMAGES.pixels)[sure.numpy()], wanted_classes)


def test_taken_up_it_goes_on_as_if_it_had_never_stopped() -> None:
    parameters = replace(PLAIN, dropout=0.5, shift=2)
    whole = trained(parameters, 3)
    stopped = trained(parameters, 1)
    taken_up = classifier(parameters)
    taken_up.restore(stopped.arrays())
    assert taken_up.epoch == 1
    taken_up.train_to(3, IMAGES.pixels, IMAGES.y, 20)
    wanted, found = whole.arrays(), taken_up.arrays()
    assert sorted(wanted) == sorted(found)
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


@pytest.mark.parametrize("change", [{"dropout": 0.5}, {"shift": 2}, {"rate": 1e-3}])
def test_every_parameter_changes_the_weights(change: dict[str, float]) -> None:
    before, after = trained(PLAIN, 2), trained(replace(PLAIN, **change), 2)
    name = "network head.1.weight"
    assert not np.array_equal(before.arrays()[name], after.arrays()[name])


def test_dropout_leaves_torchs_own_stream_alone() -> None:
    made = classifier(replace(PLAIN, dropout=0.5))
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    made.train_to(1, IMAGES.pixels, IMAGES.y, 20)
    torch.testing.assert_close(torch.rand(4), wanted)


@pytest.mark.slow
def test_learns_classes_that_differ_in_brightness() -> None:
    strangers = random_images(90, seed=1)
    made = trained(replace(PLAIN, dropout=0.3, shift=1, epochs=20), 20)
    assert np.mean(made.predict(strangers.pixels) == strangers.y) > 0.9


def test_shifted_images_repeat_their_edges() -> None:
    images = IMAGES.pixels
    moved = _shifted(images, 2, np.random.default_rng(0))
    moves = np.random.default_rng(0).integers(-2, 3, (2, 50, 1))[:, :, 0]
    assert {*moves.ravel()} == {-2, -1, 0, 1, 2}
    for image, found, (down, right) in zip(images, moved, moves.T, strict=True):
        padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="edge")
        wanted = padded[2 + down : 10 + down, 2 + right : 10 + right]
        np.testing.assert_array_equal(found, wanted)


def test_a_network_without_a_dense_end_is_refused() -> None:
    with pytest.raises(SettingsError, match="ends in Flatten, a classifier needs a dense layer"):
        Classifier(Untrained("examples", {"side": 16, "ndf": 2}), 3, PLAIN, NAME)


def pretrained() -> Encoder:
    """A discriminator whose weights and statistics are none that anything begins with."""
    network = load_family("dcgan8").pair().discriminator
    randomise(network.module, "pretrained")
    return Encoder(network.module, network.layers, network.takes.shape)


def finetuned(
    encoder: Encoder, trainable_layers: int | None, epochs: int, parameters: TrialParameters = PLAIN
) -> Classifier:
    architecture = Pretrained(encoder, "mine", trainable_layers)
    made = Classifier(architecture, 3, parameters, NAME)
    made.train_to(epochs, IMAGES.pixels, IMAGES.y, 20)
    return made


@pytest.mark.parametrize("trainable_layers", [None, 0, 2])
def test_before_the_first_epoch_it_is_a_dense_layer_on_the_frozen_features(
    trainable_layers: int | None,
) -> None:
    encoder = pretrained()
    made = finetuned(encoder, trainable_layers, 0)
    features = encoder.encode(IMAGES.pixels, ["layer3"], lambda maps: maps.flatten(1))["layer3"]
    head = made.network.get_submodule("head.1")
    assert isinstance(head, nn.Linear)
    weight, bias = head.weight.detach(), head.bias.detach()
    assert float(weight.std()) == pytest.approx(0.02, rel=0.1)
    wanted = features @ weight.T + bias
    torch.testing.assert_close(made.logits(IMAGES.pixels), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("trainable_layers", [None, 0, 1, 2, 3])
def test_what_stands_before_the_trained_layers_keeps_every_bit(
    trainable_layers: int | None,
) -> None:
    """Weights, and the statistics of batch norms; all that is trained is another."""
    encoder = pretrained()
    before = {name: one.clone() for name, one in encoder.network.state_dict().items()}
    parameters = replace(PLAIN, dropout=0.5, shift=1)
    after = finetuned(encoder, trainable_layers, 2, parameters).network.state_dict()
    trained = {None: 3, **dict(enumerate(range(4)))}[trainable_layers]
    for name, one in before.items():
        if not name.startswith("head"):
            kept = int(name[len("layer")]) <= 3 - trained
            assert torch.equal(after[name], one) == kept, name
    for name, one in encoder.network.state_dict().items():
        assert torch.equal(one, before[name])


def test_fine_tuning_taken_up_goes_on_as_if_it_had_never_stopped() -> None:
    encoder, parameters = pretrained(), replace(PLAIN, dropout=0.5, shift=2)
    stopped = finetuned(encoder, 1, 1, parameters)
    taken_up = Classifier(Pretrained(encoder, "mine", 1), 3, parameters, NAME)
    taken_up.restore(stopped.arrays())
    taken_up.train_to(3, IMAGES.pixels, IMAGES.y, 20)
    found = taken_up.arrays()
    for name, array in finetuned(encoder, 1, 3, parameters).arrays().items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_batch_norms_without_statistics_take_those_of_the_labelled_images(tmp_path: Path) -> None:
    """The mean of their batches'; a frozen one keeps it."""
    network = load_family("dcgan8").pair().discriminator.module
    weights = randomise(network, "pretrained").state_dict()
    torch.save({n: one for n, one in weights.items() if "running" not in n}, tmp_path / "d.pt")
    encoder = load_encoder(tmp_path / "d.pt")
    assert encoder.missing_statistics
    X = torch.from_numpy(IMAGES.pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        inner = network.get_submodule("layer2.conv")(network.get_submodule("layer1")(X))
    wanted = torch.stack([maps.var((0, 2, 3)) for maps in inner.split(20)]).mean(0)
    for epochs in (0, 2):
        norm = finetuned(encoder, 1, epochs).network.get_submodule("layer2.norm")
        assert isinstance(norm, nn.BatchNorm2d) and norm.momentum == 0.1
        torch.testing.assert_close(norm.running_var, wanted)


def test_more_layers_than_there_are_are_refused() -> None:
    with pytest.raises(SettingsError, match="has layer1, layer2, layer3; give at most 3, or"):
        Pretrained(pretrained(), "mine", 4)
