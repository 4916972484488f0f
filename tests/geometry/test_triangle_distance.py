from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.geometry.transforms import rotation_from_quaternion
from sextant.geometry.triangle_distance import (
    point_triangle_distance,
    segment_distance,
    triangle_distance,
    triangle_distance_reference,
)

quick = settings(max_examples=40, deadline=None, derandomize=True)

UNIT = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])


def arrays(*shape: int, bound: float = 2.0) -> st.SearchStrategy[np.ndarray]:
    n = math.prod(shape)
    values = st.floats(-bound, bound, allow_subnormal=False)
    return st.lists(values, min_size=n, max_size=n).map(lambda v: np.array(v).reshape(shape))


@st.composite
def triangles(draw: st.DrawFn) -> np.ndarray:
    """Triangles, flat ones, slivers, and those collapsed to a segment or a point."""
    t = draw(arrays(3, 3))
    kind = draw(st.sampled_from(["free", "free", "grid", "flat", "sliver", "segment", "point"]))
    if kind == "grid":
        return np.round(t)
    if kind == "flat":
        return t * [1, 1, 0]
    if kind in ("sliver", "segment"):
        t[2] = 0.25 * t[0] + 0.75 * t[1] + (1e-7 if kind == "sliver" else 0.0) * t[2]
    return np.tile(t[0], (3, 1)) if kind == "point" else t


rotations = (
    arrays(4, bound=1.0).filter(lambda q: np.linalg.norm(q) > 0.1).map(rotation_from_quaternion)
)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (UNIT + np.array([0, 0, 0.5]), 0.5),  # parallel faces
        (UNIT, 0.0),  # the same triangle
        (UNIT + np.array([0.2, 0.2, 0]), 0.0),  # coplanar, overlapping
        (UNIT / 10 + np.array([0.2, 0.2, 0]), 0.0),  # coplanar, one inside the other
        (UNIT + np.array([3, 0, 0]), 2.0),  # coplanar, apart
        (UNIT[[0, 2, 1]] * [-1, 1, 1], 0.0),  # a shared edge
        (UNIT - [1, 0, 0], 0.0),  # a shared corner
        ([[0.2, 0.2, -1], [0.2, 0.2, 1], [5, 5, 0.5]], 0.0),  # an edge pierces the face
        ([[0.3, 0.3, 0.25], [0.3, 0.3, 2], [0.4, 0.3, 2]], 0.25),  # a corner above the face
        ([[0.5, -0.5, -1], [0.5, -0.5, 1], [0.5, -3, 0]], 0.5),  # crossing edges
        ([[-3, -4, 0], [-6, -8, 0], [-9, -8, 0]], 5.0),  # corner to corner
        ([[0.5, 0.5, 0.3]] * 3, 0.3),  # a point
        ([[-1, 0.2, 0.1], [0, 0.2, 0.1], [2, 0.2, 0.1]], 0.1),  # a segment
    ],
)
def test_known_distances(other, expected):
    assert triangle_distance(UNIT, other) == pytest.approx(expected, abs=1e-15)
    assert triangle_distance(other, UNIT) == pytest.approx(expected, abs=1e-15)


@quick
@given(triangles(), triangles())
def test_equals_the_reference(a, b):
    assert triangle_distance(a, b) == pytest.approx(triangle_distance_reference(a, b), abs=1e-9)


@quick
@given(triangles(), triangles())
def test_never_above_a_sampled_distance(a, b):
    u, v = np.meshgrid(np.linspace(0, 1, 12), np.linspace(0, 1, 12))
    weights = np.stack([u, v, 1 - u - v], axis=-1)[u + v <= 1 + 1e-12]
    sampled = np.linalg.norm((weights @ a)[:, None] - weights @ b, axis=2).min()
    assert triangle_distance(a, b) <= sampled + 1e-12


@quick
@given(triangles(), triangles(), rotations, arrays(3), st.permutations([0, 1, 2]))
def test_symmetric_and_unchanged_by_motion_mirror_and_order(a, b, R, t, order):
    d = triangle_distance(a, b)
    assert triangle_distance(b, a) == pytest.approx(d, abs=1e-9)
    assert triangle_distance(a[list(order)], b) == pytest.approx(d, abs=1e-9)
    assert triangle_distance(a @ R.T + t, b @ R.T + t) == pytest.approx(d, abs=1e-9)
    assert triangle_distance(a * [-1, 1, 1], b * [-1, 1, 1]) == pytest.approx(d, abs=1e-12)
    assert triangle_distance(2 * a, 2 * b) == pytest.approx(2 * d, abs=1e-12)


@quick
@given(triangles(), triangles())
def test_a_point_and_a_segment_are_collapsed_triangles(a, b):
    from_points = point_triangle_distance(b, a)
    for point, got in zip(b, from_points, strict=True):
        assert got == pytest.approx(triangle_distance(a, np.tile(point, (3, 1))), abs=1e-9)
    assert triangle_distance(a, b) <= from_points.min() + 1e-12
    collapsed = a[[0, 1, 1]], b[[0, 1, 0]]
    assert segment_distance(a[:2], b[:2]) == pytest.approx(triangle_distance(*collapsed), abs=1e-9)


@pytest.mark.parametrize("angle", [0.0, 1e-15, 1e-12, 1e-9, 1e-8, 1e-7, 1e-6])
def test_nearly_parallel_segments_that_cross_keep_their_gap(angle):
    one = np.array([[-1.0, 0, 0], [1, 0, 0]])
    two = np.array([[-1.0, -angle, 0.25], [1, angle, 0.25]])
    assert segment_distance(one, two) == pytest.approx(0.25, abs=1e-15)
    in_plane = two * [1, 1, 0]
    assert segment_distance(one, in_plane) == pytest.approx(0.0, abs=1e-15)


def test_every_region_of_point_to_triangle():
    points = [
        [0.2, 0.2, -2],
        [-3, -4, 0],
        [2, 0, 0],
        [0, 3, 0],
        [0.5, -1, 0],
        [1, 1, 0],
        [-1, 0.5, 0],
    ]
    expected = [2, 5, 1, 2, 1, math.sqrt(0.5), 1]
    np.testing.assert_allclose(point_triangle_distance(points, UNIT), expected, atol=1e-15)
