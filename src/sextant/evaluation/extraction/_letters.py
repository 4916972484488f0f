"""Where a reply names an option by its letter, and whether it says no to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from sextant.evaluation.extraction._option_texts import Named, named_at
from sextant.evaluation.extraction.options import Options

MAX_MENTIONS = 2000

_ALONE = re.compile(
    r"(?<![A-Za-z0-9'\\@&+/=_-])([A-Z])(?![A-Za-z0-9+&_=]|['-][A-Za-z])|(?<=/)([A-Z])\b"
)
_SMALL = re.compile(
    r"(?<![A-Za-z0-9])(?:[(\[{]([a-z])[)\]}]|(?:option|choice) ?[(:]? ?([a-z])(?![A-Za-z0-9'-]))",
    re.I,
)
_LABELLED = re.compile(r" ?[)\]}>\"'*`]* ?[.:),;\-–—]")
_BOUND = re.compile(r"[ )\]}>\"'*`]*(?:[.:,;!?\n]|$)")
_SOME_WORDS = re.compile(
    r" (?:because|since|as|for|and|or|based|given|due|is|was|seems|appears|if|but|so|which|not|"
    r"can|cannot|could|would|should|must|has|matches|does)\b"
)
"""What may follow the letter A, but not the article."""

_WORD = re.compile(r" [a-z]")

_NO_BEFORE = re.compile(
    r"(?:\b(?:can)?not|n't|\bneither|\bnor|\bexcept(?: for)?|\binstead of|\brather than|"
    r"\bexclud(?:e|es|ed|ing)|"
    r"\beliminat(?:e|es|ed|ing)|\brul(?:e|es|ed|ing) out|\bdiscard(?:s|ed|ing)?|"
    r"\breject(?:s|ed|ing)?|"
    r"\bwithout|\bnever|\bno|\bunlikely to be|[≠¬])"
    r"(?: (?:be|necessarily|both|either|just|only|the|answer|correct|is))* ?(?:option |"
    r"choice |answer )?[(\[{\"']*$"
)
_NO_AFTER = re.compile(
    r"[)\]}\"']*(?: ?[:–—-])?(?: ?\([^()\n]{0,60}\))? ?(?:is|was|are|were|can|could|would|"
    r"seems?|looks?|must|should|does|do|did|has|have)?"
    r" ?(?:also|definitely|clearly|therefore|simply|just|be|both|all|most)?"
    r" ?(?:not\b|n't\b|wrong\b|incorrect\b|false\b|impossible\b|ruled out|eliminated|"
    r"excluded|unlikely|invalid\b|"
    r"isn't|aren't|wasn't|cannot\b|can't\b|doesn't|don't|out of the question)"
)
_JOIN = re.compile(r"[)\]}\"'.]*,? ?(?:,|(and|or|nor|&|/|und)) ?(?:option |choice )?[(\[{\"']*")
_CLOSERS = re.compile(r"[ )\]}\"'.:,\-–—=(\[{>]*(?:the |a |an )?")
_TURNS = re.compile(r"[.!?\n]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A letter that stands alone.

    Attributes:
        at: Where.
        letter: Upper case.
        denied: The reply says that it is not this one.
        labels: A label, as of "B. table" or "(B)".
    """

    at: int
    letter: str
    denied: bool
    labels: bool


def is_article(text: str, at: int, options: Options, lower: str) -> bool:
    """Return whether the A or I at a position is a word and no letter."""
    if text[at] not in "AI":
        return False
    if text[at - 1 : at] in ("(", "[", "{", '"', "'") or text[at + 1 : at + 2] in ("", "\n"):
        return False
    if text[at] == "I":
        return not (_BOUND.match(text, at + 1) and not text.startswith((",", "'"), at + 1))
    if text[at + 1] != " ":
        return False
    if (
        _BOUND.match(text, at + 1)
        or _SOME_WORDS.match(text, at + 1)
        or _LABELLED.match(text, at + 1)
    ):
        return False
    named = named_at(lower, at + 2, options)
    return named is None or named.letter != text[at]


def mentions_in(text: str, lower: str, options: Options, named: list[Named]) -> list[Mention]:
    """Return the letters that stand alone and are no part of an option's text, in order."""
    places: dict[int, str] = {}
    for match in _ALONE.finditer(text):
        at = match.start()
        if not is_article(text, at, options, lower):
            places[at] = match.group()
        if len(places) >= MAX_MENTIONS:
            break
    if "(" in text or "[" in text or "option" in lower or "choice" in lower:
        for match in _SMALL.finditer(text):
            group = 1 if match.group(1) else 2
            at, small = match.start(group), match.group(group)
            if (
                small not in "ai"
                or not _WORD.match(text, at + 1)
                or _SOME_WORDS.match(text, at + 1)
            ):
                places[at] = small.upper()
            if len(places) >= 2 * MAX_MENTIONS:
                break
    inside = bytearray(len(text) + 1)
    for n in named:
        inside[n.start : n.end] = b"\1" * (n.end - n.start)
    kept = [(at, c) for at, c in sorted(places.items()) if c in options.letters and not inside[at]]
    return _judged(text, lower, kept)


def _judged(text: str, lower: str, places: list[tuple[int, str]]) -> list[Mention]:
    """Say which letters are denied; letters joined by "and" or "or" share their fate."""
    joints = [
        _JOIN.fullmatch(text, at + 1, min(to, at + 20)) for (at, _), (to, _) in pairwise(places)
    ]
    joined = [joint is not None for joint in joints]
    worded = [joint is not None and joint.group(1) is not None for joint in joints]
    for k in reversed(
        range(len(worded) - 1)
    ):  # the comma of "A, B or C" joins, that of "not A, B" does not
        worded[k] |= joined[k] and worded[k + 1]
    denied = [bool(_NO_BEFORE.search(lower, max(0, at - 60), at)) for at, _ in places]
    for k in range(1, len(places)):
        denied[k] |= worded[k - 1] and denied[k - 1]
    after = [bool(_NO_AFTER.match(lower, at + 1)) for at, _ in places]
    for k in reversed(range(len(places) - 1)):
        after[k] |= joined[k] and after[k + 1]
    found = []
    for k, (at, letter) in enumerate(places):
        turn = _TURNS.search(text, at + 1)
        asked = turn is not None and turn.group() == "?" and (len(places) > 1 or len(text) > at + 4)
        labels = text[at - 1 : at] in ("(", "[", "{") or bool(_LABELLED.match(text, at + 1))
        found.append(Mention(at, letter, denied[k] or after[k] or asked, labels))
    return found


def text_behind(text: str, lower: str, at: int, options: Options) -> Named | None:
    """Return the option whose text follows the letter at a position, as in "B. table"."""
    match = _CLOSERS.match(text, at + 1)
    start = at + 1 if match is None else match.end()
    return named_at(lower, start, options)
