"""3DSRBench in lmms-eval: eight patterns, the first match of the first that has one.

lmms-eval@75571cfe ``lmms_eval/tasks/3dsrbench/utils.py`` (``extract_answer``). The authors' own
script reads the ``hit`` column that VLMEvalKit wrote, so theirs is VLMEvalKit's rule.
"""

from __future__ import annotations

import re

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import EMPTY, letter

_PATTERNS = (
    re.compile(r"\A([A-D])[.\s)]"),
    re.compile(r"\A([A-D])$"),
    re.compile(r"[Aa]nswer[:\s]+([A-D])"),
    re.compile(r"[Tt]he answer is[:\s]+([A-D])"),
    re.compile(r"[Mm]y answer is[:\s]+([A-D])"),
    re.compile(r"\(([A-D])\)"),
    re.compile(r"([A-D])\."),
    re.compile(r"\b([A-D])\b"),
)


def lmms_eval(reply: str, options: Options) -> Found:
    """Return the letter of the first pattern that matches the stripped reply."""
    text = reply.strip()
    offset = len(reply) - len(reply.lstrip())
    for pattern in _PATTERNS:
        match = pattern.search(text)
        if match is not None:
            span = (offset + match.start(1), offset + match.end(1))
            return letter(match.group(1), options, span)
    return EMPTY
