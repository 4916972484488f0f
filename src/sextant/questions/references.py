"""How a question points at objects: by name where that is unambiguous, else by a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sextant.questions.context import ClipView, SceneContext
from sextant.questions.facts import Drop
from sextant.questions.pictures import MARK_LETTERS, FramePicture, Mark, Picture


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
