"""Yes or no."""

from __future__ import annotations

import re

from sextant.evaluation.extraction._option_texts import lowered
from sextant.evaluation.extraction._parts import EMPTY, verdict_on
from sextant.evaluation.extraction._refusals import refusal_in
from sextant.evaluation.extraction._reply import squeezed, unmarked, unsqueezed
from sextant.evaluation.extraction.find import as_text
from sextant.evaluation.extraction.found import Found

YES, NO = "yes", "no"

_VALUES = dict.fromkeys(("yes", "yeah", "yep", "true", "correct", "是", "是的", "对"), YES)
_VALUES |= dict.fromkeys(("no", "nope", "false", "incorrect", "否", "不是", "不对"), NO)
_WORD = "(" + "|".join(sorted(_VALUES, key=len, reverse=True)) + ")(?![a-z'])"
_ALONE = re.compile(rf"[ \n\"'(\[{{.>-]*{_WORD}[ \n\"')\]}}.,:;!]*")
_ENDS = re.compile(rf"[.!?…;] ?{_WORD}[ .!]*\Z")
_OPENS = re.compile(rf"[ \n\"'(\[{{>-]*{_WORD} ?(?:[.,:;!\n–—-]|$)")
_CLAIMS = re.compile(
    r"(?:(?<![a-z])answer(?: to (?:this|the) question)? ?(?:is|would be|should be|must be|:|"
    r"=|->)+:? ?"
    r"(?:definitely |clearly |therefore |thus |probably )?"
    r"|(?<![a-z])(?:so|therefore|thus|hence|finally|in conclusion|wait|actually),? "
    r"(?:the answer is )?"
    r"|(?<![a-z])(?:statement|claim|this|that|it) is (?:indeed |clearly |therefore )?"
    r"(?=true|false|correct|incorrect)"
    r"|(?<![a-z])i(?:'d| would)? (?:say|think|believe|answer) |答案(?:是|:) ?)"
    rf"[\"'(\[]*{_WORD}(?! [a-z])"
)
_BOTH = re.compile(r"(?<![a-z])(?:yes|true) ?(?:/|and|or) ?(?:no|false)(?![a-z])(?! [a-z])")
_TURNS = re.compile(
    r"(?<![a-z])(?:so|therefore|thus|hence|final|finally|conclu\w+|wait|actually|sorry|"
    r"correction|however|oops|hmm+|mistake\w*)(?![a-z])"
)
_MARKDOWN = str.maketrans(dict.fromkeys("*`#_", " "))


def find_boolean(reply: object) -> Found:
    """Return ``yes`` or ``no`` if that is what a reply says beyond doubt.

    It counts where it is the whole reply, the first word before a comma or the like, the last line,
    or what the reply concludes with; "there is no chair" is no "no".
    """
    return verdict_on(as_text(reply), _decide)


def _decide(raw: str) -> Found:
    text = lowered(unmarked(raw).translate(_MARKDOWN)).rstrip()
    lower = squeezed(text)
    found = _decide_plain(lower)
    if found.span is None or len(lower) == len(text):
        return found
    return Found(found.status, found.value, unsqueezed(text, *found.span))


def _decide_plain(lower: str) -> Found:
    if not lower or lower.isspace():
        return EMPTY
    matches = [m for m in _CLAIMS.finditer(lower) if not lower.startswith("?", m.end())]
    opening = _OPENS.match(lower)
    closing = _ALONE.fullmatch(lower, lower.rfind("\n") + 1)
    matches += [m for m in (opening, closing, _ENDS.search(lower)) if m is not None]
    matches.sort(key=lambda m: m.start(1))
    if not matches and _BOTH.search(lower):
        return Found("ambiguous")
    if not matches:
        refusal = refusal_in(lower)
        return EMPTY if refusal is None else Found("refused", None, refusal)
    last = matches[-1]
    value = _VALUES[last.group(1)]
    other = next((m for m in reversed(matches) if _VALUES[m.group(1)] != value), None)
    if other is not None and not _TURNS.search(lower, other.end(1), last.start(1)):
        return Found("ambiguous", None, last.span(1))
    return Found("answered", value, last.span(1))
