"""The picture follows the light: interpolated inside a surface, never across its edge."""

from __future__ import annotations

import numpy as np

from sextant.geometry.raster import rasterize
from sextant.geometry.transforms import look_at
from sextant.sources.procedural.lights import Lights
from sextant.sources.procedural.shading import GRID, shade_picture
from sextant.sources.procedural.surfaces import Surfaces, surfaces_of

K = np.array([[100.0, 0, 60], [0, 100.0, 40], [0, 0, 1]])
DARK = Lights(np.zeros((0, 13)), np.ones((1, 4, 4), np.float32), np.zeros((1, 12)), np.full(6, 0.3))


def square(z: float, half: float) -> np.ndarray:
    return np.array([[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]])


FACES = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], dtype=np.int32)
VERTICES = np.concatenate([square(0.0, 4.0), square(0.05, 0.7)])
UP = np.tile([0.0, 0.0, 1.0], (8, 1))
ROWS = np.array([0, 0, 1, 1], dtype=np.int32)
VALUES = np.array([0, 0, 1, 1], dtype=np.int32)


def surfaces(normals: np.ndarray) -> Surfaces:
    return surfaces_of(VERTICES, normals, FACES, ROWS, VALUES)


def picture(light: Lights, red: float = 0.0) -> np.ndarray:
    """Look straight down at a grey floor with a board just above it."""
    table = np.zeros((2, 14))
    table[:, 1:4] = [[0.5, 0.5, 0.5], [0.5, red, red]]
    large, T = K.copy(), look_at(np.array([0.0, -0.001, 3.0]), np.zeros(3))
    large[:2] *= GRID
    seen = rasterize(VERTICES, FACES, VALUES, large, T, 120 * GRID, 80 * GRID)
    places = np.array([[0.0, 0, 0, 1, 0]] * 2)
    return shade_picture(
        seen.depth_m, seen.faces, VERTICES, UP, FACES, surfaces(UP), table, places, light, large, T
    )


def test_faces_of_one_plane_are_one_surface() -> None:
    flat = surfaces(UP)
    assert flat.of_face[0] == flat.of_face[1] != flat.of_face[2] == flat.of_face[3]
    row = flat.rows[flat.of_face[2]]
    np.testing.assert_array_equal(row, [0, 0, 1, 1, 1, 1])
    bent = UP.copy()
    bent[2] = [1.0, 0, 0]
    curved = surfaces(bent)
    assert curved.rows[curved.of_face[0], 5] == 0
    assert len(curved.rows) == 2


def test_colours_do_not_bleed_over_an_edge() -> None:
    drawn = picture(DARK)
    # The board covers the columns from 36.3 to 83.7: 46 as a whole, and as many rows.
    assert (drawn[..., 1] == 0).sum() == 46 * 46
    inside = drawn[25:55, 45:75]
    assert (inside == inside[0, 0]).all()


def test_the_shadow_of_a_sharp_light_has_a_sharp_edge() -> None:
    size = 64
    lamp = np.array([[0.0, 0, 2.5, 2, 2, 2, 0, 1, 0, 0, 0, 1, 0.0]])
    view = np.array([[0.0, 0, 2.5, 32, 0, 0, 0, -32, 0, 0, 0, -1]])
    depth = np.full((1, size, size), 2.5, dtype=np.float32)
    depth[0, :, : size // 2] = 1.0
    drawn = picture(Lights(lamp, depth, view, np.full(6, 0.05)), 0.5)
    line = drawn[38, :, 0].astype(int)
    dark, bright = line[52:58], line[62:68]
    assert dark.max() + 60 < bright.min()
    between = (line[50:70] > dark.max() + 12) & (line[50:70] < bright.min() - 12)
    assert between.sum() <= 1
