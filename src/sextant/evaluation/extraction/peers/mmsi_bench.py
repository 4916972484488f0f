"""MMSI-Bench: what stands in back-ticks, then the first single letter that no word follows.

Official: MMSI-Bench@5de2f3d2 ``README.md`` (Answer Extraction) and
``vlmeval/dataset/mmsi_bench.py``; the README's version, followed here, also looks into braces.
lmms-eval@75571cfe ``lmms_eval/tasks/mmsi_bench/utils.py`` takes A-F in either case. Where the rule
finds nothing, the authors ask a language model; here that is ``empty``.
"""

from __future__ import annotations

import re

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import EMPTY, letter

_MARKED = (re.compile(r"``([^`]*)``"), re.compile(r"`([^`]*)`"))
_OFFICIAL = re.compile(r"\b[A-D]\b(?!\s[a-zA-Z])")
_LMMS = re.compile(r"\b[A-F]\b(?!\s[a-zA-Z])", re.IGNORECASE)


def official(reply: str, options: Options) -> Found:
    """Return the first single capital A-D of the marked part."""
    return _single(reply, options, _OFFICIAL)


def lmms_eval(reply: str, options: Options) -> Found:
    """Return the first single letter A-F or a-f of the marked part."""
    return _single(reply, options, _LMMS)


def _single(reply: str, options: Options, pattern: re.Pattern[str]) -> Found:
    start, end = 0, len(reply)
    for marked in _MARKED:
        # A copy, not a range: \b looks beyond the ends of a range's text.
        match = marked.search(reply[start:end])
        if match is not None:
            start, end = start + match.start(1), start + match.end(1)
    opening = reply.find("{", start, end)
    closing = reply.find("}", opening, end) if opening >= 0 else -1
    if closing >= 0:
        start, end = opening + 1, closing
    match = pattern.search(reply[start:end])
    if match is None:
        return EMPTY
    return letter(match.group().upper(), options, (start + match.start(), start + match.end()))
