from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from sextant.geometry.box_distance import (
    box_distance,
    box_distance_reference,
    closest_points_boxes,
    pairwise_box_distances,
    point_box_distance,
)
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import (
    quaternion_from_rotation,
    rotation_from_quaternion,
    yaw_rotation,
)

quick = settings(max_examples=40, deadline=None, derandomize=True)

TURN_X = rotation_from_quaternion([math.cos(math.pi / 8), math.sin(math.pi / 8), 0, 0])
TURN_Y = rotation_from_quaternion([math.cos(math.pi / 8), 0, math.sin(math.pi / 8), 0])


def floats(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_subnormal=False)


def vectors(low: float, high: float, n: int = 3) -> st.SearchStrategy[np.ndarray]:
    return st.lists(floats(low, high), min_size=n, max_size=n).map(np.array)


free_rotations = (
    vectors(-1, 1, 4).filter(lambda q: np.linalg.norm(q) > 0.1).map(rotation_from_quaternion)
)
nearly_aligned = vectors(-1e-7, 1e-7).map(lambda v: rotation_from_quaternion([1.0, *v]))
rotations = st.one_of(
    free_rotations,
    nearly_aligned,
    st.integers(0, 7).map(lambda k: yaw_rotation(k * math.pi / 4)),
    floats(-4, 4).map(yaw_rotation),
)
boxes = st.builds(
    OrientedBox,
    vectors(-3, 3),
    st.one_of(vectors(0.006, 2.0), vectors(0.5, 2.0).map(lambda s: s * [1, 1, 0.006])),
    rotations,
)


def distance(a: OrientedBox, b: OrientedBox) -> float:
    return box_distance(a.center, a.size_m, a.R_world_box, b.center, b.size_m, b.R_world_box)


def moved(box: OrientedBox, R: np.ndarray, t: np.ndarray) -> OrientedBox:
    return OrientedBox(R @ box.center + t, box.size_m, R @ box.R_world_box)


def unit_box(center: list[float], R: np.ndarray | None = None) -> OrientedBox:
    return OrientedBox(np.array(center, dtype=float), np.ones(3), np.eye(3) if R is None else R)


def surface_samples(box: OrientedBox, n: int) -> tuple[np.ndarray, float]:
    """Return points of all faces on an n x n grid, and how far any face point is from one."""
    grid = np.linspace(-0.5, 0.5, n)
    u, v = (g.ravel() for g in np.meshgrid(grid, grid))
    points = []
    for axis in range(3):
        for side in (-0.5, 0.5):
            face = np.insert(np.stack([u, v], axis=1), axis, side, axis=1)
            points.append((face * box.size_m) @ box.R_world_box.T + box.center)
    return np.concatenate(points), float(np.sort(box.size_m)[1:].max()) / (n - 1) / math.sqrt(2.0)


# Known answers


@pytest.mark.parametrize(
    ("center", "expected"),
    [
        ([3.0, 0, 0], 2.0),  # parallel faces
        ([3.0, 0.3, -0.4], 2.0),  # parallel faces, shifted
        ([4.0, 5.0, 0], 5.0),  # parallel edges: 3-4-5
        ([2.0, 3.0, 3.0], 3.0),  # corners: 1-2-2
        ([1.0, 0, 0], 0.0),  # faces touch
        ([1.0, 1.0, 0.2], 0.0),  # edges touch
        ([1.0, 1.0, 1.0], 0.0),  # corners touch
        ([0.0, 0, 0], 0.0),  # the same box
        ([0.6, 0.2, 0.1], 0.0),  # overlap
    ],
)
@pytest.mark.parametrize("turn", [np.eye(3), yaw_rotation(0.7), TURN_X @ TURN_Y])
def test_two_unit_boxes_with_parallel_axes(center, expected, turn):
    a, b = unit_box([0, 0, 0], turn), unit_box(list(turn @ center), turn)
    assert distance(a, b) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("gap", [1e-9, 1e-3, 0.5])
def test_crossing_edges_face_each_other(gap):
    # A's upper edge runs along y, B's lower edge along x: only an edge-edge axis separates them.
    a = unit_box([0, 0, 0], TURN_Y)
    b = unit_box([0.1, -0.2, math.sqrt(2.0) + gap], TURN_X)
    assert distance(a, b) == pytest.approx(gap, abs=1e-15)
    d, on_a, on_b = closest_points_boxes(
        a.center, a.size_m, a.R_world_box, b.center, b.size_m, b.R_world_box
    )
    np.testing.assert_allclose(on_a, [0, -0.2, math.sqrt(0.5)], atol=1e-15)
    np.testing.assert_allclose(on_b - on_a, [0, 0, d], atol=1e-15)


