"""A furnished room as a ``Scene``: objects, frames, and pictures that are drawn when asked for."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import rigid, transform_points, yaw_rotation
from sextant.scenes import Camera, Frame, Mesh, Room, Scene, SceneObject
from sextant.sources.procedural.earlier import earlier_items, still_valid
from sextant.sources.procedural.floor import door_is_reachable, free_floor
from sextant.sources.procedural.free_views import free_views
from sextant.sources.procedural.furnishing import furnish
from sextant.sources.procedural.layout import Layout
from sextant.sources.procedural.placed import Placed
from sextant.sources.procedural.poses import View
from sextant.sources.procedural.rooms import Shell, empty_room, shell_of
from sextant.sources.procedural.sights import HEADINGS, Sights
from sextant.sources.procedural.stage import Stage, stage_of
from sextant.sources.procedural.walks import walk_views

LICENSE = "CC0-1.0 (simulated)"
WIDTH, HEIGHT = 640, 480
MAX_ATTEMPTS = 20
LEAST_OBJECTS = 12
EARLIER = "_before"
"""After a scene's id: the same room before some things were moved."""


def generator(seed: int, index: int, purpose: str) -> Generator:
    """Return the generator of one purpose of one scene; nothing else influences it."""
    key = f"{seed}/procedural/{index}/{purpose}".encode()
    digest = hashlib.blake2b(key, digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))


