"""cr.rearrangement: what was moved between two captures of a room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.errors import InputError
from sextant.questions.answers import Choice, Text
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.pictures import FramePicture
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.cr._captures import is_movable, pick_pictures, picture_share
from sextant.tasks.cr._rearrangement_phrasings import SHOWN, TEMPLATES

TRIES = 24
"""Sets of pictures tried for every moved thing."""

OPTIONS = (4, 3)
"""Options wanted, and how few are enough."""


class RearrangementMargins(Margins):
    """Thresholds of cr.rearrangement."""

    min_moved_m: float = Field(0.3, description="how far the moved thing went at least")
    max_still_m: float = Field(0.05, description="what went less far stayed where it was")
    min_pixel_share: float = Field(0.002, description="of a picture both times, for what moved")
    min_still_share: float = Field(0.001, description="the same for what stayed")


class Rearrangement(Task):
    """The present scene is the later capture; pictures of the earlier one come first."""

    id = "cr.rearrangement"
    needs = frozenset({"objects", "frames", "rescan", "metric"})
    forms = ("choice", "choice", "text")
    margins_model = RearrangementMargins
    margins: RearrangementMargins
    templates = TEMPLATES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Moved things by turns, each time with other pictures that show them both times."""
        before = _before(ctx)
        if before is None:
            return
        moved = [
            o.id
            for o in ctx.objects
            if (way := _way_m(ctx, before, o.id)) is not None and way >= self.margins.min_moved_m
        ]
        for _ in range(TRIES):
            for k in rng.permutation(len(moved)):
                ask = self._draw(ctx, before, moved[int(k)], rng)
                if ask is not None:
                    yield ask

    def _draw(
        self, ctx: SceneContext, before: SceneContext, object_id: str, rng: np.random.Generator
    ) -> Ask | None:
        """Return pictures of both captures that show a moved thing and things that stayed."""
        still = [
            o.id
            for o in ctx.objects
            if is_movable(o.category)
            and "inside" not in o.attributes  # nobody rearranges what is in a shelf
            and (way := _way_m(ctx, before, o.id)) is not None
            and way < self.margins.max_still_m
        ]
        same = bool(rng.integers(2))
        m = self.margins
        shares = (m.min_pixel_share, m.min_still_share)
        after_frames = pick_pictures(ctx, object_id, still, shares, rng, ())
        there = ctx.scene.rescan_objects
        # Half of the time the two captures are shown from the same places, as far as it goes.
        wanted = after_frames if same else ()
        before_frames = pick_pictures(
            before, there[object_id], [there[i] for i in still], shares, rng, wanted
        )
        if not after_frames or not before_frames:
            return None
        now, then = ctx.view(after_frames), before.view(before_frames)
        pool = [
            i
            for i in still
            if i in now.names
            and there[i] in then.names
            and picture_share(ctx, now.rows, i) >= m.min_still_share
            and picture_share(before, then.rows, there[i]) >= m.min_still_share
        ]
        if object_id not in now.names or len(pool) < min(OPTIONS) - 1:
            return None
        count = min(max(OPTIONS) - 1, len(pool))
        wrong = [pool[int(k)] for k in rng.choice(len(pool), count, replace=False)]
        return Ask((object_id, *wrong), after_frames, {"before_frames": list(before_frames)})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The first object went far, all others nowhere; all are named alike both times."""
        before = _before(ctx)
        if before is None:
            return Drop("earlier capture cannot be read")
        there = ctx.scene.rescan_objects
        now, then = ctx.view(ask.frames), before.view(tuple(ask.detail["before_frames"]))
        ways: list[float] = []
        for i in ask.objects:
            way_m = _way_m(ctx, before, i)
            if way_m is None:
                return Drop("object is not in both captures")
            name = now.names.get(i)
            if name is None or then.names.get(there[i]) != name:
                return Drop("object is not shown in both captures or its name is ambiguous")
            share = min(picture_share(ctx, now.rows, i), picture_share(before, then.rows, there[i]))
            m = self.margins
            if share < (m.min_still_share if ways else m.min_pixel_share):
                return Drop("object is too small in the pictures")
            ways.append(way_m)
        if ways[0] < self.margins.min_moved_m:
            return Drop("object has hardly moved")
        if max(ways[1:], default=0.0) >= self.margins.max_still_m:
            return Drop("another option has moved too")
        return Fact(
            ask,
            quantity="moved_object",
            label=ask.objects[0],
            margin=ways[0] / self.margins.min_moved_m - 1.0,
            thresholds=self.margins.model_dump(),
            geometry="box",
            detail={"moved_m": ways, "alone": self._is_alone(ctx, before, ask)},
            steps=3,
        )

    def _is_alone(self, ctx: SceneContext, before: SceneContext, ask: Ask) -> bool:
        """Tell whether nothing else that either capture's pictures show has come, gone or moved."""
        there = ctx.scene.rescan_objects
        here = {b: a for a, b in there.items()}
        now = ctx.view(ask.frames).present
        then = before.view(tuple(ask.detail["before_frames"])).present
        for i in sorted(now | {here.get(b, b) for b in then}):
            way_m = _way_m(ctx, before, i)
            if i != ask.objects[0] and (way_m is None or way_m >= self.margins.max_still_m):
                return False
        return True

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Both sets of pictures; the moved thing among others, or to be named."""
        ask = fact.ask
        names = {i: ctx.view(ask.frames).names[i] for i in ask.objects}
        earlier: list[str] = ask.detail["before_frames"]
        shown = SHOWN[int(rng.integers(len(SHOWN)))].format(
            before="<image>\n" * len(earlier), after="<image>\n" * len(ask.frames)
        )
        pictures = (
            *(FramePicture(f, earlier=True) for f in earlier),
            *(FramePicture(f) for f in ask.frames),
        )
        if form == "text" and fact.detail["alone"]:
            text, template = self.phrase(ctx, "open", rng)
            return Draft(shown + text, Text(names[ask.objects[0]]), template, pictures, names)
        text, template = self.phrase(ctx, "choice", rng)
        options = Choice(tuple(names.values()), 0)
        return Draft(shown + text, options, template, pictures, names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """How far the moved thing went, and that the others stayed."""
        moved, *still = fact.ask.objects
        lines = [
            f"Between the two captures the {names[moved]} went {fact.detail['moved_m'][0]:.1f} m."
        ]
        lines += [f"The {names[i]} is where it was." for i in still]
        return lines


def _before(ctx: SceneContext) -> SceneContext | None:
    try:
        return ctx.before
    except InputError:  # a copy of the source without its earlier captures
        return None


def _way_m(ctx: SceneContext, before: SceneContext, object_id: str) -> float | None:
    """Return how far an object's centre went; None if it is not in both captures."""
    there = ctx.scene.rescan_objects.get(object_id)
    if there not in before.categories or object_id not in ctx.categories:
        return None
    a, b = ctx.object(object_id).box.center, before.object(there).box.center
    return float(np.linalg.norm(a - b))


TASK = Rearrangement
