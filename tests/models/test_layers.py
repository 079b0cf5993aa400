"""Labels joined to maps; dropout that is named, and the networks that hold it."""

from __future__ import annotations

import copy

import torch
from torch import nn

from dcgan_eval.models import Dropout, name_dropouts
from dcgan_eval.models.layers import join


def test_labels_are_joined_in_the_precision_of_the_maps() -> None:
    maps, labels = torch.randn(3, 2, 4, 4), torch.eye(5)[:3]
    for dtype in (torch.float32, torch.bfloat16):
        joined = join(maps.to(dtype), labels)
        assert joined.dtype == dtype
        assert torch.equal(joined[:, :2], maps.to(dtype))
        assert torch.equal(joined[:, 2:].float(), labels[:, :, None, None].expand(3, 5, 4, 4))


def test_a_named_dropout_drops_the_same_whatever_was_drawn_before() -> None:
    x, one, other = torch.ones(4, 50), Dropout(0.3), Dropout(0.3)
    one(x), torch.rand(7)
    found = []
    for dropout in (one, other, copy.deepcopy(one)):
        dropout.draw_from("test", 1)
        found.append([dropout(x), dropout(x)])
    for drawn in found[1:]:
        assert all(torch.equal(*pair) for pair in zip(found[0], drawn, strict=True))
    assert not torch.equal(*found[0])
    one.draw_from("test", 2)
    assert not torch.equal(one(x), found[0][0])


def test_what_is_kept_is_scaled_up_and_evaluation_keeps_all() -> None:
    dropout, x = Dropout(0.25), torch.ones(200, 200)
    kept = dropout(x)
    assert set(kept.unique().tolist()) == {0.0, float(torch.tensor(1) / 0.75)}
    assert abs(float(kept.mean()) - 1) < 0.02
    assert torch.equal(dropout.eval()(x), x)


def test_each_dropout_of_a_network_has_a_stream_of_its_own() -> None:
    network = nn.Sequential(Dropout(0.5), nn.Identity(), nn.Sequential(Dropout(0.5)))
    x = torch.ones(2, 40)
    name_dropouts(network, "test", 3)
    first, second = network[0](x), network[2](x)
    assert not torch.equal(first, second)
    name_dropouts(network, "test", 3)
    assert torch.equal(network[2](x), second) and torch.equal(network[0](x), first)
