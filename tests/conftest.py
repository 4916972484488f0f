"""Small scenes made by hand: boxes at round coordinates, rendered into tiny pictures."""

# ruff: noqa: E402

from __future__ import annotations

import os
import signal

# A shell that starts a job in the background has it ignore Ctrl-C, and what the job starts as well.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests run in several processes side by side. A thread in each is enough: more of them, in models
# as small as these, wait for each other most of the time. To be said before NumPy is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import dataclasses
import re
from collections.abc import Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.raster import Raster, rasterize
from sextant.geometry.transforms import look_at, yaw_rotation
from sextant.questions.context import SceneContext
from sextant.questions.facts import Drop, Fact
from sextant.questions.recipe import GenerateRecipe
from sextant.questions.task import Draft, Task, sentence
from sextant.scenes import Camera, Frame, Mesh, Room, Scene, SceneObject
from sextant.visibility.samples import box_mesh

WIDTH, HEIGHT, FOCAL = 160, 120, 120.0


def make_object(
    object_id: str,
    center: ArrayLike,
    size_m: ArrayLike,
    *,
    category: str | None = None,
    yaw_deg: float = 0.0,
    R: NDArray[np.float64] | None = None,
    mesh: bool = False,
    front_deg: float | None = None,
    value: int = 0,
    **more: Any,
) -> SceneObject:
    """An object as a box; the category is the id without its number unless given.

    ``mesh`` gives it the box's faces as a surface; ``front_deg`` is the heading of its front.
    """
    rotation = yaw_rotation(np.deg2rad(yaw_deg)) if R is None else R
    box = OrientedBox(
        np.asarray(center, dtype=np.float64), np.asarray(size_m, dtype=np.float64), rotation
    )
    front = None
    if front_deg is not None:
        angle = np.deg2rad(front_deg)
        front = np.array([np.cos(angle), np.sin(angle), 0.0])
    return SceneObject(
        id=object_id,
        category=category or re.sub(r"[ _]\d+$", "", object_id).replace("_", " "),
        box=box,
        mesh=box_mesh(box) if mesh else None,
        front_world=front,
        instance_value=value,
        **more,
    )


def make_scene(
    objects: Sequence[SceneObject] = (),
    cameras: Sequence[NDArray[np.float64]] = (),
    *,
    shell: Mesh | None = None,
    room: Room | None = None,
    timestamps: bool = True,
    masks: bool = True,
    depth: bool = True,
    pictures: bool = True,
    camera: Camera | None = None,
    **more: Any,
) -> Scene:
    """A scene whose frames ``f0``, ``f1``, ... are rendered from the objects' boxes or meshes.

    Args:
        objects: In any order; each gets an instance value.
        cameras: (4, 4) T_world_camera per frame; none gives a source of boxes alone.
        shell: Walls and floor.
        room: What is known of the room.
        timestamps: Whether the frames are a walk, one second apart.
        masks: Whether frames have instance maps.
        depth: Whether frames have depth.
        pictures: Whether frames have pictures.
        camera: Intrinsics of all frames.
        more: Further fields of ``Scene``.
    """
    numbered = tuple(
        dataclasses.replace(o, instance_value=i + 1)
        for i, o in enumerate(sorted(objects, key=lambda o: o.id))
    )
    lens = camera or Camera(WIDTH, HEIGHT, FOCAL, FOCAL, WIDTH / 2, HEIGHT / 2)
    frames = tuple(
        _frame(f"f{k}", T, lens, numbered, shell, float(k) if timestamps else None, masks, depth,
               pictures)
        for k, T in enumerate(cameras)
    )  # fmt: skip
    fields: dict[str, Any] = {
        "id": "hand_made", "source": "test", "split": "train", "license": "CC0",
        "complete_categories": None, **more,
    }  # fmt: skip
    return Scene(objects=numbered, frames=frames, room=room or Room(), shell=shell, **fields)


