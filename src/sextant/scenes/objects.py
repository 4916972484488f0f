"""Objects of a scene: a category, an oriented box, and whatever else the source knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.geometry.boxes import OrientedBox
from sextant.scenes.checks import check_box, check_name, check_points


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A triangle surface in world coordinates.

    Attributes:
        vertices_world: (n, 3) float64 metres.
        faces: (m, 3) int32 vertex indices, counterclockwise seen from outside.
    """

    vertices_world: NDArray[np.float64]
    faces: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.vertices_world.ndim != 2 or self.vertices_world.shape[1] != 3:
            raise ConventionError("mesh vertices must be (n, 3)", got=self.vertices_world.shape)
        if self.faces.ndim != 2 or self.faces.shape[1] != 3 or len(self.faces) == 0:
            raise ConventionError("mesh faces must be (m, 3), m > 0", got=self.faces.shape)
        if not np.all(np.isfinite(self.vertices_world)):
            raise ConventionError("mesh holds NaN or infinity")
        if self.faces.min() < 0 or self.faces.max() >= len(self.vertices_world):
            raise ConventionError("mesh face refers to a vertex that is not there")

    @property
    def triangles_world(self) -> NDArray[np.float64]:
        """(m, 3, 3) triangle corners in metres."""
        return self.vertices_world[self.faces]


@dataclass(frozen=True, slots=True, eq=False)
class SceneObject:
    """One object.

    Attributes:
        id: Unique in the scene.
        category: Open-vocabulary name as a person would say it, singular, lower case.
        box: Oriented box in the world.
        mesh: Surface, if the source has one; distances are then measured on it.
        points_world: (n, 3) surface points in metres, if the source has those instead.
        front_world: (3,) unit vector in the floor plane the object faces, if it has a front.
        instance_value: Its value in the frames' instance maps; 0 = it has none.
        is_person: A person, whose front is the facing.
        attributes: Further facts, such as ``{"color": "red", "supported_by": "table_1"}``.
    """

    id: str
    category: str
    box: OrientedBox
    mesh: Mesh | None = field(default=None, repr=False)
    points_world: NDArray[np.float64] | None = field(default=None, repr=False)
    front_world: NDArray[np.float64] | None = None
    instance_value: int = 0
    is_person: bool = False
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        where = f"object {self.id}"
        if not self.id or not self.category.strip():
            raise ConventionError("an object needs an id and a category", where=where)
        check_name(self.id, "object id", where=where)
        check_box(self.box, where=where)
        if self.points_world is not None:
            check_points(self.points_world, 3, "surface points", where=where)
        if self.mesh is not None:
            check_points(self.mesh.vertices_world, 3, "mesh vertices", where=where)
        if self.front_world is not None:
            norm = float(np.linalg.norm(self.front_world))
            if not abs(norm - 1.0) < 1e-6 or abs(float(self.front_world[2])) > 1e-6:
                raise ConventionError(
                    "a front must be a unit vector in the floor plane",
                    where=where,
                    got=self.front_world.tolist(),
                )

    @property
    def geometry(self) -> str:
        """What distances are measured on: ``mesh``, ``points`` or ``box``."""
        if self.mesh is not None:
            return "mesh"
        has_points = self.points_world is not None and len(self.points_world) > 0
        return "points" if has_points else "box"
