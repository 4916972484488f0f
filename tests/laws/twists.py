"""Everything that can be wrong, or merely rare, in a scene. Each twist spoils a rough one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from rough import Rough, Thing

from sextant.geometry.transforms import nearest_rotation
from sextant.visibility.samples import box_mesh

Twist = Callable[[Rough, Generator], None]
TWISTS: dict[str, Twist] = {}

BAD = (0.0, -1.0, np.nan, np.inf, -np.inf, 1e-12, 1e-300, 1e300)


def twist(f: Twist) -> Twist:
    """Register a twist under its name in words."""
    TWISTS[f.__name__.replace("_", " ")] = f
    return f


def some(r: Rough, rng: Generator) -> list[Thing]:
    """Draw some of the things, at least one where there are any."""
    return [t for t in r.things if rng.random() < 0.4] or r.things[:1]


def redraw(t: Thing) -> None:
    """Let a thing's surface follow its changed box."""
    if t.mesh is not None:
        t.mesh = box_mesh(t.box)
    if t.points is not None:
        t.points = t.box.corners


def any_rotation(rng: Generator) -> NDArray[np.float64]:
    """Draw a rotation that is upright only by accident."""
    return nearest_rotation(rng.normal(size=(3, 3)))
