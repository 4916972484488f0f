from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.geometry.boxes import CORNER_SIGNS, EDGE_CORNERS, OrientedBox
from sextant.geometry.transforms import rotation_from_quaternion, yaw_rotation

quick = settings(max_examples=40, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def random_box(seed: int) -> tuple[OrientedBox, np.random.Generator]:
    rng = np.random.default_rng(seed)
    R = rotation_from_quaternion(rng.normal(size=4))
    return OrientedBox(rng.normal(size=3) * 3, rng.uniform(0.006, 3, 3), R), rng


@quick
@given(seeds)
def test_corners_are_the_extremes_of_the_box(seed):
    box, _ = random_box(seed)
    np.testing.assert_allclose(box.corners.mean(axis=0), box.center, atol=1e-12)
    np.testing.assert_allclose(box.to_box(box.corners), CORNER_SIGNS * box.size_m, atol=1e-12)
    np.testing.assert_allclose(box.minimum, box.corners.min(axis=0), atol=1e-12)
    np.testing.assert_allclose(box.maximum, box.corners.max(axis=0), atol=1e-12)
    assert box.contains(box.corners, 1e-12).all()
    assert not box.contains(box.corners, -1e-6).any()


@quick
@given(seeds)
def test_the_twelve_edges_are_parallel_to_the_axes(seed):
    box, _ = random_box(seed)
    start, end = np.moveaxis(box.corners[EDGE_CORNERS], 1, 0)
    along = (end - start) @ box.R_world_box
    expected = np.repeat(np.diag(box.size_m)[[2, 1, 0]], 4, axis=0)
    np.testing.assert_allclose(along, expected, atol=1e-12)
    assert len({frozenset(e) for e in EDGE_CORNERS.tolist()}) == 12


@quick
@given(seeds)
def test_contains_is_the_box_and_not_its_bounds(seed):
    box, rng = random_box(seed)
    local = rng.uniform(-1, 1, (50, 3)) * box.size_m
    inside = np.all(np.abs(local) <= box.size_m / 2, axis=1)
    world = local @ box.R_world_box.T + box.center
    np.testing.assert_array_equal(box.contains(world), inside)
    np.testing.assert_allclose(box.to_box(world), local, atol=1e-12)


def test_axis_aligned_volume_vertical_and_tilt():
    box = OrientedBox.axis_aligned([0, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(box.center, [0.5, 1, 1.5])
    assert box.volume_m3 == 6.0
    assert (box.vertical_axis, box.tilt_rad) == (2, 0.0)
    lying = OrientedBox(box.center, box.size_m, np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]))
    assert (lying.vertical_axis, lying.tilt_rad) == (1, 0.0)
    turned = OrientedBox(box.center, box.size_m, yaw_rotation(1.0))
    assert turned.tilt_rad == 0.0
    lean = rotation_from_quaternion([math.cos(0.05), math.sin(0.05), 0, 0])
    assert OrientedBox(box.center, box.size_m, lean).tilt_rad == pytest.approx(0.1)
