"""A reply as it was, with the part that decided marked; very long ones with visible gaps."""

from __future__ import annotations

from sextant.report.markup import Markup, clean, el, join

SHOWN = 4000
"""Characters of a reply that are shown."""

_AROUND = 300

Span = tuple[int, int]


def pieces(text: str, span: Span | None, limit: int = SHOWN) -> list[Span]:
    """Return which parts of a text are shown: its beginning, its end, and what lies around a span.

    Args:
        text: The reply.
        span: (start, end) of what has to be seen.
        limit: Characters that the beginning and the end have together.

    Returns:
        (start, end) pairs in order that do not touch; all of the text if it is short enough.
    """
    length = len(text)
    if length <= limit:
        return [(0, length)]
    head = limit * 3 // 5
    parts = [(0, head), (length - (limit - head), length)]
    if span is not None:
        middle = (max(span[0] - _AROUND, 0), min(span[0] + _AROUND, length))
        parts.append(middle)
    merged: list[Span] = []
    for start, end in sorted(parts):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def valid_span(text: str, span: object) -> Span | None:
    """Return a span that lies in a text; None for anything else."""
    if isinstance(span, list | tuple) and len(span) == 2:
        start, end = span
        whole = isinstance(start, int) and isinstance(end, int)
        if whole and not isinstance(start, bool) and 0 <= start < end <= len(text):
            return start, end
    return None


def reply_block(text: str, span: Span | None, limit: int = SHOWN) -> Markup:
    """Show a reply with its span marked; what is left out is counted where it would stand."""
    if not text:
        return el("p", "(an empty reply)", class_="note")
    parts: list[Markup] = []
    last = 0
    for start, end in pieces(text, span, limit):
        if start > last:
            parts.append(_gap(start - last))
        parts.append(_marked(text, start, end, span))
        last = end
    if last < len(text):
        parts.append(_gap(len(text) - last))
    return el("pre", *parts, class_="reply")


def _gap(characters: int) -> Markup:
    return el("span", f" … {characters:,} characters left out … ", class_="flag")


def _marked(text: str, start: int, end: int, span: Span | None) -> Markup:
    if span is None or span[1] <= start or span[0] >= end:
        return _plain(text[start:end])
    low, high = max(span[0], start), min(span[1], end)
    return join(
        [_plain(text[start:low]), el("mark", _plain(text[low:high])), _plain(text[high:end])]
    )


def _plain(text: str) -> Markup:
    return join([clean(text, max(len(text), 1))])
