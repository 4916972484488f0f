"""Heuristics answer what a look at the picture suggests, and nothing where they have no opinion."""

from __future__ import annotations

import math

import pytest

from sextant.questions.answers import Boolean, Choice, Number
from sextant.questions.heuristics import (
    CENTER,
    HORIZONTAL,
    PIXELS,
    VERTICAL,
    Cue,
    first_mentioned,
    option_guesses,
    order_guesses,
    relation_guesses,
)

LOW_LEFT_SMALL = Cue(0.1, 0.9, 0.01)
HIGH_RIGHT_BIG = Cue(0.9, 0.2, 0.20)
MIDDLE = Cue(0.5, 0.55, 0.05)


def test_near_end_is_low_large_left_central():
    cues = (LOW_LEFT_SMALL, HIGH_RIGHT_BIG, MIDDLE)
    assert option_guesses(cues) == {VERTICAL: [0], PIXELS: [1], HORIZONTAL: [0], CENTER: [2]}


def test_far_end_is_the_opposite():
    cues = (LOW_LEFT_SMALL, HIGH_RIGHT_BIG, MIDDLE)
    guesses = option_guesses(cues, lean=-1)
    assert (guesses[VERTICAL], guesses[PIXELS], guesses[HORIZONTAL]) == ([1], [0], [1])


def test_ties_name_all_and_the_unseen_none():
    assert option_guesses((MIDDLE, MIDDLE))[VERTICAL] == [0, 1]
    assert option_guesses((MIDDLE, None)) == {}
    assert PIXELS not in option_guesses((Cue(0.2, 0.2), Cue(0.4, 0.4)))


def test_orders():
    seen = {"a": LOW_LEFT_SMALL, "b": HIGH_RIGHT_BIG, "c": MIDDLE}
    options = (("a", "c", "b"), ("b", "c", "a"), ("c", "a", "b"))
    guesses = order_guesses(options, seen)
    assert guesses[VERTICAL] == [0]
    assert guesses[PIXELS] == [1]
    assert order_guesses(options, seen, lean=-1)[VERTICAL] == [1]
    assert order_guesses(options, {**seen, "b": None}) == {}


def test_relations():
    sides = ("front-left", "front-right", "back-left", "back-right")
    guesses = relation_guesses(sides, LOW_LEFT_SMALL, MIDDLE)
    assert guesses[HORIZONTAL] == [0, 2]
    assert guesses[VERTICAL] == [0, 1]
    assert guesses[PIXELS] == [2, 3]
    assert relation_guesses(("left", "right"), LOW_LEFT_SMALL, MIDDLE) == {HORIZONTAL: [0]}
    assert relation_guesses(sides, None, MIDDLE) == {}


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("Is the lamp or the bed higher?", Choice(("bed", "lamp"), 0), [1]),
        ("Which is higher?", Choice(("bed", "lamp"), 0), None),
        ("Which map fits?", Choice(("Map 1", "Map 2"), 0, keep_order=True), [0]),
        ("Is it?", Boolean(False), True),
        ("How far?", Number("2.0"), None),
    ],
)
def test_first_mentioned(text, answer, expected):
    assert first_mentioned(text, answer) == expected


def test_a_dot_has_no_size():
    assert math.isnan(Cue(0.5, 0.5).pixels)
    assert Cue(0.5, 1.0).off_center == 0.5
