"""Lets the answers of a family take turns where the scene has enough of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop
from sextant.questions.task import Task

WINDOW = 60
"""So many askable candidates are looked ahead; six times what a scene usually gives."""


def in_turns(
    task: Task,
    ctx: SceneContext,
    asks: Iterator[Ask],
    rng: np.random.Generator,
    window: int = WINDOW,
) -> Iterator[Ask]:
    """Yield candidates reordered so that answers which are rare in the scene come early.

    The label that was yielded least often so far is next, as far as the window holds one; what
    must not be asked passes through, so that its reason is counted. Only for families whose
    ``measure`` is cheap.

    Args:
        task: The family.
        ctx: The scene.
        asks: Its candidates.
        rng: Seeded generator of the family in this scene; decides between equally rare labels.
        window: How many askable candidates are looked ahead.
    """
    waiting: dict[str, list[Ask]] = {}
    yielded: Counter[str] = Counter()

    def rarest() -> Ask:
        held = sorted(key for key, queue in waiting.items() if queue)
        least = min(yielded[key] for key in held)
        tied = [key for key in held if yielded[key] == least]
        key = tied[int(rng.integers(len(tied)))]
        yielded[key] += 1
        return waiting[key].pop(0)

    count = 0
    for ask in asks:
        fact = task.measure(ctx, ask)
        if isinstance(fact, Drop):
            yield ask
            continue
        waiting.setdefault(str(fact.balance or fact.label), []).append(ask)
        count += 1
        if count >= window:
            yield rarest()
            count -= 1
    for _ in range(count):
        yield rarest()