def _frame(
    frame_id: str,
    T: NDArray[np.float64],
    lens: Camera,
    objects: tuple[SceneObject, ...],
    shell: Mesh | None,
    timestamp_s: float | None,
    masks: bool,
    depth: bool,
    pictures: bool,
) -> Frame:
    @lru_cache(maxsize=1)
    def drawn() -> Raster:
        meshes = [(o.mesh or box_mesh(o.box), o.instance_value) for o in objects]
        if shell is not None:
            meshes.append((shell, 0))
        starts = np.cumsum([0, *(len(m.vertices_world) for m, _ in meshes)])
        if not meshes:
            empty = np.zeros((lens.height, lens.width))
            return Raster((empty * np.nan).astype(np.float32), empty.astype(np.int32), empty)
        return rasterize(
            np.concatenate([m.vertices_world for m, _ in meshes]),
            np.concatenate([m.faces + s for (m, _), s in zip(meshes, starts, strict=False)]),
            np.concatenate([np.full(len(m.faces), v) for m, v in meshes]),
            lens.K, T, lens.width, lens.height,
        )  # fmt: skip

    def rgb() -> NDArray[np.uint8]:
        value = drawn().values.astype(np.uint8)
        return np.stack([value * 40, value * 90, 255 - value * 10], axis=-1)

    return Frame(
        frame_id, lens, T, timestamp_s,
        read_rgb=rgb if pictures else None,
        read_depth=(lambda: drawn().depth_m) if depth else None,
        read_instances=(lambda: drawn().values) if masks else None,
    )  # fmt: skip


def make_context(scene: Scene, seed: int = 0, **recipe: Any) -> SceneContext:
    """A context with the default recipe, or fields of it replaced."""
    return SceneContext(scene, GenerateRecipe.model_validate(recipe), seed)


def transformed(scene: Scene, *, mirror: bool = False, scale: float = 1.0, **more: Any) -> Scene:
    """The scene mirrored at the plane x = 0 and scaled about the origin, rendered anew.

    A mirrored box is a box again, and a mirrored camera an upright camera whose picture is
    flipped. Rotations stay right-handed: the own x axis is turned round as well.
    """
    M = np.diag([-1.0, 1.0, 1.0]) if mirror else np.eye(3)
    objects = []
    for o in scene.objects:
        box = OrientedBox(M @ o.box.center * scale, o.box.size_m * scale, M @ o.box.R_world_box @ M)
        front = None if o.front_world is None else M @ o.front_world
        objects.append(
            dataclasses.replace(
                o, box=box, mesh=box_mesh(box) if o.mesh is not None else None, front_world=front
            )
        )
    cameras = []
    for f in scene.frames:
        T = f.T_world_camera.copy()
        T[:3, :3] = M @ T[:3, :3] @ M
        T[:3, 3] = M @ T[:3, 3] * scale
        cameras.append(T)
    room = scene.room
    polygon = room.floor_polygon
    if polygon is not None:
        polygon = (polygon @ M[:2, :2] * scale)[:: -1 if mirror else 1]
    moved = Room(
        polygon,
        None if room.floor_z_m is None else room.floor_z_m * scale,
        None if room.area_m2 is None else room.area_m2 * scale**2,
        room.kind,
    )
    return make_scene(objects, cameras, room=moved, **more)


def compositions(
    task: Task, ctx: SceneContext, fact: Fact, form: str, count: int = 150
) -> list[Draft]:
    """Compose a fact with many seeds; drops are left out."""
    drafts = [task.compose(ctx, fact, form, np.random.default_rng(k)) for k in range(count)]
    return [d for d in drafts if not isinstance(d, Drop)]


def check_texts(
    task: Task, ctx: SceneContext, fact: Fact, templates: int = 8, **must_hold: str
) -> None:
    """Hold every phrasing of a fact, and its explanation, against what good text looks like.

    Args:
        task: The family.
        ctx: The scene.
        fact: A kept fact.
        templates: At least so many phrasings per form must turn up.
        must_hold: Regular expression that every text matches, by form.
    """
    first: list[Draft] = []
    for form in dict.fromkeys(task.forms):
        drafts = compositions(task, ctx, fact, form)
        assert drafts, f"{form}: nothing could be composed"
        assert len({d.template for d in drafts}) >= templates, form
        for draft in drafts:
            text = sentence(draft.text)
            assert not re.search(r"[{}]|  |\bthe the\b|\ba [aeio]", text), text
            assert text[0].isupper(), text
            assert text.rstrip()[-1] in "?.:)", text
            if form in must_hold:
                assert re.search(must_hold[form], text), text
        first += drafts[:1]
    names = first[0].names or {}
    said = " ".join(task.explain(ctx, fact, names))
    assert said
    assert not re.search(r"[{}]|  |nan|None", said), said


@pytest.fixture(scope="session")
def build() -> SimpleNamespace:
    """The builders above, as attributes."""
    return SimpleNamespace(
        object=make_object, scene=make_scene, context=make_context, transformed=transformed,
        look_at=look_at, check_texts=check_texts, compositions=compositions,
        rng=lambda seed=0: np.random.default_rng(seed),
    )  # fmt: skip
