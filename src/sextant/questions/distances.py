"""Exact distances between the objects of a scene, each computed once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.box_distance import box_distance, pairwise_box_distances
from sextant.geometry.mesh_distance import Bvh, build_bvh, mesh_distance, points_distance
from sextant.scenes import Scene

PAIRWISE_LIMIT = 200
"""Up to this many objects all box distances are computed at once; beyond it, on demand."""


class ObjectDistances:
    """Distances between the objects of one scene, by their ids."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._column = {o.id: i for i, o in enumerate(scene.objects)}
        self._distances: dict[tuple[str, str], float] = {}
        self._bvhs: dict[str, Bvh] = {}

    def geometry_of(self, a: str, b: str) -> str:
        """Return what a distance between two objects is measured on."""
        kinds = {self._scene.object_by_id[a].geometry, self._scene.object_by_id[b].geometry}
        return kinds.pop() if len(kinds) == 1 else "box"

    def distance_m(self, a: str, b: str) -> float:
        """Return d(A, B) of taxonomy.md: the exact smallest distance between two objects in metres.

        Between the surfaces if both have them, else between the boxes as solids.
        """
        key = (a, b) if a < b else (b, a)
        found = self._distances.get(key)
        if found is None:
            found = self._distances[key] = self._measure_distance(*key)
        return found

    def _measure_distance(self, a: str, b: str) -> float:
        kind = self.geometry_of(a, b)
        first, second = self._scene.object_by_id[a], self._scene.object_by_id[b]
        if kind == "mesh":
            return float(mesh_distance(self._bvh(a), self._bvh(b)))
        if kind == "points":
            assert first.points_world is not None
            assert second.points_world is not None
            return float(points_distance(first.points_world, second.points_world))
        if self._box_distances is not None:
            return float(self._box_distances[self._column[a], self._column[b]])
        p, q = first.box, second.box
        return float(
            box_distance(p.center, p.size_m, p.R_world_box, q.center, q.size_m, q.R_world_box)
        )

    def _bvh(self, object_id: str) -> Bvh:
        found = self._bvhs.get(object_id)
        if found is None:
            mesh = self._scene.object_by_id[object_id].mesh
            assert mesh is not None
            found = self._bvhs[object_id] = build_bvh(mesh.triangles_world)
        return found

    @cached_property
    def _box_distances(self) -> NDArray[np.float64] | None:
        boxes = [o.box for o in self._scene.objects]
        if not boxes or len(boxes) > PAIRWISE_LIMIT:
            return None
        return pairwise_box_distances(
            np.stack([b.center for b in boxes]),
            np.stack([b.size_m for b in boxes]),
            np.stack([b.R_world_box for b in boxes]),
        )
