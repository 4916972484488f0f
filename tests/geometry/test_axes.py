"""Other systems' axes, against brute force: points seen by a camera land where they must."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.geometry.axes import (
    M_ZUP_UNITY,
    box_axes_from_unity,
    points_from_unity,
    pose_from_opengl,
    pose_from_pytorch3d,
    pose_from_unity,
    pose_from_yup,
    rotation_from_unity_euler,
)
from sextant.geometry.transforms import invert, look_at, rigid, rotation_error, transform_points

POINT = np.array([0.4, 2.0, 1.1])
POSE = look_at([1.0, -2.0, 1.5], [0.2, 1.0, 0.8])


def test_opengl_camera_sees_minus_z() -> None:
    T_gl = POSE @ np.diag([1.0, -1.0, -1.0, 1.0])
    x, y, z = transform_points(invert(T_gl), POINT)
    ours = transform_points(invert(pose_from_opengl(T_gl)), POINT)
    np.testing.assert_allclose(ours, [x, -y, -z])
    assert ours[2] > 0


def test_yup_world_keeps_its_up() -> None:
    up = pose_from_yup(rigid(np.eye(3), [1.0, 2.0, 3.0]))
    np.testing.assert_allclose(up[:3, 3], [1.0, -3.0, 2.0])
    np.testing.assert_allclose(up[:3, :3] @ [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    assert rotation_error(up[:3, :3]) < 1e-12


def test_pytorch3d_multiplies_rows_and_looks_left_up_forward() -> None:
    rng = np.random.default_rng(0)
    R, T = POSE[:3, :3].copy(), rng.normal(size=3)
    x, y, z = POINT @ R + T  # X_camera = X_world R + T
    ours = transform_points(invert(pose_from_pytorch3d(R, T)), POINT)
    np.testing.assert_allclose(ours, [-x, -y, z])


def test_unity_is_left_handed() -> None:
    np.testing.assert_allclose(points_from_unity([1.0, 2.0, 3.0]), [1.0, 3.0, 2.0])
    assert np.linalg.det(M_ZUP_UNITY) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("degrees", "vector", "turned"),
    [
        ([0, 90, 0], [0, 0, 1], [1, 0, 0]),  # clockwise seen from above: forward becomes right
        ([90, 0, 0], [0, 0, 1], [0, -1, 0]),  # looking down
        ([0, 0, 90], [1, 0, 0], [0, 1, 0]),  # right becomes up
    ],
)
def test_unity_euler_angles(degrees: list[float], vector: list[float], turned: list[float]) -> None:
    np.testing.assert_allclose(rotation_from_unity_euler(degrees) @ vector, turned, atol=1e-12)


def test_unity_euler_turns_about_z_then_x_then_y() -> None:
    x, y, z = (rotation_from_unity_euler(np.eye(3)[i] * a) for i, a in enumerate((20, 50, 70)))
    np.testing.assert_allclose(rotation_from_unity_euler([20, 50, 70]), y @ x @ z, atol=1e-12)


def test_a_unity_camera_sees_the_same_picture() -> None:
    R = rotation_from_unity_euler([10.0, 35.0, -5.0])
    position = np.array([0.5, 1.5, -2.0])
    point = np.array([1.0, 0.3, 2.0])
    right, up, forward = R.T @ (point - position)
    T = pose_from_unity(R, position)
    assert rotation_error(T[:3, :3]) < 1e-12
    seen = transform_points(invert(T), points_from_unity(point))
    np.testing.assert_allclose(seen, [right, -up, forward], atol=1e-12)


def test_a_unity_box_keeps_its_corners() -> None:
    R_unity, size = rotation_from_unity_euler([15.0, 40.0, 25.0]), np.array([0.4, 0.8, 1.2])
    signs = np.array([[a, b, c] for a in (-0.5, 0.5) for b in (-0.5, 0.5) for c in (-0.5, 0.5)])
    wanted = points_from_unity((signs * size) @ R_unity.T)
    R, size_m = box_axes_from_unity(R_unity, size)
    assert rotation_error(R) < 1e-12
    got = (signs * size_m) @ R.T
    apart = np.linalg.norm(got[:, None] - wanted[None], axis=-1)
    assert apart.min(axis=1).max() < 1e-12
