"""A network that gives a dictionary; which of its parts is meant is said in the layer's name."""

import torch
from torch import nn

import dcgan_eval as de


class TwoHeads(nn.Module):
    """Maps for one purpose, a vector for another."""

    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        maps = torch.relu(self.body(x))
        return {"maps": maps, "vector": self.head(maps.mean((2, 3)))}


torch.manual_seed(0)
net = TwoHeads()
results = de.evaluate(
    {
        "maps": de.Module(net, layers=".[maps]"),
        "vector": de.Module(net, layers=".[vector]", small_maps="keep"),
        "both": de.Module(net, layers=[".[maps]", ".[vector]"], small_maps="keep"),
    },
    train="digits",
    test="digits",
    protocol="full_labels",
    train_size=200,
    grid=[0.01],
    progress=False,
)
assert [one.outcome.representation.columns for one in results] == [128, 5, 133]
scores = [one.outcome.headline.value for one in results]
assert scores[0] > scores[1] + 10
