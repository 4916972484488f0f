"""Replies are shown as they were, long ones with their gaps counted."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sextant.report.evaluation.excerpts import pieces, reply_block, valid_span


@given(st.integers(0, 4000), st.integers(0, 4000), st.integers(1, 60), st.integers(20, 900))
def test_shown_and_left_out_make_up_the_whole(length: int, at: int, size: int, limit: int) -> None:
    span = (min(at, length), min(at + size, length))
    parts = pieces("x" * length, span if span[0] < span[1] else None, limit)
    assert parts[0][0] == 0
    assert parts[-1][1] == length
    for (_, end), (start, _) in pairwise(parts):
        assert end < start
    if span[0] < span[1]:
        assert any(start <= span[0] < end for start, end in parts)
    if length <= limit:
        assert parts == [(0, length)]


def test_a_reply_of_a_megabyte_is_cut_visibly() -> None:
    text = "a" * 500_000 + " the answer is 7 " + "b" * 500_000
    span = (text.index("7"), text.index("7") + 1)
    block = reply_block(text, span)
    assert len(block) < 8000
    assert "<mark>7</mark>" in block
    assert block.count("characters left out") == 2
    parts = pieces(text, span)
    left = len(text) - sum(end - start for start, end in parts)
    first, second = parts[1][0] - parts[0][1], parts[2][0] - parts[1][1]
    assert first + second == left
    assert f"{first:,} characters" in block
    assert f"{second:,} characters" in block


def test_a_mark_may_cross_a_gap() -> None:
    text = "x" * 10_000
    block = reply_block(text, (1000, 9500), limit=2000)
    assert block.count("<mark>") == 2


def test_escape_sequences_and_direction_marks_are_made_visible() -> None:
    block = reply_block("\x1b[31mred\x1b[0m \u202eesrever\u202c <b>", None)
    assert not set(block) & set("\x1b\u202e\u202c")
    assert "&lt;b&gt;" in block
    assert "[31mred" in block


def test_spans_that_lie_outside_are_none() -> None:
    assert valid_span("abc", [0, 3]) == (0, 3)
    for span in ([0, 4], [2, 2], [-1, 2], [True, 2], ["0", 2], [0], None, {"a": 1}, [0.0, 1.0]):
        assert valid_span("abc", span) is None


def test_an_empty_reply_is_said_to_be_one() -> None:
    assert "empty reply" in reply_block("", None)
