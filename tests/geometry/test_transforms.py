from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.geometry.transforms import (
    ROTATION_TOLERANCE,
    compose,
    invert,
    look_at,
    nearest_rotation,
    quaternion_from_rotation,
    rigid,
    rotate_vectors,
    rotation_error,
    rotation_from_quaternion,
    transform_points,
    yaw_rotation,
)

quick = settings(max_examples=40, deadline=None, derandomize=True)

coordinates = st.floats(-10, 10, allow_subnormal=False)
vectors = st.tuples(coordinates, coordinates, coordinates).map(np.array)
quaternions = (
    st.tuples(*[st.floats(-1, 1, allow_subnormal=False)] * 4)
    .map(np.array)
    .filter(lambda q: np.linalg.norm(q) > 0.1)
)
transforms = st.builds(lambda q, t: rigid(rotation_from_quaternion(q), t), quaternions, vectors)
clouds = st.lists(vectors, min_size=1, max_size=5).map(np.array)


def close(got: np.ndarray, want: np.ndarray) -> None:
    np.testing.assert_allclose(got, want, atol=1e-11)


@quick
@given(transforms, transforms, transforms, clouds)
def test_rigid_transforms_are_a_group_that_acts_on_points(A, B, C, points):
    for T in (A, A @ B, invert(A)):
        assert rotation_error(T[:3, :3]) < 1e-12
        np.testing.assert_array_equal(T[3], [0, 0, 0, 1])
    close(A @ invert(A), np.eye(4))
    close(invert(A) @ A, np.eye(4))
    close(invert(A @ B), invert(B) @ invert(A))
    close((A @ B) @ C, A @ (B @ C))
    close(transform_points(A @ B, points), transform_points(A, transform_points(B, points)))
    close(transform_points(invert(A), transform_points(A, points)), points)
    np.testing.assert_array_equal(transform_points(np.eye(4), points), points)


@quick
@given(transforms, clouds)
def test_points_keep_their_distances_and_vectors_ignore_the_translation(T, points):
    def apart(p: np.ndarray) -> np.ndarray:
        return np.linalg.norm(p[:, None] - p, axis=-1)

    close(apart(transform_points(T, points)), apart(points))
    moved = transform_points(T, points + 1.0) - transform_points(T, points)
    close(rotate_vectors(T, np.ones_like(points)), moved)
    batch = transform_points(T, points[:, None])
    assert batch.shape == (len(points), 1, 3)
    close(batch[:, 0], transform_points(T, points))


@quick
@given(quaternions, quaternions)
def test_quaternions_and_rotations_agree(p, q):
    R = rotation_from_quaternion(q)
    assert rotation_error(R) < 1e-12
    back = quaternion_from_rotation(R)
    assert np.linalg.norm(back) == pytest.approx(1.0)
    assert back[0] >= 0
    close(rotation_from_quaternion(back), R)
    close(rotation_from_quaternion(-3 * q), R)
    (w, *v), (x, *u) = p, q
    v, u = np.array(v), np.array(u)
    product = [w * x - v @ u, *(w * u + x * v + np.cross(v, u))]
    close(rotation_from_quaternion(p) @ R, rotation_from_quaternion(product))


@pytest.mark.parametrize("wxyz", [*np.eye(4), [0, 0.6, 0.8, 0], [1e-9, 0, 0, 1], [0.5] * 4])
def test_half_turns_survive_the_round_trip(wxyz):
    back = quaternion_from_rotation(rotation_from_quaternion(wxyz))
    assert abs(back @ wxyz) == pytest.approx(1.0, abs=1e-12)


@quick
@given(quaternions, st.tuples(*[st.floats(-1e-3, 1e-3)] * 9))
def test_nearest_rotation_is_a_rotation_and_no_other_is_nearer(q, noise):
    R = rotation_from_quaternion(q)
    M = R + np.array(noise).reshape(3, 3)
    got = nearest_rotation(M)
    assert rotation_error(got) < 1e-12
    close(nearest_rotation(R), R)
    for axis in np.eye(3):
        for angle in (-1e-3, 1e-3):
            other = got @ rotation_from_quaternion([1.0, *(angle * axis)])
            assert np.linalg.norm(got - M) <= np.linalg.norm(other - M) + 1e-12


def test_nearest_rotation_of_a_mirror_is_no_mirror():
    assert rotation_error(nearest_rotation(np.diag([1.0, 1.0, -1.0]))) < ROTATION_TOLERANCE


@pytest.mark.parametrize(
    "bad",
    [np.diag([1.0, 1, -1]), 2 * np.eye(3), np.full((3, 3), np.nan), np.eye(4), np.zeros((3, 3))],
)
def test_rotation_error_sees_what_is_no_rotation(bad):
    assert rotation_error(bad) > 0.5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [1e300, -1e12, math.inf, math.nan])
def test_a_matrix_beyond_reason_is_infinitely_far_from_a_rotation(value):
    assert rotation_error(np.full((3, 3), value)) == math.inf
    assert rotation_error(np.diag([1.0, 1.0, value])) == math.inf


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [1e308, math.inf, math.nan])
def test_what_is_too_far_away_stays_so_and_warns_of_nothing(value):
    T = rigid(yaw_rotation(0.7), [value, value, 1.0])
    assert not (np.abs(invert(T)[:3, 3]) < 1e300).all()
    assert not np.isfinite(compose(np.diag([10.0, 10.0, 10.0, 1.0]), T)[:3, 3]).all()
    assert not (np.abs(transform_points(T, np.array([value, 1.0, 1.0]))) < 1e300).all()


@quick
@given(st.floats(-7, 7), st.floats(-7, 7))
def test_yaw_turns_add_up_counterclockwise(a, b):
    close(yaw_rotation(a) @ yaw_rotation(b), yaw_rotation(a + b))
    close(yaw_rotation(a) @ [1, 0, 0], np.array([math.cos(a), math.sin(a), 0]))
    close(yaw_rotation(a) @ [0, 0, 1], np.array([0, 0, 1]))


@quick
@given(vectors, vectors)
def test_look_at_is_upright_and_faces_the_target(eye, target):
    away = target - eye
    if math.hypot(away[0], away[1]) < 1e-3:
        return
    T = look_at(eye, target)
    assert rotation_error(T[:3, :3]) < 1e-9
    close(T[:3, 3], eye)
    seen = transform_points(invert(T), target)
    np.testing.assert_allclose(seen, [0, 0, np.linalg.norm(away)], atol=1e-9)
    right, down = T[:3, 0], T[:3, 1]
    assert abs(right[2]) < 1e-12
    assert down[2] < 0


def test_look_at_refuses_a_vertical_view():
    with pytest.raises(ValueError, match="vertical"):
        look_at([0, 0, 2], [0, 0, 0])
