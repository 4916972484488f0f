"""BLINK and EmbSpatial-Bench in lmms-eval: the very first letter of the reply.

lmms-eval@75571cfe ``lmms_eval/tasks/blink/utils.py`` and ``lmms_eval/tasks/embspatial/utils.py``
(``_extract_answer_letter``). "The chair" is T there and "Based on" is B, see its issue 1434.
"""

from __future__ import annotations

import re

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import EMPTY, letter

_FIRST = re.compile(r"[(\s]*([A-Z])", re.IGNORECASE)


def first_letter(reply: str, options: Options) -> Found:
    """Return the first character behind blanks and opening brackets, if it is a letter."""
    offset = len(reply) - len(reply.lstrip())
    match = _FIRST.match(reply, offset)
    if match is None:
        return EMPTY
    return letter(match.group(1).upper(), options, match.span(1))
