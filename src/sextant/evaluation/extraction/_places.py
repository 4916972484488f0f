"""Where a pattern may begin, which is found out much faster than whether it matches.

A pattern that begins with a look-around is tried at every character. Words it cannot do without
are found by ``str.find`` in a fiftieth of the time, and the pattern is then tried near them only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Return whether a text holds one of some words, or characters."""
    for word in words:  # ``any`` of a generator would take twice as long
        if word in text:
            return True
    return False


def places(text: str, words: Iterable[str]) -> list[int]:
    """Return where any of some words begins, be it in the middle of another one, in order."""
    found = []
    for word in words:
        if word in text:  # no method is called for the many that are not there
            at = text.find(word)
            while at >= 0:
                found.append(at)
                at = text.find(word, at + 1)
    found.sort()
    return found


def starts_before(
    text: str, anchors: Sequence[int], reach: int, start: re.Pattern[str]
) -> Iterator[int]:
    """Yield where a pattern for one character matches at most so far before an anchor, in order.

    Args:
        text: Where.
        anchors: Rising positions.
        reach: Characters between a start and its anchor.
        start: Matches a single character.
    """
    done = 0
    for anchor in anchors:
        for match in start.finditer(text, max(done, anchor - reach), anchor + 1):
            yield match.start()
        done = anchor + 1


def matches_at(
    pattern: re.Pattern[str], text: str, starts: Iterable[int]
) -> Iterator[re.Match[str]]:
    """Yield what ``finditer`` would, given rising positions among which all its matches begin.

    The pattern must not match nothing.
    """
    end = 0
    for at in starts:
        if at >= end and (match := pattern.match(text, at)) is not None:
            end = match.end()
            yield match