def split_of(scene_id: str) -> str:
    """Assign a scene to a split by its name: 90 % train, 5 % val, 5 % test."""
    digest = hashlib.blake2b(f"procedural/split/{scene_id}".encode(), digest_size=8).digest()
    share = int.from_bytes(digest, "little") / 2**64
    return "train" if share < 0.9 else "val" if share < 0.95 else "test"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a seed and an index decide, before anything is drawn.

    Attributes:
        layout: What stands where, in the room's axes.
        shell: Floor, walls and ceiling.
        T_world_room: Maps the room's axes to the world.
        camera: Intrinsics of all pictures.
        views: Camera poses in the room's axes.
    """

    layout: Layout
    shell: Shell
    T_world_room: NDArray[np.float64]
    camera: Camera
    views: tuple[View, ...]


@lru_cache(maxsize=2)
def plan_scene(seed: int, index: int) -> Plan:
    """Furnish room ``index`` of a seed and choose its views; about 0.4 s.

    Raises:
        InputError: If no furnishing leaves the door reachable.
    """
    for attempt in range(MAX_ATTEMPTS):
        rng = generator(seed, index, f"layout {attempt}")
        room = empty_room(rng)
        layout = furnish(room, rng)
        floor = free_floor(layout)
        if len(layout.items) >= LEAST_OBJECTS and door_is_reachable(layout, floor):
            break
    else:
        raise InputError(
            "no furnishing of this room leaves its door reachable",
            where=f"room {index} of seed {seed}",
            hint="take another seed",
        )
    rng = generator(seed, index, "camera")
    yaw = float(rng.uniform(-math.pi, math.pi)) if rng.random() < 0.5 else 0.0
    shift = np.array([*rng.uniform(-2.0, 2.0, 2), 0.0])
    shell = shell_of(room)
    focal = WIDTH / 2 / math.tan(math.radians(float(rng.uniform(65.0, 80.0))) / 2)
    camera = Camera(WIDTH, HEIGHT, focal, focal, WIDTH / 2, HEIGHT / 2)
    rng = generator(seed, index, "walk")
    sights = Sights(layout, shell, focal / WIDTH, float(rng.uniform(0.0, 2 * math.pi / HEADINGS)))
    views = (*walk_views(layout, floor, sights, rng), *free_views(layout, floor, sights, rng))
    return Plan(layout, shell, rigid(yaw_rotation(yaw), shift), camera, views)


def build_scene(scene_id: str, seed: int, index: int, *, earlier: bool = False) -> Scene:
    """Build scene ``index`` of a seed; pictures are drawn later.

    Args:
        scene_id: Name of the later state; the earlier one has ``EARLIER`` after it.
        seed: Chooses the rooms.
        index: Which of them.
        earlier: Whether to build the state before some things were moved.
    """
    plan = plan_scene(seed, index)
    items, views, T_world_room = plan.layout.items, list(plan.views), plan.T_world_room
    if earlier:
        rng = generator(seed, index, "earlier")
        items = earlier_items(plan.layout, views, plan.camera, rng)
        views = still_valid(views, plan.layout.items, items)
    objects = _objects(items, T_world_room)
    stage = stage_of(items, plan.shell, objects, T_world_room)
    frames = tuple(
        _frame(stage, plan.camera, v.id, T_world_room @ v.T_room_camera, v.timestamp_s)
        for v in views
    )
    room = plan.layout.room
    outline = np.c_[room.outline, np.zeros(len(room.outline))]
    return Scene(
        id=f"{scene_id}{EARLIER}" if earlier else scene_id,
        source="procedural",
        split=split_of(scene_id),
        license=LICENSE,
        objects=tuple(sorted(objects, key=lambda o: o.id)),
        frames=frames,
        room=Room(
            floor_polygon=transform_points(T_world_room, outline)[:, :2],
            floor_z_m=0.0,
            kind=room.kind,
        ),
        shell=_shell_mesh(plan.shell, T_world_room),
        complete_categories=None,
        is_simulated=True,
        rescan_of=None if earlier else f"{scene_id}{EARLIER}",
        rescan_objects=MappingProxyType({} if earlier else {o.id: o.id for o in objects}),
    )


def _shell_mesh(shell: Shell, T_world_room: NDArray[np.float64]) -> Mesh:
    return Mesh(transform_points(T_world_room, shell.vertices), shell.faces)


def _objects(items: list[Placed], T_world_room: NDArray[np.float64]) -> list[SceneObject]:
    counts: Counter[str] = Counter()
    ids: list[str] = []
    for p in items:
        stem = p.category.replace(" ", "_")
        ids.append(f"{stem}_{counts[stem]}")
        counts[stem] += 1
    return [_object(p, ids[i], i + 1, ids, T_world_room) for i, p in enumerate(items)]


def _object(
    p: Placed, object_id: str, value: int, ids: list[str], T_world_room: NDArray[np.float64]
) -> SceneObject:
    T = T_world_room @ rigid(yaw_rotation(p.yaw_rad), (p.x, p.y, p.z))
    vertices = transform_points(T, p.model.vertices)
    attributes = {"color": p.model.color}
    attributes["supported_by"] = ids[p.support] if isinstance(p.support, int) else p.support
    if p.inside and isinstance(p.support, int):
        attributes["inside"] = ids[p.support]
    center = transform_points(T, np.array([0.0, 0.0, float(p.model.size_m[2]) / 2]))
    front = None
    if p.model.has_front:
        front = T[:3, :3] @ np.array([0.0, -1.0, 0.0])
        front[2] = 0.0
        front /= np.linalg.norm(front)
    return SceneObject(
        id=object_id,
        category=p.category,
        box=OrientedBox(center, p.model.size_m.copy(), T[:3, :3].copy()),
        mesh=Mesh(vertices, p.model.faces),
        front_world=front,
        instance_value=value,
        is_person=p.model.is_person,
        attributes=MappingProxyType(attributes),
    )


def _frame(
    stage: Stage,
    camera: Camera,
    frame_id: str,
    T_world_camera: NDArray[np.float64],
    time_s: float | None,
) -> Frame:
    return Frame(
        id=frame_id,
        camera=camera,
        T_world_camera=T_world_camera,
        timestamp_s=time_s,
        read_rgb=lambda: stage.rgb(camera, T_world_camera),
        read_depth=lambda: stage.raster(camera, T_world_camera).depth_m.copy(),
        read_instances=lambda: stage.raster(camera, T_world_camera).values.copy(),
    )
