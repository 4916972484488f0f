from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import RecipeError
from sextant.execution.partition import parse_part, select_shards


@given(st.integers(0, 500), st.integers(1, 60))
def test_jobs_cover_every_shard_once_and_evenly(n: int, N: int) -> None:
    parts = [select_shards(n, i, N) for i in range(N)]
    assert sorted(index for part in parts for index in part) == list(range(n))
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_a_part_is_written_i_slash_n() -> None:
    assert parse_part(" 3/16 ") == (3, 16)


@pytest.mark.parametrize("text", ["16/16", "1/0", "-1/4", "3", "a/b", "1/2/3", "1.5/2", "٣/٤", ""])
def test_no_such_part(text: str) -> None:
    with pytest.raises(RecipeError):
        parse_part(text)
