"""The shortcuts of the strict rules change no result: with and without them, replies read alike.

Replies are strung together from the very words of the patterns, so that many come near a match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sextant.evaluation.extraction import (
    _claim_phrases,
    _claims,
    _number_words,
    _numerals,
    _option_texts,
    _quantities,
    _refusals,
    _relations,
    _reply,
    choice,
    number,
)
from sextant.evaluation.extraction._number_words import NUMBER_WORD, may_speak
from sextant.evaluation.extraction._numerals import NUMBER, numbers_in, value_of
from sextant.evaluation.extraction.options import as_options

PATTERNS = (
    _claim_phrases.LEADS, _claim_phrases.THEN, _claim_phrases.LETTER_IS_RIGHT,
    _claim_phrases.BEFORE_ASSUMED, _claim_phrases.OR_ANOTHER, _claim_phrases.WITHDRAWN,
    _refusals._REFUSAL, _relations._BOUND, _relations._DENIED, _relations._QUALIFIES,
    _relations._TOLERANCE, number._HENCE, number._ANSWER, NUMBER_WORD,
)  # fmt: skip
LITERALS = sorted(
    {word for p in PATTERNS for word in re.findall(r"[A-Za-z']+|[^\x00-\x7f]", p.pattern)}
)
TEXTS = (("chair", "table", "the sofa"), ("front-left", "left", "back"), ("3", "two"), 4)
OPTIONS = tuple(map(as_options, TEXTS))
ANSWERS = st.sampled_from([
    *"ABCDEabi", "(A)", "**B**", "C.", "D)", "`A`", "chair", "front-left", "the sofa", "left",
    "3", "2.5", "-4", "1,200", "5 m", "250 cm", "2-3", "1/2", "½", "10^3", "8 feet", "20%", "0.5",
])  # fmt: skip
JOINTS = st.sampled_from([" "] * 6 + ["", "\n", ". ", ", ", "-", "  ", ": ", "? ", " (", ") "])
FILLER = st.sampled_from(
    ["the camera passes the shelf and turns ", "although it hides a part. ", "İ"]
)
PIECES = st.one_of(st.sampled_from(LITERALS), st.sampled_from(LITERALS), ANSWERS, FILLER)
REPLIES = st.one_of(
    st.lists(st.tuples(PIECES, JOINTS).map("".join), max_size=30).map("".join),
    st.lists(st.tuples(PIECES, JOINTS).map("".join), max_size=8).map(lambda p: "".join(p).upper()),
    st.text(max_size=40),
)
UNITS = st.sampled_from((None, "m", "cm", "m2", "deg", "count"))


def without_shortcuts(patch: pytest.MonkeyPatch) -> None:
    for module in (
        _claim_phrases, _number_words, _refusals, _relations, _reply, choice, number,
    ):  # fmt: skip
        patch.setattr(module, "holds_any", lambda text, words: True)
    patch.setattr(_claims, "leads_in", _claim_phrases.LEADS.finditer)
    patch.setattr(_claims, "thens_in", _claim_phrases.THEN.finditer)
    patch.setattr(_claims, "judged_in", lambda text, lower: RIGHT_FROM_BEFORE.finditer(text))
    patch.setattr(_quantities, "numbers_in", NUMBER.finditer)
    patch.setattr(_option_texts, "_is_longer", lambda text, options: False)
    patch.setattr(_relations, "MAX_JOINT", 1 << 40)
    for module in (choice, number):
        patch.setattr(module, "REMEMBERED", -1)


LETTER, BEHIND = "[A-Z](?<![A-Za-z0-9'-].)", "(?<![A-Za-z0-9'-])[A-Z]"
RIGHT_FROM_BEFORE = re.compile(_claim_phrases.LETTER_IS_RIGHT.pattern.replace(LETTER, BEHIND))


@settings(max_examples=300, deadline=None)
@given(REPLIES, st.sampled_from(OPTIONS), UNITS)
@example("I think the correct right best answer is probably B.", OPTIONS[0], None)
@example("is B correct? so it is C.", OPTIONS[0], None)
@example("fourteen or forty-five, zero, nine", OPTIONS[0], "count")
def test_a_reply_reads_the_same_without_shortcuts(reply, options, unit) -> None:
    letter = choice.strict_choice(reply, options)
    value = number.strict_number(reply, unit)
    with pytest.MonkeyPatch.context() as patch:
        without_shortcuts(patch)
        assert choice.strict_choice(reply, options) == letter
        assert number.strict_number(reply, unit) == value
    assert choice.strict_choice(reply, options) == letter, "what is remembered"
    assert number.strict_number(reply, unit) == value, "what is remembered"


def spans(matches: Iterator[re.Match[str]]) -> list[tuple[int, int]]:
    return [match.span() for match in matches]


@settings(max_examples=300, deadline=None)
@given(REPLIES)
def test_matches_are_found_where_the_patterns_find_them(reply: str) -> None:
    reply = reply.ljust(_claim_phrases._BRIEF)
    lower = _option_texts.lowered(reply)
    assert spans(_claim_phrases.leads_in(lower)) == spans(_claim_phrases.LEADS.finditer(lower))
    assert spans(_claim_phrases.thens_in(lower)) == spans(_claim_phrases.THEN.finditer(lower))
    assert spans(_claim_phrases.judged_in(reply, lower)) == spans(RIGHT_FROM_BEFORE.finditer(reply))
    assert spans(numbers_in(reply)) == spans(NUMBER.finditer(reply))
    assert may_speak(lower) >= (NUMBER_WORD.search(lower) is not None)
    refusal = _refusals._REFUSAL.search(lower)
    assert _refusals.refusal_in(lower) == (None if refusal is None else refusal.span())
    for at in range(0, len(reply), 7):
        plain = _claim_phrases.BEFORE_ASSUMED.search(reply, max(0, at - 60), at) is not None
        assert _claim_phrases.assumed_at(reply, at) == plain


@pytest.mark.parametrize("word", _number_words._WORDS)
def test_every_number_word_is_noticed(word: str) -> None:
    assert may_speak(f"there are {word} of them")


@given(st.from_regex(r"(\d{1,34}(\.\d{1,8})?|\.\d{1,8})", fullmatch=True))
def test_a_plain_number_is_worth_what_python_says(text: str) -> None:
    match = NUMBER.fullmatch(text)
    assert match is not None
    long = sum(map(str.isdigit, text)) > _numerals.MAX_DIGITS
    assert value_of(match) == (None if long else float(text))
