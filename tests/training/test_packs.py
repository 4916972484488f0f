from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.errors import RecipeError
from sextant.training.packs import packed, rounds

BUDGET = 100
lengths = st.lists(st.integers(1, BUDGET), max_size=60)


@given(lengths)
def test_each_sample_is_in_one_row_and_no_row_is_too_long(found: list[int]) -> None:
    rows = packed(found, BUDGET)
    assert sorted(p for row in rows for p in row.samples) == list(range(len(found)))
    for row in rows:
        assert row.tokens == sum(found[p] for p in row.samples) <= BUDGET
        assert list(row.samples) == sorted(row.samples)


@given(lengths)
def test_no_two_rows_would_go_into_one(found: list[int]) -> None:
    rows = packed(found, BUDGET)
    assert all(a.tokens + b.tokens > BUDGET for a, b in combinations(rows, 2))


@given(st.lists(st.integers(1, BUDGET), max_size=9))
@settings(max_examples=60, deadline=None)
def test_few_rows_are_wasted(found: list[int]) -> None:
    assert len(packed(found, BUDGET)) <= 11 / 9 * fewest(tuple(found)) + 6 / 9


@given(lengths, st.integers(1, 9))
def test_rounds_hold_all_samples_once(found: list[int], ranks: int) -> None:
    plan = rounds(found, BUDGET, ranks)
    rows = [row for each in plan for row in each]
    assert all(len(each) == ranks for each in plan)
    assert sorted(p for row in rows for p in row.samples) == list(range(len(found)))
    assert all(row.tokens <= BUDGET for row in rows)
    assert len(plan) == -(-len(packed(found, BUDGET)) // ranks)


@given(lengths, st.integers(1, 9))
def test_rows_of_a_round_are_alike(found: list[int], ranks: int) -> None:
    # Each round's shortest row is no shorter than the next round's longest.
    plan = rounds(found, BUDGET, ranks)
    for one, following in pairwise(plan):
        assert min(row.tokens for row in one) >= max(row.tokens for row in following)


def test_seventeen_rows_on_sixteen_processes_do_not_leave_fifteen_idle() -> None:
    found = [50] * 34
    plan = rounds(found, BUDGET, 16)
    assert len(plan) == 2
    assert sum(max(row.tokens for row in each) for each in plan) <= 150
    assert min(row.tokens for row in plan[0]) == 50


def test_a_process_without_samples_gets_an_empty_row() -> None:
    (only,) = rounds([10, 10], BUDGET, 4)
    assert sorted(row.tokens for row in only) == [0, 0, 10, 10]
    assert rounds([], BUDGET, 2) == ()


def test_what_cannot_be_packed_is_refused() -> None:
    with pytest.raises(RecipeError, match="longer than a row"):
        packed([3, BUDGET + 1], BUDGET)
    with pytest.raises(RecipeError, match="longer than a row"):
        packed([0], BUDGET)
    with pytest.raises(RecipeError, match="process"):
        rounds([1], BUDGET, 0)


def fewest(found: tuple[int, ...]) -> int:
    """The fewest rows, by trying everything."""
    best = len(found)

    def place(at: int, room: tuple[int, ...]) -> None:
        nonlocal best
        if len(room) >= best:
            return
        if at == len(found):
            best = len(room)
            return
        for i in range(len(room)):
            if room[i] >= found[at]:
                place(at + 1, (*room[:i], room[i] - found[at], *room[i + 1 :]))
        place(at + 1, (*room, BUDGET - found[at]))

    if found:
        place(0, ())
    return best
