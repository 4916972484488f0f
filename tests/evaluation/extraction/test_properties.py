"""What holds for any reply."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sextant.evaluation.extraction import (
    NUMBER_RULES,
    RULES,
    find_boolean,
    find_choice,
    find_json,
    find_number,
    find_text,
)
from sextant.samples.sample import LETTERS

THINGS = ("chair", "table", "sofa", "floor lamp", "front-left", "left", "12", "2.5 m")
PIECES = st.sampled_from([
    *LETTERS[:9], "a", "b", "i", "(A)", "(b)", "B.", "C)", "**D**", "`A`", "the answer is ",
    "Answer: ", "option ", "so ", "therefore ", "wait, ", "not ", "is wrong", "is correct",
    " and ", " or ", "neither ", "I think ", "sorry", "cannot tell", "none of the above",
    "<answer>", "</answer>", "<think>", "</think>", "\\boxed{", "}", "\\text{", "~~", "$",
    "\n", " ", "  ", ". ", ", ", "?", "!", ":", "-", "'", '"', "(", ")", "[", "]", "Ａ", "𝐁",
    "\u200b", "\x00", "İ", "ß", "½", "٣", "chair", "table", "front-left", "left", "1", "2.5",
    "1,200", "1/0", "1/2", "e9", "10^", "m", "m²", "cm", "%", "kg", "two", "hundred", "half",
    "between ", "to ", "inf", "nan", "=", "x", "±", "yes", "no", "{", "[1,2]", '{"a":1}',
    "◁/think▷", "答案是", "选",
])  # fmt: skip
REPLIES = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join))
OPTIONS = st.integers(2, 8).flatmap(lambda n: st.permutations(THINGS).map(lambda p: tuple(p[:n])))


@given(REPLIES, OPTIONS)
def test_a_letter_is_an_option_under_every_rule(reply: str, options: tuple[str, ...]) -> None:
    for rule in RULES:
        found = find_choice(reply, options, rule=rule)
        assert found.value is None or found.value in LETTERS[: len(options)], rule
        assert (found.status == "answered") <= (found.value is not None), rule
        if found.span is not None:
            assert 0 <= found.span[0] <= found.span[1] <= len(reply), rule


@given(REPLIES, st.sampled_from((None, "m", "cm", "m2", "deg", "count")))
def test_a_number_is_finite_under_every_rule(reply: str, unit: str | None) -> None:
    for rule in NUMBER_RULES:
        found = find_number(reply, unit, rule=rule)
        assert found.value is None or math.isfinite(float(found.value)), rule
        assert (found.status == "answered") <= (found.value is not None), rule
        if found.span is not None:
            assert 0 <= found.span[0] <= found.span[1] <= len(reply), rule


@given(REPLIES)
def test_other_answers_never_raise_and_never_guess(reply: str) -> None:
    for find in (find_boolean, find_text, find_json):
        found = find(reply)
        assert (found.status == "answered") == (found.value is not None)
        if found.span is not None:
            assert 0 <= found.span[0] <= found.span[1] <= len(reply)


@given(REPLIES, OPTIONS)
def test_strict_never_guesses(reply: str, options: tuple[str, ...]) -> None:
    found = find_choice(reply, options)
    assert (found.status == "answered") == (found.value is not None)
    assert find_choice(reply, options) == found


@given(REPLIES, st.text(max_size=30), OPTIONS)
def test_what_is_thought_before_the_closing_tag_is_ignored(
    reply: str, thought: str, options: tuple[str, ...]
) -> None:
    for tag in ("</think>", "</thinking>", "◁/think▷"):
        head = thought + tag
        found = find_choice(head + reply, options)
        bare = find_choice(reply, options)
        assert (found.status, found.value) == (bare.status, bare.value)
        number, alone = find_number(head + reply), find_number(reply)
        assert (number.status, number.value) == (alone.status, alone.value)
        if bare.span is not None and "</" not in reply and "▷" not in reply:
            assert found.span == (bare.span[0] + len(head), bare.span[1] + len(head))


@given(REPLIES, OPTIONS, st.sampled_from(("{}\n", "\n{}", "  {}  ", "\t{}\n\n", "{}\r\n")))
def test_white_space_around_a_reply_changes_nothing(
    reply: str, options: tuple[str, ...], around: str
) -> None:
    wrapped = around.replace("{}", reply)
    for find in (lambda r: find_choice(r, options), find_number, find_boolean, find_json):
        a, b = find(reply), find(wrapped)
        assert (a.status, a.value) == (b.status, b.value)


SAID = st.sampled_from((
    "{letter}", "{letter}.", "({letter})", "{letter}) {text}", "{letter}. {text}", "{text}",
    "The answer is {letter}.", "Answer: {letter}", "Option {letter}", "the answer is {letter}",
    "I choose {letter}.", "{letter} is correct.", "The correct answer is {text}.",
    "First I looked. So, the answer is {letter}. {text}", "<answer>{letter}</answer>",
    "\\boxed{{{letter}}}", "Let me see.\n\n{letter}", "It must be {letter}.",
    "Not {other}. So {letter}.", "{other} is wrong, so the answer is {letter}.",
    "Final answer: {text}", "{letter}\n\nBecause it is nearer.",
))  # fmt: skip
TEXTS = ("chair", "table", "sofa", "lamp", "front-left", "left", "bed", "door")


def said(template: str, options: tuple[str, ...], k: int) -> str:
    other = LETTERS[(k + 1) % len(options)]
    return template.format(letter=LETTERS[k], text=options[k], other=other)


@given(SAID, st.permutations(TEXTS), st.integers(2, 8), st.integers(0, 7))
def test_rotating_options_and_reply_rotates_the_letter(
    template: str, texts: list[str], n: int, shift: int
) -> None:
    options = tuple(texts[:n])
    turned = options[shift % n :] + options[: shift % n]
    for k in range(n):
        assert find_choice(said(template, options, k), options).value == LETTERS[k]
        moved = turned.index(options[k])
        assert find_choice(said(template, turned, moved), turned).value == LETTERS[moved]


MARKDOWN = st.sampled_from((
    "**{}**", "*{}*", "`{}`", "__{}__", "{}\n", "> {}", "# {}", "  {}  ", "```\n{}\n```",
    "<b>{}</b>", "- {}",
))  # fmt: skip


@given(SAID, st.permutations(TEXTS), st.integers(2, 8), st.integers(0, 7), MARKDOWN)
def test_markdown_around_a_reply_changes_nothing(
    template: str, texts: list[str], n: int, k: int, markdown: str
) -> None:
    options = tuple(texts[:n])
    reply = markdown.replace("{}", said(template, options, k % n))
    assert find_choice(reply, options).value == LETTERS[k % n]


@given(REPLIES, OPTIONS)
def test_options_with_and_without_letters_are_the_same(
    reply: str, options: tuple[str, ...]
) -> None:
    dotted = [f"{c}. {t}" for c, t in zip(LETTERS, options, strict=False)]
    bracketed = [f"({c}) {t}" for c, t in zip(LETTERS, options, strict=False)]
    for rule in RULES:
        found = find_choice(reply, options, rule=rule)
        assert find_choice(reply, dotted, rule=rule) == found
        assert find_choice(reply, bracketed, rule=rule) == found


@given(st.sampled_from(LETTERS), st.integers(2, 26))
def test_letters_beyond_the_options_are_nothing(letter: str, n: int) -> None:
    for reply in (letter, f"({letter})", f"The answer is {letter}.", f"Answer: {letter}"):
        expected = letter if letter in LETTERS[:n] else None
        assert find_choice(reply, n).value == expected
        assert find_choice(reply, list(LETTERS[:n])).value == expected


UNITS = {
    "m": ("m", 1.0), "cm": ("m", 0.01), "meters": ("m", 1.0), "km": ("m", 1000.0),
    "mm": ("m", 0.001), "feet": ("m", 0.3048), "inches": ("m", 0.0254), "m²": ("m2", 1.0),
    "square meters": ("m2", 1.0), "sq ft": ("m2", 0.3048**2), "degrees": ("deg", 1.0),
    "°": ("deg", 1.0), "rad": ("deg", 180 / math.pi),
}  # fmt: skip
PLACES = st.sampled_from((
    "{}", "{}.", "about {}", "**{}**", "The answer is {}.", "<answer>{}</answer>",
    "\\boxed{{{}}}", "It is 7 frames long. The answer is {}.", "approximately {}",
))  # fmt: skip


@given(st.integers(1, 10**7), st.integers(0, 4), st.sampled_from(sorted(UNITS)), PLACES)
def test_a_written_number_is_read_back(digits: int, decimals: int, unit: str, place: str) -> None:
    value = digits / 10**decimals
    asked, factor = UNITS[unit]
    joint = "" if unit == "°" else " "
    for text in (f"{value:.{decimals}f}", f"{value:,.{decimals}f}"):
        found = find_number(place.format(f"{text}{joint}{unit}"), asked)
        assert found.value == pytest.approx(value * factor, rel=1e-9)
        assert find_number(place.format(text), asked).value == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    "reply", ["9e307 km", "1e308 m", "8e307 m and 1 cm", "1" * 30 + "e290 miles"]
)
def test_a_conversion_never_leads_to_infinity(reply: str) -> None:
    for unit in ("m", "cm", "m2", None):
        value = find_number(reply, unit).value
        assert value is None or math.isfinite(float(value))
    assert find_number("9e307 km", "m").status == "refused"


@given(st.integers(0, 999_999))
def test_number_words_are_read_back(value: int) -> None:
    assert find_number(in_words(value), "count").value == value
    assert find_number(f"There are {in_words(value)} chairs.", "count").value == value


def in_words(value: int) -> str:
    small = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen"
    ).split()
    tens = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
    if value < 20:
        return small[value]
    if value < 100:
        return tens[value // 10] + (f"-{small[value % 10]}" if value % 10 else "")
    if value < 1000:
        rest = f" and {in_words(value % 100)}" if value % 100 else ""
        return f"{small[value // 100]} hundred{rest}"
    rest = f" {in_words(value % 1000)}" if value % 1000 else ""
    return f"{in_words(value // 1000)} thousand{rest}"


RANGES = st.sampled_from(("{}-{}", "{} to {}", "between {} and {}", "{}–{} m", "{} or {}"))


@given(st.integers(1, 500), st.integers(1, 500), RANGES)
def test_ranges_are_ambiguous(a: int, b: int, template: str) -> None:
    assume(a != b)
    found = find_number(template.format(a, b), "m")
    assert (found.status, found.value) == ("ambiguous", None)


@settings(max_examples=25)
@given(st.integers(0, 40_000), st.sampled_from(("x ", "\n", "the chair. ", "(", "A ")))
def test_the_end_of_a_long_reply_counts(length: int, filler: str) -> None:
    reply = filler * length + "\nThe final answer is B."
    found = find_choice(reply, 4)
    assert found.value == "B"
    assert found.span is not None
    assert reply[slice(*found.span)] == "B"
