"""sr.between: which object lies between two others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sextant.geometry.polygons import footprint
from sextant.questions.answers import Choice, read_as
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.naming import is_askable
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.mm._subjects import subjects
from sextant.tasks.sr._between_phrasings import BETWEEN
from sextant.tasks.sr._calling import call, draw_letters

MOST_ENDS = 120
"""Pairs of ends looked at per shot."""


class BetweenMargins(Margins):
    """Thresholds of sr.between."""

    min_along: float = Field(0.2, description="projection on AB, as a share of it; 1 - it at B")
    max_offset: float = Field(0.25, description="distance from the line AB over the length of AB")
    near_along: float = Field(0.1, description="from here on an object counts as nearly between")
    near_offset: float = Field(0.35, description="up to here an object counts as nearly between")
    clear_along: float = Field(0.05, description="up to here an option is clearly not between")
    clear_offset: float = Field(0.5, description="from here an option is clearly not between")
    min_length_m: float = Field(1.0, description="of AB on the floor plan")
    min_clearance_m: float = Field(0.05, description="from the one between to either end")


class _Along(NamedTuple):
    """Where a point is along AB (0 = A, 1 = B) and how far beside it, as a share of AB."""

    along: float
    offset: float


class Between(Task):
    """One object in the middle part of the line between two others; the options are not."""

    id = "sr.between"
    needs = frozenset({"objects", "metric"})
    forms = ("choice",)
    margins_model = BetweenMargins
    margins: BetweenMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {"between": BETWEEN}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Ends with something between them, and two or three others that are clearly not."""
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            ends = list(itertools.combinations(pool, 2)) if len(pool) <= 60 else []
            found = 0
            for k in rng.permutation(len(ends))[:MOST_ENDS].tolist():
                a, b = ends[k] if rng.integers(2) else ends[k][::-1]
                if found >= shot.candidates:
                    break
                if not self._long_enough(ctx, a, b):
                    continue
                rest = [i for i in pool if i not in (a, b)]
                right = [i for i in rest if self._is_between(ctx, a, b, i)]
                wrong = [i for i in rest if self._is_clear(ctx, a, b, i)]
                # Of two things between the ends, one on the other, either can be asked about.
                right = [right[int(rng.integers(len(right)))]] if right else []
                if not right or len(wrong) < 2 or self._crowd(ctx, a, b, right[0], rest):
                    continue
                found += 1
                count = 2 + int(rng.integers(2))
                drawn = [wrong[j] for j in rng.permutation(len(wrong))[:count].tolist()]
                options = [*right, *drawn]
                mixed = [options[j] for j in rng.permutation(len(options)).tolist()]
                letters = draw_letters(shot.frames, 2 + len(mixed), rng)
                yield Ask((a, b, *mixed), shot.frames, letters)

    def _long_enough(self, ctx: SceneContext, a: str, b: str) -> bool:
        return _length_m(ctx, a, b, 2) >= self.margins.min_length_m

    def _is_between(self, ctx: SceneContext, a: str, b: str, c: str) -> bool:
        return self._slack(ctx, a, b, c) >= 0

    def _slack(self, ctx: SceneContext, a: str, b: str, c: str) -> float:
        """Return how far inside the thresholds c is, in space and on the floor plan alike."""
        m, slack = self.margins, 1.0
        for place in (_place(ctx, a, b, c, 2), _place(ctx, a, b, c, 3)):
            inside = min(place.along, 1 - place.along) - m.min_along
            slack = min(slack, inside / m.min_along, 1 - place.offset / m.max_offset)
        return slack

    def _is_near(self, ctx: SceneContext, a: str, b: str, c: str) -> bool:
        m, place = self.margins, _place(ctx, a, b, c, 3)
        along = m.near_along < place.along < 1 - m.near_along
        return along and place.offset < m.near_offset

    def _is_clear(self, ctx: SceneContext, a: str, b: str, c: str) -> bool:
        """Tell whether nobody would say c is between: its centre is off, its outline as well."""
        m, place = self.margins, _place(ctx, a, b, c, 2)
        if m.clear_along < place.along < 1 - m.clear_along and place.offset < m.clear_offset:
            return False
        return not _crosses(ctx, a, b, c)

    def _crowd(
        self, ctx: SceneContext, a: str, b: str, c: str, others: Iterable[str]
    ) -> str | None:
        """Return an object that could be said to be between too, apart from c's own company.

        What touches c or an end (a vase on the table, a cushion on the sofa) goes with it.
        """
        touch_m = self.margins.min_clearance_m
        for other in others:
            if other == c or not self._is_near(ctx, a, b, other):
                continue
            if min(ctx.distance_m(other, i) for i in (a, b, c)) >= touch_m:
                return other
        return None

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Exactly one option between the ends, nothing else nearly so, the others clearly not."""
        called = call(ctx, ask)
        if isinstance(called, Drop):
            return called
        a, b, *options = ask.objects
        m = self.margins
        if len(options) not in (3, 4):
            return Drop("there must be three or four options")
        if not self._long_enough(ctx, a, b):
            return Drop("ends are too close together")
        right = [o for o in options if self._is_between(ctx, a, b, o)]
        if len(right) != 1:
            return Drop("not exactly one option is between")
        c = right[0]
        if min(ctx.distance_m(a, c), ctx.distance_m(b, c)) < m.min_clearance_m:
            return Drop("the one between touches an end")
        if max(ctx.object(c).box.size_m[:2]) > _length_m(ctx, a, b, 2):
            return Drop("the one between is longer than the line")
        if not all(self._is_clear(ctx, a, b, o) for o in options if o != c):
            return Drop("a wrong option is nearly between")
        present = sorted(ctx.view(ask.frames).present - {a, b})
        others = [o for o in present if is_askable(ctx.categories[o])]
        if self._crowd(ctx, a, b, c, others) is not None:
            return Drop("another object is nearly between")
        place = _place(ctx, a, b, c, 3)
        return Fact(
            ask,
            quantity="between",
            label=c,
            margin=self._slack(ctx, a, b, c),
            thresholds=m.model_dump(),
            detail={
                "along": place.along,
                "offset": place.offset,
                "length_m": _length_m(ctx, a, b, 3),
            },
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The options are the objects by name or mark."""
        assert fact.label is not None
        called = call(ctx, fact.ask)
        if isinstance(called, Drop):
            return called
        a, b, *options = fact.ask.objects
        said = [called.the(o) for o in options]
        text, template = self.phrase(
            ctx, "between", rng,
            a=called.the(a), b=called.the(b), options=read_as(said, "or"), all=read_as(said),
        )  # fmt: skip
        choice = Choice(tuple(called.names[o] for o in options), options.index(fact.label))
        return Draft(text, choice, template, called.pictures, called.names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Length of the line, and where along it the answer is."""
        a, b = (names[i] for i in fact.ask.objects[:2])
        c, d = names[fact.label or ""], fact.detail
        return [
            f"The centers of the {a} and the {b} are {d['length_m']:.2f} m apart.",
            f"The {c} is {100 * d['along']:.0f} % of the way from the {a} to the {b}, "
            f"{d['offset'] * d['length_m']:.2f} m off the straight line.",
        ]


def _length_m(ctx: SceneContext, a: str, b: str, dims: int) -> float:
    return float(np.linalg.norm((_center(ctx, b) - _center(ctx, a))[:dims]))


def _center(ctx: SceneContext, object_id: str) -> NDArray[np.float64]:
    return ctx.object(object_id).box.center


def _place(ctx: SceneContext, a: str, b: str, c: str, dims: int) -> _Along:
    """Return where the centre of c is along AB, in space (3) or on the floor plan (2)."""
    # Plain numbers: arrays of three cost ten times as much, and this is asked of all triples.
    start, end, at = (_center(ctx, i).tolist()[:dims] for i in (a, b, c))
    line = [q - p for p, q in zip(start, end, strict=True)]
    to_c = [q - p for p, q in zip(start, at, strict=True)]
    squared = sum(x * x for x in line)
    if squared == 0.0:
        return _Along(0.0, math.inf)
    along = sum(x * y for x, y in zip(line, to_c, strict=True)) / squared
    off = math.sqrt(sum((y - along * x) ** 2 for x, y in zip(line, to_c, strict=True)))
    return _Along(along, off / math.sqrt(squared))


def _crosses(ctx: SceneContext, a: str, b: str, c: str) -> bool:
    """Tell whether the middle 80 % of AB meets the outline of c on the floor plan."""
    box = ctx.object(c).box
    start = _center(ctx, a)[:2]
    line, to_c = _center(ctx, b)[:2] - start, box.center[:2] - start
    near = min(max(float(line @ to_c) / float(line @ line), 0.1), 0.9)
    if np.linalg.norm(to_c - near * line) > np.linalg.norm(box.size_m) / 2:
        return False  # most boxes: the sphere around it does not reach the line
    # Clipped by the inner side of every edge (Cyrus and Beck, 1978).
    outline = footprint(box)
    low, high = 0.1, 0.9
    for corner, edge in zip(outline, np.roll(outline, -1, axis=0) - outline, strict=True):
        inside = _cross(edge, start - corner)
        growth = _cross(edge, line)
        if growth > 0:
            low = max(low, -inside / growth)
        elif growth < 0:
            high = min(high, -inside / growth)
        elif inside < 0:
            return False
    return low <= high


def _cross(u: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    return float(u[0] * v[1] - u[1] * v[0])


TASK = Between