def test_a_box_inside_another_and_a_cross_of_two_bars_overlap():
    outer = OrientedBox(np.zeros(3), np.array([4.0, 4, 4]), np.eye(3))
    inner = OrientedBox(np.array([0.3, 0, 0]), np.array([0.5, 0.2, 0.1]), TURN_X)
    assert distance(outer, inner) == distance(inner, outer) == 0.0
    bar_x = OrientedBox(np.zeros(3), np.array([4.0, 0.2, 0.2]), np.eye(3))
    bar_y = OrientedBox(np.zeros(3), np.array([0.1, 4.0, 0.1]), np.eye(3))
    assert distance(bar_x, bar_y) == 0.0


def test_corner_above_a_face():
    corner_down = unit_box([0.2, 0.1, 0.5 + math.sqrt(3) / 2 + 0.25])
    axis = np.cross([1, 1, 1], [0, 0, 1]) / math.sqrt(2)
    half = math.acos(1 / math.sqrt(3)) / 2
    R = rotation_from_quaternion([math.cos(half), *(math.sin(half) * axis)])
    b = OrientedBox(corner_down.center, corner_down.size_m, R)
    assert distance(unit_box([0, 0, 0]), b) == pytest.approx(0.25, abs=1e-14)


def test_thin_plate_on_a_table_leaves_its_gap():
    table = OrientedBox(np.zeros(3), np.array([1.6, 0.8, 0.03]), yaw_rotation(0.3))
    plate = OrientedBox(
        np.array([0.1, 0.1, 0.015 + 0.003 + 0.02]), np.array([0.3, 0.3, 0.006]), yaw_rotation(1.1)
    )
    assert distance(table, plate) == pytest.approx(0.02, abs=1e-15)


@pytest.mark.parametrize("angle", [0.0, 1e-16, 1e-14, 1e-12, 1e-9, 1e-8, 1e-7, 1e-5])
def test_nearly_parallel_edges_lose_no_digits(angle):
    R = rotation_from_quaternion([1.0, 0.3 * angle, angle, -0.7 * angle])
    a = OrientedBox(np.zeros(3), np.array([2.0, 0.006, 1.0]), np.eye(3))
    for center in ([0.1, 0.5, 1.5], [0.0, 0.003, 0.0], [0.0, 0.1, 0.2]):
        b = OrientedBox(np.array(center), np.array([2.0, 0.006, 1.0]), R)
        expected = box_distance_reference(
            a.center, a.size_m, a.R_world_box, b.center, b.size_m, b.R_world_box
        )
        assert distance(a, b) == pytest.approx(expected, abs=1e-13)


# Independent computations


@quick
@given(boxes, boxes)
def test_equals_the_reference_and_bounded_least_squares(a, b):
    got = distance(a, b)
    assert got == pytest.approx(
        box_distance_reference(
            a.center, a.size_m, a.R_world_box, b.center, b.size_m, b.R_world_box
        ),
        abs=1e-12,
    )
    M = np.concatenate([a.R_world_box * a.size_m / 2, -b.R_world_box * b.size_m / 2], axis=1)
    solved = lsq_linear(M, b.center - a.center, bounds=(-1, 1), method="bvls", tol=1e-14)
    upper = float(np.linalg.norm(M @ np.clip(solved.x, -1, 1) - (b.center - a.center)))
    assert got <= upper + 1e-12
    assert got == pytest.approx(upper, abs=1e-6)


@quick
@given(boxes, boxes)
def test_lies_between_bounds_by_dense_sampling(a, b):
    got = distance(a, b)
    points, spacing = surface_samples(a, 25)
    sampled = point_box_distance(points, b.center, b.size_m, b.R_world_box).min()
    assert got <= sampled + 1e-12
    if got > 0:
        assert sampled <= got + spacing + 1e-12


@quick
@given(boxes, boxes)
def test_witness_points_are_on_the_boxes_and_attain_the_distance(a, b):
    d, on_a, on_b = closest_points_boxes(
        a.center, a.size_m, a.R_world_box, b.center, b.size_m, b.R_world_box
    )
    assert np.linalg.norm(on_a - on_b) == pytest.approx(d, abs=1e-12)
    assert a.contains(on_a, 1e-12)
    assert b.contains(on_b, 1e-12)
    if d > 1e-6:
        # The plane through the witnesses separates the boxes: a proof that nothing is nearer.
        normal = (on_b - on_a) / d
        assert ((a.corners - on_a) @ normal).max() <= 1e-8
        assert ((b.corners - on_b) @ normal).min() >= -1e-8


