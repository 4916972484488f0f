"""The strict rule for numbers: what a reply says beyond doubt, and nothing else.

Thinking is cut off, ``<answer>`` and ``\\boxed{}`` are looked into. A number is taken as in the
unit that is asked for if it has none, and converted if it has one; one of another kind (kilograms,
per cent, "5 chairs" for metres) is no answer. If several numbers differ, the one decides that the
reply concludes with ("the answer is 3", "so 20", "5 x 4 = 20", a first or last line that is one
number); else they are ``ambiguous``, as are ranges and bounds: the middle of 10-12 is a guess.
What stands in brackets behind a number is a gloss on it.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from sextant.evaluation.extraction._option_texts import lowered
from sextant.evaluation.extraction._parts import EMPTY, same, verdict_on
from sextant.evaluation.extraction._places import holds_any
from sextant.evaluation.extraction._quantities import quantities_in
from sextant.evaluation.extraction._refusals import refusal_in, without_refusals
from sextant.evaluation.extraction._relations import Quantity
from sextant.evaluation.extraction._reply import (
    REMEMBERED,
    squeezed,
    unmarked,
    unsqueezed,
)
from sextant.evaluation.extraction._units import Unit, asked_unit, unit_at
from sextant.evaluation.extraction.found import Found

_SIMPLE = re.compile(
    r"[\s*`(]*([-+]?\d{1,15}(?:\.\d{1,15})?)(?: ?(mm|cm|m|km|meters?|metres?|centimeters?|"
    r"degrees|°))?"
    r"[\s*`).]*"
)
RESTATED = 0.03
"""One quantity in two units may differ by this share: 8 feet are 2.44 m, and "2.5 m"."""

_MARKS = "*`#_"
_MARKDOWN = re.compile(r"[`#_]|\*\*|(?<![\d ])\*|\*(?![\d ])")
_NONE = re.compile(
    r"[ ]*(?:(?:answer|count)(?: is)?[: ]*)?(?:(?:there|i can see) ?(?:is|are|'s|were|was)? "
    r")?(?:none|zero|no(?! (?:idea|answer|information|image|video|way|clue)\b)"
    r" [a-z-]+(?: [a-z-]+)?|no|not any)(?: (?:of them|at all|in (?:the|this) (?:room|scene|"
    r"image|video|picture)|visible|there))*[ .!]*"
)
_SAYS_NONE = re.compile(
    r"(?<![a-z])(?:there (?:are|is)|i (?:can )?(?:see|count)|has|have) no [a-z]+s?\b"
)
_NOT_FINITE = re.compile(r"(?<![a-z])(?:inf|infinity|infinite|nan|not a number)(?![a-z])|∞")
_ANSWER = re.compile(
    r"(?:(?<![a-z])(?:answer|final|result|conclusion|my (?:best )?(?:guess|estimate)|i(?:'d|"
    r" would)? (?:say|guess|estimate|answer)|ans)(?![a-z])|答案)"
    r"[^.!?\n\d]{0,60}$"
)
_HENCE = re.compile(
    r"(?:(?:^|[ ,;(\n])(?:so|therefore|thus|hence|in total|total|totals?|totall?ing|"
    r"altogether|overall|consequently|sum|giving|gives|yields?|equals?|makes?)"
    r"(?![a-z])|[=≈≃→⇒∴])[^.!?\n\d]{0,60}$"
)
_CORRECTS = re.compile(
    r"(?<![a-z])(?:wait|actually|no|sorry|correction|rather|oops|hmm+|mistake|final|so|"
    r"therefore|thus|hence|recount\w*|re-?check\w*|instead)(?![a-z])"
)
_ANSWERING = (
    "answer", "final", "result", "conclusion", "my ", "say", "guess", "estimate", "ans", "答案",
)  # fmt: skip
_CONCLUDING = (
    "so", "therefore", "thus", "hence", "total", "altogether", "overall", "consequently", "sum",
    "giving", "give", "yield", "equal", "make", "=", "≈", "≃", "→", "⇒", "∴",
)  # fmt: skip
_LOOK_BACK = 80
_BRACKET = re.compile(r"[()]")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A quantity that may be the answer.

    Attributes:
        quantity: As found.
        value: In the unit that is asked for; None where it is no number or of another kind.
        exact: In the very unit that is asked for.
        fits: 2 of the right kind, 1 without a unit, 0 of another kind.
        claim: 2 said to be the answer, 1 said to follow, 0 neither.
        gloss: In brackets.
    """

    quantity: Quantity
    value: float | None
    exact: bool
    fits: int
    claim: int
    gloss: bool

    @property
    def unit(self) -> Unit | None:
        """The unit that is written."""
        return self.quantity.unit


