"""Two checkpoints of mine against each other, with a page for my supervisor."""

import torch
from torch import nn

import dcgan_eval as de

for seed, epoch in enumerate((1, 99)):
    torch.manual_seed(seed)
    netD = nn.Sequential(
        nn.Conv2d(1, 8, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(8, 16, 4, 2, 1, bias=False),
        nn.BatchNorm2d(16),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(16, 1, 2, 1, 0, bias=False),
        nn.Sigmoid(),
    )
    torch.save(netD.state_dict(), f"netD_epoch_{epoch}.pth")

how = {"geometry": {"input": [8, 8], "strides": [2, 2, 1], "paddings": [1, 1, 0]}}
how["small_maps"] = "keep"
results = de.evaluate(
    {f"epoch {epoch}": de.Checkpoint(f"netD_epoch_{epoch}.pth", **how) for epoch in (1, 99)},
    train="digits",
    test="digits",
    protocol="few_labels",
    per_class=5,
    draws=3,
    selection="within_draw",
    folds=2,
    grid=[0.01, 0.1],
    progress=False,
)
(sentence,) = results.compare().sentences
assert "epoch 1" in sentence and "epoch 99" in sentence and "95 % interval" in sentence
page = results.report("for_my_supervisor.html", title="Epochs 1 and 99").read_text()
assert page.startswith("<!DOCTYPE html>") and "<h1>Epochs 1 and 99</h1>" in page
assert 'src="http' not in page and 'href="http' not in page  # opens offline
