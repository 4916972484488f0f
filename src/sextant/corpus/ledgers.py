"""What a row adds to every count that must stay even.

A text-only model learns from whatever leans: one letter, a label, an option text that is usually
right ("lamp" where the higher thing is wanted), one of two options that usually beats the other,
an answer that goes with a name in the question, a truth that is usually the third-largest number.
For each of these a row says how far it moves the count away from, or back to, what chance would
give; ``selection`` keeps all of them within their tolerance.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from sextant.corpus.light_rows import LightRow, bare, number_in
from sextant.samples.sample import LETTERS
from sextant.samples.subsets import heuristic_hits

BINS_PER_OCTAVE = 2
"""Numeric options are compared in bins of this many per doubling: "1.4 m" is like "1.5 m"."""

MAX_ROLES = 3
"""So many of the asked objects' names are held against the answer."""

JOINTS = (", ", " -> ", " → ")
"""What separates the parts of an option that is a sequence."""


class Entry(NamedTuple):
    """One count that a row touches.

    Attributes:
        kind: The field of ``SelectionRules`` whose tolerance holds.
        key: Which count.
        change: By how much the row moves it: what it gives minus what chance would give.
        per: Count in whose size the tolerance is a share; "" = this one's own.
    """

    kind: str
    key: str
    change: float
    per: str = ""


def entries(row: LightRow) -> Iterator[Entry]:
    """Yield every count that a row touches."""
    group = f"{row.task}\x1f{row.variant}"
    if not row.options:
        yield from _free_answer(row)
        return
    n, correct = len(row.options), row.correct
    if row.answer_type == "choice":
        for j in range(n):
            yield Entry("letters", f"{row.task}\x1f{n}\x1f{LETTERS[j]}", (j == correct) - 1 / n)
    numbers = [number_in(text) for text in row.options]
    orders = [_parts(text) for text in row.options]
    if all(x is not None for x in numbers):
        yield from _numeric(group, [float(x or 0.0) for x in numbers], correct)
    elif all(orders):
        yield from _credit("options", group, [_ends(parts) for parts in orders], correct)
        yield from _credit("pairs", group, [_precedence(parts) for parts in orders], correct)
    else:
        yield from _texts(row, group, correct)
    for name, hit in heuristic_hits(row.answer, {"heuristics": row.heuristics}).items():
        if name not in row.by_definition:
            yield Entry("heuristics", f"{row.task}\x1f{name}", hit - row.chance)


def _texts(row: LightRow, group: str, correct: int) -> Iterator[Entry]:
    texts = [bare(text) for text in row.options]
    if len(set(texts)) < len(texts):  # only the marks tell the options apart
        texts = [text.lower() for text in row.options]
    named = {bare(name) for name in row.names}
    closed = not any(text in named for text in texts)
    yield from _credit("answers" if closed else "options", group, [[t] for t in texts], correct)
    if closed:
        yield from _roles(row, group, texts, correct)
    yield from _pairs(group, texts, correct)


def _free_answer(row: LightRow) -> Iterator[Entry]:
    if row.answer_type == "json":
        return
    total = f"{row.task}\x1frows"
    yield Entry("values", total, 0.0)
    yield Entry("values", f"{row.task}\x1fvalue\x1f{row.answer}", 1.0, per=total)


def _credit(
    kind: str, group: str, features: list[list[str]], correct: int, label: str = ""
) -> Iterator[Entry]:
    """Each option has features; chance gives each its share of options, the row gives the truth."""
    expected: Counter[str] = Counter()
    for feature in (f for option in features for f in set(option)):
        expected[feature] += 1
    for feature, count in sorted(expected.items()):
        share = count / len(features)
        if share < 1:  # what all options have tells nothing
            change = (feature in features[correct]) - share
            yield Entry(kind, f"{group}\x1f{label}{feature}", change)


def _numeric(group: str, numbers: list[float], correct: int) -> Iterator[Entry]:
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    ranks = [[f"rank {order.index(i)} of {len(numbers)}"] for i in range(len(numbers))]
    yield from _credit("answers", group, ranks, correct)
    bins = [[f"about {_bin(x)}"] for x in numbers]
    yield from _credit("options", group, bins, correct)


def _bin(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return str(value)
    exponent = round(math.log2(abs(value)) * BINS_PER_OCTAVE)
    return f"{'-' if value < 0 else ''}2^{exponent / BINS_PER_OCTAVE}"


def _parts(text: str) -> list[str]:
    """Return the parts of a sequence; nothing for an option that is no sequence."""
    for joint in JOINTS:
        parts = text.split(joint)
        if len(parts) > 1:
            return [bare(part) for part in parts]
    return []


def _ends(parts: list[str]) -> list[str]:
    return [f"first {parts[0]}", f"last {parts[-1]}"]


def _precedence(parts: list[str]) -> list[str]:
    """Return which part comes before which, pair by pair."""
    return [f"{a} before {b}" for a, b in itertools.combinations(parts, 2) if a != b]


def _roles(row: LightRow, group: str, texts: list[str], correct: int) -> Iterator[Entry]:
    for role, name in enumerate(row.names[:MAX_ROLES]):
        label = f"{role} {bare(name)}: "
        yield from _credit("names", group, [[text] for text in texts], correct, label)


def _pairs(group: str, texts: list[str], correct: int) -> Iterator[Entry]:
    if len(set(texts)) < len(texts):
        return
    winner = texts[correct]
    for other in sorted(set(texts) - {winner}):
        first, second = sorted((winner, other))
        change = 0.5 if winner == first else -0.5
        yield Entry("pairs", f"{group}\x1f{first}\x1fagainst\x1f{second}", change)
    together = "\x1e".join(sorted(texts))
    yield from _credit("pairs", group, [[text] for text in texts], correct, f"{together}: ")
