"""Labelled samples in blocks, searched and forgotten; what is found is kept in the work.units."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Work
from dcgan_eval.data import ImageSet
from dcgan_eval.probes import NearestNeighborScorer
from dcgan_eval.samples import BATCH, SampleSource, rows_like, samples

Found = dict[str, NDArray[Any]]


def search(
    source: SampleSource,
    train: ImageSet,
    test: NDArray[np.uint8],
    seed: int,
    rungs: Sequence[int],
    block: int,
    work: Work,
) -> list[Found]:
    """Nearest sample of every test image at every rung: distances, ids, labels.

    After every block the scorer's state is one finished unit, so that a killed run loses
    at most a block, and a longer ladder goes on where a shorter one ended. The next block is drawn
    while one is searched.
    """
    state_key = f"state of seed {seed}"
    units = {rung: work.units.get(_rung_key(seed, rung)) for rung in rungs}
    missing = [rung for rung, unit in units.items() if unit is None]
    if missing:
        like, _ = samples(source, train, seed, 0, 1)
        scorer = NearestNeighborScorer(rows_like(test, like), device=work.device)
        state, done = work.units.get(state_key), 0
        # What lies behind a state is forgotten: a missing rung below it begins anew.
        if state is not None and int(state["done"]) < missing[0]:
            done = int(state.pop("done"))
            scorer.load_state_dict(state)
        step = max(block // BATCH, 1) * BATCH
        # Whole batches, whatever the rung that a shorter ladder ended at.
        ends = [*range((done // step + 1) * step, missing[-1], step), missing[-1]]
        spans = list(zip([done, *ends[:-1]], ends, strict=True))
        with (
            work.progress.task(f"samples of seed {seed}", missing[-1], "samples") as advance,
            ThreadPoolExecutor(1) as pool,
        ):
            advance(done, computed=False)
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
                        work.units.put(_rung_key(seed, high), found)
                        work.progress.say(f"{source.name}: seed {seed}, {high:,} samples")
                work.units.put(state_key, {**scorer.state_dict(), "done": stop})
                advance(stop - start)
    return [unit for unit in units.values() if unit is not None]


def _rung_key(seed: int, rung: int) -> str:
    """Key of what was found up to a rung."""
    return f"seed {seed} rung {rung}"
