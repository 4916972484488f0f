"""A scene's surfaces laid out once for all frames: one triangle soup, boxes, surface samples."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.boxes import CORNER_SIGNS
from sextant.geometry.raster import Raster, object_pixels_alone, rasterize
from sextant.geometry.transforms import invert
from sextant.scenes import Frame, Scene
from sextant.visibility.samples import box_mesh, surface_samples


@dataclass(frozen=True, eq=False)
class SceneSurfaces:
    """Surfaces of O objects and the shell; an object without a mesh is there as its box.

    Attributes:
        vertices_world: (n, 3) float64 metres.
        faces: (m, 3) int32, objects in scene order, then the shell.
        face_values: (m,) int32 object index + 1; O + 1 for the shell.
        face_offsets: (O + 1,) int64 first face of each object; the last is the shell's first.
        has_mesh: (O,) which objects bring a mesh of their own.
        has_points: (O,) which bring points instead.
        volumes_m3: (O,) box volumes.
        samples_world: (O, s, 3) evenly spread surface points in metres.
        corners_world: (O, 8, 3) corners of a box around the surface, ordered as ``CORNER_SIGNS``.
        boxes_world: (O, 15) centre, half sizes, row-major R_box_world.
    """

    vertices_world: NDArray[np.float64] = field(repr=False)
    faces: NDArray[np.int32] = field(repr=False)
    face_values: NDArray[np.int32] = field(repr=False)
    face_offsets: NDArray[np.int64] = field(repr=False)
    has_mesh: NDArray[np.bool_] = field(repr=False)
    has_points: NDArray[np.bool_] = field(repr=False)
    volumes_m3: NDArray[np.float64] = field(repr=False)
    samples_world: NDArray[np.float64] = field(repr=False)
    corners_world: NDArray[np.float64] = field(repr=False)
    boxes_world: NDArray[np.float64] = field(repr=False)

    @property
    def all_meshes(self) -> bool:
        """Every object brings its surface, so that a z-buffer tells all."""
        return bool(self.has_mesh.all()) and len(self.has_mesh) > 0

    def raster(self, frame: Frame) -> Raster:
        """Draw objects and shell as one z-buffer."""
        c = frame.camera
        return rasterize(
            self.vertices_world, self.faces, self.face_values, c.K, frame.T_world_camera,
            c.width, c.height,
        )  # fmt: skip

    def pixels_alone(self, frame: Frame) -> NDArray[np.int64]:
        """Return (O,) pixels every object's surface covers when it stands alone in the frame."""
        c = frame.camera
        return object_pixels_alone(
            self.vertices_world, self.faces, self.face_offsets, c.K, frame.T_world_camera,
            c.width, c.height,
        )  # fmt: skip


def lay_out(scene: Scene) -> SceneSurfaces:
    """Gather the surfaces of a scene's objects and shell."""
    meshes = [o.mesh if o.mesh is not None else box_mesh(o.box) for o in scene.objects]
    counts = [len(m.faces) for m in meshes]
    if scene.shell is not None:
        meshes.append(scene.shell)
    starts = np.cumsum([0, *(len(m.vertices_world) for m in meshes)])
    faces = [m.faces + start for m, start in zip(meshes, starts, strict=False)]
    values = [np.full(len(m.faces), i + 1) for i, m in enumerate(meshes)]
    corners, boxes = [], []
    for o in scene.objects:
        own = o.mesh.vertices_world if o.mesh is not None else o.points_world
        if own is None or len(own) == 0:
            corners.append(o.box.corners)
        else:
            low, high = own.min(axis=0), own.max(axis=0)
            corners.append((low + high) / 2 + CORNER_SIGNS * (high - low))
        boxes.append(np.r_[o.box.center, o.box.size_m / 2, o.box.R_world_box.T.ravel()])
    n = len(scene.objects)
    return SceneSurfaces(
        vertices_world=_stack([m.vertices_world for m in meshes], (0, 3), np.float64),
        faces=_stack(faces, (0, 3), np.int32),
        face_values=_stack(values, (0,), np.int32),
        face_offsets=np.cumsum([0, *counts], dtype=np.int64),
        has_mesh=np.array([o.mesh is not None for o in scene.objects], dtype=bool),
        has_points=np.array(
            [o.mesh is None and o.points_world is not None and len(o.points_world) > 0
             for o in scene.objects], dtype=bool,
        ),
        volumes_m3=np.array([o.box.volume_m3 for o in scene.objects], dtype=np.float64),
        samples_world=np.array([surface_samples(o) for o in scene.objects]).reshape(n, -1, 3)
        if n
        else np.zeros((0, 1, 3)),
        corners_world=np.array(corners).reshape(n, 8, 3),
        boxes_world=np.array(boxes).reshape(n, 15),
    )  # fmt: skip


def boxes_in_camera(surfaces: SceneSurfaces, frame: Frame) -> NDArray[np.float64]:
    """Return (O, 15) per object: centre (3), half sizes (3), row-major R_box_camera (9)."""
    world = surfaces.boxes_world
    T = invert(frame.T_world_camera)
    camera = world.copy()
    camera[:, :3] = world[:, :3] @ T[:3, :3].T + T[:3, 3]
    camera[:, 6:] = (world[:, 6:].reshape(-1, 3, 3) @ T[:3, :3].T).reshape(-1, 9)
    return camera


def _stack(parts: list[NDArray], empty: tuple[int, ...], dtype: type) -> NDArray:
    # C-contiguous and of one dtype: every other layout would compile the kernels anew.
    joined = np.concatenate(parts) if parts else np.zeros(empty)
    return np.ascontiguousarray(joined, dtype=dtype)
