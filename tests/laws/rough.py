"""Scenes that may be broken: plain parts that can be spoilt before a ``Scene`` is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.raster import Raster, rasterize
from sextant.geometry.transforms import look_at, yaw_rotation
from sextant.scenes import Camera, Frame, Mesh, Room, Scene, SceneObject
from sextant.visibility.samples import box_mesh

NOUNS = (
    "chair", "table", "sofa", "lamp", "cabinet", "plant", "tv", "bed", "book", "cup", "wardrobe",
    "window", "mirror", "box", "basket", "person", "door", "shelf", "rug", "clock", "oven",
)  # fmt: skip
FAR_M = 300.0
"""What lies further away is not drawn into depth and masks."""


@dataclass
class Thing:
    """An object in the making."""

    id: str
    category: str
    center: NDArray[np.float64]
    size_m: NDArray[np.float64]
    R: NDArray[np.float64]
    mesh: Mesh | None = None
    points: NDArray[np.float64] | None = None
    front: NDArray[np.float64] | None = None
    value: int = 0
    is_person: bool = False
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def box(self) -> OrientedBox:
        """Its box, whatever is in it."""
        return OrientedBox(self.center, self.size_m, self.R)

    def make(self) -> SceneObject:
        """The object; refused with an ``InputError`` if it breaks a convention."""
        return SceneObject(
            self.id, self.category, self.box, self.mesh, self.points, self.front, self.value,
            self.is_person, MappingProxyType(self.attributes),
        )  # fmt: skip


@dataclass
class View:
    """A frame in the making; the ``spoil_*`` functions get the true arrays, None = no reader."""

    pose: NDArray[np.float64]
    timestamp_s: float | None
    has_rgb: bool = True
    has_depth: bool = True
    has_masks: bool = True
    id: str | None = None
    spoil_rgb: Callable[[NDArray], NDArray] = lambda a: a
    spoil_depth: Callable[[NDArray], NDArray] = lambda a: a
    spoil_masks: Callable[[NDArray], NDArray] = lambda a: a


@dataclass
class Rough:
    """A scene in the making.

    Attributes:
        things, views: What is in it.
        camera: width, height, fx, fy, cx, cy of all views.
        shell: Whether walls are drawn and part of the scene.
        room, fields: Keyword arguments of ``Room`` and ``Scene``.
        recipe: What the recipe says apart from its defaults.
        earlier: The scene this one is a rescan of, if it can be opened.
    """

    things: list[Thing]
    views: list[View]
    camera: list[Any]
    half: NDArray[np.float64]
    shell: Mesh | None
    room: dict[str, Any]
    fields: dict[str, Any]
    recipe: dict[str, Any] = field(default_factory=dict)
    earlier: Rough | None = None

    def make(self) -> Scene:
        """Build the scene.

        Raises:
            InputError: If a part breaks a convention.
        """
        camera = Camera(*self.camera)
        things = tuple(t.make() for t in self.things)
        drawing = _Drawing(self, camera)
        frames = tuple(
            _frame(f"f{k:02d}" if v.id is None else v.id, v, camera, drawing)
            for k, v in enumerate(self.views)
        )
        return Scene(
            objects=tuple(sorted(things, key=lambda t: t.id)), frames=frames,
            room=Room(**self.room), shell=self.shell, **self.fields,
        )  # fmt: skip


class _Drawing:
    """Draws depth and masks of a rough scene, one frame at a time."""

    def __init__(self, rough: Rough, camera: Camera) -> None:
        self._rough, self._camera = rough, camera
        self._drawn: dict[bytes, Raster] = {}

    @cached_property
    def _soup(self) -> tuple[NDArray, NDArray, NDArray]:
        parts = [(t.mesh or box_mesh(t.box), t.value) for t in self._rough.things]
        if self._rough.shell is not None:
            parts.append((self._rough.shell, 0))
        parts = [(m, v) for m, v in parts if np.abs(m.vertices_world).max() < FAR_M]
        if not parts:
            return np.zeros((0, 3)), np.zeros((0, 3), np.int32), np.zeros(0, np.int32)
        starts = np.cumsum([0, *(len(m.vertices_world) for m, _ in parts)])
        return (
            np.concatenate([m.vertices_world for m, _ in parts]),
            np.concatenate([m.faces + s for (m, _), s in zip(parts, starts, strict=False)]),
            np.concatenate([np.full(len(m.faces), v) for m, v in parts]),
        )

    def of(self, pose: NDArray[np.float64]) -> Raster:
        found = self._drawn.get(pose.tobytes())
        if found is None:
            c = self._camera
            found = rasterize(*self._soup, c.K, pose, c.width, c.height)
            self._drawn[pose.tobytes()] = found
        return found


def _frame(frame_id: str, view: View, camera: Camera, drawing: _Drawing) -> Frame:
    def rgb() -> NDArray[np.uint8]:
        shade = (drawing.of(view.pose).values % 7 * 30).astype(np.uint8)
        return view.spoil_rgb(np.stack([shade, 255 - shade, shade // 2], axis=-1))

    def depth() -> NDArray[np.float32]:
        return view.spoil_depth(drawing.of(view.pose).depth_m.copy())

    def masks() -> NDArray[np.int32]:
        return view.spoil_masks(drawing.of(view.pose).values.copy())

    return Frame(
        frame_id,
        camera,
        view.pose,
        view.timestamp_s,
        rgb if view.has_rgb else None,
        depth if view.has_depth else None,
        masks if view.has_masks else None,
    )


def ordinary(rng: np.random.Generator, scene_id: str) -> Rough:
    """A small furnished room that nothing is wrong with, in tiny pictures."""
    half = rng.uniform(1.8, 3.0, 2)
    kind = str(rng.choice(["box", "mesh", "points", "mixed"]))
    things = [thing(rng, k, half, kind) for k in range(int(rng.integers(4, 13)))]
    views = []
    walk = int(rng.integers(4, 9))
    turn = float(rng.uniform(0.2, 0.6))
    for k in range(walk + int(rng.integers(0, 3))):
        angle = turn * k if k < walk else float(rng.uniform(0, 6.28))
        eye = np.array([*(half * 0.85 * (np.cos(angle), np.sin(angle))), rng.uniform(1.2, 1.7)])
        aim = np.array([*rng.uniform(-0.4, 0.4, 2), rng.uniform(0.3, 1.0)])
        views.append(View(look_at(eye, aim), float(k) if k < walk else None))
    width, height = 64, 48
    focal = float(rng.uniform(35, 55))
    shell = box_mesh(OrientedBox(np.array([0, 0, 1.3]), np.array([*half * 2, 2.6]), np.eye(3)))
    polygon = half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    return Rough(
        things, views, [width, height, focal, focal, width / 2, height / 2], half, shell,
        {"floor_polygon": polygon, "floor_z_m": 0.0, "kind": "bedroom"},
        {"id": scene_id, "source": "fuzz", "split": "train", "license": "CC0",
         "complete_categories": None},
    )  # fmt: skip


def thing(rng: np.random.Generator, k: int, half: NDArray[np.float64], kind: str) -> Thing:
    """An ordinary object on the floor, on a shelf's height or on the ceiling."""
    size = rng.uniform(0.15, 0.9, 3)
    z = float(rng.choice([size[2] / 2, size[2] / 2, rng.uniform(0.5, 1.8), 2.6 - size[2] / 2]))
    yaw = float(rng.uniform(-np.pi, np.pi)) if rng.random() < 0.5 else 0.0
    noun = NOUNS[int(rng.integers(len(NOUNS)))]
    made = Thing(
        f"{noun}_{k}", noun, np.array([*rng.uniform(-half, half) * 0.85, z]), size,
        yaw_rotation(yaw), value=k + 1, is_person=noun == "person",
        attributes={"color": "red"} if rng.random() < 0.3 else {},
    )  # fmt: skip
    shape = kind if kind != "mixed" else str(rng.choice(["box", "mesh", "points"]))
    if shape == "mesh":
        made.mesh = box_mesh(made.box)
    elif shape == "points":
        corners = rng.uniform(-0.5, 0.5, (60, 3)) * size
        made.points = corners @ made.R.T + made.center
    if made.is_person or rng.random() < 0.4:
        made.front = made.R @ np.array([0.0, -1.0, 0.0])
    return made
