"""A Swin of timm's has its channels last; what it is pooled to is what the permuted maps give."""

import numpy as np
import timm
import torch

import dcgan_eval as de

options = {"img_size": 32, "window_size": 2, "depths": [1, 1, 1, 1], "embed_dim": 12}
options["num_heads"] = [1, 2, 2, 2]
swin = timm.create_model("swin_tiny_patch4_window7_224", **options).eval()


def by_hand(images):
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        maps = swin.layers[0](swin.patch_embed(x)).permute(0, 3, 1, 2)
    return torch.nn.functional.adaptive_avg_pool2d(maps, 2).flatten(1).numpy()


rng = np.random.default_rng(0)
y = np.arange(90) % 3
X = rng.integers(0, 256, (90, 32, 32, 3), dtype=np.uint8)
X[y == 1, :16] //= 2
results = de.evaluate(
    {
        "swin": de.Module(swin, layers="layers.0", layout="channels_last", pool="avg", grid=2),
        "by hand": by_hand,
    },
    train=(X[:60], y[:60]),
    test=(X[60:], y[60:]),
    protocol="full_labels",
    grid=[0.01, 0.1],
    progress=False,
)
library, hand = results
assert library.outcome.representation.columns == 12 * 4
assert (library.predictions().values == hand.predictions().values).all()
