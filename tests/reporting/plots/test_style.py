from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan_eval.core import SettingsError
from dcgan_eval.records import read_records
from dcgan_eval.reporting.plots.style import COLOURS, LONGEST_NAME, MARKERS, Style, wrapped
from dcgan_eval.reporting.results.findings import Findings

RESULTS = Path(__file__).parents[3] / "results"

# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour: str) -> NDArray[Any]:
    """Linear RGB of ``#rrggbb``."""
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[Any]) -> NDArray[Any]:
    """CIE L*a*b* under D65."""
    xyz = XYZ @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a: str, b: str) -> float:
    """WCAG's ratio."""
    low, high = sorted(float((XYZ @ linear(one))[1]) for one in (a, b))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("vision", VISION)
def test_any_two_colours_are_told_apart(vision: str) -> None:
    seen = [lab(VISION[vision] @ linear(colour)) for colour in COLOURS]
    nearest = min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2))
    assert nearest >= 15


def test_colours_are_seen_on_white_and_on_the_dark_page() -> None:
    assert len(set(COLOURS)) == len(set(MARKERS)) == 10
    for colour in COLOURS:
        assert contrast(colour, "#ffffff") > 1.5 and contrast(colour, "#0d1117") > 2.5


@pytest.mark.parametrize("width", ["column", "text"])
def test_names_of_committed_results_are_whole(width: str) -> None:
    stored, _ = read_records([path for path in RESULTS.iterdir() if path.is_dir()])
    names = {row.name for row in Findings.of(stored).rows}
    assert len(names) > 30
    for name in names:
        lines = wrapped(name, Style.of(width).letters(0.36)).split("\n")
        assert "".join(lines).replace(" ", "") == name.replace(" ", "")
        assert max(map(len, lines)) <= Style.of(width).letters(0.36)


def test_very_long_names_are_cut_where_they_do_not_differ() -> None:
    names = [f"{'x' * 200}{middle}{'y' * 200}" for middle in "ab"]
    shown = [wrapped(name, 40) for name in names]
    assert shown[0] != shown[1]
    assert all(len(one.replace("\n", "")) <= LONGEST_NAME for one in shown)


def test_names_without_a_letter_that_can_be_shown() -> None:
    assert wrapped("\x1b\n", 20) == "unnamed" and wrapped("a\x1b[31m\nb", 20) == "a [31m b"


def test_widths() -> None:
    assert Style.of("column").width < Style.of("text").width and Style.of("4").width == 4.0
    assert Style.of("column").narrow and not Style.of("text").narrow
    for bad in ("colum", "0.1", "nan", "100"):
        with pytest.raises(SettingsError, match="width"):
            Style.of(bad)
    with pytest.raises(SettingsError, match="font size: 1 points; expected 4 to 24"):
        Style.of("text", 1)
