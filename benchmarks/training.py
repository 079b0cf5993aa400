"""Training by the product's loop against a plain float32 loop of the same step.

    python benchmarks/training.py [--pairs 10] [--record]

In one run, in turn, from the same weights on random images: a step of G and one of D by

- ``ours``: what `dcgan_eval.training.train` does at a step, in bf16 and with channels last;
- ``plain``: torch as its tutorials have it, float32, contiguous, Adam by its defaults.

The paper's three pairs by their recipes (imagenet32 at a batch of 32, without augmentation and
average, which the plain loop has not either).

Figures: ``cpu_over_plain``, the least of ``NAME_over_plain`` (median of the ratios of the turns);
``NAME_steps_per_s``, ``NAME_plain_steps_per_s`` (a pair is two steps). Details say which bf16
instructions the processor has.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from common import Benchmark
from torch import nn

from dcgan_eval.data import ImageSet
from dcgan_eval.models import initialise, load_family
from dcgan_eval.training import Recipe, read_recipe
from dcgan_eval.training.loop import _Run

RECIPES = Path(__file__).resolve().parent.parent / "recipes"
FAST = ["precision=bf16", "channels_last=true"]
# Network, its recipe, and what is changed in it.
CASES = [
    ("imagenet32", "imagenet32", ["batch=32", "augment={}", "average=null"]),
    ("svhn32", "cifar10", []),
    ("mnist_conditional", "mnist_conditional", []),
]


def images(recipe: Recipe) -> ImageSet:
    """Random images of the network's shape, ten batches of ten classes."""
    channels, height, width = load_family(recipe.network).pair().discriminator.takes.shape
    n, rng = 10 * recipe.batch, np.random.default_rng(0)
    return ImageSet(
        name="random",
        labels=np.arange(n) % 10,
        class_names=tuple("0123456789"),
        fingerprint="random",
        pixels=rng.integers(0, 256, (n, height, width, channels), dtype=np.uint8),
    )


class Plain:
    """The same pair and the same step, as torch's tutorials write them."""

    def __init__(self, recipe: Recipe, source: ImageSet) -> None:
        self.recipe, self.source, self.rng = recipe, source, np.random.default_rng(0)
        pair = load_family(recipe.network).pair()
        self.spec = pair.generator.takes
        self.G, self.D = pair.generator.module, pair.discriminator.module
        for role, network in (("generator", self.G), ("discriminator", self.D)):
            initialise(network, recipe.network, role, recipe.seed)
        self.loss = nn.BCEWithLogitsLoss()
        chosen = recipe.optimizer
        self.adam_g, self.adam_d = (
            torch.optim.Adam(
                network.parameters(),
                lr=chosen.rate,
                betas=(chosen.beta1, chosen.beta2),
                weight_decay=chosen.weight_decay,
            )
            for network in (self.G, self.D)
        )

    def latent(self) -> torch.Tensor:
        """Random z of a batch, as the pair takes it."""
        size = (self.recipe.batch, self.spec.z_dim)
        return torch.randn(size) if self.spec.z == "normal" else torch.rand(size) * 2 - 1

    def take_pair(self) -> None:
        """A step of G and one of D."""
        n = self.recipe.batch
        rows = self.rng.permutation(len(self.source))[:n]
        told: tuple[torch.Tensor, ...] = ()
        if self.spec.n_classes:
            told = (torch.eye(self.spec.n_classes)[torch.from_numpy(self.source.labels[rows])],)
        real = torch.from_numpy(self.source.images_of(rows)).permute(0, 3, 1, 2).float() / 255
        low, high = self.spec.output_range
        real = real.contiguous() * (high - low) + low
        ones, zeros = torch.ones(n, 1), torch.zeros(n, 1)

        self.adam_g.zero_grad()
        self.loss(self.D(self.G(self.latent(), *told), *told), ones).backward()
        self.adam_g.step()

        self.adam_d.zero_grad()
        fake = self.G(self.latent(), *told).detach()
        judged = self.loss(self.D(real, *told), ones) + self.loss(self.D(fake, *told), zeros)
        judged.backward()
        self.adam_d.step()


def measured(name: str, file: str, changes: list[str], pairs: int) -> dict[str, float]:
    """Figures of one network: seconds of `pairs` turns after a first one of each."""
    recipe = read_recipe(RECIPES / f"{file}.yaml", [*FAST, *changes])
    source = images(recipe)
    ours, plain = _Run(recipe, source, "cpu"), Plain(recipe, source)
    taken: dict[str, list[float]] = {"ours": [], "plain": []}
    for turn in range(pairs + 1):
        for loop, seconds in taken.items():
            begun = time.perf_counter()
            if loop == "ours":
                ours.take_step(), ours.take_step()
            else:
                plain.take_pair()
            if turn:
                seconds.append(time.perf_counter() - begun)
    ratios = [theirs / mine for mine, theirs in zip(taken["ours"], taken["plain"], strict=True)]
    found = {
        f"{name}_over_plain": statistics.median(ratios),
        f"{name}_steps_per_s": 2 / statistics.median(taken["ours"]),
        f"{name}_plain_steps_per_s": 2 / statistics.median(taken["plain"]),
    }
    print(", ".join(f"{key} {value:.2f}" for key, value in found.items()), flush=True)
    return found


def instructions() -> list[str]:
    """The processor's for bf16."""
    known = set(Path("/proc/cpuinfo").read_text().split())
    return sorted(known & {"avx512_bf16", "amx_bf16", "bf16"})


def main() -> None:
    """Measure the three networks; the least ratio is what is promised."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=10, help="turns that are timed")
    benchmark = Benchmark("training", parser)
    figures: dict[str, float] = {}
    for case in CASES:
        figures |= measured(*case, benchmark.options.pairs)
    least = min(value for key, value in figures.items() if key.endswith("_over_plain"))
    print(f"cpu_over_plain {least:.2f}, instructions: {', '.join(instructions()) or 'none'}")
    details = {"pairs": benchmark.options.pairs, "bf16_instructions": instructions()}
    benchmark.record({"cpu_over_plain": least, **figures}, details)


if __name__ == "__main__":
    main()
