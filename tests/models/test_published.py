"""The published checkpoints, where they are at hand: against what their cards report."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from dcgan_eval.core import CheckpointError, rng_for
from dcgan_eval.models import (
    Generator,
    LayerShape,
    inspect_checkpoint,
    load_encoder,
    load_generator,
)

EXAMPLES = {"input": [28, 28], "strides": [2, 2, 2, 2], "paddings": [1, 1, 1, 1]}
DENSE_D = {"input": [28, 28], "slope": 0.2}
DENSE_G = {"image": [28, 28], "output": "tanh", "z": "normal"}


@pytest.fixture(scope="module")
def digits(data_root: Path) -> NDArray[np.uint8]:
    """The first 2,000 test images of MNIST, on which the cards' figures were computed."""
    path = data_root / "mnist" / "test.parquet"
    if not path.is_file():
        pytest.skip("no MNIST at hand")
    rows = pq.read_table(path, columns=["image"]).slice(0, 2000)["image"].to_pylist()
    pixels = [np.asarray(Image.open(io.BytesIO(row["bytes"]))) for row in rows]
    return np.stack(pixels)[..., None]


def test_the_imagenet_discriminator_has_four_whole_layers(checkpoint_root: Path) -> None:
    path = checkpoint_root / "authors_imagenet32" / "30_discrim_params.jl"
    with pytest.raises(
        CheckpointError, match=r"_11\.npy.*_14\.npy.*layer1, layer2, layer3, layer4"
    ):
        load_encoder(path)
    encoder = load_encoder(path, layers=["layer1", "layer4"])
    assert encoder.layers == {
        "layer1": LayerShape(128, 32, 32),
        "layer2": LayerShape(128, 16, 16),
        "layer3": LayerShape(256, 16, 16),
        "layer4": LayerShape(256, 8, 8),
    }
    assert encoder.missing_statistics
    assert "columns: 12,288" in inspect_checkpoint(path).lines()
    # REFERENCE.md, 5: all scales are positive, so that max-pooling commutes with batch norm.
    scales = [t for name, t in encoder.network.state_dict().items() if "norm.weight" in name]
    assert min(float(scale.min()) for scale in scales) > 0.5


def test_the_svhn_pair_belongs_together(checkpoint_root: Path) -> None:
    """The discriminator believes its own generator more than one whose kernels are not flipped."""
    folder = checkpoint_root / "authors_svhn"
    drawn = load_generator(folder / "200_gen_params.jl")
    encoder = load_encoder(folder / "200_discrim_params.jl")
    assert "columns: 7,168" in inspect_checkpoint(folder / "200_discrim_params.jl").lines()
    other = copy.deepcopy(drawn.network)
    for module in other.modules():
        if isinstance(module, nn.ConvTranspose2d):
            module.weight.copy_(module.weight.flip(2, 3))
    z = drawn.latent(128, rng_for("test"))
    samples = drawn.sample(z)
    assert samples.shape == (128, 32, 32, 3)
    assert samples.min() < 64
    assert samples.max() > 192
    believed = _logits(encoder.network, encoder.preprocess(torch.from_numpy(samples)))
    wrong = Generator(other, drawn.spec).sample(z)
    doubted = _logits(encoder.network, encoder.preprocess(torch.from_numpy(wrong)))
    assert believed.mean() > doubted.mean() + 3


