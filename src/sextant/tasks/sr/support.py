"""sr.support: what an object stands on, what is on it, what is inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sextant.questions.answers import Choice, Text
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Task, pick_template
from sextant.tasks.mm._subjects import common_geometry, point_out, subjects
from sextant.tasks.sr._contacts import Contact, SupportMargins, can_hold_inside, contacts

TEMPLATES = {
    "stands_on": (
        "What does {a} stand on?",
        "On top of which object does {a} rest?",
        "Which object carries {a}?",
        "What is directly underneath {a}, holding it up?",
        "Which object is {a} placed on?",
        "{a} is resting on something. What is it?",
        "What supports {a} from below?",
        "If you lifted {a}, which object would it have been standing on?",
    ),
    "is_on": (
        "Which object is on top of {a}?",
        "What is standing on {a}?",
        "Which object rests directly on {a}?",
        "What has been put on top of {a}?",
        "Which object does {a} carry on its top?",
        "Something is placed on {a}. What is it?",
        "If {a} were carried away, which object would be lifted along with it on top?",
        "What is supported from below by {a}?",
    ),
    "is_inside": (
        "Which object is inside {a}?",
        "What does {a} contain?",
        "What has been put into {a}?",
        "Which object is kept in {a}?",
        "Something is in {a}. What is it?",
        "If you looked into {a}, which object would you find there?",
        "Which object lies within {a}?",
        "What is held inside {a}?",
    ),
}
MAX_OPTIONS = 4


class Support(Task):
    """Contact from below, or containment."""

    id = "sr.support"
    needs = frozenset({"objects", "metric"})
    forms = ("choice", "choice", "text")
    margins_model = SupportMargins
    margins: SupportMargins

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
                rest = [i for i in pool if i not in (asked, right)]
                drawn = [rest[j] for j in rng.permutation(len(rest)).tolist()]
                clear = [i for i in drawn if self._is_clear(ctx, asked, i)]
                options = [right, *clear[: MAX_OPTIONS - 1]]
                mixed = [options[j] for j in rng.permutation(len(options)).tolist()]
                yield Ask((asked, *mixed), shot.frames, {"variant": variant})

    def _is_clear(self, ctx: SceneContext, asked: str, other: str) -> bool:
        return ctx.distance_m(asked, other) >= self.margins.min_clearance_m

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Exactly one option is held by (or holds) the first object; the others are clear of it."""
        called = point_out(ctx, ask)
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
                "only_one": sum(i in present for i in others) == 1,
            },
        )

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
        wanted = (asked, *options) if form == "choice" else (asked, fact.label)
        called = refer(ctx, ctx.view(fact.ask.frames), wanted)
        if isinstance(called, Drop):
            return called
        variant = str(fact.ask.detail["variant"])
        text, template = pick_template(TEMPLATES[variant], variant, rng)
        text = text.format(a=called.the(asked))
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


TASK = Support
