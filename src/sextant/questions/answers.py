"""The forms an answer can take, and how numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sextant.questions.facts import Json


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several option texts.

    Attributes:
        options: Distinct texts, without letters.
        correct: Index of the right one.
        keep_order: The order carries meaning (yes/no, near/far, "Map 1"): it is not shuffled.
    """

    options: tuple[str, ...]
    correct: int
    keep_order: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it should be written."""

    text: str


@dataclass(frozen=True, slots=True)
class Boolean:
    """Yes or no."""

    truth: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A short text."""

    text: str


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A JSON value; written with sorted keys and no spaces to be reproducible."""

    value: Json


Answer = Choice | Number | Boolean | Text | JsonAnswer

DECIMALS = {"m": 1, "m2": 1, "cm": 0, "deg": 0, "count": 0}
"""How numbers are written unless the recipe says otherwise (taxonomy.md, common rules)."""


def write_number(value: float, unit: str, decimals: int | None = None) -> str:
    """Write a value in its unit's usual precision; a zero has no sign.

    >>> write_number(1.46, "m"), write_number(86.2, "cm"), write_number(-0.04, "m")
    ('1.5', '86', '0.0')
    """
    places = DECIMALS[unit] if decimals is None else decimals
    text = f"{value:.{places}f}"
    return text.lstrip("-") if float(text) == 0.0 else text


def read_as(answer_texts: Sequence[str], conjunction: str = "and") -> str:
    """Join texts as a person lists them.

    >>> read_as(["sofa", "lamp", "tv"])
    'sofa, lamp and tv'
    """
    if len(answer_texts) <= 1:
        return "".join(answer_texts)
    return f"{', '.join(answer_texts[:-1])} {conjunction} {answer_texts[-1]}"