def strict_number(reply: str, unit: str | None = None) -> Found:
    """Return the number that a reply gives beyond doubt; see the module."""
    asked = asked_unit(unit)
    if len(reply) < 40 and (match := _SIMPLE.fullmatch(reply)) is not None:
        simple = _simple(match, asked)
        if simple is not None:
            return simple
    return verdict_on(
        reply, lambda text: (_decide_short if len(text) <= REMEMBERED else _decide)(text, asked)
    )


def _simple(match: re.Match[str], asked: Unit | None) -> Found | None:
    value, unit = float(match.group(1)), None
    if match.group(2) is not None:
        unit, _ = unit_at(match.group(2), 0)
    converted, fits = _converted(value, unit, asked)
    if not fits or converted is None:
        return None
    return Found("answered", converted, match.span(1))


def _converted(
    value: float | None, unit: Unit | None, asked: Unit | None
) -> tuple[float | None, int]:
    """Return a value in the unit that is asked for, and how it fits; see ``_Candidate``."""
    kind = None if unit is None else unit.kind
    if asked is None:
        return (None, 0) if kind in ("percent", "other") else (value, 1)
    if unit is None or (kind == "noun" and asked.kind == "count"):
        return value, 1
    if kind != asked.kind:
        return None, 0
    if value is None or unit.factor == asked.factor:
        return value, 2
    ratio = unit.factor / asked.factor
    # 2.5 m are 250 cm, not 250.00000000000003.
    converted = value * ratio if ratio >= 1 else value / (asked.factor / unit.factor)
    return (converted if math.isfinite(converted) else None), 2


def _decide(raw: str, asked: Unit | None) -> Found:
    text = unmarked(raw)
    if holds_any(text, _MARKS):
        text = _MARKDOWN.sub(lambda m: " " * len(m.group()), text)
    text = text.rstrip()
    short = squeezed(text)
    found = _decide_plain(short, asked)
    if found.span is None or len(short) == len(text):
        return found
    return Found(found.status, found.value, unsqueezed(text, *found.span))


_decide_short = lru_cache(maxsize=16_384)(_decide)
"""Short answers repeat: there are not so many numbers of two digits."""


def _decide_plain(text: str, asked: Unit | None) -> Found:
    if not text or text.isspace():
        return EMPTY
    lower = lowered(text)
    refusal = refusal_in(lower)
    if refusal is not None:
        text = without_refusals(lower, text)
        lower = lowered(text)
    quantities = quantities_in(text)
    candidates = _candidates(text, lower, [q for q in quantities if not q.denied], asked)
    found = _chosen(candidates, lower)
    counting = asked is not None and asked.kind == "count"
    if found is not None:
        sure = any(c.claim == 2 for c in candidates) or not counting
        return (
            found if sure or not _SAYS_NONE.search(lower) else Found("ambiguous", None, found.span)
        )
    if counting and _NONE.fullmatch(lower):
        return Found("answered", 0.0, (0, len(text)))
    if refusal is not None:
        return Found("refused", None, refusal)
    if _NOT_FINITE.search(lower):
        return Found("refused")
    return Found("ambiguous") if quantities else EMPTY


def _candidates(
    text: str, lower: str, quantities: list[Quantity], asked: Unit | None
) -> list[_Candidate]:
    found = []
    lines = _lone_lines(text)
    brackets = _brackets(text)
    for q in quantities:
        value, fits = _converted(q.value, q.unit, asked)
        claim = 0
        if any(a <= q.start and q.end <= b for a, b in lines) or _stands(
            _ANSWER, _ANSWERING, lower, q.start
        ):
            claim = 2
        elif _stands(_HENCE, _CONCLUDING, lower, q.start):
            claim = 1
        at = bisect_right(brackets, (q.start, len(text)))
        gloss = at > 0 and q.start < brackets[at - 1][1]
        exact = asked is not None and q.unit is not None and q.unit.factor == asked.factor
        found.append(_Candidate(q, value, exact, fits, claim, gloss))
    return found


