"""A turned picture shows the same points: projection and raster are turned alike."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.geometry.projection import project
from sextant.geometry.quarter_turns import (
    turn_axes,
    turn_intrinsics,
    turn_raster,
    upright_quarters,
)
from sextant.geometry.transforms import look_at

K = np.array([[60.0, 0.0, 17.0], [0.0, 66.0, 11.0], [0.0, 0.0, 1.0]])
WIDTH, HEIGHT = 40, 30


@pytest.mark.parametrize("quarters", [-5, -1, 0, 1, 2, 3, 4])
def test_a_marked_pixel_is_where_its_point_projects(quarters: int) -> None:
    K_turned, width, height = turn_intrinsics(K, WIDTH, HEIGHT, quarters)
    for column, row in ((0, 0), (39, 0), (7, 22), (39, 29)):
        raster = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
        raster[row, column] = 1
        turned = turn_raster(raster, quarters)
        assert turned.shape == (height, width)
        point = np.array(
            [(column + 0.5 - K[0, 2]) / K[0, 0] * 2.0, (row + 0.5 - K[1, 2]) / K[1, 1] * 2.0, 2.0]
        )
        uv, z = project(K_turned, turn_axes(quarters).T @ point)
        assert z == pytest.approx(2.0)
        np.testing.assert_allclose(uv % 1.0, 0.5, atol=1e-9)
        assert turned[int(uv[1]), int(uv[0])] == 1


@pytest.mark.parametrize("held", [0, 1, 2, 3])
def test_upright_quarters_undo_how_the_camera_was_held(held: int) -> None:
    upright = look_at([0, 0, 1.5], [1.0, 2.0, 1.0])[:3, :3]
    stored = upright @ turn_axes(held)
    back = upright_quarters(stored)
    assert (held + back) % 4 == 0
    np.testing.assert_allclose(stored @ turn_axes(back), upright, atol=1e-12)
