"""Tables of scores from short rows."""

from __future__ import annotations

import numpy as np

from sextant.evaluation.benchmark import Scored
from sextant.evaluation.items import Item
from sextant.evaluation.metrics import mean_relative_accuracy
from sextant.evaluation.table_builder import ScoreTableBuilder

LETTERS = "ABCDEFGH"


def choice(name, task, hit, *, n=4, cluster="", answer="A", points=None, weight=1.0, **groups):
    """A choice; ``hit`` None = failed, a status, or whether it is right."""
    options = tuple(f"option {k}" for k in range(n))
    item = Item(name, task, "?", answer, "choice", options, cluster=cluster, groups=groups)
    if hit is None:
        return item, None
    if isinstance(hit, str):
        return item, Scored(weight - 1.0, hit, weight=weight)
    wrong = LETTERS[(LETTERS.index(answer) + 1) % n]
    worth = points if points is not None else (weight if hit else weight - 1.0)
    return item, Scored(worth, "answered", answer if hit else wrong, weight=weight)


def measured(name, task, predicted, truth, *, cluster="", status="answered", **groups):
    """A number, scored by its mean relative accuracy."""
    item = Item(name, task, "?", str(truth), "number", value=truth, cluster=cluster, groups=groups)
    points = mean_relative_accuracy(predicted, truth)
    return item, Scored(points, status, predicted)


def table_of(rows):
    names = sorted({name for item, _ in rows for name in item.groups})
    builder = ScoreTableBuilder(names)
    for item, scored in rows:
        builder.add(item, scored)
    return builder.done()


def random_rows(seed, count, tasks=4, clusters=12, failed=0.05):
    """Choices with 2 to 5 options and numbers, in scenes that differ in difficulty."""
    rng = np.random.default_rng(seed)
    ease = rng.random(clusters)
    rows = []
    for k in range(count):
        task, cluster = int(rng.integers(tasks)), int(rng.integers(clusters))
        groups = {"source": "ab"[cluster % 2], "object": f"c{rng.integers(3)}"}
        place = {"cluster": f"scene {cluster}", **groups}
        if task % 2:
            truth = float(rng.integers(1, 12))
            guess = truth * (1 + rng.normal() * (1.2 - ease[cluster]))
            row = measured(f"q{k}", f"t{task}", guess, truth, **place)
        else:
            n = int(rng.integers(2, 6))
            hit = bool(rng.random() < ease[cluster])
            answer = LETTERS[rng.integers(n)]
            row = choice(f"q{k}", f"t{task}", hit, n=n, answer=answer, **place)
        rows.append((row[0], None) if rng.random() < failed else row)
    return rows
