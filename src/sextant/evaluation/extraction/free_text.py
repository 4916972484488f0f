"""Answers that are a text or a JSON value."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from sextant.evaluation.extraction._option_texts import lowered
from sextant.evaluation.extraction._parts import EMPTY, verdict_on
from sextant.evaluation.extraction._refusals import refusal_in
from sextant.evaluation.extraction.find import as_text
from sextant.evaluation.extraction.found import Found

MAX_TEXT = 4_000
"""Of a text answer so many characters are kept."""

MAX_JSON = 100_000
"""A longer JSON value is not parsed."""

MAX_STARTS = 64
"""So many brackets are tried as the beginning of a JSON value."""

_CUE = re.compile(
    r"(?:\A|\n)[ *_#>]*(?:the )?(?:final |correct )?answer(?: is)?[*_ ]*(?::|：|\bis\b|"
    r"=)[*_]*[ \n]*",
    re.IGNORECASE,
)
_EDGES = " \t\r\n*_`\"'“”‘’"
_BRACKET = re.compile(r"[\[{]")


def find_text(reply: object) -> Found:
    """Return the text that a reply gives: what follows "Answer:" if that is there, else all of it.

    Markdown and quotation marks around it are taken off, a full stop stays.
    """
    return verdict_on(as_text(reply), _text)


def find_json(reply: object) -> Found:
    """Return the one JSON object of the answer, or the one array if there is no object.

    It comes as canonical text, keys sorted and nothing between tokens, as corpora store it. Words
    around it and code fences do not matter. A value with NaN, an infinite number or a key that
    occurs twice is none. Several objects that differ are ``ambiguous``, and so are brackets without
    a value.
    """
    return verdict_on(as_text(reply), _json)


def _text(raw: str) -> Found:
    start = 0
    for match in _CUE.finditer(raw):
        start = match.end()
    body = raw[start:]
    left = len(body) - len(body.lstrip(_EDGES))
    text = body.strip(_EDGES)
    if not text:
        return EMPTY
    span = (start + left, start + left + len(text))
    if len(text) < 300 and refusal_in(lowered(text)) is not None:
        return Found("refused", None, span)
    return Found("answered", text[:MAX_TEXT], span)


def _json(raw: str) -> Found:
    found: dict[str, dict[str, tuple[int, int]]] = {"{": {}, "[": {}}
    at, tries = 0, 0
    while tries < MAX_STARTS and (match := _BRACKET.search(raw, at)) is not None:
        start = match.start()
        tries += 1
        try:
            value, length = _DECODER.raw_decode(raw[start : start + MAX_JSON])
        except (ValueError, RecursionError):
            at = start + 1
            continue
        at = start + length
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
        found[raw[start]][text] = (start, at)
    for values in found.values():
        if len(values) == 1:
            ((text, span),) = values.items()
            return Found("answered", text, span)
        if values:
            break
    if tries:
        return Found("ambiguous")
    refusal = refusal_in(lowered(raw))
    return EMPTY if refusal is None else Found("refused", None, refusal)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def _refused(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice")
    return found


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refused, object_pairs_hook=_unique)
