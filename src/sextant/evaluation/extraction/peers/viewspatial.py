"""ViewSpatial-Bench: the first single letter of the last line, an article included.

ViewSpatial-Bench@2e85a5e4 ``evaluate.py`` (``extract_option``) and lmms-eval@75571cfe
``lmms_eval/tasks/viewspatial/utils.py``, which agree.
"""

from __future__ import annotations

import re

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import EMPTY, letter

_SINGLE = re.compile(r"\b([A-D])\b", re.IGNORECASE)


def last_line(reply: str, options: Options) -> Found:
    """Return the first of A-D or a-d that stands alone in the last line."""
    start = reply.rfind("\n") + 1
    match = _SINGLE.search(reply[start:])
    if match is None:
        return EMPTY
    return letter(match.group().upper(), options, (start + match.start(), start + match.end()))
