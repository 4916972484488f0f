"""Answers and options: what is certain is taken, nothing is guessed."""

from __future__ import annotations

import pytest

from sextant.corpus.importing.answers import listed_options, read_answer

LISTED = "Where is it?\nOptions:\nA. left\nB. right\nAnswer with the option's letter."


@pytest.mark.parametrize(
    ("question", "options"),
    [
        (LISTED, ["left", "right"]),
        ("Where? A. left B. right", ["left", "right"]),
        ("Where? A: left, B: right", ["left", "right"]),
        ("Where? (A) left (B) right", ["left", "right"]),
        ("Where?\nA) left;\nB) right;\nC) behind", ["left", "right", "behind"]),
        ("Take vitamin A. Then?\nA. left\nB. right", ["left", "right"]),
        ("Where? A. left", []),
        ("Where? B. left C. right", []),
        ("Where? A. left A. right", []),
        ("Where?\nA. left\nB. Left", []),
        ("Where?\nA. \nB. right", []),
        ("Plan A.B. was it?", []),
        ("", []),
    ],
)
def test_options_that_a_question_lists(question: str, options: list[str]) -> None:
    assert listed_options(question)[1] == options


def test_more_options_than_letters_end_at_z() -> None:
    many = " ".join(f"{chr(65 + k)}. o{k}" for k in range(26))
    assert len(listed_options(many + " AA. more")[1]) == 26


@pytest.mark.parametrize(
    ("question", "text", "kind", "stored", "style"),
    [
        (LISTED, "B", "choice", "B", "verbatim"),
        (LISTED, "B. right", "choice", "B", "verbatim_full"),
        (LISTED, "B.", "text", "B.", "verbatim"),
        (LISTED, "(B)", "text", "(B)", "verbatim"),
        (LISTED, "B. left", "text", "B. left", "verbatim"),
        (LISTED, "C", "text", "C", "verbatim"),
        (LISTED, "right", "text", "right", "verbatim"),
        ("How far?", "1.5", "number", "1.5", "verbatim"),
        ("How far?", "-3", "number", "-3", "verbatim"),
        ("How far?", "1.5 m", "text", "1.5 m", "verbatim"),
        ("How far?", "1_000", "text", "1_000", "verbatim"),
        ("How far?", "٣", "text", "٣", "verbatim"),
        ("How far?", "1" * 400, "text", "1" * 400, "verbatim"),
        ("How far?", "nan", "text", "nan", "verbatim"),
        ("Is it?", "Yes", "boolean", "Yes", "verbatim"),
        ("Is it?", "Yes.", "text", "Yes.", "verbatim"),
        ("Is it?", "", "text", "", "verbatim"),
        ("Plan?", "B", "text", "B", "verbatim"),
    ],
)
def test_kinds_of_answers(question: str, text: str, kind: str, stored: str, style: str) -> None:
    answer = read_answer(question, text)
    assert (answer.kind, answer.text, answer.style) == (kind, stored, style)
    assert (answer.value is not None) == (kind == "number")
    assert (answer.options is not None) == (kind == "choice")
