"""All triangles of a scene in one place, ready to be drawn."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.raster import Raster, rasterize
from sextant.geometry.transforms import rotate_vectors, transform_points
from sextant.scenes import Camera, SceneObject
from sextant.sources.procedural.layout import Layout
from sextant.sources.procedural.materials import Material, table_of
from sextant.sources.procedural.rooms import Shell

Array = NDArray[np.float64]

KEPT_RASTERS = 4
"""Frames whose z-buffer stays in memory: depth and instances of a frame are read in a row."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Geometry, materials and places of everything in a scene, in the world.

    Attributes:
        vertices: (n, 3) metres.
        normals: (n, 3) unit vertex normals.
        faces: (m, 3) int32.
        values: (m,) int32 instance value per face; 0 for the shell.
        materials: (m,) int32 row of ``table`` per face.
        table: (k, 14) material table.
        places: (v + 1, 5) per instance value: origin x, y, z and cosine, sine of the yaw.
    """

    vertices: Array
    normals: Array
    faces: NDArray[np.int32]
    values: NDArray[np.int32]
    materials: NDArray[np.int32]
    table: Array
    places: Array
    _rasters: OrderedDict[bytes, Raster] = field(default_factory=OrderedDict, repr=False)

    def raster(self, camera: Camera, T_world_camera: Array) -> Raster:
        """Return depth, instance values and faces of a view; the last few are kept."""
        key = T_world_camera.tobytes() + camera.K.tobytes()
        found = self._rasters.get(key)
        if found is None:
            found = rasterize(
                self.vertices,
                self.faces,
                self.values,
                camera.K,
                T_world_camera,
                camera.width,
                camera.height,
            )
            self._rasters[key] = found
            while len(self._rasters) > KEPT_RASTERS:
                self._rasters.popitem(last=False)
        return found

    def rgb(self, camera: Camera, T_world_camera: Array) -> NDArray[np.uint8]:
        """Draw the (H, W, 3) picture of a view."""
        raster = self.raster(camera, T_world_camera)
        base = np.concatenate([self.table[self.materials, 1:4], np.zeros((1, 3))])
        normal = np.concatenate([self.normals[self.faces[:, 0]], np.zeros((1, 3))])
        light = 0.55 + 0.45 * np.abs(normal[raster.faces] @ np.array([0.36, 0.48, 0.8]))
        return (255 * (base[raster.faces] * light[..., None]) ** (1 / 2.2)).astype(np.uint8)


def stage_of(
    layout: Layout, shell: Shell, objects: list[SceneObject], T_world_room: Array
) -> Stage:
    """Gather shell and objects; the objects' meshes are already in the world."""
    rows: dict[Material, int] = {}

    def row_of(palette: tuple[Material, ...]) -> NDArray[np.int32]:
        return np.array([rows.setdefault(m, len(rows)) for m in palette], dtype=np.int32)

    room_yaw = math.atan2(T_world_room[1, 0], T_world_room[0, 0])
    vertices = [transform_points(T_world_room, shell.vertices)]
    normals = [rotate_vectors(T_world_room, shell.normals)]
    faces = [shell.faces]
    values = [np.zeros(len(shell.faces), dtype=np.int32)]
    materials = [row_of(shell.palette)[shell.materials]]
    places = np.zeros((len(objects) + 1, 5))
    places[0] = (*T_world_room[:3, 3], math.cos(room_yaw), math.sin(room_yaw))
    count = len(shell.vertices)
    for p, o in zip(layout.items, objects, strict=True):
        assert o.mesh is not None
        vertices.append(o.mesh.vertices_world)
        normals.append(p.model.normals @ o.box.R_world_box.T)
        faces.append(o.mesh.faces + np.int32(count))
        values.append(np.full(len(o.mesh.faces), o.instance_value, dtype=np.int32))
        materials.append(row_of(p.model.palette)[p.model.materials])
        foot = o.box.center - (0.0, 0.0, float(o.box.size_m[2]) / 2)
        places[o.instance_value] = (*foot, o.box.R_world_box[0, 0], o.box.R_world_box[1, 0])
        count += len(o.mesh.vertices_world)
    return Stage(
        vertices=np.concatenate(vertices),
        normals=np.concatenate(normals),
        faces=np.concatenate(faces),
        values=np.concatenate(values),
        materials=np.concatenate(materials),
        table=table_of(list(rows)),
        places=places,
    )
