"""The discriminator of an SNGAN, in the middle of its training: as it is now, and left as it is."""

import torch
from torch import nn
from torch.nn.functional import adaptive_max_pool2d
from torch.nn.utils import spectral_norm

import dcgan_eval as de

torch.manual_seed(0)
netD = nn.Sequential(
    spectral_norm(nn.Conv2d(1, 8, 3, padding=1)),
    nn.LeakyReLU(0.2, inplace=True),
    spectral_norm(nn.Conv2d(8, 1, 8)),
)
netD(torch.randn(16, 1, 8, 8)).mean().backward()
before = {name: value.clone() for name, value in netD.state_dict().items()}


def by_hand(images):
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        first = nn.functional.leaky_relu(nn.functional.conv2d(x, weight, bias, padding=1), 0.2)
    return adaptive_max_pool2d(first, 4).flatten(1).numpy()


weight, bias = netD.eval()[0].weight.detach().clone(), netD[0].bias.detach()
mine, hand = de.evaluate(
    {"mine": de.Module(netD.train(), layers="1"), "by hand": de.Function(by_hand, version="1")},
    train="digits",
    test="digits",
    protocol="full_labels",
    train_size=200,
    grid=[0.01],
    progress=False,
)
assert mine.outcome.metrics == hand.outcome.metrics
assert (mine.predictions().values == hand.predictions().values).all()
assert netD.training and netD[0].weight_orig.grad is not None
assert all(torch.equal(before[name], value) for name, value in netD.state_dict().items())
