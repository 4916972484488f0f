"""MMBench's ``can_infer``: a single letter among the words, else a single option text.

VLMEvalKit@e8e78f05 ``vlmeval/utils/matching_util.py`` scores BLINK, 3DSRBench and MMBench with it;
where it finds nothing, a language model is asked, and without one the row is wrong. It is also the
authors' own code for MMBench, and what 3DSRBench's script builds on. lmms-eval@75571cfe
``lmms_eval/tasks/mmbench/mmbench_evals.py`` has an older version; its judge-free task
(``mmbench_en_dev_static``) goes on with ``lmms_eval/tasks/_task_utils/mcq_extract.py``.
"""

from __future__ import annotations

import re

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import EMPTY, letter

_REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)
_FAILED = "Failed to obtain answer via API"
_BLANKED = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
_VERBOSE = re.compile(r"answer\s++is\s++\**+([ABCD])", re.IGNORECASE)

_LETTER_STYLES = (
    "{}.", "{},", "{}:", "{})", "{}).", "({})", "({}).", ":{}", ":{},", ":{}.", ":{})", ":{}).",
)  # fmt: skip
_PHRASES = (
    "the answer is", "answer is", "the correct answer is", "correct answer is",
    "the best answer is", "best answer is", "the correct option is", "correct option is",
    "the best option is", "best option is", "the choice is", "choice is",
    "the correct choice is", "correct choice is", "i choose", "i select", "i pick",
    "my answer is", "my choice is", "옵션", "정답은", "답은", "답:",
    "答案是", "答案为", "选", "答えは",
)  # fmt: skip
_MARKS = (("({})", 6), ("{}.", 5), ("{}:", 4), ("{})", 3), ("{} ", 2))
"""Ways to write a letter, with the rank of each."""


def can_infer(reply: str, options: Options) -> Found:
    """Return VLMEvalKit's letter, without a judge."""
    if _FAILED not in reply:
        if any(refusal in reply for refusal in _REFUSALS):
            return Found("refused")
        words = reply.translate(_BLANKED).split()
        present = [c for c in options.letters if c in words]
        if len(present) == 1 and words.index(present[0]) > len(words) - 5:
            return letter(present[0], options)
        if not present and "Z" in words:
            return Found("refused")
        match = _VERBOSE.search(reply)
        if match is not None and match.group(1).upper() in options.letters:
            return letter(match.group(1).upper(), options, match.span(1))
    texts = options.choices()
    if len(reply.lower()) > 2 * sum(map(len, texts.values())):
        return EMPTY
    return _by_text(reply, texts)


def lmms_eval(reply: str, options: Options) -> Found:
    """Return lmms-eval's letter in its static mode: the older ``can_infer``, then a ranking."""
    reply = reply.strip()
    if _FAILED not in reply:
        words = reply.split()
        present = [c for c in "ABCDE" if c in words]
        if len(present) == 1 and not ("A" in words and len(words) > 3):
            return letter(present[0], options)
        for style in _LETTER_STYLES:
            present = [c for c in "ABCDE" if style.format(c) in words]
            if len(present) == 1:
                return letter(present[0], options)
    found = _by_text(reply, options.choices())
    return found if found.value else letter(_ranked(reply, options.letters), options)


def _by_text(reply: str, texts: dict[str, str]) -> Found:
    lower = reply.lower()
    present = [c for c, text in texts.items() if text.lower() in lower]
    return Found("answered", present[0]) if len(present) == 1 else EMPTY


def _ranked(reply: str, letters: str) -> str | None:
    """Return the letter of the best style; of equals, the one that comes last."""
    text = reply.strip()
    for mark in ",.!?;:'\"":
        text = text.strip(mark)
    bare = text.strip()
    text = f" {text} "
    lower = text.lower()
    ranked: list[tuple[int, int, str]] = []
    for c in letters:
        ranked += [
            (rank, text.rfind(mark.format(c)), c) for mark, rank in _MARKS if mark.format(c) in text
        ]
        if bare.startswith(c) and not bare[1:2].isalpha():
            ranked.append((10, 0, c))
        if bare.endswith(c) and not bare[-2:-1].isalpha():
            ranked.append((9, len(text) - 1, c))
    for phrase in _PHRASES:
        at = lower.find(phrase)
        if at >= 0:
            after = at + len(phrase)
            ranked += [(7, text.find(c, after), c) for c in letters if text.find(c, after) >= 0]
    if not ranked:
        ranked = [(0, text.rfind(c), c) for c in letters if c in text]
    return max(ranked, key=lambda r: r[:2])[2] if ranked else None
