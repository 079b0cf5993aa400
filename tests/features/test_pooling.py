from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcgan_eval.core import DataError
from dcgan_eval.features.pooling import max_pool_to_grid, pooled_sides


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 6))
def test_each_cell_is_the_maximum_of_its_window(height: int, width: int, grid: int) -> None:
    maps = torch.randn(2, 3, height, width)
    pooled = max_pool_to_grid(maps, grid, "keep")
    rows, columns = pooled_sides(height, width, grid, "keep")
    assert pooled.shape == (2, 3 * rows * columns)
    cells = pooled.reshape(2, 3, rows, columns)
    for i in range(rows):
        for j in range(columns):
            # Windows as PyTorch's adaptive pooling defines them; where the side divides by the
            # grid they tile the map.
            top, bottom = i * height // rows, -(-(i + 1) * height // rows)
            left, right = j * width // columns, -(-(j + 1) * width // columns)
            window = maps[:, :, top:bottom, left:right]
            assert torch.equal(cells[:, :, i, j], window.amax((2, 3)))


def test_a_map_smaller_than_the_grid_is_an_error_unless_it_is_kept() -> None:
    with pytest.raises(DataError, match="3×5 are smaller than the grid of 4×4"):
        max_pool_to_grid(torch.zeros(1, 1, 3, 5), 4, "error")
    assert max_pool_to_grid(torch.zeros(1, 1, 3, 5), 4, "keep").shape == (1, 12)
