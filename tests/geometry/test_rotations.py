"""Axis-angle, Euler angles and scalar-last quaternions against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sextant.geometry.rotations import (
    axis_angle_from_rotation,
    rotation_from_axis_angle,
    rotation_from_euler,
    rotation_from_xyzw,
)

RANDOM = Rotation.random(50, rng=np.random.default_rng(5))


def test_axis_angle_both_ways() -> None:
    for vector, R in zip(RANDOM.as_rotvec(), RANDOM.as_matrix(), strict=True):
        np.testing.assert_allclose(rotation_from_axis_angle(vector), R, atol=1e-12)
        np.testing.assert_allclose(axis_angle_from_rotation(R), vector, atol=1e-9)


@pytest.mark.parametrize("angle", [0.0, 1e-14, 1e-9, 1e-5, np.pi - 1e-9, np.pi])
@pytest.mark.parametrize("axis", [[1, 0, 0], [0, 0, -1], [0.6, 0.0, 0.8], [-0.48, 0.6, 0.64]])
def test_axis_angle_at_its_ends(angle: float, axis: list[float]) -> None:
    R = Rotation.from_rotvec(np.array(axis) * angle).as_matrix()
    np.testing.assert_allclose(rotation_from_axis_angle(np.array(axis) * angle), R, atol=1e-12)
    again = rotation_from_axis_angle(axis_angle_from_rotation(R))
    np.testing.assert_allclose(again, R, atol=1e-8)


@pytest.mark.parametrize("order", ["zxy", "xyz", "zyx", "yxz"])
def test_euler_is_the_product_as_written(order: str) -> None:
    angles = np.random.default_rng(1).uniform(-np.pi, np.pi, (20, 3))
    for a in angles:
        wanted = Rotation.from_euler(order.upper(), a).as_matrix()
        np.testing.assert_allclose(rotation_from_euler(a, order), wanted, atol=1e-12)


def test_lower_case_euler_of_scipy_is_another_rotation_unless_only_yaw() -> None:
    tilted, yaw = [0.7, 0.3, -0.2], [0.7, 0.0, 0.0]
    other = Rotation.from_euler("zxy", tilted).as_matrix()
    assert np.abs(rotation_from_euler(tilted, "zxy") - other).max() > 0.05
    same = Rotation.from_euler("zxy", yaw).as_matrix()
    np.testing.assert_allclose(rotation_from_euler(yaw, "zxy"), same, atol=1e-12)


def test_quaternion_with_the_scalar_last() -> None:
    for q, R in zip(RANDOM.as_quat(), RANDOM.as_matrix(), strict=True):
        np.testing.assert_allclose(rotation_from_xyzw(q), R, atol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("angle", [np.inf, -np.inf, np.nan, 1e300, 1e12])
def test_an_angle_beyond_reason_is_no_rotation(angle: float) -> None:
    assert np.isnan(rotation_from_axis_angle([0.1, angle, 0.2])).all()
    assert np.isnan(rotation_from_euler([0.1, angle, 0.2], "zxy")).all()
