"""Claims that are a line of their own: the first or the last one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sextant.evaluation.extraction._claim import Claim, joined_text, letter_claim
from sextant.evaluation.extraction._letters import text_behind
from sextant.evaluation.extraction._option_texts import named_at, named_whole
from sextant.evaluation.extraction.options import Options

_BULLET = re.compile(r"[ ]*(?:[-*•>#]+ ?|\d{1,2}[.)] )?")
_LINE_LETTER = re.compile(r"[ (\[{<\"'.:>-]*([A-Za-z])[ )\]}>\"'.:,;!-]*")
_LINE_LABEL = re.compile(
    r"[ (\[{\"']*([A-Za-z])(?:[)\]}\"']+[.:,]?|[.:,;)]| ?[-–—](?= ))(?= |$|\n)"
)
_INLINE_LABEL = re.compile(r"(?<![A-Za-z0-9'-])\(?([A-Z])[.):] ?")


def line_claims(text: str, lower: str, options: Options) -> Iterator[Claim]:
    """Yield the first and the last line, where a line is a letter, a label or an option's text."""
    bounds = []
    start = 0
    for line in text.split("\n"):
        if line and not line.isspace():
            bounds.append((start, start + len(line)))
        start += len(line) + 1
    if not bounds:
        return
    opening = named_at(lower, bounds[0][0], options)
    if opening is not None and text[opening.end : opening.end + 1] in (",", ".", "!"):
        letter = joined_text(lower, opening, options)
        yield Claim(opening.start, opening.end, letter, (opening.start, opening.end))
    labels = [_label_of(text, lo, hi) for lo, hi in bounds]
    listed = [
        label is not None
        and any(n is not None and n[1] != label[1] for n in labels[max(0, k - 1) : k + 2])
        for k, label in enumerate(labels)
    ]
    for k in dict.fromkeys((0, len(bounds) - 1)):
        lo, hi = bounds[k]
        if listed[k]:
            continue
        whole = _LINE_LETTER.fullmatch(text, lo, hi)
        if whole is not None:
            yield letter_claim(text, lower, lo, whole.start(1), hi, options)
            continue
        own = named_whole(text[_bullet_end(text, lo, hi) : hi], options)
        if own is not None:
            if k == 0 or not any(
                named_whole(text[_bullet_end(text, a, b) : b], options) not in (None, own)
                for a, b in bounds[max(0, k - 1) : k + 2]
            ):
                yield Claim(lo, hi, own, (lo, hi))
            continue
        label = labels[k]
        if label is not None:
            at, _ = label
            upper = text[at].isupper()
            named = text_behind(text, lower, at, options)
            if k == 0 and (upper or named is not None) and not _is_list(text, lower, at, options):
                yield letter_claim(text, lower, lo, at, at + 1, options)
            elif named is not None and named.end >= hi - 3:
                yield letter_claim(text, lower, lo, at, hi, options)


def _bullet_end(text: str, lo: int, hi: int) -> int:
    match = _BULLET.match(text, lo, hi)
    return lo if match is None else match.end()


def _label_of(text: str, lo: int, hi: int) -> tuple[int, str] | None:
    match = _LINE_LABEL.match(text, _bullet_end(text, lo, hi), hi)
    return None if match is None else (match.start(1), match.group(1).upper())


def _is_list(text: str, lower: str, at: int, options: Options) -> bool:
    """Return whether a label begins an enumeration of several options in one line."""
    end = text.find("\n", at)
    line_end = len(text) if end < 0 else end
    own = {text[at].upper()}
    for match in _INLINE_LABEL.finditer(text, at + 1, line_end):
        named = text_behind(text, lower, match.start(1), options)
        if named is not None and named.letter == match.group(1):
            own.add(match.group(1))
    return len(own) > 1
