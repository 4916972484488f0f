"""A simulated room whose poses, depth, ids, boxes and colours are known, seen by any camera.

The writers beside this module put it on the disk in a dataset's own layout. The colour of a
picture is a smooth function of the world point seen, so that picture, depth, pose and intrinsics
can be held against each other after whatever a reader did to them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.projection import depth_to_points
from sextant.geometry.raster import Raster, rasterize
from sextant.geometry.transforms import transform_points
from sextant.scenes import Camera, Frame, Mesh, Room, Scene
from sextant.sources import procedural
from sextant.sources.source import SourceOptions

Array = NDArray[np.float64]

LENS = Camera(96, 72, 70.0, 71.0, 47.0, 37.5)
"""Small, and nothing about it is symmetric."""


@lru_cache(maxsize=4)
def room(index: int = 0, seed: int = 11) -> Scene:
    """The simulator's own scene: 640x480 frames, meshes, shell, floor."""
    source = procedural.open_source(None, SourceOptions(seed=seed, scenes=index + 1))
    return source.open(source.scene_ids()[index])


def small_room(lens: Camera = LENS, frames: int = 4, index: int = 0) -> Scene:
    """The room with a few frames of its walk, drawn by another camera."""
    whole = room(index)
    timed = [f for f in whole.frames if f.timestamp_s is not None]
    step = max(1, len(timed) // frames)
    chosen = timed[::step][:frames]
    return seen_by(whole, lens, [f.T_world_camera for f in chosen])


def seen_by(scene: Scene, lens: Camera, poses: Sequence[Array]) -> Scene:
    """The scene with frames f0, f1, ... of a camera, a second apart."""
    frames = tuple(_frame(scene, lens, T, k) for k, T in enumerate(poses))
    return dataclasses.replace(scene, frames=frames, rescan_of=None, rescan_objects={})


def render(scene: Scene, lens: Camera, T: Array) -> Raster:
    """Depth and instance values of one view; what a view shows is drawn once for all who ask.

    The arrays are the caller's own.
    """
    key = (scene.id, *(o.id for o in scene.objects), lens, T.tobytes())
    if key not in _drawn:
        vertices, faces, values = _triangles(scene)
        _drawn[key] = rasterize(vertices, faces, values, lens.K, T, lens.width, lens.height)
        if len(_drawn) > DRAWN:
            del _drawn[next(iter(_drawn))]
    return Raster(*(raster.copy() for raster in _drawn[key]))


def colours(points_world: Array) -> NDArray[np.uint8]:
    """(..., 3) uint8 of (..., 3) world points; grey where a point is NaN."""
    waves = np.stack(
        [
            np.sin(0.9 * points_world[..., 0] + 0.3),
            np.sin(0.8 * points_world[..., 1] - 0.5),
            np.sin(1.1 * points_world[..., 2] + 0.1),
        ],
        axis=-1,
    )
    return np.where(np.isfinite(waves), 128 + 110 * waves, 128).astype(np.uint8)


def picture(scene: Scene, lens: Camera, T: Array) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of one view."""
    points = depth_to_points(lens.K, render(scene, lens, T).depth_m)
    return colours(transform_points(T, points))


def _frame(scene: Scene, lens: Camera, T: Array, k: int) -> Frame:
    @lru_cache(maxsize=1)
    def drawn() -> Raster:
        return render(scene, lens, T)

    return Frame(
        f"f{k}",
        lens,
        T,
        float(k),
        read_rgb=lambda: colours(transform_points(T, depth_to_points(lens.K, drawn().depth_m))),
        read_depth=lambda: drawn().depth_m,
        read_instances=lambda: drawn().values,
    )


DRAWN = 64
_drawn: dict[tuple, Raster] = {}

_cache: dict[tuple[str, ...], tuple[Array, NDArray, NDArray]] = {}


def _triangles(scene: Scene) -> tuple[Array, NDArray, NDArray]:
    key = (scene.id, *(o.id for o in scene.objects))
    if key not in _cache:
        meshes = [(o.mesh, o.instance_value) for o in scene.objects if o.mesh is not None]
        if scene.shell is not None:
            meshes.append((scene.shell, 0))
        starts = np.cumsum([0, *(len(m.vertices_world) for m, _ in meshes)])
        _cache[key] = (
            np.concatenate([m.vertices_world for m, _ in meshes]),
            np.concatenate([m.faces + s for (m, _), s in zip(meshes, starts, strict=False)]),
            np.concatenate([np.full(len(m.faces), v) for m, v in meshes]),
        )
    return _cache[key]


def moved(scene: Scene, T: Array) -> Scene:
    """The scene in another world: objects, shell and camera poses moved, frames drawn anew."""

    def mesh(m: Mesh | None) -> Mesh | None:
        return None if m is None else Mesh(transform_points(T, m.vertices_world), m.faces)

    objects = tuple(
        dataclasses.replace(
            o,
            box=OrientedBox(
                transform_points(T, o.box.center), o.box.size_m, T[:3, :3] @ o.box.R_world_box
            ),
            mesh=mesh(o.mesh),
            front_world=None,
        )
        for o in scene.objects
    )
    there = dataclasses.replace(
        scene,
        id=f"{scene.id} moved by {T.ravel().tolist()}",
        objects=objects,
        shell=mesh(scene.shell),
        room=Room(),
    )
    return seen_by(there, scene.frames[0].camera, [T @ f.T_world_camera for f in scene.frames])
