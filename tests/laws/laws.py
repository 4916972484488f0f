"""Changes of a whole scene under which every truth stays, or changes in a known way."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.boxes import OrientedBox
from sextant.questions.facts import Ask
from sextant.questions.task import Task
from sextant.scenes import Frame, Mesh, Room, Scene, SceneObject

Json = Any


def same(x: Json) -> Json:
    """Leave it as it is."""
    return x


def unchanged(family: str, x: Json) -> Json:
    """Leave it as it is, whatever the family."""
    return x


def default_task(cls: type[Task]) -> Task:
    """Make a family with its own thresholds."""
    return cls()


@dataclass(frozen=True)
class Law:
    """One change and what follows from it.

    Attributes:
        scene: Changes a scene.
        task: Makes the family with thresholds that correspond.
        ask: Maps an ask's detail, by family.
        ids: Maps an object id.
        label: Maps a label, by family.
        words: Maps an option or a text answer.
        key: Maps the name of a quantity or of a template.
        value: Maps a number with its unit.
        json: Maps a JSON answer, by family.
        mask: Blots out of a text what may differ in it, on both sides.
        blot: The same for an option.
        keeps_margins: Whether samples on surfaces stay where they are.
        active: Holds while the changed scene is measured.
    """

    name: str
    scene: Callable[[Scene], Scene]
    task: Callable[[type[Task]], Task] = default_task
    detail: Callable[[str, Json], Json] = unchanged
    ids: Callable[[str], str] = same
    label: Callable[[str, str], str] = unchanged
    words: Callable[[str], str] = same
    key: Callable[[str], str] = same
    value: Callable[[float, str | None], float] = lambda v, unit: v
    json: Callable[[str, Json], Json] = unchanged
    mask: Callable[[str], str] = same
    blot: Callable[[str], str] = same
    keeps_margins: bool = True
    active: Callable[[], contextlib.AbstractContextManager] = contextlib.nullcontext

    def ask(self, family: str, ask: Ask) -> Ask:
        """Map what is asked."""
        return Ask(tuple(self.ids(i) for i in ask.objects), ask.frames,
                   self.detail(family, dict(ask.detail)))  # fmt: skip


def moved(
    scene: Scene,
    points: Callable[[NDArray], NDArray],
    frame: Callable[[Frame], Frame],
    rotate: Callable[[NDArray], NDArray],
    front: Callable[[NDArray], NDArray],
    scale: float = 1.0,
    flips: bool = False,
) -> Scene:
    """Return the scene with every part of its geometry changed.

    Args:
        scene: The scene.
        points: Maps (n, 3) points.
        frame: Maps a frame with pose and arrays.
        rotate: Maps a box's rotation, to a right-handed one.
        front: Maps a direction.
        scale: Factor of lengths.
        flips: Whether the sense of turning changes, so that outlines and faces are turned round.
    """

    def surface(mesh: Mesh | None) -> Mesh | None:
        if mesh is None:
            return None
        return Mesh(points(mesh.vertices_world), mesh.faces[:, ::-1] if flips else mesh.faces)

    def thing(o: SceneObject) -> SceneObject:
        box = OrientedBox(
            points(o.box.center[None])[0], o.box.size_m * scale, rotate(o.box.R_world_box)
        )
        return dataclasses.replace(
            o, box=box, mesh=surface(o.mesh),
            points_world=None if o.points_world is None else points(o.points_world),
            front_world=None if o.front_world is None else front(o.front_world),
        )  # fmt: skip

    room = scene.room
    z = room.floor_z_m or 0.0
    polygon = room.floor_polygon
    if polygon is not None:
        polygon = points(np.c_[polygon, np.full(len(polygon), z)])[:, :2]
        polygon = polygon[::-1] if flips else polygon
    floor_z_m = None if room.floor_z_m is None else float(points(np.array([[0, 0, z]]))[0, 2])
    area_m2 = None if room.area_m2 is None else room.area_m2 * scale**2
    return dataclasses.replace(
        scene, objects=tuple(thing(o) for o in scene.objects),
        frames=tuple(frame(f) for f in scene.frames), shell=surface(scene.shell),
        room=Room(polygon, floor_z_m, area_m2, room.kind),
    )  # fmt: skip


def each_text(x: Json, change: Callable[[str], str]) -> Json:
    if isinstance(x, str):
        return change(x)
    if isinstance(x, list | tuple):
        return [each_text(v, change) for v in x]
    return {k: each_text(v, change) for k, v in x.items()} if isinstance(x, dict) else x
