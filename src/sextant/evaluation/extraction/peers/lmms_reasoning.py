"""What lmms-eval does to every reply before a task scores it.

lmms-eval@75571cfe ``lmms_eval/api/reasoning.py`` (``strip_reasoning_tags``) with the default of
``--reasoning_tags`` in ``lmms_eval/__main__.py``. A block without its end stays.
"""

from __future__ import annotations

TAGS = (("<think>", "</think>"), ("<analysis>", "</analysis>"))


def without_reasoning(reply: str) -> str:
    """Return a reply without its reasoning, stripped."""
    for opening, closing in TAGS:
        kept, at = [], 0
        while True:
            start = reply.find(opening, at)
            end = -1 if start < 0 else reply.find(closing, start)
            if end < 0:
                break
            kept.append(reply[at:start])
            at = end + len(closing)
        reply = "".join((*kept, reply[at:]))
        if closing in reply and opening not in reply:
            reply = reply.rpartition(closing)[2]
    return reply.strip()
