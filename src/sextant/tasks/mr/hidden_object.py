"""mr.hidden_object: what stands behind A, unseen in view 1 and shown by view 2."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.projection import inside_image, project
from sextant.geometry.transforms import invert, transform_points
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Margins, Task

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
    max_size_ratio: float = Field(4.0, description="of the options' longest sides to the right one")


class HiddenObject(Task):
    """Hidden inside the first frustum by one named thing, well seen in the second view."""

    id = "mr.hidden_object"
    needs = frozenset({"objects", "frames", "many_frames", "depth"})
    forms = ("choice",)
    balanced = True
    margins_model = HiddenObjectMargins
    margins: HiddenObjectMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "hidden": (
            "In the first picture {a} hides something from the camera. The second picture shows "
            "it. What is hidden behind {a}?",
            "Which object stands behind {a} and cannot be seen in the first image, but in the "
            "second?",
            "What is concealed by {a} in view 1 and revealed in view 2?",
            "Looking at the first picture, what is behind {a}? Use the second picture to find out.",
            "Something is blocked from view by {a} in image 1. Judging by image 2, what is it?",
            "The camera of the first picture cannot see one object because {a} is in the way. "
            "Which one?",
            "With the help of the second view, name the object that {a} covers in the first view.",
            "What would you find right behind {a}, walking there from the first viewpoint?",
            "If {a} were taken away, which object would come to light in the first picture?",
            "Make {a} transparent in the first picture: what would you see through it that only "
            "the second picture shows?",
            "Draw a line from the first camera through {a}. Which object of the second picture "
            "does it meet behind {a}?",
            "For somebody who looks at the room as in picture 1, {a} stands in front of one "
            "object of picture 2. Which object is that?",
            "The second picture shows an object that is out of sight in the first, covered by "
            "{a}. Name it.",
            "From where the first picture was taken, what lies in the part of the room that {a} "
            "keeps from view?",
        )
    }
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "mindcube": {
            "hidden": (
                "Based on these two views: from the viewpoint of the first image, which object is "
                "hidden behind {a}?",
                "If I stand at the same spot and face the same way as in the first image, what is "
                "behind {a} where I cannot see it?",
            )
        },
        "mmsi": {
            "hidden": (
                "The two images show one scene. Which object does {a} hide from the camera in the "
                "first image?",
            )
        },
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pairs of views with something hidden in the first and shown in the second."""
        ids = ctx.singles
        rows = np.array([ctx.row(i) for i in ids])
        v, w = ctx.visibility.visible_ratio[rows], ctx.visibility.in_frame_ratio[rows]
        hidden = (v < self.margins.max_hidden_ratio) & (w >= self.margins.min_in_frame)
        shown = np.asarray(ctx.shown_table)[rows] & (v >= self.margins.min_shown_ratio)
        columns = ctx.visibility.object_ids
        by_target: dict[int, list[tuple[int, int]]] = {}
        for i, o in zip(*np.nonzero(hidden), strict=True):
            by_target.setdefault(int(o), []).extend(
                (int(i), int(j)) for j in np.flatnonzero(shown[:, o])
            )
        # Objects take turns: small things that are easily covered would be right in most cases.
        queues = [
            [(o, *pairs[int(k)]) for k in rng.permutation(len(pairs))]
            for o, pairs in sorted(by_target.items())
            if pairs
        ]
        found = [c for turn in itertools.zip_longest(*queues) for c in turn if c is not None]
        can_hide = {columns[o] for o in by_target}
        for o, i, j in found[:PAIRS]:
            first, second, target = ids[i], ids[j], columns[o]
            blocker = self._main_blocker(ctx, first, target)
            both = ctx.view((first, second)).names
            named = [n for n in ctx.view((second,)).names if n in both]
            if blocker is None or blocker not in both or target not in named:
                continue
            others = [n for n in named if n not in (target, blocker)]
            yield Ask(
                (blocker, target, *self._could_be(ctx, target, others, first, can_hide, rng)),
                (first, second),
            )

    def _could_be(
        self,
        ctx: SceneContext,
        target: str,
        others: list[str],
        first: str,
        can_hide: set[str],
        rng: np.random.Generator,
    ) -> list[str]:
        """Draw wrong options that might as well be hidden, judged without the pictures.

        They are about as large as the right one; best are those that some picture does hide, and
        that the first view does not show either.
        """
        like = [
            n for n in others if self._size_ratio(ctx, target, n) <= self.margins.max_size_ratio
        ]
        shuffled = [like[int(k)] for k in rng.permutation(len(like))]
        unseen = ctx.visibility.pixel_count[ctx.row(first)] == 0
        shuffled.sort(key=lambda n: 2 * (n not in can_hide) + (not unseen[ctx.column(n)]))
        return shuffled[:OTHERS]

    def _size_ratio(self, ctx: SceneContext, one: str, other: str) -> float:
        a, b = (float(ctx.object(i).box.size_m.max()) for i in (one, other))
        return max(a, b) / min(a, b)

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
        if any(self._size_ratio(ctx, target, i) > self.margins.max_size_ratio for i in others):
            return Drop("a wrong option is of quite another size")
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
        text, template = self.phrase(ctx, "hidden", rng, a=f"the {names[fact.ask.objects[0]]}")
        options = tuple(names[i] for i in fact.ask.objects[1:])
        # What is hidden lies farther away than what hides it: high in the picture, and small.
        return Draft(text, Choice(options, 0), template, names=names, lean=-1)

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
