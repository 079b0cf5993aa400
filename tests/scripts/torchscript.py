"""A network of which there is nothing but a TorchScript file."""

import warnings

import torch
from torch import nn

import dcgan_eval as de

warnings.filterwarnings("ignore", "`torch.jit")  # torch announces its end
torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(), nn.AvgPool2d(2)).eval()
torch.jit.trace(net, torch.zeros(1, 1, 8, 8)).save("net.pt")

loaded = torch.jit.load("net.pt")
results = de.evaluate(
    {
        "file": de.Module(loaded, layers=".", small_maps="keep"),
        "source": de.Module(net, layers=".", small_maps="keep"),
    },
    train="digits",
    test="digits",
    protocol="full_labels",
    train_size=200,
    grid=[0.01],
    progress=False,
)
file, source = results
assert file.outcome.representation.columns == 8 * 2 * 2
assert file.outcome.metrics == source.outcome.metrics
assert (file.predictions().values == source.predictions().values).all()
