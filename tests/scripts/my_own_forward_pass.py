"""Features of a checkpoint are the max-pooled activations of my own forward pass."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import adaptive_max_pool2d

import dcgan_eval as de

torch.manual_seed(0)
netD = nn.Sequential(
    nn.Conv2d(1, 8, 4, 2, 1, bias=False),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(8, 16, 4, 2, 1, bias=False),
    nn.BatchNorm2d(16),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(16, 1, 2, 1, 0, bias=False),
    nn.Sigmoid(),
)
torch.save(netD.state_dict(), "netD.pth")
images = de.load_images("digits", "test")
geometry = {"input": [8, 8], "strides": [2, 2, 1], "paddings": [1, 1, 0]}
encoder = de.load_encoder("netD.pth", geometry=geometry)
features = de.extract_features(encoder, images, batch_norm="stored", small_maps="keep")

x = torch.tensor(images.images(0, len(images))).permute(0, 3, 1, 2) / 127.5 - 1
with torch.no_grad():
    first = netD.eval()[:2](x.clone())  # 4 × 4 already
    second = netD[2:5](first.clone())
by_hand = torch.cat([adaptive_max_pool2d(first, 4).flatten(1), second.flatten(1)], 1)
assert features.shape == (360, 8 * 16 + 16 * 4)
np.testing.assert_allclose(features[:], by_hand, rtol=1e-5, atol=1e-5)
