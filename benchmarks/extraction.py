"""Extraction of the paper's 28,672 columns against what is possible and what is usual.

    python benchmarks/extraction.py [--images 1280] [--repeats 5] [--memory] [--record]

In one run, in turn, on the same images and the same weights (the paper's 32×32 ImageNet network,
random weights, batch norm with stored statistics):

- ``ours``: `EncoderRepresentation.features` into a fresh cache: mapped images in, pooled features
  written, checksummed and reserved on disk.
- ``bare``: the floor: six convolutions with LeakyReLU in place, channels_last, batch norm folded
  away; nothing is pooled, kept or written.
- ``hooks_cat``: the usual way: forward hooks that keep every map, pooled afterwards, `torch.cat`.
- ``fx``: torchvision's `create_feature_extractor`, pooled afterwards, `torch.cat`.
- ``statistics``: batch-norm statistics of the same images and layers.
- ``without_network``: extraction in memory with the network's call replaced by a copy of a constant
  block: what stands around the network.

``--memory`` adds the peak of anonymous memory (RssAnon) for 10,000 and for 50,000 images, each in
a process of its own.

Figures: ``over_bare_loop``, ``over_hooks_cat``, ``over_fx`` (images/s of ours over theirs, median
of the pairs), ``statistics_over_bare``, ``images_per_second``, ``without_network_images_per_s``,
``rss_growth_percent``; and seconds of one core that each stage of all images takes: ``network_s``,
``copy_s`` (layers side by side into the block), ``check_s`` (are all finite), ``write_s``
(checksum and file).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from common import Benchmark, PeakMemory, matmul_rate
from numpy.typing import NDArray
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from dcgan_eval.core import Silent, Timer, Work, digest_json
from dcgan_eval.data import ImageSet
from dcgan_eval.features import EncoderRepresentation, Extractor, Pooling
from dcgan_eval.features.blockfile import BlockFile
from dcgan_eval.features.blocks import check_finite, fill
from dcgan_eval.models import Encoder, load_family, random_encoder

BATCH, COLUMNS = 128, 28_672
# Multiply-adds of the six convolutions for one image: out · in · 9 · side².
FLOPS = (
    2
    * 9
    * sum(
        out * in_ * side * side
        for out, in_, side in (
            (128, 3, 32),
            (128, 128, 16),
            (256, 128, 16),
            (256, 256, 8),
            (512, 256, 8),
            (512, 512, 4),
        )
    )
)


def images(n: int, folder: Path) -> ImageSet:
    """Random images in a file-backed map, as decoded images are."""
    path = folder / f"images{n}.npy"
    pixels = np.lib.format.open_memmap(path, "w+", np.uint8, (n, 32, 32, 3))
    rng = np.random.default_rng(0)
    for start in range(0, n, 1000):
        block = pixels[start : start + 1000]
        block[:] = rng.integers(0, 256, block.shape, dtype=np.uint8)
    pixels.flush()
    del pixels
    mapped = np.load(path, mmap_mode="r")
    labels = np.zeros(n, np.int64)
    return ImageSet(
        name=f"random{n}",
        labels=labels,
        class_names=("none",),
        fingerprint=digest_json(["random", n]),
        pixels=mapped,
    )


def encoder() -> Encoder:
    """The paper's network with random weights and neutral stored statistics."""
    made = random_encoder("imagenet32", {}, 0)
    made.missing_statistics = False
    return made


