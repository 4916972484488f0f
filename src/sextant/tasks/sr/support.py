"""sr.support: what an object stands on, what is on it, what is inside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np

from sextant.questions.answers import Choice, Text
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Task
from sextant.scenes import SceneObject
from sextant.tasks.mm._subjects import common_geometry, subjects
from sextant.tasks.sr._calling import call, draw_letters, is_nameless
from sextant.tasks.sr._contacts import (
    Contact,
    SupportMargins,
    can_hold_inside,
    can_stand,
    contacts,
    nearly,
)
from sextant.tasks.sr._support_phrasings import TEMPLATES

MAX_OPTIONS = 4
CARRIERS = frozenset(
    {
        "bed", "bench", "bookcase", "bookshelf", "box", "cabinet", "chair", "counter", "countertop",
        "cupboard", "desk", "dresser", "nightstand", "ottoman", "rack", "rug", "shelf", "sideboard",
        "sofa", "stand", "stool", "table", "tray", "wardrobe",
    }
)  # fmt: skip
"""Last words of categories on which things are commonly put."""
MAX_HELD_M = 0.7
"""Longest side of what is offered as something that may have been put somewhere."""


class Support(Task):
    """Contact from below, or containment."""

    id = "sr.support"
    needs = frozenset({"objects", "metric"})
    forms = ("choice", "choice", "text")
    margins_model = SupportMargins
    margins: SupportMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = TEMPLATES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Contacts between shown objects, with other shown objects as options."""
        found = [
            c
            for c in contacts(ctx, self.margins)
            if c.kind == "on" or can_hold_inside(ctx.categories[c.holder])
        ]
        if not found:
            return
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            visible = set(pool)
            there = [c for c in found if c.held in visible and c.holder in visible]
            for k in rng.permutation(len(there))[: shot.candidates].tolist():
                contact = there[k]
                if contact.kind == "inside":
                    variant, asked, right = "is_inside", contact.holder, contact.held
                elif rng.integers(2):
                    variant, asked, right = "is_on", contact.holder, contact.held
                else:
                    variant, asked, right = "stands_on", contact.held, contact.holder
                wrong = self._distractors(ctx, contact, variant, there, pool, rng)
                if len(wrong) < 2:
                    continue
                options = [right, *wrong]
                mixed = [options[j] for j in rng.permutation(len(options)).tolist()]
                letters = draw_letters(shot.frames, 1 + len(mixed), rng)
                yield Ask((asked, *mixed), shot.frames, {"variant": variant, **letters})

    def _distractors(
        self,
        ctx: SceneContext,
        contact: Contact,
        variant: str,
        there: Sequence[Contact],
        pool: Sequence[str],
        rng: np.random.Generator,
    ) -> list[str]:
        """Return wrong options that elsewhere are the right ones: what holds or is held itself.

        Drawn contact by contact, as the questions are, so that an object is offered as a wrong
        option the more often, the more often it is a right one. Only where these are too few are
        things offered on which something could stand, or that stand on the floor themselves.
        """
        role = "holder" if variant == "stands_on" else "held"
        asked, right = contact.held, contact.holder
        if role == "held":
            asked, right = right, asked
        found = [str(getattr(there[k], role)) for k in rng.permutation(len(there)).tolist()]
        rest = [pool[k] for k in rng.permutation(len(pool)).tolist()]
        if role == "holder":
            rest = [i for i in rest if _carries(ctx.categories[i])]
        else:
            rest = [i for i in rest if _may_be_put(ctx.object(i))]
        clear: list[str] = []
        for other in dict.fromkeys((*found, *rest)):
            if other not in (asked, right) and self._is_clear(ctx, asked, other):
                clear.append(other)
            # Three options suffice: more are taken only of those that do hold or are held.
            if len(clear) == MAX_OPTIONS - 1 or (len(clear) >= 2 and other not in found):
                break
        return clear

    def _is_clear(self, ctx: SceneContext, asked: str, other: str) -> bool:
        return ctx.distance_m(asked, other) >= self.margins.min_clearance_m

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Exactly one option is held by (or holds) the first object; the others are clear of it."""
        called = call(ctx, ask)
        if isinstance(called, Drop):
            return called
        variant = str(ask.detail["variant"])
        asked, *options = ask.objects
        if len(options) < 3:
            return Drop("too few other objects to choose from")
        found = contacts(ctx, self.margins)
        inside = {c.held for c in found if c.kind == "inside"}
        held = [c for c in found if asked in (c.held, c.holder)]
        present = ctx.view(ask.frames).present
        if variant == "stands_on":
            if asked in inside:
                return Drop("object is inside another one")
            holding = [c for c in held if c.kind == "on" and c.held == asked]
            others = {c.holder: c for c in holding}
            if len(others) > 1:
                return Drop("object stands on several others")
        else:
            kind = "on" if variant == "is_on" else "inside"
            holding = [c for c in held if c.kind == kind and c.holder == asked]
            others = {c.held: c for c in holding}
            if kind == "on" and not inside.isdisjoint(others):
                return Drop("object is inside another one")
            if kind == "inside" and not can_hold_inside(ctx.categories[asked]):
                return Drop("object is not of a kind that holds things inside")
        right = [o for o in options if o in others]
        if len(right) != 1:
            return Drop("not exactly one option is held")
        if not all(self._is_clear(ctx, asked, o) for o in options if o != right[0]):
            return Drop("a wrong option is too near")
        contact = others[right[0]]
        return Fact(
            ask,
            quantity=variant,
            label=right[0],
            margin=self._margin(contact),
            thresholds={
                "max_contact_gap_m": self.margins.max_contact_gap_m,
                "min_overlap": self.margins.min_overlap,
                "min_containment": self.margins.min_containment,
                "min_clearance_m": self.margins.min_clearance_m,
            },
            geometry=common_geometry(ctx, ask.objects),
            detail={
                "gap_m": contact.gap_m,
                "share": contact.share,
                "only_one": self._others(ctx, asked, variant, present) <= {right[0]},
            },
        )

    def _others(
        self, ctx: SceneContext, asked: str, variant: str, present: Collection[str]
    ) -> set[str]:
        """Return everything in the pictures of which one could say that it is held, or holds."""
        loose = contacts(ctx, nearly(self.margins), anything=True)
        if variant == "stands_on":
            found = {c.holder for c in loose if c.held == asked and c.kind == "on"}
        else:
            kinds = ("on",) if variant == "is_on" else ("inside",)
            found = {c.held for c in loose if c.holder == asked and c.kind in kinds}
        return found & set(present)

    def _margin(self, contact: Contact) -> float:
        m = self.margins
        if contact.kind == "inside":
            return (contact.share - m.min_containment) / m.min_containment
        gap = 1.0 - abs(contact.gap_m) / m.max_contact_gap_m
        return min(gap, (contact.share - m.min_overlap) / m.min_overlap)

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Four objects to choose from, or the one's name."""
        assert fact.label is not None
        asked, *options = fact.ask.objects
        if is_nameless(fact.ask):
            form = "choice"  # a letter among no others would be no answer
        said = None if form == "choice" else (asked, fact.label)
        called = call(ctx, fact.ask, said)
        if isinstance(called, Drop):
            return called
        variant = str(fact.ask.detail["variant"])
        text, template = self.phrase(ctx, variant, rng, a=called.the(asked))
        if form == "text":
            if not fact.detail["only_one"]:
                return Drop("several objects would be right answers")
            if fact.label not in ctx.view(fact.ask.frames).names:
                return Drop("the answer cannot be named")
            answer = Text(called.names[fact.label])
            return Draft(text, answer, template, called.pictures, called.names)
        names = tuple(called.names[o] for o in options)
        choice = Choice(names, options.index(fact.label))
        return Draft(text, choice, template, called.pictures, called.names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Heights and overlap of the contact."""
        asked, right = names[fact.ask.objects[0]], names[fact.label or ""]
        percent = 100 * fact.detail["share"]
        if fact.quantity == "is_inside":
            return [f"{percent:.0f} % of the {right} lies within the {asked}."]
        upper, lower = (asked, right) if fact.quantity == "stands_on" else (right, asked)
        gap_cm = abs(100 * fact.detail["gap_m"])
        return [
            f"The underside of the {upper} and the top of the {lower} are at the same height to "
            f"{gap_cm:.0f} cm, and {percent:.0f} % of the {upper} is right above the {lower}."
        ]


def _carries(category: str) -> bool:
    return category.rpartition(" ")[2] in CARRIERS and can_stand(category)


def _may_be_put(thing: SceneObject) -> bool:
    small = float(thing.box.size_m.max()) <= MAX_HELD_M
    return small and can_stand(thing.category) and not _carries(thing.category)


TASK = Support
