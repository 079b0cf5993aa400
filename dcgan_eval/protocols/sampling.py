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
    """Samples start … stop − 1 as rows; `start` is a multiple of 128."""
    pieces = []
    for first in range(start, stop, BATCH):
        labels = asked_labels(seed, first, min(first + BATCH, stop), len(train.class_names))
        pieces.append(source.batch(train, seed, first // BATCH, labels))
    images = np.concatenate([images for images, _ in pieces])
    return images.reshape(len(images), -1), np.concatenate([labels for _, labels in pieces])


def as_queries(images: NDArray[np.uint8], like: NDArray[Any]) -> NDArray[Any]:
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
    journal: Journal,
    progress: Progress,
) -> list[Found]:
    """Nearest sample of every test image at every rung: distances, ids, labels.

    After every block the scorer's state is one unit of the journal, so that a killed run loses
    at most a block. The next block is generated while one is searched.
    """
    like, _ = samples(source, train, seed, 0, min(2, rungs[-1]))
    scorer = NearestNeighborScorer(as_queries(test, like))
    state_key = f"state of seed {seed}"
    state = journal.get(state_key)
    done = 0
    if state is not None:
        done = int(state.pop("done"))
        scorer.load_state_dict(state)
    step = max(block // BATCH, 1) * BATCH
    spans = [(at, min(at + step, rungs[-1])) for at in range(done, rungs[-1], step)]
    with ThreadPoolExecutor(1) as pool:
        coming = [pool.submit(samples, source, train, seed, *span) for span in spans[:1]]
        for number, (start, stop) in enumerate(spans):
            rows, labels = coming.pop().result()
            coming += [
                pool.submit(samples, source, train, seed, *span)
                for span in spans[number + 1 : number + 2]
            ]
            inside = [rung for rung in rungs if start < rung < stop]
            for low, high in zip([start, *inside], [*inside, stop], strict=True):
                part = slice(low - start, high - start)
                scorer.partial_fit(rows[part], labels[part], np.arange(low, high))
                if high in rungs:
                    found = scorer.neighbors()._asdict()
                    journal.put(f"seed {seed} rung {high}", found)
                    progress.say(f"{source.name}: seed {seed}, {high:,} samples")
            journal.put(state_key, {**scorer.state_dict(), "done": np.array(stop)})
    units = [journal.get(f"seed {seed} rung {rung}") for rung in rungs]
    if any(unit is None for unit in units):
        # A unit was damaged: everything again.
        journal.drop(state_key)
        return search(source, train, test, seed, rungs, block, journal, progress)
    return [unit for unit in units if unit is not None]
