from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.polygons import (
    alpha_shape_area,
    convex_overlap_area,
    distance_to_border,
    footprint,
    is_simple,
    point_in_polygon,
    polygon_area,
    polygon_iou,
    signed_area,
)
from sextant.geometry.transforms import rotation_from_quaternion, yaw_rotation

quick = settings(max_examples=50, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)

SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
L_SHAPE = np.array([[0.0, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2]])
BOW_TIE = np.array([[0.0, 0], [1, 1], [1, 0], [0, 1]])


def random_box(rng: np.random.Generator, upright: bool) -> OrientedBox:
    R = (
        yaw_rotation(rng.uniform(-4, 4))
        if upright
        else rotation_from_quaternion(rng.normal(size=4))
    )
    return OrientedBox(rng.normal(size=3), rng.uniform(0.006, 2.0, 3), R)


def convex(rng: np.random.Generator) -> np.ndarray:
    hull = shapely.MultiPoint(rng.normal(size=(rng.integers(3, 12), 2))).convex_hull
    corners = shapely.get_coordinates(hull.exterior)[:-1]
    return corners if rng.random() < 0.5 else corners[::-1]


@quick
@given(seeds, st.booleans())
def test_footprint_is_the_counterclockwise_hull_of_the_corners(seed, upright):
    box = random_box(np.random.default_rng(seed), upright)
    outline = footprint(box)
    hull = shapely.MultiPoint(box.corners[:, :2]).convex_hull
    assert len(outline) == 4 if upright else len(outline) in (4, 6)
    assert signed_area(outline) == pytest.approx(hull.area, rel=1e-9)
    assert shapely.hausdorff_distance(shapely.Polygon(outline), hull) < 1e-8
    if upright:
        assert signed_area(outline) == pytest.approx(box.size_m[0] * box.size_m[1])


def test_footprint_of_a_box_in_the_axes():
    box = OrientedBox.axis_aligned([0, 0, 5], [2, 1, 6])
    np.testing.assert_array_equal(footprint(box), [[0, 0], [2, 0], [2, 1], [0, 1]])


@quick
@given(seeds)
def test_overlap_of_convex_polygons_is_shapelys(seed):
    rng = np.random.default_rng(seed)
    p, q = convex(rng), convex(rng) + rng.normal(size=2)
    expected = shapely.Polygon(p).intersection(shapely.Polygon(q)).area
    assert convex_overlap_area(p, q) == pytest.approx(expected, abs=1e-12)


@quick
@given(seeds)
def test_overlap_is_symmetric_and_follows_motion_mirror_and_scale(seed):
    rng = np.random.default_rng(seed)
    p, q = convex(rng), convex(rng)
    area = convex_overlap_area(p, q)
    R, t = yaw_rotation(rng.uniform(-4, 4))[:2, :2], rng.normal(size=2)
    assert convex_overlap_area(q, p) == pytest.approx(area, abs=1e-12)
    assert convex_overlap_area(p @ R.T + t, q @ R.T + t) == pytest.approx(area, abs=1e-12)
    assert convex_overlap_area(p * [-1, 1], q * [-1, 1]) == pytest.approx(area, abs=1e-12)
    assert convex_overlap_area(2 * p, 2 * q) == pytest.approx(4 * area, abs=1e-12)
    assert convex_overlap_area(p, p) == pytest.approx(polygon_area(p), abs=1e-12)
    assert area <= min(polygon_area(p), polygon_area(q)) + 1e-12


@pytest.mark.parametrize(
    ("shift", "expected"),
    [([0, 0], 1), ([0.5, 0], 0.5), ([0.25, -0.5], 0.375), ([1, 0], 0), ([1, 1], 0), ([3, 0], 0)],
)
def test_overlap_of_squares(shift, expected):
    assert convex_overlap_area(SQUARE, SQUARE + shift) == pytest.approx(expected, abs=1e-15)
    assert convex_overlap_area(SQUARE[::-1], SQUARE + shift) == pytest.approx(expected, abs=1e-15)
    assert polygon_iou(SQUARE, SQUARE + shift) == pytest.approx(
        expected / (2 - expected), abs=1e-15
    )


