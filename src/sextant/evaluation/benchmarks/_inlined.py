"""Options that a stored question spells out, taken apart so that they can be put in another order.

Several benchmarks store ``... A. left B. right`` or ``(A) left`` within the question. Taken apart,
the text can be put together again exactly, or with its options rotated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sextant.samples.sample import LETTERS

MAX_CHARS = 20_000
"""Longer questions are not searched for options."""

_TAIL = re.compile(r"\s*\n|\s+Your answer can only include|\s*\Z")
_SHAPES = (("(", ")"), ("", "."), ("", ")"), ("", ":"))


@dataclass(frozen=True, slots=True)
class Inlined:
    """A question around its options.

    Attributes:
        stem: What stands before the options.
        joints: What stands before the first option's text, between the texts, and after the last.
        options: The texts, without letters.
    """

    stem: str
    joints: tuple[str, ...]
    options: tuple[str, ...]


def take_apart(question: str) -> Inlined | None:
    """Find the options ``A. x B. y``, ``(A) x``, ``A) x`` or ``A: x``, on lines or in a row.

    Returns:
        None if there are no two of them in order.
    """
    if len(question) > MAX_CHARS:
        return None
    for opening, closing in _SHAPES:
        found = _chain(question, opening, closing)
        if found is not None:
            return found
    return None


def put_together(stem: str, joints: Sequence[str], options: Sequence[str]) -> str:
    """Return the question; with its own stem and options it is the stored text, to the letter."""
    parts = [stem, joints[0]]
    for text, joint in zip(options, joints[1:], strict=True):
        parts += [text, joint]
    return "".join(parts)


def _chain(question: str, opening: str, closing: str) -> Inlined | None:
    places = [
        [
            (m.start(), m.end())
            for m in re.finditer(
                rf"(?:(?<=\s)|\A){re.escape(opening + letter + closing)}", question
            )
        ]
        for letter in LETTERS
    ]
    if not places[0]:
        return None
    # The last "A." that a "B." follows: an earlier one may be part of the question.
    start = next((p for p in reversed(places[0]) if any(q[0] >= p[1] for q in places[1])), None)
    if start is None:
        return None
    spans = [start]
    for following in places[1:]:
        after = next((p for p in following if p[0] >= spans[-1][1]), None)
        if after is None:
            break
        spans.append(after)
    tail = _TAIL.search(question, spans[-1][1])
    ends = [s for s, _ in spans[1:]] + [tail.start() if tail is not None else len(question)]
    stem = question[: spans[0][0]].rstrip()
    options, joints, at = [], [], len(stem)
    for (_, begin), end in zip(spans, ends, strict=True):
        text = question[begin:end].strip()
        first = question.index(text, begin) if text else begin
        joints.append(question[at:first])
        options.append(text)
        at = first + len(text)
    joints.append(question[at:])
    return Inlined(stem, tuple(joints), tuple(options))
