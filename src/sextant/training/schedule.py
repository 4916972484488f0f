"""The learning rate of a step, as a pure function of the step's number.

The formulas are those of the schedules in ``transformers.optimization``, which all three published
trainers use; so a recipe with their values has their rates. Among them: with warm-up the first step
has the rate 0.
"""

from __future__ import annotations

import math

from sextant.training.recipe import Schedule


def rate_factor(rules: Schedule, step: int, steps: int) -> float:
    """Return what the base rate is multiplied by in a step.

    Args:
        rules: A warm-up that rises in a straight line, then ``constant``, ``linear`` or half a
            ``cosine``, down to ``final_share`` of the base rate.
        step: Counted from 0.
        steps: Of the whole run.
    """
    warmup = rules.warmup(steps)
    if step < warmup:
        return step / warmup
    if rules.kind == "constant":
        return 1.0
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    left = 1.0 - done if rules.kind == "linear" else 0.5 * (1.0 + math.cos(math.pi * done))
    return rules.final_share + (1.0 - rules.final_share) * left
