"""What the oracles stand on: pictures show what rays meet, clouds are as far apart as they say."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import box_triangles, closest, cover
from scipy.spatial import cKDTree
from world import World

from sextant.sources.procedural import open_source
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def world() -> World:
    """A simulated room."""
    source = open_source(None, SourceOptions(scenes=1, seed=5))
    return World(source.open(source.scene_ids()[0]))


def test_pictures_show_what_rays_meet(world: World) -> None:
    """Rays against every triangle of the scene give the depth and instance pictures."""
    meshes = [(o.mesh, o.instance_value) for o in world.scene.objects if o.mesh is not None]
    assert world.scene.shell is not None
    meshes.append((world.scene.shell, 0))
    triangles = np.concatenate([m.vertices_world[m.faces] for m, _ in meshes])
    values = np.concatenate([np.full(len(m.faces), v) for m, v in meshes])
    rng = np.random.default_rng(0)
    depths, owners = [], []
    for frame in (world.scene.frames[0], world.scene.frames[-1]):
        lens, T = frame.camera, frame.T_world_camera
        for _ in range(60):
            column, row = int(rng.integers(lens.width)), int(rng.integers(lens.height))
            ray = np.array([(column + 0.5 - lens.cx) / lens.fx, (row + 0.5 - lens.cy) / lens.fy, 1])
            z, k = _first_hit(triangles, T[:3, 3], T[:3, :3] @ ray)
            depths.append(abs(z - world.depth(frame.id)[row, column]) < 2e-3 * z)
            owners.append(values[k] == world.instances(frame.id)[row, column])
    # A ray that grazes an edge may meet either side of it.
    assert np.mean(depths) > 0.97
    assert np.mean(owners) > 0.97


def _first_hit(triangles: np.ndarray, start: np.ndarray, way: np.ndarray) -> tuple[float, int]:
    """Nearest triangle that a ray meets (Moeller and Trumbore): how far, and which."""
    a, b, c = triangles.transpose(1, 0, 2)
    e, f = b - a, c - a
    p = np.cross(way, f)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1.0 / np.einsum("ij,ij->i", e, p)
        u = np.einsum("ij,ij->i", start - a, p) * inverse
        q = np.cross(start - a, e)
        v = q @ way * inverse
        t = np.einsum("ij,ij->i", f, q) * inverse
        met = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-6)
    t = np.where(met, t, np.inf)
    return float(t.min()), int(t.argmin())


@pytest.mark.parametrize("gap", [0.0, 0.05, 0.2, 1.0])
def test_clouds_are_as_far_apart_as_their_boxes(gap: float) -> None:
    """Parallel faces, shifted along each other."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
    first = cKDTree(cover(box_triangles(corners))[0])
    second = cKDTree(cover(box_triangles(corners * 0.37 + [1 + gap, 0.311, 0.173]))[0])
    assert closest(first, second) == pytest.approx(gap, abs=0.002 if gap > 0.1 else 0.022)
    assert closest(first, second) >= gap - 1e-9


def test_a_corner_is_found_exactly() -> None:
    """Nearest points that are corners are in the clouds."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
    first = cKDTree(cover(box_triangles(corners))[0])
    second = cKDTree(cover(box_triangles(corners + np.array([1.3, 1.4, 1.2])))[0])
    assert closest(first, second) == pytest.approx(np.sqrt(0.09 + 0.16 + 0.04), abs=1e-9)


def test_areas_sum_up() -> None:
    """Points of a cloud stand for all of the surface."""
    corners = np.array([[x, y, z] for x in (0, 2) for y in (0, 3) for z in (0, 4)], dtype=float)
    assert cover(box_triangles(corners))[1].sum() == pytest.approx(2 * (6 + 8 + 12))
