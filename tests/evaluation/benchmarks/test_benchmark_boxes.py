"""Overlap of upright boxes against a library of polygons, random points, and algebra."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon

from sextant.evaluation.benchmarks._boxes import (
    LEVEL_CAMERA,
    UprightBox,
    box_points,
    camera_rotation,
    overlap,
    read_box,
)

LENGTHS = st.floats(0.05, 3.0)
PLACES = st.floats(-2.0, 2.0)
BOXES = st.builds(
    lambda x, y, z, a, b, c, t: UprightBox(np.array([x, y, z]), (a, b, c), t),
    PLACES, PLACES, PLACES, LENGTHS, LENGTHS, LENGTHS, st.floats(-4.0, 4.0),
)  # fmt: skip


def corners(box):
    c, s = math.cos(box.heading_rad), math.sin(box.heading_rad)
    R = np.array([[c, -s], [s, c]])
    half = np.array(box.size_m[:2]) / 2
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    return box.center_m[:2] + (signs * half) @ R.T


@given(BOXES, BOXES)
def test_overlap_agrees_with_shapely(a, b):
    area = Polygon(corners(a)).intersection(Polygon(corners(b))).area
    tops = [x.center_m[2] + x.size_m[2] / 2 for x in (a, b)]
    bottoms = [x.center_m[2] - x.size_m[2] / 2 for x in (a, b)]
    common = area * max(0.0, min(tops) - max(bottoms))
    whole = math.prod(a.size_m) + math.prod(b.size_m) - common
    assert overlap(a, b) == pytest.approx(common / whole, abs=1e-9)
    assert overlap(b, a) == pytest.approx(overlap(a, b), abs=1e-9)


@given(BOXES, st.integers(-3, 3))
def test_a_box_is_itself_turned_by_half_turns(box, turns):
    turned = UprightBox(box.center_m, box.size_m, box.heading_rad + turns * math.pi)
    assert overlap(box, turned) == pytest.approx(1.0, abs=1e-9)
    assert box_points(turned, box) == pytest.approx(1.0, abs=1e-9)


def test_overlap_agrees_with_random_points():
    a = UprightBox(np.array([0.1, 0.2, 0.0]), (2.0, 1.0, 1.0), 0.4)
    b = UprightBox(np.array([0.4, 0.0, 0.3]), (1.5, 0.8, 1.2), -0.7)
    points = np.random.default_rng(1).uniform(-2, 2, (400_000, 3))

    def inside(box):
        c, s = math.cos(box.heading_rad), math.sin(box.heading_rad)
        local = (points - box.center_m) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        return (np.abs(local) <= np.array(box.size_m) / 2).all(axis=1)

    both, either = inside(a) & inside(b), inside(a) | inside(b)
    assert overlap(a, b) == pytest.approx(both.sum() / either.sum(), abs=0.01)


def test_axes_of_a_level_camera():
    """Right of the camera is -y, below is -z, ahead is +x; positive yaw turns to the left."""
    answer = {"center": [1.0, 2.0, 3.0], "size": [2.0, 1.0, 0.5], "yaw": 90}
    box = read_box(answer, LEVEL_CAMERA)
    assert box.center_m.tolist() == [3.0, -1.0, -2.0]
    assert box.heading_rad == pytest.approx(math.pi / 2)


def test_a_pitched_camera_keeps_boxes_upright():
    """A camera that looks down by 30 degrees sees a box ahead on the floor below its axis."""
    pitch = math.radians(30)
    R = np.array([[0, -math.sin(pitch), math.cos(pitch)], [-1, 0, 0],
                  [0, -math.cos(pitch), -math.sin(pitch)]])  # fmt: skip
    world = np.array([2.0, 0.5, -1.0])
    answer = {"center": (R.T @ world).tolist(), "size": [2.0, 1.0, 0.5], "yaw": 0}
    box = read_box(answer, R)
    assert box.center_m == pytest.approx(world)
    assert box.heading_rad == pytest.approx(0.0)
    stored = {"T_world_camera": {"f": np.hstack([R, [[5], [6], [7]]]).ravel().tolist()}}
    assert np.allclose(camera_rotation(stored), R)
    assert camera_rotation({}) is LEVEL_CAMERA


@pytest.mark.parametrize(
    "answer",
    [
        None, 3, [], "box", {}, {"center": [1, 2], "size": [1, 1, 1], "yaw": 0},
        {"center": [1, 2, 3], "size": [1, 0, 1], "yaw": 0},
        {"center": [1, 2, 3], "size": [1, -1, 1], "yaw": 0},
        {"center": [1, 2, 3], "size": [1, 1, 1], "yaw": "left"},
        {"center": [1, 2, 3], "size": [1, 1, 1], "yaw": True},
        {"center": [1, 2, 10**400], "size": [1, 1, 1], "yaw": 0},
        {"center": "123", "size": [1, 1, 1], "yaw": 0}, {"chair": 4},
    ],
)  # fmt: skip
def test_what_is_no_box(answer):
    assert read_box(answer, LEVEL_CAMERA) is None


def test_points_fall_with_the_centre():
    truth = UprightBox(np.array([2.0, 0.0, 0.0]), (1.0, 1.0, 1.0), 0.0)
    # Off by 2 m of 2 m: no overlap, and 100 % is beyond the last threshold.
    assert box_points(UprightBox(np.array([4.0, 0.0, 0.0]), (1.0, 1.0, 1.0), 0.0), truth) == 0.0
    # Off by 0.5 m: they share half of each, a third of both; 25 % passes .50 to .75.
    half = UprightBox(np.array([2.0, 0.5, 0.0]), (1.0, 1.0, 1.0), 0.0)
    assert box_points(half, truth) == pytest.approx(0.5 / 3 + 0.5 * 0.6)
