"""BLINK: the one "(X)" among the words of the reply or of its last paragraph.

BLINK_Benchmark@2d6a779b ``eval/test_benchmark.py`` (``analyze_answer``). Where that is not one, the
authors ask GPT-3.5; without that judge it is ``empty``.
"""

from __future__ import annotations

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import EMPTY, letter


def official(reply: str, options: Options) -> Found:
    """Return the letter that stands alone in brackets."""
    if reply in ("A", "B", "C", "D", "E"):
        return letter(reply, options, (0, 1))
    if reply in ("(A)", "(B)", "(C)", "(D)", "(E)"):
        return letter(reply[1], options, (1, 2))
    marks = {f"({c})": c for c in options.letters[:5]}
    start = reply.rfind("\n\n") + 2 if "\n\n" in reply else 0
    anywhere = marks.keys() & set(reply.split())
    last = marks.keys() & set(reply[start:].split())
    if not anywhere or (len(anywhere) != 1 and len(last) != 1):
        return EMPTY
    mark = next(iter(last if len(last) == 1 else anywhere))
    at = reply.rfind(mark) + 1
    return letter(marks[mark], options, (at, at + 1))
