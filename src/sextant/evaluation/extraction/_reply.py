"""Where in a reply the answer stands, and its text without markup.

What is thought aloud is no answer: everything up to the last closing thinking tag is left out, and
a reply that ends while thinking has none. Of the rest, ``<answer>`` and ``\\boxed{}`` win.

Every step keeps positions, so that a verdict can point at the characters that decided. Replies of
any length take linear time; of an answer part longer than ``HEAD + TAIL`` characters only its first
``HEAD`` and its last ``TAIL`` are looked at.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sextant.evaluation.extraction._places import holds_any

HEAD = 8_192
TAIL = 16_384
REMEMBERED = 96
"""What answer parts of at most so many characters come to is kept: they are often the same."""

MAX_SLOTS = 16
"""Of so many answer tags or boxes the last ones are looked at."""

_THOUGHT = r"(?:think|thinking|thought|thoughts|reasoning|analysis|reflection|scratchpad)"
_THOUGHT_ENDS = re.compile(
    rf"<\s*+/\s*+{_THOUGHT}\s*+>|◁\s*+/\s*+think(?:ing)?+\s*+▷|\[/THINK\]"
    r"|<\|channel\|>\s*+final\s*+<\|message\|>",
    re.IGNORECASE,
)
_THOUGHT_BEGINS = re.compile(
    rf"<\s*+{_THOUGHT}\s*+>|◁\s*+think(?:ing)?+\s*+▷|\[THINK\]"
    r"|<\|channel\|>\s*+(?:analysis|commentary)\s*+<\|message\|>",
    re.IGNORECASE,
)
_SLOT = re.compile(
    r"<\s*+(/?+)\s*+(?:answer|final_answer|ans)\b[^<>]{0,100}+>|<\|(?:begin|(end))_of_box\|>",
    re.IGNORECASE,
)
_BOX = re.compile(r"\\f?boxed\s*+\{")
_BRACE = re.compile(r"[{}]")
MAX_BOX = 500

_RUN = re.compile(" {2,}")
_TOKEN = re.compile(r"<\|[a-z_]{1,30}\|>|</s>|<eos>|<end_of_turn>", re.IGNORECASE)
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")
_TEX_STYLE = re.compile(
    r"\\(?:text(?:bf|it|rm|tt|sf)?|math(?:rm|bf|it|sf|tt)|operatorname|boldsymbol|underline|emph)"
    r"\s{0,3}\{([^{}]{0,200})\}"
)
_TEX_MARK = re.compile(r"\\(?:[()\[\],;!:. ]|quad\b|left\b|right\b|displaystyle\b)|\$")
_HTML = re.compile(r"</?(?:b|i|u|p|br|em|strong|span|div|code|pre|li|ul|ol|h\d)\s{0,3}/?>", re.I)
SUPERSCRIPT_TWO = re.compile(r"<sup>\s{0,3}2\s{0,3}</sup>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """Characters of a reply that are one answer.

    Attributes:
        text: As written, the middle cut out if it is too long.
        start: Where in the reply it begins.
        cut: Length of the kept head, where something was cut out.
        gap: How many characters were cut out there.
    """

    text: str
    start: int
    cut: int
    gap: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return a range of ``text`` as a range of the reply."""
        shift = self.start
        return (
            start + shift + (self.gap if start >= self.cut else 0),
            end + shift + (self.gap if end > self.cut else 0),
        )


def answer_parts(reply: str) -> tuple[Part, ...] | None:
    """Return what is put forward as the answer, usually one part, in order.

    Returns:
        None where the reply ends before it comes to an answer.
    """
    start = 0
    if "<" in reply or "◁" in reply or "[" in reply:
        for match in _THOUGHT_ENDS.finditer(reply):
            start = match.end()
        if _THOUGHT_BEGINS.search(reply, start):
            return None
    ranges = [(start, len(reply))]
    if reply.find("<", start) >= 0:
        ranges = _slots(reply, start) or ranges
    if reply.find("boxed", start) >= 0:
        ranges = [r for lo, hi in ranges for r in (_boxes(reply, lo, hi) or [(lo, hi)])]
    return tuple(_part(reply, lo, hi) for lo, hi in ranges[-MAX_SLOTS:])


