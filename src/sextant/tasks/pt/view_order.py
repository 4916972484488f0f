"""pt.view_order: in which order the pictures of a walk were taken, from its first picture on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.directions import heading, wrap
from sextant.questions.answers import Choice, read_as
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.pt._turns import in_turns

TEMPLATES = (
    "The first picture is the start of a walk through the room. In which order were the numbered "
    "pictures taken on that walk?",
    "Starting with the first picture, someone walked on steadily and kept taking pictures. Put the "
    "numbered pictures into the order of the walk.",
    "A camera was carried steadily through the room, and its first picture is given. Which order "
    "of the numbered pictures follows its way?",
    "The numbered pictures are later moments of the walk that begins at the first picture, but "
    "they were shuffled. What is the right order, earliest first?",
    "You begin where the first picture was taken and go on without turning back. In which order do "
    "you come to the views of the numbered pictures?",
    "Sort the numbered pictures by the time at which they were taken; the walk begins with the "
    "first picture and goes steadily on.",
    "Someone filmed while walking, beginning with the first picture. The other pictures are mixed "
    "up. Which order restores the walk?",
    "Given that the first picture is where the walk begins, which sequence of the numbered "
    "pictures is the one in which the camera took them?",
    "The first picture opens a short video of a steady walk. In what order do the numbered "
    "pictures appear in it?",
    "Follow the camera on its way from the viewpoint of the first picture. Which order of the "
    "numbered pictures fits a steady movement?",
    "Arrange the numbered pictures from the one taken soonest after the first picture to the one "
    "taken last, for a camera that moves steadily on.",
    "These views come from one continuous walk. With the first picture at the beginning, which "
    "order of the numbered pictures is correct?",
)
MMSI = (
    "The first image is the start of a continuous recording. What is the correct order in which "
    "the numbered images were taken?",
)
SHUFFLED = (3, 4)
OPTIONS = 4
TRIES = 200

BACKWARD_M = 0.1
"""Between two pictures the camera may come back towards the start by no more than this."""


class ViewOrderMargins(Margins):
    """Thresholds of pt.view_order."""

    min_step_m: float = Field(0.5, description="farther from the start by so much each time, or")
    min_turn_deg: float = Field(20.0, description="turned on by so much each time")
    max_turned_deg: float = Field(270.0, description="turned from the start by less than this")
    min_overlap: float = Field(0.1, description="overlap of pictures that follow each other")


class ViewOrder(Task):
    """Time stamps of a stretch on which the camera only goes away, or only turns one way."""

    id = "pt.view_order"
    needs = frozenset({"frames", "many_frames", "metric", "video"})
    forms = ("choice",)
    margins_model = ViewOrderMargins
    margins: ViewOrderMargins
    templates: ClassVar = {f"order{n}": TEMPLATES for n in SHUFFLED}
    styles: ClassVar = {"mmsi": {f"order{n}": MMSI for n in SHUFFLED}}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """A start on the walk and three or four later pictures, shuffled."""
        return in_turns(self, ctx, self._drawn(ctx, rng), rng, window=30)

    def _drawn(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        walk = _walk(ctx)
        if len(walk) <= min(SHUFFLED):
            return
        for _ in range(TRIES):
            count = SHUFFLED[int(rng.integers(len(SHUFFLED)))]
            at = int(rng.integers(len(walk) - 1))
            picked = [walk[at]]
            while len(picked) <= count:
                step = self._next(ctx, walk, at)
                if step is None:
                    break
                at = min(len(walk) - 1, step + int(rng.integers(0, max(1, (step - at) // 2) + 1)))
                picked.append(walk[at])
            if len(picked) > count:
                shuffled = [picked[1 + int(k)] for k in rng.permutation(count)]
                yield Ask((), (picked[0], *shuffled))

    def _next(self, ctx: SceneContext, walk: tuple[str, ...], at: int) -> int | None:
        """Return the first place on the walk that is a step or a turn away; None at its end."""
        row = ctx.row(walk[at])
        for k in range(at + 1, len(walk)):
            column = ctx.row(walk[k])
            moved = float(ctx.pairs.baseline_m[row, column]) >= self.margins.min_step_m
            turned = (
                float(np.degrees(ctx.pairs.angle_rad[row, column])) >= self.margins.min_turn_deg
            )
            if moved or turned:
                return k
        return None

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The order of the time stamps, if nothing but that order makes a steady way."""
        walk = _walk(ctx)
        place = {frame: k for k, frame in enumerate(walk)}
        if len(set(ask.frames)) < len(ask.frames) or any(f not in place for f in ask.frames):
            return Drop("pictures are not all of the walk")
        if len(ask.frames) - 1 not in SHUFFLED:
            return Drop("too few or too many pictures")
        order = sorted(ask.frames, key=place.__getitem__)
        if order[0] != ask.frames[0]:
            return Drop("first picture is not the earliest")
        rows = [ctx.row(f) for f in order]
        if (
            min(float(ctx.pairs.overlap[a, b]) for a, b in pairwise(rows))
            < self.margins.min_overlap
        ):
            return Drop("pictures that follow each other overlap too little")
        stretch = walk[place[order[0]] : place[order[-1]] + 1]
        away_m, turned_deg = _course(ctx, stretch)
        at = [stretch.index(f) for f in order]
        steps_m = np.diff(away_m[at])
        turns_deg = np.diff(turned_deg[at])
        # Steadily away from the start: the order is that of the distances.
        steady = bool(np.diff(away_m).min() >= -BACKWARD_M)
        by_step = float(steps_m.min()) / self.margins.min_step_m if steady else 0.0
        # Steadily round: the order is that of the angles.
        by_turn = float(max(turns_deg.min(), -turns_deg.max())) / self.margins.min_turn_deg
        if np.abs(turned_deg).max() > self.margins.max_turned_deg:
            by_turn = 0.0
        if max(by_step, by_turn) < 1.0:
            return Drop("walk is not steady enough to tell the order")
        return Fact(
            ask,
            quantity="order_on_the_walk",
            margin=max(by_step, by_turn) - 1.0,
            thresholds=self.margins.model_dump(),
            geometry="pose",
            detail={
                "order": [ask.frames.index(f) for f in order[1:]],
                "away_m": away_m[at].tolist(),
                "turned_deg": turned_deg[at].tolist(),
                "by": "distance" if by_step >= by_turn else "turn",
            },
            steps=3,
            balance=f"order{len(order) - 1}:{ask.frames.index(order[1])}",
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The first picture, the numbered ones, and four orders of them."""
        right = tuple(int(k) for k in fact.detail["order"])
        orders = [right]
        while len(orders) < OPTIONS:
            other = tuple(int(k) + 1 for k in rng.permutation(len(right)))
            if other not in orders:
                orders.append(other)
        pictures = "\n".join(f"Picture {k}: <image>" for k in range(1, len(right) + 1))
        text, template = self.phrase(ctx, f"order{len(right)}", rng)
        options = tuple(", ".join(f"Picture {k}" for k in order) for order in orders)
        return Draft(f"First picture: <image>\n{pictures}\n{text}", Choice(options, 0), template)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """How far away, or how far turned, the camera is in every picture."""
        by_turn = fact.detail["by"] == "turn"
        values = fact.detail["turned_deg" if by_turn else "away_m"][1:]
        told = [
            f"picture {k} by {abs(v):.0f} degrees" if by_turn else f"picture {k} by {v:.2f} m"
            for k, v in zip(fact.detail["order"], values, strict=True)
        ]
        verb = "is turned further and further" if by_turn else "gets farther and farther away"
        return [f"Compared with the first picture the camera {verb}: {read_as(told)}."]


def _walk(ctx: SceneContext) -> tuple[str, ...]:
    """Return all pictures with a time, in its order."""
    frames = [f for f in ctx.scene.frames if f.timestamp_s is not None and f.read_rgb is not None]
    return tuple(f.id for f in sorted(frames, key=lambda f: (f.timestamp_s, f.id)))


def _course(ctx: SceneContext, stretch: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return distance (m) and turn (degrees, unwrapped, left positive) of frames from the first."""
    frames = [ctx.frame(f) for f in stretch]
    start = frames[0].center_world
    away_m = np.array([float(np.linalg.norm((f.center_world - start)[:2])) for f in frames])
    headings = [heading(f.forward_world) for f in frames]
    turned = np.cumsum([0.0, *(wrap(b - a) for a, b in pairwise(headings))])
    return away_m, np.degrees(turned) if len(turned) else turned * math.nan


TASK = ViewOrder
