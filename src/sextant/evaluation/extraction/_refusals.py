"""Replies that say that they have no answer."""

from __future__ import annotations

import re

from sextant.evaluation.extraction._places import holds_any

_CANNOT = (
    r"(?:can(?:[ \n]?not|'?t)|could(?: not|n'?t)|not able to|unable to|not possible to|"
    r"impossible to)"
)
_KNOW = (
    r"(?:determine|tell|see|view|identify|answer|provide|say|know|decide|make out|assess|estimate|"
    r"measure|judge|access|process|find|infer|verify|confirm|analy[sz]e|give|help|assist|choose|"
    r"count|calculate|locate|do (?:this|that)|be determined|be answered|be inferred|be estimated)"
)
_REFUSAL = re.compile(
    r"(?=[acdinsuw无不抱对])(?<![a-z])(?:"  # where none can begin is found out first
    rf"{_CANNOT}[ \n]{{1,3}}(?:\w{{1,20}}ly )?{_KNOW}\b"
    r"|(?:do not|don'?t) (?:know|have (?:enough|sufficient|access|the ability|any "
    r"(?:image|information)))"
    r"|(?:not|isn'?t|is no|without) (?:enough|sufficient|provided with) "
    r"|insufficient (?:information|data|context|evidence)"
    r"|none of (?:the|these|those) (?:above|options?|choices?|answers?|given|provided|listed)"
    r"|no (?:correct|valid|suitable|matching) (?:answer|option|choice)"
    r"|(?:no|don'?t see any|not see any) (?:image|video|picture|frame)s? (?:was|were|is|"
    r"are|has|have|provided|attached|given)"
    r"|as an ai\b|as a (?:text|language)\b"
    r"|i(?:'m| am) (?:sorry|afraid|not sure|uncertain|unsure)"
    r"|(?:(?<!.)|(?<=[.!?])|(?<=[.!?] ))(?:sorry|apologies|i apologi[sz]e|no idea|unknown|"
    r"unanswerable|unclear|not (?:sure|visible|applicable|available|determinable)|n/a\b|idk\b|"
    r"undetermined|no answer)"
    r"|无法|不能确定|抱歉|对不起|无法确定|不知道)"
)
_HINTS = (
    "not", "'t", "impossible", "enough", "sufficient", "none of", "no ", "without", "as a",
    "sorry", "afraid", "apolog", "n/a", "idk", "cant", "无", "不", "抱歉", "对不起",
)  # fmt: skip
_UN_HINTS = (
    "unable", "unsure", "uncertain", "unknown", "unanswerable", "unclear", "undetermined",
)  # fmt: skip
"""A refusal holds one of these, see ``refusal_in``."""

_CLAUSE_ENDS = re.compile(r"[.!?;\n]|,? but\b|\bhowever\b|,? so\b|\bif i (?:had|have) to\b")


def refusal_in(lower: str) -> tuple[int, int] | None:
    """Return where a reply, in lower case, first says that it has no answer."""
    if not holds_any(lower, _HINTS) and not ("un" in lower and holds_any(lower, _UN_HINTS)):
        return None
    match = _REFUSAL.search(lower)
    if match is None:
        return None
    return match.span()


def without_refusals(lower: str, text: str) -> str:
    """Return a text of the same length in which clauses that refuse are blank.

    Args:
        lower: The text in lower case, where refusals are looked for.
        text: The text, in the case that is wanted.
    """
    kept, at = [], 0
    for match in _REFUSAL.finditer(lower):
        if match.start() < at:
            continue
        end = _CLAUSE_ENDS.search(lower, match.end())
        stop = len(text) if end is None else end.start()
        begin = 1 + max(lower.rfind(mark, at, match.start() + 1) for mark in ".,;!?\n")
        begin = max(at, begin)
        kept += [text[at:begin], " " * (stop - begin)]
        at = stop
    return "".join((*kept, text[at:]))
