from __future__ import annotations

import math

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.geometry.mesh_distance import (
    LEAF_SIZE,
    build_bvh,
    mesh_distance,
    point_mesh_distance,
    points_distance,
)
from sextant.geometry.transforms import rotation_from_quaternion
from sextant.geometry.triangle_distance import (
    point_triangle_distance,
    triangle_distance,
    triangle_distance_reference,
)

quick = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def soup(rng: np.random.Generator, n: int) -> np.ndarray:
    """Small triangles in a cube, some of them repeated and collapsed."""
    t = rng.uniform(-1, 1, (n, 1, 3)) + rng.uniform(0.01, 0.5) * rng.normal(size=(n, 3, 3))
    t[rng.random(n) < 0.1] = t[0]
    t[rng.random(n) < 0.1, 2] = t[0, 0]
    return t


def brute(a: np.ndarray, b: np.ndarray) -> float:
    return min(triangle_distance(one, two) for one in a for two in b)


def cube(size: float) -> np.ndarray:
    return np.asarray(trimesh.creation.box((size, size, size)).subdivide().triangles)


@quick
@given(seeds, st.integers(1, 30), st.integers(1, 30), st.floats(0, 4))
def test_equals_brute_force(seed, n, m, gap):
    rng = np.random.default_rng(seed)
    a, b = soup(rng, n), soup(rng, m) + np.array([gap, 0, 0])
    assert mesh_distance(build_bvh(a), build_bvh(b)) == pytest.approx(brute(a, b), abs=1e-13)


def test_equals_the_numpy_reference():
    rng = np.random.default_rng(3)
    a, b = soup(rng, 9), soup(rng, 7) + np.array([2.5, 0, 0])
    expected = min(triangle_distance_reference(one, two) for one in a for two in b)
    assert mesh_distance(build_bvh(a), build_bvh(b)) == pytest.approx(expected, abs=1e-12)


@quick
@given(seeds)
def test_symmetric_and_unchanged_by_motion_mirror_scale_and_order(seed):
    rng = np.random.default_rng(seed)
    a, b = soup(rng, 40), soup(rng, 25) + rng.normal(size=3) * 2
    d = mesh_distance(build_bvh(a), build_bvh(b))
    R, t = rotation_from_quaternion(rng.normal(size=4)), rng.normal(size=3)
    for one, two, expected in (
        (b, a, d),
        (a[rng.permutation(40)], b[:, [2, 0, 1]], d),
        (a @ R.T + t, b @ R.T + t, d),
        (a * [-1, 1, 1], b * [-1, 1, 1], d),
        (2 * a, 2 * b, 2 * d),
    ):
        assert mesh_distance(build_bvh(one), build_bvh(two)) == pytest.approx(expected, abs=1e-9)


def test_spheres_and_cubes_have_the_distance_one_expects():
    sphere = np.asarray(trimesh.creation.icosphere(3).triangles)
    # An icosphere is inscribed: between its corners the surface lies inside the sphere.
    d = mesh_distance(build_bvh(sphere), build_bvh(sphere + np.array([5, 0, 0])))
    assert 3.0 <= d < 3.01
    assert mesh_distance(build_bvh(cube(1)), build_bvh(cube(1) + np.array([0, 0, 1.25]))) == 0.25
    assert mesh_distance(build_bvh(cube(1)), build_bvh(cube(1) + np.array([0, 0, 1]))) == 0.0
    assert mesh_distance(build_bvh(cube(1)), build_bvh(cube(1) + np.array([0.3, 0.4, 0.5]))) == 0.0


def test_a_nested_mesh_that_does_not_touch_is_apart():
    assert mesh_distance(build_bvh(cube(3)), build_bvh(cube(1))) == 1.0


def test_large_parallel_planes_are_not_searched_pair_by_pair():
    corners = np.stack(np.meshgrid(*[np.arange(60) * 0.1] * 2, [0.0]), -1).reshape(-1, 3)
    plane = corners[:, None] + np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]])
    assert mesh_distance(
        build_bvh(plane), build_bvh(plane + np.array([0, 0, 0.7]))
    ) == pytest.approx(0.7)


@quick
@given(seeds, st.integers(1, 60))
def test_points_to_a_mesh_and_to_points(seed, n):
    rng = np.random.default_rng(seed)
    mesh, points = soup(rng, n), rng.normal(size=(15, 3)) * 2
    expected = np.min([point_triangle_distance(points, t) for t in mesh], axis=0)
    got = point_mesh_distance(points, build_bvh(mesh))
    np.testing.assert_allclose(got, expected, atol=1e-13)
    # A tree of points against a tree of triangles, both ways.
    assert mesh_distance(build_bvh(points), build_bvh(mesh)) == pytest.approx(got.min(), abs=1e-13)
    assert mesh_distance(build_bvh(mesh), build_bvh(points)) == pytest.approx(got.min(), abs=1e-13)
    cloud = mesh[:, 0]
    apart = np.linalg.norm(points[:, None] - cloud, axis=2)
    np.testing.assert_allclose(point_mesh_distance(points, build_bvh(cloud)), apart.min(axis=1))
    assert points_distance(points, cloud) == pytest.approx(apart.min())
    assert points_distance(points, points[:1]) == 0.0


@pytest.mark.parametrize("n", [1, 2, 8, 9, 16, 17, 100, 1000])
def test_the_tree_is_complete_and_bounds_what_it_holds(n):
    t = soup(np.random.default_rng(n), n)
    tree = build_bvh(t)
    nodes = len(tree.begin)
    assert math.log2(nodes + 1).is_integer()
    assert tree.begin[0] == 0
    assert tree.end[0] == n
    for i in range(nodes):
        inside = tree.primitives[tree.begin[i] : tree.end[i]]
        assert len(inside) > 0
        np.testing.assert_array_equal(inside.min(axis=(0, 1)), tree.low[i])
        np.testing.assert_array_equal(inside.max(axis=(0, 1)), tree.high[i])
        if 2 * i + 2 < nodes:
            left, right = 2 * i + 1, 2 * i + 2
            assert (tree.begin[left], tree.end[right]) == (tree.begin[i], tree.end[i])
            assert tree.end[left] == tree.begin[right]
        else:
            assert len(inside) <= LEAF_SIZE
    assert sorted(map(tuple, tree.primitives.reshape(n, 9))) == sorted(map(tuple, t.reshape(n, 9)))
    again = build_bvh(t)
    assert all(np.array_equal(x, y) for x, y in zip(tree, again, strict=True))


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 3, 3)), np.zeros((2, 2, 3)), np.zeros((2, 3, 2)), 1.0]
)
def test_refuses_what_is_no_surface(bad):
    with pytest.raises(ValueError, match="expected"):
        build_bvh(bad)


def test_refuses_nan():
    with pytest.raises(ValueError, match="NaN"):
        build_bvh(np.full((4, 3), np.nan))
