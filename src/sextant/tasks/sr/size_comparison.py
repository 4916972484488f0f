"""sr.size_comparison: which of two objects is larger, taller or longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.boxes import OrientedBox
from sextant.questions.answers import Boolean, Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_pairs
from sextant.tasks.mm._subjects import MIN_IN_FRAME, best_in_frame, subjects
from sextant.tasks.sr._calling import call, draw_letters
from sextant.tasks.sr._contacts import MAX_TILT_RAD
from sextant.tasks.sr._guesses import pair_guesses
from sextant.tasks.sr._size_comparison_phrasings import BOOLEAN, CHOICE

# What is compared: the word for more of it, the word for less, and what makes it exact.
WORDS = {
    "volume": ("larger", "smaller", ", judged by the volume of the box that tightly encloses it"),
    "height": ("taller", "shorter", ", judged from bottom to top"),
    "length": ("longer", "shorter", ", judged by the longest side"),
}
UNITS = {"volume": "m³", "height": "m", "length": "m"}


class SizeComparisonMargins(Margins):
    """Thresholds of sr.size_comparison."""

    min_ratio: float = Field(1.15, description="of the greater to the lesser")
    min_in_frame: float = Field(MIN_IN_FRAME, description="share inside some frame that shows it")


class SizeComparison(Task):
    """Volume, height or longest side of two objects."""

    id = "sr.size_comparison"
    needs = frozenset({"objects"})
    forms = ("choice", "boolean")
    balanced = True
    margins_model = SizeComparisonMargins
    margins: SizeComparisonMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        f"{form}_{kind}_{word}": texts
        for form, texts in (("choice", CHOICE), ("boolean", BOOLEAN))
        for kind, (*words, _) in WORDS.items()
        for word in words
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pairs of objects, what to compare, and whether more or less of it is wanted."""
        kinds = tuple(WORDS)
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            if len(pool) < 2:
                continue
            for a, b in sampled_pairs(pool, rng, min(400, shot.candidates)):
                kind, more = kinds[int(rng.integers(3))], bool(rng.integers(2))
                letters = draw_letters(shot.frames, 2, rng)
                yield Ask((a, b), shot.frames, {"compare": kind, "more": more, **letters})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The quantities of both objects, at least ``min_ratio`` apart."""
        called = call(ctx, ask)
        if isinstance(called, Drop):
            return called
        kind = str(ask.detail["compare"])
        a, b = (ctx.object(i).box for i in ask.objects)
        if kind == "height" and max(a.tilt_rad, b.tilt_rad) >= MAX_TILT_RAD:
            return Drop("object is tilted")
        in_frame = min(best_in_frame(ctx, ask.frames, i) for i in ask.objects)
        if in_frame < self.margins.min_in_frame:
            return Drop("too little of the object is inside any frame")
        first, second = _size(a, kind), _size(b, kind)
        ratio = max(first, second) / min(first, second)
        minimum = self.margins.min_ratio
        if ratio < minimum:
            return Drop("sizes are too alike")
        return Fact(
            ask,
            quantity=f"{kind}_ratio",
            label="first" if (first > second) == bool(ask.detail["more"]) else "second",
            margin=ratio / minimum - 1.0,
            thresholds=self.margins.model_dump(),
            detail={"sizes": [first, second], "ratio": ratio},
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """One of the two, or a yes/no."""
        called = call(ctx, fact.ask)
        if isinstance(called, Drop):
            return called
        a, b = fact.ask.objects
        kind, more = str(fact.ask.detail["compare"]), bool(fact.ask.detail["more"])
        word, basis = WORDS[kind][0 if more else 1], WORDS[kind][2]
        text, template = self.phrase(
            ctx, f"{form}_{kind}_{word}", rng,
            a=called.the(a), b=called.the(b), word=word, basis=basis,
        )  # fmt: skip
        lean = 1 if more else -1
        if form == "boolean":
            truth = Boolean(fact.label == "first")
            guesses = pair_guesses(ctx, fact.ask.frames, a, b, lean)
            return Draft(text, truth, template, called.pictures, called.names, guesses=guesses)
        choice = Choice((called.names[a], called.names[b]), int(fact.label == "second"))
        return Draft(text, choice, template, called.pictures, called.names, lean=lean)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Both sizes and their ratio."""
        a, b = fact.ask.objects
        kind = fact.ask.detail["compare"]
        said = "longest side" if kind == "length" else kind
        first, second = fact.detail["sizes"]
        unit = UNITS[kind] if ctx.scene.is_metric else "units"
        return [
            f"The {said} of the {names[a]} is {first:.3g} {unit}, that of the {names[b]} is "
            f"{second:.3g} {unit}.",
            f"They differ by a factor of {fact.detail['ratio']:.2f}.",
        ]


def _size(box: OrientedBox, kind: str) -> float:
    x, y, z = box.size_m.tolist()
    if kind == "volume":
        return float(x * y * z)
    return float(max(x, y, z) if kind == "length" else (x, y, z)[box.vertical_axis])


TASK = SizeComparison
