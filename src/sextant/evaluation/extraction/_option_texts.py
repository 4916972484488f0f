"""Where a reply names an option by its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sextant.evaluation.extraction._reply import unmarked
from sextant.evaluation.extraction.options import Options

UNCLEAR = "?"
"""Stands for a letter where several options have the text, or letter and text disagree."""

MAX_MENTIONS = 200

_MARKDOWN = re.compile(r"[*`#_]")
_EDGES = " .,;:!?\"'()[]{}<>"
_ARTICLE = re.compile(r"(?:the|a|an)\s+")
_EVERYDAY = frozenset({"yes", "no", "true", "false"})
"""Words that sentences hold for other reasons; they only count where they are the answer."""

_LONG = 64
_NO_LETTERS = bytes(c for c in range(128) if not chr(c).isalnum())

_DIRECTIONS = frozenset(
    "left right front back behind forward backward above below top bottom upper lower "
    "north south east west northern southern".split()
)


@dataclass(frozen=True, slots=True)
class Named:
    """An option named by its text.

    Attributes:
        start, end: Where.
        letter: Of the option; ``UNCLEAR`` where several have this text.
    """

    start: int
    end: int
    letter: str


def lowered(text: str) -> str:
    """Return a text in lower case, of the same length."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def bare(text: str) -> str:
    """Return a text for comparison: lower case, single blanks, no mark or article around it."""
    if text.isalnum() and text.isascii():
        return text.lower()
    plain = " ".join(lowered(_MARKDOWN.sub(" ", unmarked(text))).split()).strip(_EDGES)
    return plain[match.end() :] if (match := _ARTICLE.match(plain)) else plain


@lru_cache(maxsize=8192)
def needles(options: Options) -> tuple[tuple[str, str], ...]:
    """Return (text, letter) of the options, longest first; texts of one letter are left out."""
    found: dict[str, str] = {}
    for letter, text in options.choices().items():
        plain = bare(text)
        for form in {plain, plain.replace("-", " ")}:
            if len(form) > 1 or form.isdigit():
                found[form] = UNCLEAR if found.get(form, letter) != letter else letter
    return tuple(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def named_whole(text: str, options: Options) -> str | None:
    """Return the letter of the option whose text a text is, as a whole."""
    if len(text) > _LONG and _is_longer(text, options):
        return None
    plain = bare(text)
    return next((c for needle, c in needles(options) if needle == plain), None) if plain else None


def _is_longer(text: str, options: Options) -> bool:
    """Return whether a text is longer than any option for certain, without a look at all of it.

    ``bare`` takes marks, blanks and an article away, but no other letter or digit, unless there
    are tags or commands.
    """
    if "<" in text or "~~" in text or "\\" in text:
        return False
    longest = max((len(needle) for needle, _ in needles(options)), default=0)
    head = text[: 2 * longest + _LONG]
    if not head.isascii():
        return False
    return len(head.encode().translate(None, _NO_LETTERS)) > longest + len("the")


def named_at(lower: str, at: int, options: Options) -> Named | None:
    """Return the option whose text stands at a position, the longest if several do."""
    for needle, letter in needles(options):
        if lower.startswith(needle, at) and _is_whole(lower, at, at + len(needle), needle):
            return Named(at, at + len(needle), letter)
    return None


def named_in(lower: str, options: Options) -> list[Named]:
    """Return where options are named, in order; the longest text wins where they overlap."""
    found: list[Named] = []
    taken = bytearray(len(lower))
    for needle, letter in needles(options):
        if needle in _EVERYDAY:
            continue
        start, size = lower.find(needle), len(needle)
        for _ in range(MAX_MENTIONS):
            if start < 0:
                break
            end = start + size
            if not any(taken[start:end]) and _is_whole(lower, start, end, needle):
                # A part of "front left" is no "left": taken, though not named.
                taken[start:end] = b"\1" * size
                if needle not in _DIRECTIONS or not _is_compound(lower, start, end):
                    found.append(Named(start, end, letter))
            start = lower.find(needle, end)
    return sorted(found, key=lambda n: n.start)


def _is_whole(text: str, start: int, end: int, needle: str) -> bool:
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isalnum() or after[:1].isalnum() or after == "'s":
        return False
    if before[-1:] == "-" and (before[:1].isalnum() or needle[0].isdigit()):
        return False
    if after[:1] == "-" and after[1:].isalnum():
        return False
    if (
        needle[0].isdigit()
        and before[-1:] in (".", ",")
        and (len(before) < 2 or before[0].isdigit())
    ):
        return False
    return not (needle[-1].isdigit() and after[:1] in (".", ",", "/") and after[1:].isdigit())


def _is_compound(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 12) : start].rstrip(" -").rpartition(" ")[2].rpartition("-")[2]
    after = text[end : end + 12].lstrip(" -").partition(" ")[0].partition("-")[0].strip(".,;:!?)")
    close = text[start - 1 : start] in (" ", "-"), text[end : end + 1] in (" ", "-")
    return (close[0] and before in _DIRECTIONS) or (close[1] and after in _DIRECTIONS)
