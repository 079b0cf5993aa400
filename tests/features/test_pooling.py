"""Cells of maps and means of tokens, against plain loops over what hooks see."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torchvision.models import VisionTransformer

from dcgan_eval.core import DataError, LayoutWarning, SettingsError
from dcgan_eval.features import EncoderRepresentation, Pooling, extract_features
from dcgan_eval.features.pooling import pooled_sides, prefix_doubt
from dcgan_eval.models import Encoder, LayerShape
from dcgan_eval.subjects import Place, read_subjects
from tests.make.images import random_images

CELLS: dict[str, Any] = {
    "max": lambda window: window.amax((2, 3)),
    "avg": lambda window: window.mean((2, 3)),
    "gem": lambda window: window.clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3),
}


@pytest.mark.slow
@pytest.mark.parametrize("pool", CELLS)
@given(height=st.integers(1, 20), width=st.integers(1, 20), grid=st.integers(1, 6))
def test_each_cell_is_made_of_its_window(pool: Any, height: int, width: int, grid: int) -> None:
    maps = torch.randn(2, 3, height, width)
    pooled = Pooling(grid, "keep", pool)(maps)
    rows, columns = pooled_sides(height, width, grid, "keep")
    assert pooled.shape == (2, 3 * rows * columns)
    assert Pooling(grid, "keep", pool).columns(LayerShape(3, height, width)) == pooled.shape[1]
    cells = pooled.reshape(2, 3, rows, columns)
    for i in range(rows):
        for j in range(columns):
            # Windows as PyTorch's adaptive pooling defines them; where the side divides by the
            # grid they tile the map.
            top, bottom = i * height // rows, -(-(i + 1) * height // rows)
            left, right = j * width // columns, -(-(j + 1) * width // columns)
            expected = CELLS[pool](maps[:, :, top:bottom, left:right])
            if pool == "max":
                assert torch.equal(cells[:, :, i, j], expected)
            else:
                torch.testing.assert_close(cells[:, :, i, j], expected)


def test_the_exponent_and_the_floor_of_gem_are_settings() -> None:
    maps = torch.tensor([[[[4.0, -1.0]]]])
    assert Pooling(1, pool="gem")(maps).item() == pytest.approx((64 / 2) ** (1 / 3))
    one = Pooling(1, pool="gem", gem_p=1.0, gem_eps=2.0)
    assert one(maps).item() == pytest.approx((4 + 2) / 2)
    # A large exponent is the maximum, as the paper says.
    assert Pooling(1, pool="gem", gem_p=60.0)(maps).item() == pytest.approx(4, rel=0.02)


def test_a_map_smaller_than_the_grid_is_an_error_unless_it_is_kept() -> None:
    with pytest.raises(DataError, match="3×5 are smaller than the grid of 4×4"):
        Pooling(4)(torch.zeros(1, 1, 3, 5))
    assert Pooling(4, "keep")(torch.zeros(1, 1, 3, 5)).shape == (1, 12)


def small_vit(side: int = 16) -> VisionTransformer:
    torch.manual_seed(0)
    network = VisionTransformer(side, 4, 3, 2, 12, 24)
    for parameter in network.parameters():  # the class token begins at zero
        nn.init.normal_(parameter, std=0.3)
    return network.eval()


def blocks_by_hand(network: VisionTransformer, images: Any, which: list[int]) -> list[torch.Tensor]:
    seen: dict[int, torch.Tensor] = {}
    for number in which:
        network.encoder.layers[number].register_forward_hook(
            lambda module, inputs, output, at=number: seen.__setitem__(at, output)
        )
    with torch.no_grad():
        network(torch.from_numpy(images.images(0, len(images))).permute(0, 3, 1, 2) / 127.5 - 1)
    return [seen[number] for number in which]


@pytest.mark.parametrize(
    ("tokens", "by_hand"),
    [
        ("cls", lambda out: out[:, 0]),
        ("mean", lambda out: out[:, 1:].mean(1)),
        ("cls+mean", lambda out: torch.cat([out[:, 0], out[:, 1:].mean(1)], 1)),
    ],
)
def test_tokens_of_the_last_blocks_are_those_that_hooks_see(tokens: Any, by_hand: Any) -> None:
    images = random_images(7, (16, 16, 3))
    encoder = Encoder(small_vit(), ["encoder.layers[-2:]"], (3, 16, 16))
    features = extract_features(encoder, images, tokens=tokens)
    expected = [by_hand(out) for out in blocks_by_hand(small_vit(), images, [1, 2])]
    np.testing.assert_allclose(features[:], torch.cat(expected, 1), rtol=1e-4, atol=1e-5)
    assert list(features.spans) == [f"encoder.layers.encoder_layer_{k}" for k in (1, 2)]


def test_tokens_before_the_patches_are_left_out_of_means() -> None:
    outputs = torch.arange(12.0).reshape(1, 6, 2)
    assert Pooling(tokens="mean", prefix_tokens=2)(outputs).tolist() == [[7.0, 8.0]]
    assert Pooling(tokens="mean", prefix_tokens=0)(outputs).tolist() == [[5.0, 6.0]]
    assert Pooling(tokens="cls", prefix_tokens=2)(outputs).tolist() == [[0.0, 1.0]]


def test_a_number_of_tokens_that_is_no_grid_of_patches_is_warned_of() -> None:
    encoder = Encoder(small_vit(), ["encoder.layers[-1:]"], (3, 16, 16))

    def made(**keys: Any) -> None:
        EncoderRepresentation(encoder, kind="k", name="vit", pooling=Pooling(**keys))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made(tokens="mean")
        made(tokens="cls", prefix_tokens=2)
    message = "^vit: a layer gives 17 tokens for images of 16×16: 1 seem to stand before"
    with pytest.warns(LayoutWarning, match=message):
        made(tokens="cls+mean", prefix_tokens=2)


def test_the_first_patch_is_not_taken_for_a_class_token_without_a_word() -> None:
    patches, shape = [LayerShape(6, 1, 1, tokens=36)], (3, 24, 24)
    doubt = prefix_doubt(patches, Pooling(tokens="cls"), shape)
    assert doubt is not None and "0 seem to stand before" in doubt
    assert prefix_doubt(patches, Pooling(tokens="mean", prefix_tokens=0), shape) is None


MAPS, TOKENS = LayerShape(3, 8, 8), LayerShape(3, 1, 1, tokens=5)


@pytest.mark.parametrize(
    ("keys", "layers", "message"),
    [
        ({}, [MAPS, TOKENS], "a layer gives 5 tokens; set tokens: cls, mean or"),
        ({"tokens": "cls"}, [MAPS], "no layer gives tokens; remove tokens: cls"),
        ({"tokens": "cls", "pool": "avg"}, [TOKENS], "all layers give tokens; remove pool: avg"),
        ({"tokens": "cls", "prefix_tokens": 0}, [TOKENS], "use tokens: mean"),
        ({"tokens": "mean", "prefix_tokens": 5}, [TOKENS], "gives 5 tokens, prefix_tokens is 5"),
    ],
)
def test_what_has_no_effect_is_refused(keys: Any, layers: list[LayerShape], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Pooling(**keys).check(layers)


def test_maps_and_tokens_stand_side_by_side() -> None:
    images = random_images(3, (16, 16, 3))
    encoder = Encoder(small_vit(), ["conv_proj", "encoder.ln"], (3, 16, 16))
    features = extract_features(encoder, images, pool="avg", grid=2, tokens="cls")
    assert features.spans == {"conv_proj": (0, 48), "encoder.ln": (48, 60)}
    with torch.no_grad():
        x = torch.from_numpy(images.images(0, 3)).permute(0, 3, 1, 2) / 127.5 - 1
        maps = small_vit().conv_proj(x).reshape(3, 12, 2, 2, 2, 2).mean((3, 5))
    np.testing.assert_allclose(features[:][:, :48], maps.flatten(1), rtol=1e-4, atol=1e-5)


def entry(**keys: Any) -> dict[str, Any]:
    module = {"kind": "module", "module": "examples.own_networks:small_inplace"}
    return {**module, "input": [1, 8, 8], "layers": ["1", "3"], **keys}


def test_a_pipeline_reads_them_and_what_is_usual_is_not_in_identities() -> None:
    made = []
    for keys in (
        {},
        {"pool": "max", "gem_p": 3.0, "tokens": None, "prefix_tokens": None},
        {"pool": "avg"},
        {"pool": "gem", "gem_p": 4.0},
    ):
        (settings,) = read_subjects([entry(**keys)], {})
        (subject,) = settings.make(0, Place(allow_code=True))
        made.append(subject.identity_values())
    assert made[0] == made[1] and not {"pool", "tokens", "prefix_tokens"} & set(made[0])
    assert made[2] == {**made[0], "pool": "avg"}
    assert made[3] == {**made[0], "pool": {"gem": {"p": 4.0, "eps": 1e-6}}}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"gem_p": 4.0}, "gem_p has no effect without pool: gem; remove it"),
        ({"pool": "avg", "gem_eps": 1e-3}, "gem_eps has no effect without pool: gem"),
        ({"prefix_tokens": 2}, "prefix_tokens has no effect without tokens; remove it"),
        ({"tokens": "clss"}, "representations.0..tokens: found 'clss'"),
    ],
)
def test_a_pipeline_with_what_has_no_effect_is_refused(keys: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_subjects([entry(**keys)], {})
