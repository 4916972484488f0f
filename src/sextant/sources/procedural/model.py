"""What a furniture maker returns: a mesh in the object's own axes and where things may stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.sources.procedural.materials import Material


@dataclass(frozen=True, slots=True)
class Surface:
    """A level rectangle that carries other objects.

    Attributes:
        x0, y0, x1, y1: Its extent in the object's own axes, metres.
        z: Its height above the object's foot.
        clearance_m: Free height above it.
        inside: Whether what stands there is inside the object (a shelf, a bowl).
    """

    x0: float
    y0: float
    x1: float
    y1: float
    z: float
    clearance_m: float = 0.8
    inside: bool = False

    def shifted(self, offset: NDArray[np.float64]) -> Surface:
        """Return the surface moved by (3,) metres."""
        dx, dy, dz = (float(o) for o in offset)
        return Surface(
            self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy,
            self.z + dz, self.clearance_m, self.inside,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A mesh in the object's own axes: x right, y back (the front is -y), z up from its foot.

    Attributes:
        vertices: (n, 3) metres; the tight box is centred on x = y = 0 and stands on z = 0.
        normals: (n, 3) unit vertex normals.
        faces: (m, 3) int32.
        materials: (m,) row of ``palette`` per face.
        palette: Materials used.
        size_m: (3,) tight full side lengths.
        shift: (3,) what was subtracted from the builder's coordinates to centre the box.
        color: Dominant colour name.
        has_front: Whether -y is a front.
        is_person: A person.
        surfaces: Where things may stand.
    """

    vertices: NDArray[np.float64]
    normals: NDArray[np.float64]
    faces: NDArray[np.int32]
    materials: NDArray[np.int32]
    palette: tuple[Material, ...]
    size_m: NDArray[np.float64]
    shift: NDArray[np.float64]
    color: str
    has_front: bool
    is_person: bool
    surfaces: tuple[Surface, ...]