def _slots(reply: str, start: int) -> list[tuple[int, int]]:
    """Return the contents of answer tags; an unclosed tag reaches to the end."""
    found, opened = [], -1
    for match in _SLOT.finditer(reply, start):
        if opened >= 0:
            found.append((opened, match.start()))
        closing = match.group(1) == "/" or match.group(2) is not None
        opened = -1 if closing else match.end()
    if opened >= 0:
        found.append((opened, len(reply)))
    filled = [(lo, hi) for lo, hi in found if not reply[lo:hi].isspace() and hi > lo]
    return filled or found[-1:]


def _boxes(reply: str, start: int, end: int) -> list[tuple[int, int]]:
    found, at = [], start
    while (match := _BOX.search(reply, at, end)) is not None:
        depth, at = 1, match.end()
        stop = min(end, at + MAX_BOX)
        for brace in _BRACE.finditer(reply, at, stop):
            depth += 1 if brace.group() == "{" else -1
            if depth == 0:
                stop = brace.start()
                break
        found.append((at, stop))
        at = stop
    return found


def _part(reply: str, start: int, end: int) -> Part:
    text = reply[start:end]
    end -= len(text) - len(text.rstrip())
    start = min(end, start + len(text) - len(text.lstrip()))
    length = end - start
    if length <= HEAD + TAIL:
        return Part(reply[start:end], start, length, 0)
    # The break keeps words of head and tail apart without moving a position.
    text = reply[start : start + HEAD - 1] + "\n" + reply[end - TAIL : end]
    return Part(text, start, HEAD, length - HEAD - TAIL)


def blank(pattern: re.Pattern[str], text: str) -> str:
    """Return a text with matches replaced by as many spaces; a first group is kept."""
    return pattern.sub(_blanked, text)


def _blanked(match: re.Match[str]) -> str:
    if match.re.groups == 0:
        return " " * (match.end() - match.start())
    before, after = match.start(1) - match.start(), match.end() - match.end(1)
    return " " * before + match.group(1) + " " * after


def unmarked(text: str) -> str:
    """Return a text of the same length without LaTeX, HTML, special tokens and odd characters.

    Full-width, circled and mathematical letters and digits become plain ones, quotation marks
    straight ones, invisible characters and unusual blanks spaces. Markdown stays.
    """
    if not text.isascii():
        text = text.translate(_PLAIN)
    elif holds_any(text, _BLANK_MARKS):
        text = text.translate(_BLANKS)
    if "<" in text:
        text = SUPERSCRIPT_TWO.sub(lambda m: "²" + " " * (len(m.group()) - 1), text)
        text = blank(_HTML, blank(_TOKEN, text))
    if "~~" in text:
        text = blank(_STRUCK, text)
    if "\\" in text:
        for _ in range(3):  # styles within styles
            text = blank(_TEX_STYLE, text)
        text = blank(_TEX_MARK, text)
    elif "$" in text:
        text = text.replace("$", " ")
    return text


def squeezed(text: str) -> str:
    """Return a text whose runs of blanks are one space each."""
    return _RUN.sub(" ", text) if "  " in text else text


def unsqueezed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a range of the squeezed text as a range of the text."""
    removed = before_start = before_end = 0
    for run in _RUN.finditer(text):
        at = run.start() - removed
        if at >= end - 1:
            break
        removed += run.end() - run.start() - 1
        before_start = removed if at < start else before_start
        before_end = removed
    return start + before_start, end + before_end


def _plain_characters() -> dict[int, str]:
    table = {c: chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)}
    for low, high in ((0x24B6, 0x24E9), (0x1D400, 0x1D7FF)):
        for c in range(low, high + 1):
            plain = unicodedata.normalize("NFKC", chr(c))
            if len(plain) == 1 and plain.isascii():
                table[c] = plain
    for c in range(26):
        table |= {0x1F130 + c: chr(65 + c), 0x1F150 + c: chr(65 + c), 0x1F170 + c: chr(65 + c)}
    table |= dict.fromkeys(map(ord, "“”„«»「」『』″"), '"')
    table |= dict.fromkeys(map(ord, "‘’‚′"), "'")
    table |= dict(zip(map(ord, "【】〔〕（）《》"), "[][]()<>", strict=True))
    table |= dict(zip(map(ord, "。、，；："), ".,,;:", strict=True))
    invisible = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    blanks = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"
    return table | dict.fromkeys(map(ord, invisible + blanks), " ") | _BLANKS


_BLANK_MARKS = "\r\t\f\v"
_BLANKS = str.maketrans(dict.fromkeys(_BLANK_MARKS, " "))
_PLAIN = _plain_characters()