def ours(source: ImageSet, made: Encoder, folder: Path) -> None:
    """Extract into a fresh cache."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        representation = EncoderRepresentation(made, kind="network", name="paper")
        representation.features(source, source, Work(Path(cache)))


def _float(block: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(np.array(block)).permute(0, 3, 1, 2).float() / 127.5 - 1


def bare(source: ImageSet, made: Encoder, folder: Path) -> None:
    """Convolutions and activations alone."""
    convs = [
        module
        for module in made.folded().to("cpu").network.modules()
        if isinstance(module, nn.Conv2d)
    ]
    with torch.inference_mode():
        for start in range(0, len(source), BATCH):
            maps = _float(source.images(start, start + BATCH))
            for conv in convs:
                maps = F.leaky_relu_(conv(maps), 0.2)


def hooks_cat(source: ImageSet, made: Encoder, folder: Path) -> None:
    """Hooks keep the maps; they are pooled and joined when the pass is over."""
    network = made.network
    kept: dict[str, torch.Tensor] = {}
    handles = [
        network.get_submodule(name).register_forward_hook(
            lambda module, given, output, name=name: kept.__setitem__(name, output.clone())
        )
        for name in made.layers
    ]
    rows = []
    with torch.no_grad():
        for start in range(0, len(source), BATCH):
            network(_float(source.images(start, start + BATCH)))
            rows.append(_pooled(kept, made))
    torch.cat(rows)
    for handle in handles:
        handle.remove()


def fx(source: ImageSet, made: Encoder, folder: Path) -> None:
    """Let torchvision cut the graph."""
    cut = create_feature_extractor(
        made.network, {f"{name}.activation": name for name in made.layers}
    )
    rows = []
    with torch.no_grad():
        for start in range(0, len(source), BATCH):
            rows.append(_pooled(cut(_float(source.images(start, start + BATCH))), made))
    torch.cat(rows)


def _pooled(maps: dict[str, torch.Tensor], made: Encoder) -> torch.Tensor:
    pooled = [F.adaptive_max_pool2d(maps[name], 4).flatten(1) for name in made.layers]
    return torch.cat(pooled, 1)


def statistics_pass(source: ImageSet, made: Encoder, folder: Path) -> None:
    """Average the statistics of all batches."""
    representation = EncoderRepresentation(made, kind="network", name="paper", batch_norm="dataset")
    representation.fit(source, "cpu", Silent())


class Constant(Extractor):
    """Gives the same features for all images."""

    block_bytes = 4 * BATCH * COLUMNS

    def __init__(self) -> None:
        self.block = np.random.default_rng(0).random((BATCH, COLUMNS), np.float32)

    def __call__(self, images: NDArray[np.uint8], out: NDArray[np.floating]) -> None:
        """Copy the block."""
        out[:] = self.block[: len(out)]


def without_network(source: ImageSet, made: Encoder, folder: Path) -> None:
    """Everything but the network, in memory."""
    values = np.empty((len(source), COLUMNS), np.float32)
    with Silent().task("features", len(source), "images") as advance:
        fill(values, source, Constant(), "cpu", advance)


def stages(source: ImageSet, made: Encoder, folder: Path) -> dict[str, float]:
    """Seconds of each stage for all images, one block after the other on one thread."""
    taken = dict.fromkeys(("network_s", "copy_s", "check_s", "write_s"), 0.0)
    encoder, pooling, layers = made.folded().to("cpu"), Pooling(), list(made.layers)
    rows = np.empty((BATCH, COLUMNS), np.float32)
    file = BlockFile(folder / "stages", (len(source), COLUMNS), "float32", BATCH)
    file.start()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for index in range(len(source) // BATCH):
        images = source.images(index * BATCH, (index + 1) * BATCH)
        times = [time.perf_counter()]
        pooled = [
            encoder.encode(images[at : at + 32], layers, pooling) for at in range(0, BATCH, 32)
        ]
        times.append(time.perf_counter())
        for number, part in enumerate(pooled):
            target = torch.from_numpy(rows[32 * number : 32 * (number + 1)])
            torch.cat([part[layer] for layer in layers], 1, out=target)
        times.append(time.perf_counter())
        check_finite(rows, 0, source)
        times.append(time.perf_counter())
        with file.writer() as writer:
            writer.write(index, rows)
        times.append(time.perf_counter())
        for stage, begun, ended in zip(taken, times, times[1:], strict=False):
            taken[stage] += ended - begun
    torch.set_num_threads(threads)
    file.discard()
    return taken


WAYS: dict[str, Callable[[ImageSet, Encoder, Path], None]] = {
    "ours": ours,
    "bare": bare,
    "hooks_cat": hooks_cat,
    "fx": fx,
    "statistics": statistics_pass,
    "without_network": without_network,
}


def peak_memory(n: int) -> float:
    """Peak RssAnon of extracting n images, bytes, in a process of its own."""
    command = [sys.executable, __file__, "--peak-of", str(n)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure, print, and record when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1280)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--peak-of", type=int, help=argparse.SUPPRESS)
    benchmark = Benchmark("extraction", parser)
    given = benchmark.options
    made = encoder()
    assert load_family("imagenet32").pair().discriminator.takes.shape == (3, 32, 32)
    with tempfile.TemporaryDirectory(prefix="extraction") as name:
        folder = Path(name)
        if given.peak_of:
            source = images(given.peak_of, folder)
            with PeakMemory() as peak:
                ours(source, made, folder)
            print(peak.peak)
            return
        source = images(given.images, folder)
        small = images(2 * BATCH, folder)
        took: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for way in WAYS.values():
            way(small, made, folder)
        for _ in range(given.repeats):
            for way, run in WAYS.items():
                timer = Timer()
                run(source, made, folder)
                took[way].append(timer.took())
        of_stages = stages(source, made, folder)
    seconds = {way: [one for one, _ in each] for way, each in took.items()}
    rates = {way: given.images / statistics.median(taken) for way, taken in seconds.items()}
    rate = matmul_rate()
    figures = {
        f"over_{key}": statistics.median(
            theirs / own for own, theirs in zip(seconds["ours"], seconds[way], strict=True)
        )
        for key, way in (("bare_loop", "bare"), ("hooks_cat", "hooks_cat"), ("fx", "fx"))
    }
    figures["statistics_over_bare"] = statistics.median(
        bare / own for own, bare in zip(seconds["statistics"], seconds["bare"], strict=True)
    )
    figures["images_per_second"] = rates["ours"]
    figures["without_network_images_per_s"] = rates["without_network"]
    figures |= of_stages
    figures["gflops_over_matmul"] = rates["ours"] * FLOPS / 1e9 / max(rate.values())
    details: dict[str, object] = {"images_per_second": rates, "seconds": seconds}
    details["cpu_seconds"] = {way: [cpu for _, cpu in each] for way, each in took.items()}
    details["matmul_gflops"] = rate
    if given.memory:
        peaks = {str(n): peak_memory(n) for n in (10_000, 50_000)}
        figures["rss_growth_percent"] = 100 * (peaks["50000"] / peaks["10000"] - 1)
        details["peak_rss_anon_bytes"] = peaks
    for key, value in {**figures, **{f"{w} images/s": r for w, r in rates.items()}}.items():
        print(f"{key}: {value:.3f}")
    benchmark.record(figures, details)


if __name__ == "__main__":
    main()
