"""The engine: propose → measure → compose → sample, with a counted reason for every drop."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sextant.execution.seeds import generator_of, seed_of
from sextant.questions.assemble import PictureWriter, assemble
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import NEEDS, Task
from sextant.samples import Sample

LABEL_SLACK = 2
"""A label may be this far ahead of the rarest label seen so far in its scene and family."""


@dataclass(slots=True)
class SceneQuestions:
    """What one scene gave: samples in task order, and reasons for everything else."""

    samples: list[Sample] = field(default_factory=list)
    drops: Counter[tuple[str, str]] = field(default_factory=Counter)


def generate_scene(
    ctx: SceneContext,
    tasks: Iterable[Task],
    write_image: Callable[[bytes, str], str],
    *,
    limit: int | None = None,
) -> SceneQuestions:
    """Derive questions from one scene.

    The families take turns, so that a limit cuts all of them alike.

    Args:
        ctx: The scene with its recipe and seed.
        tasks: The families, in a fixed order.
        write_image: Stores encoded bytes with a suffix and returns the path for the sample.
        limit: At most this many questions.

    Returns:
        Samples sorted by family and index, and drop counts by (family, reason).
    """
    result = SceneQuestions()
    pictures = PictureWriter(ctx, write_image)
    runs = []
    for task in tasks:
        lacking = task.missing(ctx.scene)
        if lacking:
            words = "; ".join(NEEDS[need] for need in lacking)
            result.drops[task.id, f"the source lacks {words}"] += 1
        else:
            runs.append(_TaskRun(ctx, task, pictures, result.drops))
    open_runs = list(runs)
    total = 0
    while open_runs and (limit is None or total < limit):
        for run in list(open_runs):
            if limit is not None and total >= limit:
                break
            if run.advance():
                total += 1
            else:
                open_runs.remove(run)
    for run in runs:
        result.samples.extend(run.samples)
    return result


class _TaskRun:
    """One family in one scene, advanced a question at a time."""

    def __init__(
        self,
        ctx: SceneContext,
        task: Task,
        pictures: PictureWriter,
        drops: Counter[tuple[str, str]],
    ) -> None:
        self.ctx, self.task, self.pictures, self.drops = ctx, task, pictures, drops
        self.samples: list[Sample] = []
        key = (ctx.seed, ctx.scene.source, ctx.scene.id, task.id)
        self._key = key
        rng = generator_of(*key, "propose")
        self._first_slot = int(rng.integers(1 << 20))
        self._candidates = task.propose(ctx, rng)
        self._choices = 0
        self._tries = 0
        self._labels: Counter[str] = Counter()
        self._asked: set[str] = set()

    def advance(self) -> bool:
        """Find the family's next question; False when it has no more to give."""
        recipe = self.ctx.recipe
        if len(self.samples) >= recipe.per_task:
            return False
        while self._tries < recipe.max_tries * recipe.per_task:
            ask = next(self._candidates, None)
            if ask is None:
                return False
            self._tries += 1
            key = json.dumps([ask.objects, ask.frames, dict(ask.detail)])
            if key in self._asked:  # drawn twice: no fact was rejected, so no reason is counted
                continue
            self._asked.add(key)
            outcome = self._try(ask)
            if isinstance(outcome, Drop):
                self.drops[self.task.id, outcome.reason] += 1
            else:
                self.samples.append(outcome)
                return True
        return False

    def _try(self, ask: Ask) -> Sample | Drop:
        fact = self.task.measure(self.ctx, ask)
        if isinstance(fact, Drop):
            return fact
        if self._label_is_ahead(fact):
            return Drop("answer is already frequent in this scene")
        index = len(self.samples)
        seed = seed_of(*self._key, index)
        # Only choices count, so that their letters take strict turns.
        slot = self._first_slot + self._choices
        sample = assemble(self.ctx, self.task, fact, seed, slot, self.pictures)
        if isinstance(sample, Sample):
            self._choices += sample.answer_type == "choice"
        key = fact.balance or fact.label
        if isinstance(sample, Sample) and key is not None:
            self._labels[key] += 1
        return sample

    def _label_is_ahead(self, fact: Fact) -> bool:
        """Keep the shares of a closed label set even, as far as the scene has all of them."""
        key = fact.balance or fact.label
        if not self.task.balanced or key is None or not self._labels:
            return False
        # A variant is evened out within itself: "left" of a two-way question against its "right".
        variant = key.rpartition(":")[0]
        others = [
            n
            for label, n in self._labels.items()
            if label != key and label.rpartition(":")[0] == variant
        ]
        floor = min(others) if others else 0
        return self._labels[key] >= floor + LABEL_SLACK
