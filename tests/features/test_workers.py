"""Workers: the same bits for any number of threads, nothing left behind, weights held once."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dcgan_eval.features import workers as workers_module
from dcgan_eval.features.workers import workers
from dcgan_eval.models import Encoder, random_encoder


class Counting:
    """Gives the square of a number, and how many threads torch has where it does."""

    def __init__(self, block_bytes: int | None = 1) -> None:
        self.block_bytes = block_bytes

    def twin(self) -> Counting:
        return Counting(self.block_bytes)

    def square(self, number: int) -> tuple[int, int]:
        if number < 0:
            raise ValueError("negative")
        return number**2, torch.get_num_threads()


@pytest.fixture
def three_threads() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("three_threads")
def test_results_come_in_order_and_each_of_one_thread() -> None:
    with workers(Counting()) as shared:
        found = list(shared.in_order(Counting.square, range(50)))
    assert found == [(number**2, 1) for number in range(50)]
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("three_threads")
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_number_of_threads_is_as_it_was_whatever_happens(error: type[BaseException]) -> None:
    with pytest.raises(error), workers(Counting()) as shared:
        for value, _ in shared.in_order(Counting.square, [1, 2, 3, -1, *range(9)]):
            if error is KeyboardInterrupt and value == 4:
                raise KeyboardInterrupt
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("three_threads")
def test_what_may_not_be_shared_keeps_the_callers_threads() -> None:
    with workers(Counting(None)) as shared:
        assert list(shared.in_order(Counting.square, [2])) == [(4, 3)]


@pytest.mark.usefixtures("three_threads")
def test_memory_bounds_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "available_memory", lambda: 1000)
    for block_bytes, count in ((10, 3), (125, 2), (1000, 1)):
        with workers(Counting(block_bytes)) as shared:
            assert shared._count == count


def test_beside_a_gpu_there_is_one_worker() -> None:
    with workers(Counting(), "cuda") as shared:
        assert shared._count == 1


def test_a_twin_has_modules_of_its_own_and_the_same_weights() -> None:
    encoder = random_encoder("dcgan8", {}, 0)
    twin = encoder.twin()
    for one, other in zip(encoder.network.modules(), twin.network.modules(), strict=True):
        assert one is not other
    tensors = [encoder.network.state_dict(), twin.network.state_dict()]
    assert all(
        tensors[0][name].data_ptr() == other.data_ptr() for name, other in tensors[1].items()
    )


def test_torchscript_is_shared_by_twins() -> None:
    class Scale(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * x

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        script = torch.jit.script(Scale())
    encoder = Encoder(nn.Sequential(script, nn.Conv2d(1, 2, 3)), ["1"], (1, 8, 8))
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), np.uint8)
    one, other = (e.encode(images, ["1"], torch.clone)["1"] for e in (encoder, encoder.twin()))
    assert torch.equal(one, other)


BITS = textwrap.dedent(
    """
    import hashlib, sys, tempfile
    from pathlib import Path
    import torch
    from dcgan_eval.pipeline import Options, pipeline_from, run_pipeline

    torch.set_num_threads(int(sys.argv[1]))
    network = {"kind": "network", "network": "dcgan8"}
    rows = [{**network, "batch_norm": policy, "name": policy} for policy in ("dataset", "batch")]
    rows.append({"kind": "kmeans", "maps": 20, "patch": 5, "patches": 9000, "iterations": 5})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pipeline = pipeline_from(
            {
                "name": "bits",
                "data": {"name": "digits"},
                "representations": rows,
                "protocol": {"kind": "full_labels", "train_size": 300, "grid": [0.01]},
                "results": "r",
            }
        )
        made = run_pipeline(pipeline, Options(cache=folder / "c", results=folder / "r", limit=300))
        for path in sorted(folder.rglob("*.bin")) + sorted(folder.rglob("*.npz")):
            print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        print([record.outcome.metrics for record in made])
    """
)


@pytest.mark.slow
def test_one_two_and_three_threads_give_the_same_bits() -> None:
    """Of features, statistics under both policies, K-means, units of the SVM, and outcomes."""
    said = []
    for threads in ("1", "2", "3"):
        done = subprocess.run(
            [sys.executable, "-c", BITS, threads],
            env={**os.environ, "OMP_NUM_THREADS": threads, "PYTHONPATH": str(Path.cwd())},
            check=True,
            capture_output=True,
            text=True,
        )
        said.append(done.stdout)
    assert said[0].count("values.bin") == 6
    assert said[0] == said[1] == said[2]
