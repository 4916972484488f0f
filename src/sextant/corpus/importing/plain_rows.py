"""Rows of sets that have a question and an answer, and no wording of their own around them.

They are shown in the neutral prompt style (or a benchmark's): pictures first, options below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from sextant.corpus.importing.answers import read_answer
from sextant.corpus.importing.set_rows import BrokenRow, SetRow
from sextant.samples.sample import LETTERS
from sextant.samples.validate import IMAGE_MARK


def text_of(record: dict[str, Any], key: str) -> str:
    """Return a text of a record.

    Raises:
        BrokenRow: If it is none, or blank.
    """
    value = record.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BrokenRow(f"{key} is no text", value)
    return value


def asked(question: str, images: int) -> str:
    """Return a question with its pictures before it.

    Raises:
        BrokenRow: If it has marks of its own.
    """
    if IMAGE_MARK in question:
        raise BrokenRow("<image> in a question that has none in this set", question[:80])
    return f"{IMAGE_MARK}\n" * images + question


def answered(
    question: str, answer: object, images: Sequence[str], *, unit: str | None = None, **more: Any
) -> SetRow:
    """Return the row of a question that is answered with a word, a number, yes or no.

    Args:
        question: Without marks.
        answer: A text or a number.
        images: Its pictures, shown first.
        unit: Of a number.
        more: Further fields of the row.

    Raises:
        BrokenRow: If the answer is neither.
    """
    if isinstance(answer, bool) or not isinstance(answer, (str, int, float)):
        raise BrokenRow("the answer is neither a text nor a number", answer)
    if not isinstance(answer, str) and not math.isfinite(answer):
        raise BrokenRow("the answer is not finite", answer)
    found = read_answer("", str(answer).strip())
    more.setdefault("style", "neutral")
    return SetRow(
        images, asked(question, len(images)), found.text, found.kind, value=found.value,
        unit=unit if found.kind == "number" else None, **more,
    )  # fmt: skip


def chosen(
    question: str, options: Sequence[object], index: object, images: Sequence[str], **more: Any
) -> SetRow:
    """Return the row of a question with options.

    Args:
        question: Without marks and options.
        options: Texts.
        index: Which is right.
        images: Its pictures, shown first.
        more: Further fields of the row.

    Raises:
        BrokenRow: If the index is none of an option.
    """
    if any(not isinstance(option, str) for option in options):
        raise BrokenRow("an option is no text", options)
    if isinstance(index, bool) or not isinstance(index, int):
        raise BrokenRow("the answer is the number of no option", index)
    if not 0 <= index < min(len(options), len(LETTERS)):
        raise BrokenRow("the answer is the number of no option", index)
    more.setdefault("style", "neutral")
    return SetRow(
        images, asked(question, len(images)), LETTERS[index], "choice",
        [str(option) for option in options], index, **more,
    )  # fmt: skip


def shuffled(question: str, options: Sequence[str]) -> list[str]:
    """Return options in an order that only question and options decide.

    For sets whose right option is always the first.
    """

    def place(option: str) -> bytes:
        text = f"{question}\x1f{option}".encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=8).digest()

    return sorted(options, key=place)
