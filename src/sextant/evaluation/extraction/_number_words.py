"""Numbers that are written out."""

from __future__ import annotations

import re

from sextant.evaluation.extraction._places import holds_any

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: value for value, word in enumerate(_SMALL.split())}
_TEN = {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
_SCALE = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_PARTS = {"half": 0.5, "quarter": 0.25, "quarters": 0.25, "third": 1 / 3, "thirds": 1 / 3,
          "fifth": 0.2, "fifths": 0.2, "tenth": 0.1, "tenths": 0.1}  # fmt: skip
_ARTICLES = ("a", "an")

_STARTS = "|".join((*_ONES, *_TEN, "dozen", "half"))

NUMBER_WORD = re.compile(
    rf"(?=[adefhnostz])(?<![a-z0-9'-])(?:(?:{_STARTS})(?![a-z'])"
    r"|an? (?=hundred|thousand|million|dozen|half|quarter|met|foot|yard|inch|kilo|centi|m\b))",
)
"""Where a number that is written out may begin, in a text in lower case."""

_WORDS = (*_ONES, *_TEN, "dozen", "half")
_ROOTS = tuple(w for w in _WORDS if not any(root in w for root in _WORDS if root != w))
_SPOKEN = (
    *_ROOTS,
    *(
        f"{article} {word}"
        for article in _ARTICLES
        for word in ("hundred", "thousand", "quarter", "foot", "yard", "inch", "kilo", "centi", "m")
    ),
)  # fmt: skip
"""A match of ``NUMBER_WORD`` holds one of these."""

_WORD = re.compile(rf"(?<![A-Za-z0-9'-])(?:{_STARTS})(?![A-Za-z'])", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+")
MULTIPLIER = re.compile(r" ?(hundred|thousand|million|dozen)(?![A-Za-z])", re.IGNORECASE)
TIMES = {**_SCALE, "dozen": 12}
AND_PART = re.compile(r" and (?:(a|one|three) )?(half|quarter|quarters)(?![A-Za-z])", re.IGNORECASE)


def may_speak(lower: str) -> bool:
    """Return whether ``NUMBER_WORD`` can match."""
    return holds_any(lower, _SPOKEN)


def number_words_at(text: str, at: int) -> tuple[float, int] | None:
    """Return the number that is written out at a position and where it ends.

    "a" and "an" only count before hundred, thousand, million, dozen, half and quarter.
    """
    words: list[tuple[str, int]] = []
    position = at
    while len(words) < 24 and (match := _WORD.match(text, position)) is not None:
        words.append((match.group().lower(), match.end()))
        position = match.end() + 1
        if text[match.end() : position] not in (" ", "-"):
            break
    value, used = _value([w for w, _ in words])
    return None if used == 0 or value is None else (value, words[used - 1][1])


def part_behind(text: str, at: int) -> tuple[float, int]:
    """Return what "and a half" at a position adds and where it ends, (0, at) without it."""
    if text[at + 1 : at + 2] not in ("a", "A"):  # no " and"
        return 0.0, at
    match = AND_PART.match(text, at)
    if match is None:
        return 0.0, at
    times = 3 if (match.group(1) or "").lower() == "three" else 1
    return times * _PARTS[match.group(2).lower()], match.end()


def _value(words: list[str]) -> tuple[float | None, int]:
    """Return the value of the longest run of words that is one number, and its length."""
    if not words:
        return None, 0
    if words[0] == "half":
        if words[1:3] == ["a", "dozen"]:
            return 6.0, 3
        return 0.5, 1 + _joints(words[1:])
    value, used = _cardinal(words)
    article = words[0] in _ARTICLES
    if used == 0 and not article:
        return None, 0
    count = 1.0 if article and used == 0 else value
    rest = words[max(used, 1) :] if article and used == 0 else words[used:]
    used = max(used, 1)
    if rest[:1] == ["dozen"]:
        return 12 * count, used + 1
    if rest[:1] and rest[0] in _PARTS:
        # "three quarters", "a half", "one third"; "a third" is an ordinal as often as not.
        if article and rest[0] not in ("half", "quarter"):
            return None, 0
        return count * _PARTS[rest[0]], used + 1 + _joints(rest[1:])
    if article and value == 0:
        return None, 0
    if rest[:1] == ["point"]:
        digits = ""
        for word in rest[1:]:
            if word not in _ONES or _ONES[word] > 9:
                break
            digits += str(_ONES[word])
        if digits:
            return count + float(f"0.{digits}"), used + 1 + len(digits)
    if (
        rest[:2] in (["and", "a"], ["and", "one"], ["and", "three"])
        and rest[2:3]
        and rest[2] in _PARTS
    ):
        times = 3 if rest[1] == "three" else 1
        return count + times * _PARTS[rest[2]], used + 3
    return count, used


def _joints(words: list[str]) -> int:
    """Return how many words join a part to its unit, as in "half of a metre"."""
    if words[:2] in (["of", "a"], ["of", "an"]):
        return 2
    return int(words[:1] in (["of"], ["a"], ["an"]))


def _cardinal(words: list[str]) -> tuple[float, int]:
    """Return the value of the longest run of words that is a cardinal number, and its length."""
    total = current = 0
    used = 0
    last = "start"
    for k, word in enumerate(words):
        if word in _ONES and (
            last in ("start", "scale", "and") or (last == "ten" and 0 < _ONES[word] < 10)
        ):
            current, last = current + _ONES[word], "one"
        elif word in _TEN and last in ("start", "scale", "and"):
            current, last = current + _TEN[word], "ten"
        elif word in _SCALE and last in ("one", "ten", "article", "scale"):
            scale = _SCALE[word]
            if scale == 100:
                current *= 100
            else:
                total, current = total + current * scale, 0
            last = "scale"
        elif k == 0 and word in _ARTICLES and words[1:2] and words[1] in _SCALE:
            current, last = 1, "article"
            continue
        elif word in _SCALE and k == 0:
            current, last = 0, "none"
            break
        elif word == "and" and last == "scale":
            last = "and"
            continue
        else:
            break
        used = k + 1
    return float(total + current), used
