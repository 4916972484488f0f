from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.geometry.projection import backproject, depth_to_points, inside_image, project

quick = settings(max_examples=40, deadline=None, derandomize=True)

K = np.array([[500.0, 0, 320], [0, 510.0, 240], [0, 0, 1]])
pixels = st.tuples(st.floats(-500, 1500), st.floats(-500, 1500))
depths = st.floats(0.01, 100)


@quick
@given(st.lists(st.tuples(pixels, depths), min_size=1, max_size=6))
def test_projection_and_backprojection_are_inverse(rays):
    uv, depth_m = np.array([r[0] for r in rays]), np.array([r[1] for r in rays])
    points = backproject(K, uv, depth_m)
    again, depth_again = project(K, points)
    np.testing.assert_allclose(again, uv, atol=1e-8)
    np.testing.assert_array_equal(depth_again, depth_m)
    np.testing.assert_allclose(backproject(K, again, depth_again), points, atol=1e-9)


@quick
@given(pixels, depths, st.floats(0.1, 10))
def test_a_pixel_is_a_ray_through_the_camera_centre(uv, depth_m, scale):
    point = backproject(K, uv, depth_m)
    np.testing.assert_allclose(project(K, scale * point)[0], uv, atol=1e-8)
    np.testing.assert_allclose(backproject(K, uv, scale * depth_m), scale * point, rtol=1e-12)


def test_points_beside_and_behind_the_camera_have_no_pixel():
    uv, depth_m = project(K, [[0, 0, 2], [1, 1, 0], [0, 0, 0], [0, 0, -2], [np.nan, 0, np.nan]])
    np.testing.assert_array_equal(uv[0], [320, 240])
    assert np.isnan(uv[1:]).all()
    np.testing.assert_array_equal(depth_m, [2, 0, 0, -2, np.nan])
    assert inside_image(uv, 640, 480).tolist() == [True, False, False, False, False]


@pytest.mark.filterwarnings("error")
def test_points_beyond_reason_have_no_pixel_in_the_picture():
    uv, _ = project(np.diag([1e6, 1e6, 1.0]), np.array([[1e305, 0, 1.0], [1, 1, 5e-324]]))
    assert not inside_image(uv, 96, 72).any()


def test_the_image_is_half_open():
    uv = np.array([[0, 0], [639.999, 479.999], [640, 0], [0, 480], [-0.001, 0], [0, -0.001]])
    assert inside_image(uv, 640, 480).tolist() == [True, True, False, False, False, False]


def test_a_depth_map_is_lifted_at_its_pixel_centres():
    depth_m = np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, 6.0]], dtype=np.float32)
    points = depth_to_points(K, depth_m)
    assert points.shape == (3, 2, 3)
    np.testing.assert_array_equal(points[..., 2], depth_m)
    assert np.isnan(points[1, 0]).all()
    uv, _ = project(K, points)
    np.testing.assert_allclose(uv[2, 1], [1.5, 2.5])
    np.testing.assert_allclose(uv[0, 0], [0.5, 0.5])
