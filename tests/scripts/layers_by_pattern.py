"""Which part of my network to use: the first block, the second, or both side by side."""

import torch
from torch import nn

import dcgan_eval as de

torch.manual_seed(0)
net = nn.Sequential()
for number, (before, after) in enumerate([(1, 8), (8, 16)]):
    net.add_module(
        f"block{number}", nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.LeakyReLU(0.2))
    )
results = de.evaluate(
    {
        "first": de.Module(net, layers="block0.1"),
        "second": de.Module(net, layers="block1.1"),
        "both": de.Module(net, layers="block?.1"),
    },
    train="digits",
    test="digits",
    protocol="full_labels",
    train_size=200,
    grid=[0.01],
    progress=False,
)
shown = [one.outcome.representation for one in results]
assert [one.columns for one in shown] == [8 * 16, 16 * 16, 24 * 16]
assert shown[2].layers == ("block0.1", "block1.1")
assert all(one.outcome.headline.value > 75 for one in results)
