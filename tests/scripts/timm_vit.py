"""A ViT of timm's: class token and mean of the patches, as forward_features gives them."""

import timm
import torch

import dcgan_eval as de

options = {"img_size": 32, "patch_size": 8, "depth": 2, "embed_dim": 24, "num_heads": 2}
network = timm.create_model("vit_tiny_patch16_224", **options).eval()
torch.save(network.state_dict(), "vit.pth")


def by_hand(images):
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        tokens = network.forward_features((x - 0.5) / 0.5)
    return torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], 1).numpy()


rng = torch.Generator().manual_seed(0)
X = torch.randint(0, 256, (90, 32, 32, 3), generator=rng, dtype=torch.uint8).numpy()
y = torch.arange(90).numpy() % 3
X[y == 1, :16] //= 2
X[y == 2, :, :16] //= 2
vit = {"kind": "timm", "model": "vit_tiny_patch16_224", "options": options, "pretrained": "vit.pth"}
results = de.evaluate(
    {
        "tokens": {**vit, "layers": ["norm"], "tokens": "cls+mean"},
        "by hand": by_hand,
        "random": {**vit, "layers": ["norm"], "tokens": "cls", "pretrained": False, "seeds": 2},
    },
    train=(X[:60], y[:60]),
    test=(X[60:], y[60:]),
    protocol="full_labels",
    grid=[0.01, 0.1],
    progress=False,
)
tokens, hand, *random = results
assert tokens.outcome.representation.columns == 48 and len(random) == 2
assert tokens.outcome.metrics == hand.outcome.metrics
assert (tokens.predictions().values == hand.predictions().values).all()
