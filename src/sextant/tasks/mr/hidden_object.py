"""mr.hidden_object: what stands behind A, unseen in view 1 and shown by view 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.geometry.projection import inside_image, project
from sextant.geometry.transforms import invert, transform_points
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Margins, Task, pick_template

TEMPLATES = (
    "In the first picture {a} hides something from the camera. The second picture shows it. What "
    "is hidden behind {a}?",
    "Which object stands behind {a} and cannot be seen in the first image, but in the second?",
    "What is concealed by {a} in view 1 and revealed in view 2?",
    "Looking at the first picture, what is behind {a}? Use the second picture to find out.",
    "Something is blocked from view by {a} in image 1. Judging by image 2, what is it?",
    "The camera of the first picture cannot see one object because {a} is in the way. Which one?",
    "With the help of the second view, name the object that {a} covers in the first view.",
    "What would you find behind {a} if you walked around it from the first viewpoint?",
)
OTHERS = 3
PAIRS = 300
DEPTH_SLACK_M = 0.02


class HiddenObjectMargins(Margins):
    """Thresholds of mr.hidden_object."""

    max_hidden_ratio: float = Field(0.05, description="v of the hidden object in view 1")
    min_in_frame: float = Field(0.5, description="w of the hidden object in view 1")
    min_shown_ratio: float = Field(0.5, description="v of the hidden object in view 2")
    min_blocker_in_frame: float = Field(0.5, description="w of what hides it in view 1")
    min_blocked: float = Field(0.6, description="share of it that A itself covers in view 1")
    max_blocked_other: float = Field(0.2, description="the same for the wrong options, at most")


class HiddenObject(Task):
    """Hidden inside the first frustum by one named thing, well seen in the second view."""

    id = "mr.hidden_object"
    needs = frozenset({"objects", "frames", "many_frames", "depth"})
    forms = ("choice",)
    margins_model = HiddenObjectMargins
    margins: HiddenObjectMargins

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pairs of views with something hidden in the first and shown in the second."""
        ids = ctx.singles
        rows = np.array([ctx.row(i) for i in ids])
        v, w = ctx.visibility.visible_ratio[rows], ctx.visibility.in_frame_ratio[rows]
        hidden = (v < self.margins.max_hidden_ratio) & (w >= self.margins.min_in_frame)
        shown = np.asarray(ctx.shown_table)[rows] & (v >= self.margins.min_shown_ratio)
        found = [
            (i, j, o)
            for i, o in zip(*np.nonzero(hidden), strict=True)
            for j in np.flatnonzero(shown[:, o])
        ]
        columns = ctx.visibility.object_ids
        for k in rng.permutation(len(found))[:PAIRS]:
            i, j, o = (int(n) for n in found[int(k)])
            first, second = ids[i], ids[j]
            target = columns[o]
            blocker = self._main_blocker(ctx, first, target)
            there = ctx.view((second,)).names
            if blocker is None or target not in there:
                continue
            others = [n for n in there if n not in (target, blocker)]
            drawn = [others[int(m)] for m in rng.permutation(len(others))[:OTHERS]]
            yield Ask((blocker, target, *drawn), (first, second))

    def _main_blocker(self, ctx: SceneContext, frame_id: str, target: str) -> str | None:
        shares = _blocked_by(ctx, frame_id, target)
        if not shares:
            return None
        best = max(sorted(shares), key=lambda i: shares[i])
        return best if shares[best] >= self.margins.min_blocked else None

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """A covers the right object and none of the others."""
        blocker, target, *others = ask.objects
        first, second = ask.frames
        if len(others) < 2:
            return Drop("too few objects to choose from")
        here, there = ctx.view((first,)), ctx.view((second,))
        both = ctx.view(ask.frames)
        if blocker not in here.names or blocker not in both.names:
            return Drop("what hides it has no unambiguous name")
        if any(i not in there.names or i not in both.names for i in (target, *others)):
            return Drop("object is not shown or its name is ambiguous")
        if ctx.visibility.view(first, blocker).in_frame_ratio < self.margins.min_blocker_in_frame:
            return Drop("what hides it is cut off by the picture")
        before, after = ctx.visibility.view(first, target), ctx.visibility.view(second, target)
        if (
            before.visible_ratio >= self.margins.max_hidden_ratio
            or before.in_frame_ratio < self.margins.min_in_frame
        ):
            return Drop("object is not hidden within the first view")
        if after.visible_ratio < self.margins.min_shown_ratio:
            return Drop("object is not well visible in the second view")
        share = _blocked_by(ctx, first, target).get(blocker, 0.0)
        if share < self.margins.min_blocked:
            return Drop("something else hides it as well")
        for other in others:
            if _blocked_by(ctx, first, other).get(blocker, 0.0) > self.margins.max_blocked_other:
                return Drop("a wrong option is behind it too")
        return Fact(
            ask,
            quantity="blocked_share",
            value=None,
            label=target,
            margin=share / self.margins.min_blocked - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{first}",
            geometry="depth",
            detail={"blocked_share": share, "visible_ratio": before.visible_ratio},
            steps=3,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The hidden object among others of the second picture."""
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in fact.ask.objects}
        text, template = pick_template(TEMPLATES, "hidden", rng)
        text = text.format(a=f"the {names[fact.ask.objects[0]]}")
        options = tuple(names[i] for i in fact.ask.objects[1:])
        return Draft(text, Choice(options, 0), template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """How much of it is covered, and that the second view shows it."""
        blocker, target = fact.ask.objects[:2]
        share = fact.detail["blocked_share"]
        return [
            f"From the first camera, {share:.0%} of the {names[target]} lies behind the "
            f"{names[blocker]}.",
            f"The second picture shows the {names[target]} in the open.",
        ]


def _blocked_by(ctx: SceneContext, frame_id: str, target: str) -> dict[str, float]:
    """Return which objects cover how much of another in a view.

    A grid of 5 x 5 x 5 points inside the box is projected; each is covered by the object whose
    instance value stands there, if the depth there is smaller.
    """
    frame = ctx.frame(frame_id)
    depth_m = ctx.depth_m(frame_id)
    if depth_m is None or frame.read_instances is None:
        return {}
    o = ctx.object(target)
    grid = np.stack(np.meshgrid(*[np.linspace(-0.45, 0.45, 5)] * 3), axis=-1).reshape(-1, 3)
    points = (grid * o.box.size_m) @ o.box.R_world_box.T + o.box.center
    uv, z = project(frame.camera.K, transform_points(invert(frame.T_world_camera), points))
    inside = inside_image(uv, frame.camera.width, frame.camera.height) & (z > 0)
    if not inside.any():
        return {}
    columns, rows = uv[inside].astype(int).T
    nearer = depth_m[rows, columns] < z[inside] - DEPTH_SLACK_M
    values = ctx.instances(frame_id)[rows, columns]
    by_value = {s.instance_value: s.id for s in ctx.scene.objects if s.instance_value}
    shares: dict[str, float] = {}
    for value in np.unique(values[nearer]):
        name = by_value.get(int(value))
        if name is not None and name != target:
            shares[name] = float(np.count_nonzero(nearer & (values == value))) / len(points)
    return shares


TASK = HiddenObject