# Algebra


@quick
@given(boxes, boxes, free_rotations, vectors(-5, 5))
def test_symmetric_and_unchanged_by_rigid_motion_and_mirror(a, b, R, t):
    d = distance(a, b)
    assert distance(b, a) == pytest.approx(d, abs=1e-12)
    assert distance(moved(a, R, t), moved(b, R, t)) == pytest.approx(d, abs=1e-12)
    F = np.diag([-1.0, 1, 1])
    mirrored = [OrientedBox(F @ x.center, x.size_m, F @ x.R_world_box @ F) for x in (a, b)]
    assert distance(*mirrored) == pytest.approx(d, abs=1e-12)


@quick
@given(boxes, boxes, vectors(-1, 1))
def test_doubles_with_the_scale_and_moves_no_faster_than_the_box(a, b, step):
    d = distance(a, b)
    twice = [OrientedBox(2 * x.center, 2 * x.size_m, x.R_world_box) for x in (a, b)]
    assert distance(*twice) == 2 * d
    away = OrientedBox(b.center + step, b.size_m, b.R_world_box)
    assert abs(distance(a, away) - d) <= np.linalg.norm(step) + 1e-12


@quick
@given(boxes, boxes, st.permutations([0, 1, 2]))
def test_does_not_depend_on_how_the_axes_are_named(a, b, order):
    order = list(order)
    R = a.R_world_box[:, order]
    R[:, 0] *= np.sign(np.linalg.det(R))
    same = OrientedBox(a.center, a.size_m[order], R)
    assert distance(same, b) == pytest.approx(distance(a, b), abs=1e-12)


@quick
@given(boxes, boxes, vectors(-0.5, 0.5), vectors(-0.5, 0.5), floats(0, 2))
def test_boxes_that_share_a_point_overlap_and_a_plane_keeps_them_apart(a, b, in_a, in_b, gap):
    shared = a.center + a.R_world_box @ (in_a * a.size_m)
    touching = OrientedBox(shared - b.R_world_box @ (in_b * b.size_m), b.size_m, b.R_world_box)
    assert distance(a, touching) <= 1e-14
    above = b.center.copy()
    above[2] += a.maximum[2] + gap - b.minimum[2]
    assert distance(a, OrientedBox(above, b.size_m, b.R_world_box)) >= gap - 1e-14


# Many boxes, points, input forms


def test_pairwise_is_the_matrix_of_single_distances():
    rng = np.random.default_rng(5)
    n = 12
    c, s = rng.uniform(-2, 2, (n, 3)), rng.uniform(0.006, 1.5, (n, 3))
    R = np.stack([rotation_from_quaternion(q) for q in rng.normal(size=(n, 4))])
    d = pairwise_box_distances(c, s, R)
    assert d.dtype == np.float64
    assert np.array_equal(d, d.T)
    assert not d.diagonal().any()
    for i in range(n):
        for j in range(i + 1, n):
            assert d[i, j] == box_distance(c[i], s[i], R[i], c[j], s[j], R[j])
    assert pairwise_box_distances(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3, 3))).size == 0
    with pytest.raises(ValueError, match="expected"):
        pairwise_box_distances(c, s[:3], R)


@quick
@given(boxes, vectors(-3, 3))
def test_a_point_is_a_box_without_size(box, point):
    single = point_box_distance(point, box.center, box.size_m, box.R_world_box)
    assert single.shape == ()
    many = point_box_distance([point, box.center], box.center, box.size_m, box.R_world_box)
    np.testing.assert_allclose(many, [float(single), 0.0], atol=1e-15)
    dot = OrientedBox(point, np.zeros(3), np.eye(3))
    assert distance(dot, box) == pytest.approx(float(single), abs=1e-12)
    assert (single == 0) == bool(box.contains(point))


def test_takes_lists_float32_views_and_read_only_arrays():
    R = yaw_rotation(0.5)
    frozen = np.array([3.0, 0, 0])
    frozen.setflags(write=False)
    want = box_distance(np.zeros(3), np.ones(3), np.eye(3), frozen.copy(), np.ones(3), R)
    assert box_distance([0, 0, 0], [1, 1, 1], np.eye(3), frozen, [1, 1, 1], R.T.copy().T) == want
    as32 = np.float32
    assert box_distance(
        np.zeros(3, as32), np.ones(3, as32), np.eye(3, dtype=as32), frozen, np.ones(3), R
    ) == pytest.approx(want)
    assert math.isclose(np.linalg.norm(quaternion_from_rotation(R)), 1.0)
