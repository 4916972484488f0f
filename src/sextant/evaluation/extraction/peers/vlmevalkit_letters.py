"""VLMEvalKit's letters for its spatial benchmarks: ``can_match_option``.

VLMEvalKit@e8e78f05 ``vlmeval/dataset/utils/spatial_bench/matching_func.py``, which is EASI's scorer
too. Its callers never say which options there are, so A-F are taken whatever the question. Patterns
are rewritten where the original needs more than linear time; they match the same letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import letter

TAIL_LINES = 6
TAIL_WINDOW = 800
INVISIBLE = re.compile("[\u200b\u200c\u200d\ufeff]")
CLOSED_THINK = re.compile(r"</\s*think\s*>", re.IGNORECASE)
OPENED_THINK = re.compile(r"<\s*think\s*>", re.IGNORECASE)

_OPENED = re.compile(r"<\s*+answer\b", re.IGNORECASE)
_CLOSED = re.compile(r"<\s*+/\s*+answer\s*+>", re.IGNORECASE)
_FIRST = re.compile(r"\s*+([A-J])", re.IGNORECASE)
_BEFORE = r"(?<![A-Za-z])[(\[{（【]?\s*([A-F])\s*[)\]}）】]?\s*</\s*"
_BEFORE_CLOSING = tuple(re.compile(rf"{_BEFORE}{t}\s*>", re.I) for t in ("answer", "think"))
_OPTION_LINE = re.compile(r"[*_>\-\s]*+(?:option|选项)\s++[A-J]\s*+[:：]", re.IGNORECASE)
_LINE_IS_LETTER = re.compile(r"[*_`>（）\[\]【】()]*\s*([A-Fa-f])\s*[*_`（）\[\]【】()]*")
_LINE_BEGINS = re.compile(r"([A-F])\s*[.．:：)\]】、-]\s+", re.IGNORECASE)
_IN_LINE = re.compile(r"(?<![A-Za-z])([A-F])\s*[*_`）\]})]*(?=$|[\s.,:;!?)\]】》」』，。；、：）])")
_CONCLUDED = re.compile(
    r"(?:final\s*+answer|the\s*+answer\s*+is|answer(?:\s*+is)?|correct\s*+answer|答案|最终答案|结论|"
    r"所以|因此|我选(?:择)?|选择|选)\s*+[:：>＝=]?+\s*+[(\[{（【]?+\s*+([A-F])\s*[)\]}）】]?(?:\b|[.)、。])",
    re.IGNORECASE,
)
_ALONE = re.compile(r"(?<![A-Za-z])([A-F])(?![A-Za-z])")


def can_match_option(reply: str, options: Options) -> Found:
    """Return the letter of the first of seven steps that finds one; see the original."""
    return letter(_matched(INVISIBLE.sub("", reply.strip())), options)


def answer_contents(text: str) -> Iterator[int]:
    """Yield where the content of each ``<answer ...>`` begins."""
    end = -1
    for match in _OPENED.finditer(text):
        if end < match.end():
            end = text.find(">", match.end())
            if end < 0:
                return
        yield end + 1


def _matched(text: str) -> str | None:
    closings = [m.start() for m in _CLOSED.finditer(text)]
    for start in answer_contents(text) if closings else ():
        match = _FIRST.match(text, start)
        if match is not None and match.end() <= closings[-1]:
            return match.group(1).upper()
    tail = text[-TAIL_WINDOW:]
    for pattern in _BEFORE_CLOSING:
        match = pattern.search(tail)
        if match is not None:
            return match.group(1).upper()
    return (
        _of_lines(after_think(text))
        or _of_lines(tail)
        or next((m.group(1).upper() for m in _CONCLUDED.finditer(text)), None)
        or _only(text)
    )


def after_think(text: str) -> str:
    """Return what follows the last closing tag, else the last opening one, else everything."""
    for pattern in (CLOSED_THINK, OPENED_THINK):
        ends = [m.end() for m in pattern.finditer(text)]
        if ends:
            return text[ends[-1] :].strip()
    return text


def _of_lines(text: str) -> str | None:
    for line in reversed([x.strip() for x in text.splitlines()[-TAIL_LINES:]]):
        if not line or _OPTION_LINE.match(line):
            continue
        match = _LINE_IS_LETTER.fullmatch(line) or _LINE_BEGINS.match(line)
        if match is not None:
            return match.group(1).upper()
        letters = set(_IN_LINE.findall(line))
        if len(letters) == 1:
            return str(letters.pop())
    return None


def _only(text: str) -> str | None:
    letters: set[str] = set()
    for line in text.splitlines():
        if not _OPTION_LINE.match(line):
            letters.update(_ALONE.findall(line))
    return letters.pop() if len(letters) == 1 else None
