"""Replies that are meant to hurt: length, repetition, odd characters.

Nothing here measures time; a rule that is worse than linear runs into the timeout of the tests.
"""

from __future__ import annotations

import pytest

from sextant.evaluation.extraction import (
    NUMBER_RULES,
    RULES,
    find_boolean,
    find_choice,
    find_json,
    find_number,
    find_text,
)

SIZE = 150_000
"""Characters of a reply; quadratic work on so many takes minutes."""

PATTERNS = {
    "blanks": " ",
    "lines": "\n",
    "stars": "*",
    "brackets": "(",
    "braces": "{",
    "back-ticks": "`",
    "one word": "a",
    "letters": "A ",
    "letter lines": "A\n",
    "labels": "A. ",
    "claims": "the answer is A. ",
    "and": "A and B or ",
    "denials": "not A, ",
    "sorry": "sorry ",
    "opened tags": "<answer",
    "answers": "<answer>A",
    "thinking": "<think>",
    "thought": "<think></think>",
    "boxes": "\\boxed{",
    "styles": "\\text{",
    "struck": "~~a",
    "digits": "9",
    "points": "1.",
    "commas": "1,",
    "fractions": "1/",
    "thousands": "1,200 ",
    "exponents": "1e",
    "powers": "10^",
    "number words": "two hundred and ",
    "answer is": "answer is ",
    "minus": "-",
    "dashes": "–",
    "surrogates": "\ud800",
    "nulls": "\x00",
    "dotted I": "İ",
}
LONG = {name: pattern * (SIZE // len(pattern)) for name, pattern in PATTERNS.items()}
LONG["answer and blanks"] = "answer" + " " * SIZE


@pytest.mark.parametrize("name", LONG)
def test_a_long_reply_is_read(name: str) -> None:
    reply = LONG[name]
    for rule in dict.fromkeys(RULES.values()):
        rule_name = next(n for n, r in RULES.items() if r is rule)
        assert find_choice(reply, ("chair", "table", "left", "front-left"), rule=rule_name)
    for number_rule in dict.fromkeys(NUMBER_RULES.values()):
        rule_name = next(n for n, r in NUMBER_RULES.items() if r is number_rule)
        assert find_number(reply, rule=rule_name)
    assert find_number(reply, "m")
    assert find_boolean(reply)
    assert find_text(reply)
    assert find_json(reply)


@pytest.mark.parametrize("name", LONG)
def test_what_comes_last_is_found_behind_a_long_reply(name: str) -> None:
    if name in ("opened tags", "answers", "thinking", "boxes", "struck"):
        pytest.skip("the end is within something that was opened")
    reply = LONG[name] + "</think>\n\nFinal answer: B. table"
    found = find_choice(reply, ("chair", "table"))
    assert found.value == "B"
    assert found.span is not None
    assert reply[slice(*found.span)] == "B"
    number = find_number(LONG[name] + "</think>\n\nFinal answer: 2.5 m", "m")
    assert number.value == 2.5


def test_the_middle_of_a_long_answer_is_not_looked_at() -> None:
    filler = "word " * 20_000
    found = find_choice(f"{filler} The answer is A. {filler}", 4)
    assert found.status == "empty"
    head = find_choice(f"The answer is A. {filler}", 4)
    assert (head.value, head.span) == ("A", (14, 15))
    tail = f"{filler} The answer is A."
    assert find_choice(tail, 4).span == (len(tail) - 2, len(tail) - 1)


def test_options_may_be_hostile_too() -> None:
    options = ["(" * 1000, ".*" * 500, "\\", "", "A", "x" * 10**5, "\ud800", "İ"]
    for reply in ("B", "(B)", "The answer is B.", "\\", "(" * 1000, "İ", "", "x" * 10**5):
        for rule in RULES:
            found = find_choice(reply, options, rule=rule)
            assert found.value is None or found.value in "ABCDEFGH"
