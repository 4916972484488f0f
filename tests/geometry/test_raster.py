from __future__ import annotations

import numpy as np
import pytest

from sextant.geometry.raster import object_pixels_alone, rasterize, rasterize_reference
from sextant.geometry.transforms import look_at

K = np.array([[70.0, 0.0, 40.0], [0.0, 72.0, 30.0], [0.0, 0.0, 1.0]])
W, H = 80, 60


def soup(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centers = rng.uniform((-2, -2, -1.5), (2, 4, 1.5), (n, 3))
    vertices = (centers[:, None] + rng.normal(0, 0.5, (n, 3, 3))).reshape(-1, 3)
    faces = np.arange(3 * n, dtype=np.int32).reshape(n, 3)
    return vertices, faces, np.arange(1, n + 1, dtype=np.int32)


POSE = look_at((0.1, -2.5, 0.2), (0.0, 1.0, 0.0))


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_ray_casting_where_no_edge_is_near(seed: int) -> None:
    # Some of the triangles cross the near plane or lie behind the camera.
    vertices, faces, values = soup(seed)
    got = rasterize(vertices, faces, values, K, POSE, W, H)
    want = rasterize_reference(vertices, faces, values, K, POSE, W, H)
    same = got.faces == want.faces
    assert same.mean() > 0.998
    both = same & (got.faces >= 0)
    np.testing.assert_allclose(got.depth_m[both], want.depth_m[both], rtol=1e-4)
    assert np.array_equal(got.values[both], values[got.faces[both]])
    assert np.isnan(got.depth_m[got.faces < 0]).all()
    assert (got.values[got.faces < 0] == 0).all()


def test_depth_of_a_tilted_plane_is_analytic() -> None:
    # The floor z = 0 seen by a camera in 1.5 m height that looks slightly down.
    corners = np.array([[-50.0, -50, 0], [50, -50, 0], [50, 50, 0], [-50, 50, 0]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    pose = look_at((0, 0, 1.5), (0, 4.0, 0.0))
    got = rasterize(corners, faces, [7, 7], K, pose, W, H)
    u, v = np.meshgrid(np.arange(W) + 0.5, np.arange(H) + 0.5)
    rays = np.stack([(u - 40) / 70, (v - 30) / 72, np.ones_like(u)], -1) @ pose[:3, :3].T
    with np.errstate(divide="ignore"):
        depth = -1.5 / rays[..., 2]
    seen = np.isfinite(got.depth_m)
    assert seen.mean() > 0.5
    np.testing.assert_allclose(got.depth_m[seen], depth[seen], rtol=1e-6)


def test_a_closed_surface_around_the_camera_leaves_no_crack() -> None:
    s = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float) * 2
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    rng = np.random.default_rng(0)
    for _ in range(10):
        pose = look_at(rng.uniform(-1.9, 1.9, 3), rng.uniform(-1, 1, 3))
        assert (rasterize(s, faces, np.ones(12), K, pose, W, H).faces >= 0).all()


def test_culling_drops_faces_seen_from_behind() -> None:
    vertices = np.array([[-1.0, 1, -1], [1, 1, -1], [0, 1, 1]])  # counterclockwise from -y
    pose = look_at((0, -1, 0), (0, 1, 0))
    front = rasterize(vertices, [[0, 1, 2]], [1], K, pose, W, H, cull_back=True)
    back = rasterize(vertices, [[0, 2, 1]], [1], K, pose, W, H, cull_back=True)
    assert (front.values > 0).any()
    assert not (back.values > 0).any()


def test_of_two_equal_faces_the_first_wins_and_bytes_repeat() -> None:
    vertices, faces, values = soup(9)
    doubled = np.concatenate([faces, faces])
    once = rasterize(vertices, faces, values, K, POSE, W, H)
    twice = rasterize(vertices, doubled, np.concatenate([values, values + 100]), K, POSE, W, H)
    assert once.depth_m.tobytes() == twice.depth_m.tobytes()
    assert once.values.tobytes() == twice.values.tobytes()


def test_pixels_alone_are_those_of_the_object_rendered_alone() -> None:
    vertices, faces, values = soup(5)
    offsets = np.array([0, 10, 10, 25, 60])
    got = object_pixels_alone(vertices, faces, offsets, K, POSE, W, H)
    for i in range(4):
        part = faces[offsets[i] : offsets[i + 1]]
        alone = rasterize(vertices, part, values[: len(part)], K, POSE, W, H)
        assert got[i] == (alone.faces >= 0).sum()
    assert got[1] == 0


def test_an_empty_mesh_is_an_empty_picture() -> None:
    got = rasterize(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), K, POSE, W, H)
    assert np.isnan(got.depth_m).all()
    assert (got.faces == -1).all()
