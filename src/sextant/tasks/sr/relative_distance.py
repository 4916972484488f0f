"""sr.relative_distance: which of several objects is closest to (farthest from) another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np

from sextant.questions.answers import Choice, read_as
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Task
from sextant.tasks.mm._subjects import point_out, subjects
from sextant.tasks.sr._gaps import GapMargins
from sextant.tasks.sr._relative_distance_phrasings import RELATIVE, SPAR, VSIBENCH

WORDS = {
    "closest": {"superlative": "closest", "preposition": "to", "tape": "shortest"},
    "farthest": {"superlative": "farthest", "preposition": "from", "tape": "longest"},
}


class RelativeDistance(Task):
    """The nearest or farthest of three or four objects, seen from an anchor."""

    id = "sr.relative_distance"
    needs = frozenset({"objects", "metric"})
    forms = ("choice",)
    margins_model = GapMargins
    margins: GapMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = dict.fromkeys(WORDS, RELATIVE)
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "vsibench": dict.fromkeys(WORDS, VSIBENCH),
        "spar": dict.fromkeys(WORDS, SPAR),
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """An anchor and three or four others, closest and farthest by turns."""
        variants = list(WORDS)
        turn = int(rng.integers(2))
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            if len(pool) < 4:
                continue
            for _ in range(min(shot.candidates, 400)):
                size = min(len(pool), 4 + int(rng.integers(2)))
                group = tuple(pool[k] for k in rng.permutation(len(pool))[:size].tolist())
                yield Ask(group, shot.frames, {"variant": variants[turn]})
                turn = 1 - turn

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """d(anchor, option) for each; all pairs of options apart by the margins."""
        called = point_out(ctx, ask)
        if isinstance(called, Drop):
            return called
        anchor, *options = ask.objects
        if len(options) not in (3, 4):
            return Drop("there must be three or four options")
        distances_m = [ctx.distance_m(anchor, o) for o in options]
        slack = self.margins.least_slack(distances_m)
        if slack < 0:
            return Drop("two options are about equally far")
        pick = min if ask.detail["variant"] == "closest" else max
        k = distances_m.index(pick(distances_m))
        kinds = {ctx.geometry_of(anchor, o) for o in options}
        return Fact(
            ask,
            quantity="surface_distance_m",
            value=distances_m[k],
            unit="m",
            label=options[k],
            margin=slack,
            thresholds=self.margins.as_thresholds(),
            geometry=kinds.pop() if len(kinds) == 1 else "box",
            detail={"distances_m": distances_m},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The options are the named objects."""
        assert fact.label is not None
        called = refer(ctx, ctx.view(fact.ask.frames), fact.ask.objects)
        if isinstance(called, Drop):
            return called
        anchor, *options = fact.ask.objects
        variant = str(fact.ask.detail["variant"])
        said = [called.the(o) for o in options]
        names = tuple(called.names[o] for o in options)
        text, template = self.phrase(
            ctx, variant, rng, anchor=called.the(anchor), options=read_as(said),
            alternatives=read_as(said, "or"), bare=", ".join(names), **WORDS[variant],
        )  # fmt: skip
        choice = Choice(names, options.index(fact.label))
        lean = 1 if variant == "closest" else -1
        return Draft(text, choice, template, called.pictures, called.names, lean=lean)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """All distances, then the extreme one."""
        anchor, *options = fact.ask.objects
        parts = [
            f"the {names[o]} {d:.2f} m"
            for o, d in zip(options, fact.detail["distances_m"], strict=True)
        ]
        extreme = "smallest" if fact.ask.detail["variant"] == "closest" else "largest"
        return [
            f"From the {names[anchor]}, closest point to closest point: {read_as(parts)}.",
            f"The {extreme} of these distances is {fact.value:.2f} m.",
        ]


TASK = RelativeDistance
