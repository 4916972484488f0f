"""Points of a cloud that a picture shows."""

from __future__ import annotations

import numpy as np

from sextant.geometry.transforms import look_at
from sextant.scenes import Camera
from sextant.sources.landmarks import MAX_POINTS, shown_points, thinned

CAMERA = Camera(240, 180, 200.0, 200.0, 120.0, 90.0)
POSE = look_at([0.0, 0.0, 1.0], [5.0, 0.0, 1.0])


def wall(x: float, n: int = 60) -> np.ndarray:
    y, z = np.meshgrid(np.linspace(-0.4, 0.4, n), np.linspace(0.8, 1.2, n))
    return np.stack([np.full(y.size, x), y.ravel(), z.ravel()], axis=1)


def test_points_in_the_picture_are_shown_and_those_behind_or_beside_are_not() -> None:
    points = np.array([[3.0, 0, 1], [-3.0, 0, 1], [3.0, 3.0, 1], [3.0, 0.2, 1.1]])
    assert shown_points(points, CAMERA, POSE).tolist() == [0, 3]


def test_what_is_well_behind_the_nearest_is_hidden() -> None:
    near, far = wall(2.0), wall(3.5) * [1, 1.0, 1]
    shown = shown_points(np.concatenate([near, far]), CAMERA, POSE)
    assert (shown < len(near)).sum() == len(near)
    assert (shown >= len(near)).mean() < 0.05


def test_many_points_are_thinned_evenly() -> None:
    points = np.arange(3 * 20_000, dtype=float).reshape(-1, 3)
    few = thinned(points)
    assert MAX_POINTS / 2 < len(few) <= MAX_POINTS
    assert np.ptp(np.diff(few[:, 0])) == 0
    assert thinned(np.zeros((0, 3))).shape == (0, 3)
