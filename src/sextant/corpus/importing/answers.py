"""What kind of answer a text is, and which options a question lists.

Nothing is guessed: a row is a choice only if its question lists options A, B, ... in order and its
answer is the letter of one. Everything else that is no number, yes or no is text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sextant.samples.sample import LETTERS


class Answer(NamedTuple):
    """An answer as the sample schema wants it.

    Attributes:
        text: As stored.
        kind: ``choice``, ``number``, ``boolean`` or ``text``.
        options, chosen: Of a choice.
        value: Of a number.
        style: Prompt style in which the text comes out as it was.
    """

    text: str
    kind: str
    options: list[str] | None = None
    chosen: int | None = None
    value: float | None = None
    style: str = "verbatim"


_LETTER = re.compile(r"\(?([A-Z])(?:\)|[.:]|\Z)\s*(.*)", re.DOTALL)

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")

_MARKER = re.compile(r"(?<!\S)\(?([A-Z])[.:)]\s*(?=\S)")


def read_answer(question: str, text: str) -> Answer:
    """Return the kind of an answer.

    >>> read_answer("Which? A. lamp B. sofa", "B")[1:4]
    ('choice', ['lamp', 'sofa'], 1)
    >>> read_answer("How far?", "2.5").value
    2.5
    >>> read_answer("Which is plan B?", "B").kind
    'text'
    """
    first = text[:1]
    if first.isdigit() or first in "+-":
        if _NUMBER.fullmatch(text) is not None:
            return Answer(text, "number", value=float(text))
    elif len(text) <= 3 and text.lower() in ("yes", "no"):
        return Answer(text, "boolean")
    elif first == "(" or (first.isascii() and first.isupper()):
        found = _choice(question, text)
        if found is not None:
            return found
    return Answer(text, "text")


def _choice(question: str, text: str) -> Answer | None:
    match = _LETTER.fullmatch(text)
    if match is None:
        return None
    options = listed_options(question)[1]
    index = LETTERS.index(match[1])
    if index >= len(options):
        return None
    if text == match[1]:
        return Answer(text, "choice", options, index)
    if text == f"{match[1]}. {options[index]}":
        return Answer(match[1], "choice", options, index, style="verbatim_full")
    return None


def listed_options(question: str) -> tuple[str, list[str]]:
    """Return the text before the options of a question, and the options; none if it lists none.

    Options are ``A. x``, ``A: x``, ``A) x`` or ``(A) x``, each on its line or one after the other
    on the last such line; at least two, in the order of the alphabet, all different.

    >>> listed_options("Where?\\nA. left\\nB. right\\nAnswer with a letter.")
    ('Where?', ['left', 'right'])
    """
    plain = _lines(question)
    if plain is not None:
        return plain
    # The options are mostly the last thing: look from the last A on, else everywhere.
    last = max(question.rfind("A."), question.rfind("A:"), question.rfind("A)"))
    for start in (last - (question[last - 1 : last] == "("), 0) if last >= 0 else ():
        run: list[re.Match[str]] = []
        for mark in _MARKER.finditer(question, start):
            if mark[1] == LETTERS[len(run)]:
                run.append(mark)
                if len(run) == len(LETTERS):
                    break
            elif run:
                break
        texts = _texts(question, run)
        if len(texts) >= 2:
            return question[: run[0].start()].rstrip(), texts
    return question, []


def _lines(question: str) -> tuple[str, list[str]] | None:
    """Read options of the most common form, one ``A. x`` a line, several times as fast."""
    start = question.rfind("\nA. ")
    if start < 0:
        return None
    texts = []
    for letter, line in zip(LETTERS, question[start + 1 :].split("\n"), strict=False):
        if line[:3] != f"{letter}. ":
            break
        texts.append(line[3:].strip().rstrip(",;").strip())
    if len(texts) < 2 or "" in texts or len({text.casefold() for text in texts}) < len(texts):
        return None
    return question[:start].rstrip(), texts


def _texts(question: str, run: list[re.Match[str]]) -> list[str]:
    """Return the texts of listed options; nothing if they cannot be told apart."""
    texts = []
    for i, mark in enumerate(run):
        end = run[i + 1].start() if i + 1 < len(run) else len(question)
        texts.append(question[mark.end() : end].split("\n", 1)[0].strip().rstrip(",;").strip())
    if "" in texts or len({text.casefold() for text in texts}) < len(texts):
        return []
    return texts
