"""MindCube: the last capital letter before a full stop, wherever it is, then other patterns.

MindCube@6d8fd9ac ``src/evaluation/core/extractors.py`` (``extract_answer``); lmms-eval@75571cfe
``lmms_eval/tasks/mindcube/utils.py`` has the same function and strips the reply first. Patterns of
that function that a pattern before them always hides (everything with a letter and a full stop,
as the first pattern takes any) are left out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import EMPTY, letter

_LABEL = re.compile(r"([A-E])\.")
_TAG = re.compile(r"<Answer>([^<]*)")
_IN_TAG = (
    re.compile(r"[Mm]y answer is ([A-E])"),
    re.compile(r"[Tt]he answer is ([A-E])"),
    re.compile(r"\b([A-E])\b"),
)
_ANYWHERE = (
    re.compile(r"(?:^|\n)(?:Answer: )?([A-E])(?:$|\s)"),
    re.compile(r"[*\"]([A-E])[*\"]"),
    re.compile(r"\bAnswer:?\s*([A-E])\b"),
    re.compile(r"[Mm]y answer is ([A-E])"),
    re.compile(r"answer is ([A-E])"),
)
_ALONE = re.compile(r"\b([A-E])\b")


def official(reply: str, options: Options) -> Found:
    """Return the letter that the first pattern with a match matches last."""
    match = _last(_LABEL.finditer(reply))
    tag = _TAG.search(reply)
    if match is None and tag is not None:
        section = tag.group(1)
        for pattern in _IN_TAG:
            inner = _last(pattern.finditer(section))
            if inner is not None:
                start = tag.start(1)
                span = (start + inner.start(1), start + inner.end(1))
                return letter(inner.group(1), options, span)
    for pattern in _ANYWHERE:
        match = match or _last(pattern.finditer(reply))
    if match is not None:
        return letter(match.group(1), options, match.span(1))
    end = len(reply)
    for line in reversed(reply.split("\n")):
        match = _ALONE.search(line)
        if match is not None:
            start = end - len(line) + match.start()
            return letter(match.group(), options, (start, start + 1))
        end -= len(line) + 1
    return EMPTY


def lmms_eval(reply: str, options: Options) -> Found:
    """Return what the authors' function finds in the stripped reply."""
    found = official(reply.strip(), options)
    if found.span is None:
        return found
    offset = len(reply) - len(reply.lstrip())
    return Found(found.status, found.value, (found.span[0] + offset, found.span[1] + offset))


def _last(matches: Iterable[re.Match[str]]) -> re.Match[str] | None:
    found = None
    for found in matches:  # noqa: B007
        pass
    return found
