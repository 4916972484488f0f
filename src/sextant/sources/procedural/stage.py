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
from sextant.sources.procedural.lights import Lights, lights_of
from sextant.sources.procedural.materials import Material, table_of
from sextant.sources.procedural.placed import Placed
from sextant.sources.procedural.rooms import Shell
from sextant.sources.procedural.shading import GRID, shade_picture
from sextant.sources.procedural.surfaces import Surfaces, surfaces_of

Array = NDArray[np.float64]

KEPT_RASTERS = 40
"""Frames whose z-buffer stays in memory (3.7 MB each): families come back to a frame again and
again, and drawing it takes 8 ms."""


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
        objects: What stands in the scene; lamps and windows shine.
    """

    vertices: Array
    normals: Array
    faces: NDArray[np.int32]
    values: NDArray[np.int32]
    materials: NDArray[np.int32]
    table: Array
    places: Array
    objects: list[SceneObject] = field(repr=False)
    _lights: list[Lights] = field(default_factory=list, init=False, repr=False)
    _surfaces: list[Surfaces] = field(default_factory=list, init=False, repr=False)
    _rasters: OrderedDict[bytes, Raster] = field(
        default_factory=OrderedDict, init=False, repr=False
    )

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
        K = camera.K.copy()
        K[:2] *= GRID
        large = rasterize(
            self.vertices, self.faces, self.values, K, T_world_camera,
            GRID * camera.width, GRID * camera.height,
        )  # fmt: skip
        if not self._lights:
            floor = self.table[self.materials[0], 1:4]
            bounce = (float(floor[0]), float(floor[1]), float(floor[2]))
            self._lights.append(
                lights_of(self.objects, self.vertices, self.faces, self.values, bounce)
            )
        if not self._surfaces:
            self._surfaces.append(
                surfaces_of(self.vertices, self.normals, self.faces, self.materials, self.values)
            )
        return shade_picture(
            large.depth_m, large.faces, self.vertices, self.normals, self.faces, self._surfaces[0],
            self.table, self.places, self._lights[0], K, T_world_camera,
        )  # fmt: skip


def stage_of(
    items: list[Placed], shell: Shell, objects: list[SceneObject], T_world_room: Array
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
    for p, o in zip(items, objects, strict=True):
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
        objects=objects,
    )
