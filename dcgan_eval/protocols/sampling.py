"""Labelled samples in blocks, searched and forgotten; what is found is kept in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Progress, generator
from dcgan_eval.data import ImageSet
from dcgan_eval.features.samples import BATCH, SampleSource
from dcgan_eval.probes import NearestNeighborScorer
from dcgan_eval.records import Journal

Found = dict[str, NDArray[Any]]


def asked_labels(seed: int, start: int, stop: int, n_classes: int) -> NDArray[np.int64]:
    """Label of each sample: a permutation of the classes for every n_classes consecutive ids."""
    first, last = start // n_classes, -(-stop // n_classes)
    groups = [
        generator("nearest_samples", seed, "labels", group).permutation(n_classes)
        for group in range(first, last)
    ]
    return np.concatenate(groups)[start - first * n_classes : stop - first * n_classes]


def samples(
    source: SampleSource, train: ImageSet, seed: int, start: int, stop: int
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Samples start … stop − 1 (images, and what they are); their batches are drawn whole."""
    first, last = start // BATCH, -(-stop // BATCH)
    pieces = []
    for number in range(first, last):
        asked = asked_labels(seed, number * BATCH, (number + 1) * BATCH, len(train.class_names))
        pieces.append(source.batch(train, seed, number, asked))
    part = slice(start - first * BATCH, stop - first * BATCH)
    images, labels = zip(*pieces, strict=True)
    return np.concatenate(images)[part], np.concatenate(labels)[part]


def picked(
    source: SampleSource, train: ImageSet, seed: int, ids: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Single samples, drawn again, as uint8 images (ids, height, width, channels)."""
    images = [samples(source, train, seed, int(one), int(one) + 1)[0] for one in ids]
    return as_bytes(np.concatenate(images)) if images else np.empty((0, 1, 1, 1), np.uint8)


def as_bytes(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Images as uint8, of floats in [0, 1] the nearest."""
    return images if images.dtype == np.uint8 else np.rint(images * 255).astype(np.uint8)


def rows_like(images: NDArray[np.uint8], like: NDArray[Any]) -> NDArray[Any]:
    """Images as rows in the units of some samples: uint8, or float32 in [0, 1]."""
    rows = images.reshape(len(images), -1)
    return rows if like.dtype == np.uint8 else rows.astype(np.float32) / np.float32(255)


def search(
    source: SampleSource,
    train: ImageSet,
    test: NDArray[np.uint8],
    seed: int,
    rungs: Sequence[int],
    block: int,
    device: str,
    journal: Journal,
    progress: Progress,
) -> list[Found]:
    """Nearest sample of every test image at every rung: distances, ids, labels.

    After every block the scorer's state is one unit of the journal, so that a killed run loses
    at most a block, and a longer ladder goes on where a shorter one ended. The next block is drawn
    while one is searched.
    """
    state_key = f"state of seed {seed}"
    units = {rung: journal.get(_rung_key(seed, rung)) for rung in rungs}
    missing = [rung for rung, unit in units.items() if unit is None]
    if missing:
        like, _ = samples(source, train, seed, 0, 1)
        scorer = NearestNeighborScorer(rows_like(test, like), device=device)
        state, done = journal.get(state_key), 0
        # What lies behind a state is forgotten: a missing rung below it begins anew.
        if state is not None and int(state["done"]) < missing[0]:
            done = int(state.pop("done"))
            scorer.load_state_dict(state)
        step = max(block // BATCH, 1) * BATCH
        # Whole batches, whatever the rung that a shorter ladder ended at.
        ends = [*range((done // step + 1) * step, missing[-1], step), missing[-1]]
        spans = list(zip([done, *ends[:-1]], ends, strict=True))
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(samples, source, train, seed, *spans[0])
            for number, (start, stop) in enumerate(spans):
                images, labels = coming.result()
                if number + 1 < len(spans):
                    coming = pool.submit(samples, source, train, seed, *spans[number + 1])
                rows = images.reshape(len(images), -1)
                inside = [rung for rung in rungs if start < rung < stop]
                for low, high in zip([start, *inside], [*inside, stop], strict=True):
                    part = slice(low - start, high - start)
                    scorer.partial_fit(rows[part], labels[part], np.arange(low, high))
                    if high in units:
                        found = scorer.neighbors()._asdict()
                        units[high] = found
                        journal.put(_rung_key(seed, high), found)
                        progress.say(f"{source.name}: seed {seed}, {high:,} samples")
                journal.put(state_key, {**scorer.state_dict(), "done": np.array(stop)})
    return [unit for unit in units.values() if unit is not None]


def _rung_key(seed: int, rung: int) -> str:
    """Key of what was found up to a rung."""
    return f"seed {seed} rung {rung}"