def test_overlap_of_what_has_no_area_is_zero():
    assert convex_overlap_area(SQUARE, [[0, 0], [1, 1]]) == 0.0
    assert convex_overlap_area([[0, 0], [1, 1]], SQUARE) == 0.0
    assert convex_overlap_area(np.zeros((0, 2)), SQUARE) == 0.0
    assert convex_overlap_area([[0.2, 0.2], [0.4, 0.4], [0.8, 0.8]], SQUARE) == 0.0
    assert polygon_iou([[0, 0], [1, 1], [2, 2]], [[0, 0], [1, 1], [2, 2]]) == 0.0


def test_areas():
    assert signed_area(L_SHAPE) == 3.0
    assert signed_area(L_SHAPE[::-1]) == -3.0
    assert polygon_area(L_SHAPE[::-1] + 1e3) == pytest.approx(3.0)
    assert polygon_iou(L_SHAPE, 2 * SQUARE) == pytest.approx(0.75)


def test_the_border_is_inside():
    points = [[0.5, 0.5], [0, 0], [1, 0.5], [1.5, 1], [1.5, 1.5], [-0.1, 0], [2, 1], [1, 1]]
    expected = [True, True, True, True, False, False, True, True]
    assert point_in_polygon(points, L_SHAPE).tolist() == expected
    assert point_in_polygon(points, L_SHAPE[::-1]).tolist() == expected
    assert bool(point_in_polygon([0.5, 0.5], L_SHAPE))
    assert not point_in_polygon([np.nan, 0.5], L_SHAPE)


def test_distance_to_the_border_is_unsigned():
    points = [[0.5, 0.75], [3, 1], [1.5, 1], [1.5, 1.5]]
    np.testing.assert_allclose(distance_to_border(points, L_SHAPE), [0.5, 1, 0, 0.5])
    assert distance_to_border([3, 4], SQUARE) == pytest.approx(math.hypot(2, 3))


@pytest.mark.parametrize(
    ("polygon", "expected"),
    [
        (SQUARE, True),
        (L_SHAPE[::-1], True),
        (BOW_TIE, False),
        (SQUARE[:2], False),
        ([[0, 0], [1, 1], [2, 2]], False),
        ([[0, 0], [1, 0], [np.nan, 1]], False),
        (np.zeros((4, 3)), False),
    ],
)
def test_is_simple(polygon, expected):
    assert is_simple(polygon) is expected


def test_alpha_shape_of_grids():
    def grid(width: int, depth: int) -> np.ndarray:
        x, y = np.meshgrid(np.arange(width + 1) * 0.1, np.arange(depth + 1) * 0.1)
        return np.stack([x, y], axis=-1).reshape(-1, 2)

    room = grid(30, 20)
    # In its inner corner the alpha shape also fills triangles smaller than alpha.
    l_room = room[(room[:, 0] <= 1.5 + 1e-9) | (room[:, 1] <= 1.0 + 1e-9)]
    assert alpha_shape_area(room, 0.2) == pytest.approx(6.0)
    assert alpha_shape_area(room, 0.05) == 0.0
    assert alpha_shape_area(l_room, 0.2) == pytest.approx(4.5, abs=0.03)
    assert alpha_shape_area(l_room, math.inf) == pytest.approx(4.5 + 0.75)
    two_rooms = np.concatenate([grid(10, 10), grid(10, 10) + np.array([3, 0])])
    assert alpha_shape_area(two_rooms, 0.3) == pytest.approx(2.0)
    shuffled = np.random.default_rng(0).permutation(np.concatenate([l_room, l_room]))
    assert alpha_shape_area(shuffled, 0.2) == alpha_shape_area(l_room, 0.2)


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.zeros((5, 2)), [[0, 0], [1, 1], [2, 2]]])
def test_alpha_shape_of_what_has_no_area_is_zero(points):
    assert alpha_shape_area(points, 1.0) == 0.0
