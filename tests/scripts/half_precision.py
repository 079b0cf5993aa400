"""A network in bfloat16 gives what it gives in float32 but for rounding."""

import copy

import torch
from torch import nn

import dcgan_eval as de

torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU())
results = de.evaluate(
    {"float32": net, "bfloat16": copy.deepcopy(net).to(torch.bfloat16)},
    train="digits",
    test="digits",
    protocol="full_labels",
    train_size=200,
    grid=[0.01],
    progress=False,
)
whole, half = results
assert half.id != whole.id
assert abs(half.outcome.headline.value - whole.outcome.headline.value) < 2
agree = whole.predictions().values == half.predictions().values
assert agree.mean() > 0.97
(sentence,) = results.compare().sentences
assert "never disagree" in sentence or "can't be told apart" in sentence