def _logits(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Logits with the batch's own statistics."""
    judge = copy.deepcopy(network).train()
    with torch.no_grad():
        return judge(images)


def test_the_examples_discriminator_asks_for_its_geometry(checkpoint_root: Path) -> None:
    path = checkpoint_root / "mnist_dcgan_D_csinva" / "netD_epoch_99.pth"
    with pytest.raises(
        CheckpointError,
        match=r"4 convolutions.*does not say its input, strides, paddings; give geometry: \{input",
    ):
        load_encoder(path)
    with pytest.raises(CheckpointError, match=r"strides is \[2, 2\]; the checkpoint has 4"):
        load_encoder(path, geometry={**EXAMPLES, "strides": [2, 2]})
    assert load_encoder(path, geometry=EXAMPLES).layers == {
        "layer1": LayerShape(64, 14, 14),
        "layer2": LayerShape(128, 7, 7),
        "layer3": LayerShape(256, 3, 3),
    }


@pytest.mark.parametrize(
    ("folder", "file", "geometry", "figures"),
    [
        ("mnist_dcgan_D_csinva", "netD_epoch_99.pth", EXAMPLES, ("eval", "real")),
        ("mnist_mlp_gan_csinva", "D--300.ckpt", DENSE_D, ("D", "real")),
    ],
)
def test_logits_are_those_that_the_card_reports(
    checkpoint_root: Path,
    digits: NDArray[np.uint8],
    folder: str,
    file: str,
    geometry: dict[str, object],
    figures: tuple[str, str],
) -> None:
    card = json.loads((checkpoint_root / folder / "card.json").read_text())
    reported = card["verified"][figures[0]][figures[1]]
    encoder = load_encoder(checkpoint_root / folder / file, geometry=geometry)
    with torch.no_grad():
        logits = encoder.network(encoder.preprocess(torch.from_numpy(digits)))
    assert float(logits.mean()) == pytest.approx(reported["mean_logit"], abs=6e-4)
    assert float(logits.std()) == pytest.approx(reported["sd"], abs=6e-4)


def test_the_dense_generator_draws_what_its_discriminator_knows(checkpoint_root: Path) -> None:
    folder = checkpoint_root / "mnist_mlp_gan_csinva"
    with pytest.raises(CheckpointError, match="image, slope, output, z, label; give geometry"):
        load_generator(folder / "G--300.ckpt")
    geometry = {**DENSE_G, "slope": 0, "label": "none"}
    drawn = load_generator(folder / "G--300.ckpt", geometry=geometry)
    assert drawn.spec.z_dim == 64
    samples = drawn.sample(drawn.latent(2000, rng_for("test")))
    encoder = load_encoder(folder / "D--300.ckpt", geometry=DENSE_D)
    with torch.no_grad():
        logits = encoder.network(encoder.preprocess(torch.from_numpy(samples)))
    # The card: mean −1.208, sd 1.424 over 2,000 samples; 4 standard errors.
    assert float(logits.mean()) == pytest.approx(-1.208, abs=0.13)


@pytest.mark.parametrize(
    ("folder", "file", "slope"),
    [
        ("mnist_cgan_G_adarshnair04", "cgan_generator.pth", 0.2),
        ("mnist_cgan_G_arsh199965", "generator.pth", 0),
    ],
)
def test_conditional_generators_are_their_cards_formula(
    checkpoint_root: Path, folder: str, file: str, slope: float
) -> None:
    path = checkpoint_root / folder / file
    drawn = load_generator(path, geometry={**DENSE_G, "slope": slope})
    assert (drawn.spec.z_dim, drawn.spec.n_classes, drawn.spec.label) == (100, 10, "embedding")
    z = drawn.latent(20, rng_for("test"))
    labels = np.arange(20) % 10
    content = torch.load(path, map_location="cpu", weights_only=True)
    tensors = {name: tensor.numpy() for name, tensor in content.items()}
    h = np.concatenate([z, tensors.pop("label_emb.weight")[labels]], axis=1)
    prefix = next(iter(tensors)).split(".")[0]
    for index in sorted({int(name.split(".")[1]) for name in tensors}):
        name = f"{prefix}.{index}"
        if tensors[f"{name}.weight"].ndim == 2:
            h = h @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]
        else:
            h = (h - tensors[f"{name}.running_mean"]) / np.sqrt(
                tensors[f"{name}.running_var"] + 1e-5
            ) * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]
        # A layer directly followed by its batch norm is not activated before it.
        if f"{prefix}.{index + 1}.running_mean" not in tensors and h.shape[1] != 784:
            h = np.where(h > 0, h, slope * h)
    expected = (np.tanh(h).reshape(20, 28, 28, 1) + 1) / 2
    np.testing.assert_allclose(drawn.sample_float(z, labels), expected, atol=1e-5)
    one = drawn.sample_float(z[3:4], labels[3:4])
    np.testing.assert_allclose(one, drawn.sample_float(z, labels)[3:4], atol=1e-6)
