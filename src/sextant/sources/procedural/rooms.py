"""Empty rooms: outline, height, and the shell of floor, walls, skirting and ceiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sextant.sources.procedural.materials import Kind, Material, linear, plain, scaled

Array = NDArray[np.float64]

KINDS: dict[str, tuple[float, float, float]] = {
    "living room": (18.0, 30.0, 0.26),
    "bedroom": (13.0, 20.0, 0.22),
    "kitchen": (12.0, 20.0, 0.16),
    "office": (13.0, 22.0, 0.14),
    "bathroom": (8.0, 12.0, 0.08),
    "studio": (26.0, 38.0, 0.14),
}
"""Kind to (least area, greatest area, share), in square metres."""

SKIRTING_M = (0.012, 0.085)
"""Thickness and height of the skirting boards."""


@dataclass(frozen=True, slots=True, eq=False)
class EmptyRoom:
    """A room in its own axes.

    Attributes:
        kind: One of ``KINDS``.
        outline: (n, 2) floor corners, counterclockwise, metres.
        height_m: Ceiling height.
        floor, wall, ceiling, skirting: Materials.
    """

    kind: str
    outline: Array
    height_m: float
    floor: Material
    wall: Material
    ceiling: Material
    skirting: Material


def empty_room(rng: Generator) -> EmptyRoom:
    """Draw kind, outline, height and surfaces of a room."""
    names = list(KINDS)
    share = np.array([KINDS[k][2] for k in names])
    kind = names[int(rng.choice(len(names), p=share / share.sum()))]
    low, high, _ = KINDS[kind]
    return EmptyRoom(
        kind=kind,
        outline=_outline(rng, float(rng.uniform(low, high)), kind == "bathroom"),
        height_m=float(rng.uniform(2.45, 2.9)),
        floor=_floor(rng, kind),
        wall=_wall(rng, kind),
        ceiling=Material(Kind.PLASTER, linear("f2f1ee"), scale=0.4, gloss=0.0),
        skirting=plain(linear("efeeea"), 0.15),
    )


def _outline(rng: Generator, area: float, simple: bool) -> Array:
    ratio = float(rng.uniform(1.0, 1.45))
    w, d = (area * ratio) ** 0.5, (area / ratio) ** 0.5
    shape = (
        "rectangle"
        if simple
        else str(
            rng.choice(["rectangle", "L", "T", "cut", "slanted"], p=[0.48, 0.22, 0.08, 0.12, 0.1])
        )
    )
    if shape == "L":
        a, b = (float(v) for v in rng.uniform((0.28, 0.28), (0.42, 0.42)))
        w, d = w * 1.08, d * 1.08
        points = [
            (0, 0),
            (w, 0),
            (w, d * (1 - b)),
            (w * (1 - a), d * (1 - b)),
            (w * (1 - a), d),
            (0, d),
        ]
    elif shape == "T":
        a, b = (float(v) for v in rng.uniform((0.16, 0.25), (0.22, 0.35)))
        w, d = w * 1.1, d * 1.1
        points = [
            (0, 0),
            (w, 0),
            (w, d * (1 - b)),
            (w * (1 - a), d * (1 - b)),
            (w * (1 - a), d),
            (w * a, d),
            (w * a, d * (1 - b)),
            (0, d * (1 - b)),
        ]
    elif shape == "cut":
        c = float(rng.uniform(0.8, 1.3))
        points = [(0, 0), (w, 0), (w, d - c), (w - c, d), (0, d)]
    elif shape == "slanted":
        c = float(rng.uniform(0.5, 1.1))
        points = [(0, 0), (w + c / 2, 0), (w - c / 2, d), (0, d)]
    else:
        points = [(0, 0), (w, 0), (w, d), (0, d)]
    outline = np.array(points, dtype=np.float64)
    if rng.random() < 0.5:
        outline = np.stack([-outline[:, 0], outline[:, 1]], axis=1)[::-1]
    return np.asarray(outline - (outline.min(axis=0) + outline.max(axis=0)) / 2)


def _floor(rng: Generator, kind: str) -> Material:
    if kind in ("kitchen", "bathroom") and rng.random() < 0.8:
        color = linear(("c9c4ba", "9d9a94", "d8d4c8", "7f8a90", "b49a80")[int(rng.integers(5))])
        return Material(Kind.TILES, color, scaled(color, 0.55), float(rng.uniform(0.3, 0.6)), 0.3)
    if kind == "bedroom" and rng.random() < 0.35:
        color = linear(("a89f92", "7f8894", "b8a98c", "8c8f86")[int(rng.integers(4))])
        return Material(Kind.CARPET, color, scaled(color, 0.75), 0.012, 0.0)
    color = linear(("b08a5e", "94683f", "c4a377", "7a5233", "a98c6a")[int(rng.integers(5))])
    return Material(Kind.PARQUET, color, scaled(color, 0.66), float(rng.uniform(0.1, 0.18)), 0.22)


def _wall(rng: Generator, kind: str) -> Material:
    if kind == "bathroom" and rng.random() < 0.75:
        color = linear(("dfe3e2", "c8d6d8", "e2ddd2", "b9cdc4")[int(rng.integers(4))])
        return Material(Kind.TILES, color, scaled(color, 0.7), 0.2, 0.35)
    shades = (
        "e8e4da",
        "dfe3e4",
        "d9dfd2",
        "e6d9c4",
        "cfd8de",
        "e4d2cb",
        "d8d2c6",
        "c3cfc4",
        "eceae6",
    )
    if rng.random() < 0.06:
        brick = linear("9a5a44")
        return Material(Kind.BRICK, brick, linear("b8aca0"), 0.24, 0.02)
    return Material(
        Kind.PLASTER, linear(shades[int(rng.integers(len(shades)))]), scale=0.5, gloss=0.0
    )


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """The room's own surface.

    Attributes:
        vertices: (n, 3) metres in the room's axes.
        normals: (n, 3) unit vectors into the room.
        faces: (m, 3) int32, counterclockwise seen from inside the room.
        materials: (m,) row of ``palette``.
        palette: Floor, wall, ceiling and skirting material.
    """

    vertices: Array
    normals: Array
    faces: NDArray[np.int32]
    materials: NDArray[np.int32]
    palette: tuple[Material, ...]


def shell_of(room: EmptyRoom) -> Shell:
    """Return floor, walls, ceiling and skirting boards as triangles."""
    vertices: list[Array] = []
    normals: list[Array] = []
    faces: list[NDArray[np.int32]] = []
    materials: list[int] = []

    def polygon(points: Array, triangles: NDArray[np.int32], material: int) -> None:
        a, b, c = (points[i] for i in triangles[0])
        n = np.cross(b - a, c - a)
        base = sum(len(v) for v in vertices)
        vertices.append(points)
        normals.append(np.tile(n / np.linalg.norm(n), (len(points), 1)))
        faces.append(np.asarray(triangles, dtype=np.int32) + np.int32(base))
        materials.extend([material] * len(triangles))

    o, h = room.outline, room.height_m
    zeros = np.zeros((len(o), 1))
    fan = np.array(triangulate(o), dtype=np.int32)
    polygon(np.c_[o, zeros], fan, 0)
    polygon(np.c_[o, zeros + h], fan[:, ::-1], 2)
    quad = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
    thick, high = SKIRTING_M
    following = np.roll(o, -1, axis=0)
    inset = inset_corners(o, thick)
    inset_next = np.roll(inset, -1, axis=0)
    for i in range(len(o)):
        a, b = o[i], following[i]
        polygon(np.array([[*b, 0], [*a, 0], [*a, h], [*b, h]]), quad, 1)
        p, q = inset[i], inset_next[i]
        polygon(np.array([[*q, 0], [*p, 0], [*p, high], [*q, high]]), quad, 3)
        polygon(np.array([[*q, high], [*p, high], [*a, high], [*b, high]]), quad, 3)
    return Shell(
        np.concatenate(vertices),
        np.concatenate(normals),
        np.concatenate(faces),
        np.array(materials, dtype=np.int32),
        (room.floor, room.wall, room.ceiling, room.skirting),
    )


def inset_corners(outline: Array, distance_m: float) -> Array:
    """Return the (n, 2) corners of an outline whose edges are moved inwards."""
    edge = np.roll(outline, -1, axis=0) - outline
    edge /= np.linalg.norm(edge, axis=1, keepdims=True)
    normal = np.stack([-edge[:, 1], edge[:, 0]], axis=1)
    previous = np.roll(normal, 1, axis=0)
    bisector = normal + previous
    return np.asarray(
        outline + distance_m * bisector / (1 + np.sum(normal * previous, axis=1, keepdims=True))
    )


def triangulate(outline: Array) -> list[tuple[int, int, int]]:
    """Cut an (n, 2) counterclockwise simple polygon into triangles by clipping ears."""
    left = list(range(len(outline)))
    triangles: list[tuple[int, int, int]] = []

    def cross(a: Array, b: Array, c: Array) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    while len(left) > 3:
        for k in range(len(left)):
            i, j, m = left[k - 1], left[k], left[(k + 1) % len(left)]
            a, b, c = outline[i], outline[j], outline[m]
            if cross(a, b, c) <= 1e-12:
                continue
            others = (outline[q] for q in left if q not in (i, j, m))
            if any(
                cross(a, b, p) >= 0 and cross(b, c, p) >= 0 and cross(c, a, p) >= 0 for p in others
            ):
                continue
            triangles.append((i, j, m))
            del left[k]
            break
        else:
            raise ValueError("outline is not a simple counterclockwise polygon")
    triangles.append((left[0], left[1], left[2]))
    return triangles
