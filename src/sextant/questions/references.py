"""How a question points at objects: by name where that is unambiguous, else by a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sextant.questions.context import ClipView, SceneContext
from sextant.questions.facts import Drop
from sextant.questions.marks import MARK_LETTERS, Mark
from sextant.questions.pictures import FramePicture, Picture


@dataclass(frozen=True, slots=True)
class References:
    """Names of the asked objects and the pictures that carry their marks.

    Attributes:
        names: Object id to text without article ("sofa", "chair marked P").
        pictures: The shown frames, marks drawn; None where no mark is needed.
    """

    names: dict[str, str]
    pictures: tuple[Picture, ...] | None

    def the(self, object_id: str) -> str:
        """Return the object's name with its definite article."""
        return f"the {self.names[object_id]}"


def refer(ctx: SceneContext, view: ClipView, object_ids: Sequence[str]) -> References | Drop:
    """Name every object, or mark those whose name is ambiguous.

    Marks are drawn only in questions that show one picture: in a video a box in one frame would
    leave open which of the others it means.
    """
    names = {i: view.names[i] for i in object_ids if i in view.names}
    unnamed = [i for i in object_ids if i not in names]
    if not unnamed:
        return References(names, None)
    if len(view.frames) != 1:
        return Drop("name is ambiguous in the frames shown")
    frame_id = view.frames[0]
    # Letters go to the marked objects in the order of their ids, which tells nothing of the answer.
    marks = []
    for letter, object_id in zip(MARK_LETTERS, sorted(unnamed), strict=False):
        seen = ctx.visibility.view(frame_id, object_id)
        if not np.all(np.isfinite(seen.box2d)):
            return Drop("object to mark is not visible")
        u0, v0, u1, v1 = (float(c) for c in seen.box2d)
        marks.append(Mark(letter, box=(u0, v0, u1, v1)))
        names[object_id] = f"{ctx.categories[object_id]} marked {letter}"
    if len(marks) < len(unnamed):
        return Drop("too many objects to mark")
    return References(names, (FramePicture(frame_id, tuple(marks)),))


MIN_MARK_FILL = 0.3
"""An object known by its mark alone fills at least this share of its box: the outline of a bare
frame shows more of what is behind it."""

MAX_MARK_OVERLAP = 0.5
"""Intersection over union of two marked boxes from which they cannot be told apart at a glance."""


def refer_by_marks(
    ctx: SceneContext, view: ClipView, object_ids: Sequence[str], letters: Sequence[str]
) -> References | Drop:
    """Mark every object and call it by its letter alone: "object marked P".

    What a thing is often tells how large it is or where it stands; a letter tells nothing.

    Args:
        ctx: The scene.
        view: What the one picture shows.
        object_ids: Objects to mark.
        letters: One of ``MARK_LETTERS`` per object; the caller draws them at random.

    Returns:
        Names and the marked picture, or why a mark would not single an object out.
    """
    if len(view.frames) != 1:
        return Drop("marks need a single picture")
    marks: list[Mark] = []
    boxes: list[tuple[float, float, float, float]] = []
    for object_id, letter in zip(object_ids, letters, strict=True):
        seen = ctx.visibility.view(view.frames[0], object_id)
        if not np.all(np.isfinite(seen.box2d)):
            return Drop("object to mark is not visible")
        u0, v0, u1, v1 = (float(c) for c in seen.box2d)
        if seen.pixel_count < MIN_MARK_FILL * (u1 - u0) * (v1 - v0):
            return Drop("object fills too little of its box")
        if any(_overlap((u0, v0, u1, v1), other) > MAX_MARK_OVERLAP for other in boxes):
            return Drop("marked boxes lie on one another")
        boxes.append((u0, v0, u1, v1))
        marks.append(Mark(letter, box=boxes[-1]))
    names = {i: f"object marked {m.letter}" for i, m in zip(object_ids, marks, strict=True)}
    ordered = tuple(sorted(marks, key=lambda m: m.letter))
    return References(names, (FramePicture(view.frames[0], ordered),))


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Return the intersection over union of two pixel boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
    return width * height / (areas - width * height)
