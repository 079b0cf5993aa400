"""Rows of a pipeline that cannot be: one line that says what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.make.commands import call, refused
from tests.make.images import write_npz
from tests.make.pipelines import write_pipeline, write_row

NETWORK = {"kind": "network", "network": "dcgan8", "batch_norm": "dataset"}
RGB_NETWORK = {"kind": "network", "network": "svhn32", "batch_norm": "dataset"}

# A row of a pipeline, and what the message says.
WRONG_SETTINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a kind that is none": (
        dict(kind="pixel"),
        ["representations[0].kind", "unknown kind of representation 'pixel'", "'pixels'?"],
    ),
    "no kind": (dict(name="x"), ["representations[0]", "'kind'"]),
    "a network that is none": (
        dict(kind="network", network="dcgan9"),
        ["unknown network 'dcgan9'", "did you mean"],
    ),
    "a network's option that is none": (
        dict(**NETWORK, options={"width": 3}),
        ["unknown key 'width'"],
    ),
    "a layer that is none": (
        dict(**NETWORK, layers=["layer9"]),
        ["unknown layer 'layer9'", "did you mean 'layer3'?"],
    ),
    "no layer at all": (dict(**NETWORK, layers=[]), ["no layers"]),
    "a layer twice": (dict(**NETWORK, layers=["layer1", "layer1"]), ["named twice"]),
    "statistics that nobody stored": (
        dict(**{**NETWORK, "batch_norm": "stored"}),
        ["without stored statistics", "batch_norm: dataset"],
    ),
    "maps smaller than the grid": (
        dict(**NETWORK, grid=5),
        ["random dcgan8: layer 'layer3': maps of 4×4", "grid of 5×5", "small_maps"],
    ),
    "a network of another size": (dict(**RGB_NETWORK), ["8", "32"]),
    "a module without a function": (
        dict(kind="module", module="torch", input=[1, 8, 8], layers=["0"]),
        ["representations[0].module", "'torch'"],
    ),
    "a module that is not allowed": (
        dict(kind="module", module="a.b:c", input=[1, 8, 8], layers=["0"]),
        ["a.b:c", "--allow-code"],
    ),
    "ablation of one layer": (
        dict(**NETWORK, layers=["layer1"], ablate=["each"]),
        ["at least two layers"],
    ),
    "a checkpoint that is nowhere": (
        dict(kind="checkpoint", path="no/such.pth"),
        ["no/such.pth", "looked for", "--checkpoint-root"],
    ),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_wrong_settings(case: str, box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row, fragments = WRONG_SETTINGS[case]
    refused(call(["run", write_row(**row)], capsys), 2, *fragments)


def test_grey_images_and_a_network_for_colours(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_npz(Path("own/own.npz"), shape=(32, 32))
    grey = write_pipeline(data={"name": "own"}, representations=[RGB_NETWORK])
    refused(call(["run", grey], capsys), 2, "32×32×1", "32×32×3", "data.channels")