def _stands(cue: re.Pattern[str], words: tuple[str, ...], lower: str, at: int) -> bool:
    """Return whether a cue, which holds one of some words, stands before a position."""
    low = max(0, at - _LOOK_BACK)
    before = lower[low:at]
    return holds_any(before, words) and cue.search(lower, low, at) is not None


def _brackets(text: str) -> list[tuple[int, int]]:
    """Return the ranges between round brackets, outermost ones only."""
    if "(" not in text:
        return []
    ranges, depth, opened = [], 0, 0
    for match in _BRACKET.finditer(text):
        if match.group() == "(":
            opened = match.start() if depth == 0 else opened
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                ranges.append((opened, match.start()))
    return [*ranges, (opened, len(text))] if depth else ranges


def _lone_lines(text: str) -> list[tuple[int, int]]:
    """Return the first and the last line where they are short and other lines are there."""
    bounds, start = [], 0
    for line in text.split("\n"):
        if line and not line.isspace():
            bounds.append((start, start + len(line)))
        start += len(line) + 1
    if len(bounds) < 2:
        return []
    return [(a, b) for a, b in (bounds[0], bounds[-1]) if _is_lone(text[a:b])]


_LONE = re.compile(
    r"[\s(\[\"']*(?:about|approximately|around|roughly|~|≈|≃)? ?[-+−]?[\d.,/½¼¾]+(?: "
    r"?[a-z²°\"'.^2]+){0,2}[\s)\].!\"']*",
    re.IGNORECASE,
)


def _is_lone(line: str) -> bool:
    return len(line) < 40 and _LONE.fullmatch(line) is not None


def _chosen(candidates: list[_Candidate], lower: str) -> Found | None:
    """Return what the candidates come to; None where there is none that could be an answer."""
    outside = [c for c in candidates if not c.gloss or c.claim == 2]
    if any(c.fits for c in outside):
        candidates = outside
    plain = [c for c in candidates if not c.quantity.factor_of_product]
    if any(c.fits for c in plain):
        candidates = plain
    answers = [c for c in candidates if c.claim == 2]
    if answers:
        return _agreed(answers, lower)
    best = max((c.fits for c in candidates), default=0)
    if best == 0:
        return None
    fitting = [c for c in candidates if c.fits == best]
    last = candidates[-1]
    if last.claim == 1 and last.fits:
        return _verdict(last)
    if len(fitting) > 1 and fitting[-1].claim == 1:
        return _verdict(fitting[-1])
    if any(c.quantity.factor_of_product for c in fitting) and len(fitting) > 1:
        return Found("ambiguous")
    return _agreed(fitting, lower)


def _agreed(candidates: list[_Candidate], lower: str) -> Found:
    last = candidates[-1]
    other = next((c for c in reversed(candidates) if not _alike(c, last)), None)
    if other is None:
        # "8.2 feet or 2.5 m": the one that needs no conversion.
        return _verdict(next((c for c in reversed(candidates) if c.exact), last))
    between = lower[other.quantity.end : last.quantity.start]
    if last.claim == 2 and _CORRECTS.search(between):
        return _verdict(last)
    return Found("ambiguous", None, (last.quantity.start, last.quantity.end))


def _alike(a: _Candidate, b: _Candidate) -> bool:
    """Return whether two candidates say the same, up to rounding where units differ."""
    if a.quantity.unclear != b.quantity.unclear or bool(a.fits) != bool(b.fits):
        return False
    if isinstance(a.value, float) and isinstance(b.value, float) and a.unit != b.unit:
        return math.isclose(a.value, b.value, rel_tol=RESTATED)
    return same(a.value, b.value)


def _verdict(candidate: _Candidate) -> Found:
    q = candidate.quantity
    if candidate.fits == 0 or q.unclear or q.factor_of_product:
        return Found("ambiguous", None, (q.start, q.end))
    if candidate.value is None:
        return Found("refused", None, (q.start, q.end))
    return Found("answered", candidate.value, (q.start, q.end))
