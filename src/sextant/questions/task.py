"""The protocol of a question family: propose → measure → compose → explain.

A family is one module of ``sextant.tasks.<capability>`` that holds one subclass of ``Task``; third
parties register theirs under the entry point group ``sextant.tasks``.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from sextant.questions.answers import Answer
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import Cue, Guess
from sextant.questions.pictures import Picture
from sextant.questions.recipe import draw_share
from sextant.scenes import Scene

MIN_TEMPLATES = 12
"""Every variant of a family has at least so many neutral phrasings: with fewer, one of them would
come near 15 % of the family's rows."""


class Margins(BaseModel):
    """A family's thresholds; every one can be overridden in the recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Draft:
    """A phrased question before options are ordered and pictures are written.

    Attributes:
        text: The question. If it holds no ``<image>``, the pictures come before it.
        answer: The answer in the form chosen.
        template: Which phrasing was used, ``<variant>/<number>``.
        pictures: In prompt order; None = the asked frames as they are.
        names: Object id to the text it is called by, for evidence and rationale.
        cues: Where each option of a choice is seen, in the order of ``Choice.options``; None = the
            options that are object ids by name are looked up, see ``sextant.questions.heuristics``.
        lean: +1 if the question wants what simple 2D heuristics call near (low, large, left,
            central), -1 if it wants the other end.
        guesses: What a heuristic answers where that is no matter of cues: option indices, or a
            truth value for yes/no; overrides the cues.
    """

    text: str
    answer: Answer
    template: str
    pictures: tuple[Picture, ...] | None = None
    names: Mapping[str, str] | None = None
    cues: tuple[Cue | None, ...] | None = None
    lean: int = 1
    guesses: Mapping[str, Guess] = field(default_factory=dict)


NEEDS: Mapping[str, str] = {
    "objects": "labelled objects with boxes",
    "instances": "labelled things (boxes in the world, or places in pictures)",
    "subjects": "labelled objects or depth maps",
    "metric": "metric scale",
    "frames": "pictures",
    "video": "a walk of at least three pictures with time stamps",
    "depth": "depth maps",
    "many_frames": "at least two pictures",
    "fronts": "objects with a front direction",
    "complete": "categories whose every instance is labelled",
    "room": "a floor polygon or a stated floor area",
    "floor": "the height of the floor",
    "rescan": "an earlier capture of the same place",
    "simulated": "drawn puzzles, which only the simulator asks",
}
"""What a family can need of a scene, in words for ``--list-tasks``."""


class Task(ABC):
    """One question family.

    Class attributes:
        id: The ``task`` column, e.g. ``mm.object_distance``.
        needs: Keys of ``NEEDS`` without which the family stays silent.
        forms: Answer forms it can be asked in, of ``choice``, ``number``, ``boolean``, ``text``,
            ``json``.
        balanced: Whether ``Fact.label`` comes from a small closed set whose shares the engine
            keeps even.
        margins_model: The thresholds with their defaults.
        templates: Neutral phrasings by variant, at least ``MIN_TEMPLATES`` each; all of a variant
            hold the same facts, so that any of them can be drawn.
        styles: Phrasings by prompt style and variant, where a benchmark asks the same thing; other
            families keep their neutral wording in that style's framing.
        by_definition: Heuristics of ``sextant.questions.heuristics`` that this family asks about
            (which mark is left-most?), and that therefore cannot be evened out.
    """

    id: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    forms: ClassVar[tuple[str, ...]]
    balanced: ClassVar[bool] = False
    margins_model: ClassVar[type[Margins]] = Margins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {}
    by_definition: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, margins: Margins | None = None) -> None:
        self.margins = self.margins_model() if margins is None else margins

    @property
    def capability(self) -> str:
        """The capability's code, from the id."""
        return self.id.partition(".")[0].upper()

    def missing(self, scene: Scene) -> tuple[str, ...]:
        """Return the needs that the scene does not meet."""
        has = {
            "objects": bool(scene.objects),
            "instances": bool(scene.objects or scene.things),
            "subjects": bool(scene.objects) or any(f.read_depth is not None for f in scene.frames),
            "metric": scene.is_metric,
            "frames": any(f.read_rgb is not None for f in scene.frames),
            "many_frames": sum(f.read_rgb is not None for f in scene.frames) >= 2,
            # A source of boxes alone is asked about as a whole, without pictures.
            "video": not scene.frames or sum(f.timestamp_s is not None for f in scene.frames) >= 3,
            "depth": any(f.read_depth is not None for f in scene.frames),
            "fronts": any(o.front_world is not None for o in scene.objects),
            "complete": scene.complete_categories is None or bool(scene.complete_categories),
            "room": scene.room.floor_polygon is not None or scene.room.area_m2 is not None,
            "floor": scene.room.floor_z_m is not None,
            "rescan": scene.rescan_of is not None,
            "simulated": scene.is_simulated,
        }
        return tuple(sorted(n for n in self.needs if not has[n]))

    def phrase(
        self, ctx: SceneContext, variant: str, rng: np.random.Generator, **fields: object
    ) -> tuple[str, str]:
        """Draw a phrasing in the recipe's prompt style and fill it in.

        Returns:
            text: The question.
            name: For the ``template`` column: ``<variant>/<n>`` in neutral style;
                ``<style>:<variant>/<n>`` in the words of a benchmark; ``<style>+<variant>/<n>`` for
                a neutral phrasing in that benchmark's framing.
        """
        style = draw_share(ctx.recipe.prompt_style, rng)
        texts, mark = self.templates[variant], "+"
        if variant in self.styles.get(style, {}):
            texts, mark = self.styles[style][variant], ":"
        index = int(rng.integers(len(texts)))
        prefix = "" if style == "neutral" else f"{style}{mark}"
        return texts[index].format(**fields), f"{prefix}{variant}/{index}"

    @abstractmethod
    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Yield candidates in a seeded random order; cheap, nothing is measured yet."""

    @abstractmethod
    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Return the exact truth, or the reason why this must not be asked.

        A pure function of scene and ask: ``verify`` calls it again.
        """

    @abstractmethod
    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Phrase a fact in one of the family's forms."""

    @abstractmethod
    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Return the computation in sentences, without the conclusion."""


def pick_template(
    templates: tuple[str, ...], variant: str, rng: np.random.Generator
) -> tuple[str, str]:
    """Draw a phrasing.

    Returns:
        text: The template.
        name: ``<variant>/<number>``, for the ``template`` column.
    """
    index = int(rng.integers(len(templates)))
    return templates[index], f"{variant}/{index}"


def sentence(text: str) -> str:
    """Return the text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def sampled_pairs(
    items: tuple[str, ...], rng: np.random.Generator, limit: int = 400
) -> Iterator[tuple[str, str]]:
    """Yield ordered pairs of different items in random order, at most ``limit``.

    All pairs are enumerated where they are few; else they are drawn, so that a scene with 10,000
    objects costs no more than one with 20.
    """
    n = len(items)
    total = n * (n - 1)
    if total <= 4 * limit:
        for k in rng.permutation(total)[:limit]:
            i, j = divmod(int(k), n - 1)
            yield items[i], items[j if j < i else j + 1]
        return
    for _ in range(limit):
        i, j = rng.choice(n, size=2, replace=False)
        yield items[int(i)], items[int(j)]


def sampled_groups(
    items: tuple[str, ...], size: int, rng: np.random.Generator, limit: int = 400
) -> Iterator[tuple[str, ...]]:
    """Yield random groups of ``size`` different items in random order, at most ``limit``."""
    if len(items) < size:
        return
    total = math.perm(len(items), size)
    if total <= 4 * limit:
        # Few enough to go through all of them: drawing would bring the same ones again and again.
        groups = list(itertools.permutations(items, size))
        for k in rng.permutation(total)[:limit]:
            yield groups[int(k)]
        return
    for _ in range(limit):
        yield tuple(items[int(i)] for i in rng.choice(len(items), size=size, replace=False))
