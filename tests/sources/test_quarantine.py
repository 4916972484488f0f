from __future__ import annotations

import pytest

from sextant.errors import ConventionError, CorruptInput
from sextant.sources.quarantine import Quarantine


def read(n: int) -> int:
    if n < 0:
        raise CorruptInput("negative", where=f"record {n}")
    return 10 * n


def test_broken_records_are_set_aside_and_noted() -> None:
    quarantine = Quarantine("frames")
    assert list(quarantine.sift([1, 2, -3, 4, 5], read)) == [(1, 10), (2, 20), (4, 40), (5, 50)]
    quarantine.check()
    assert quarantine.notes == {
        "frames_dropped": "1",
        "frames_dropped_first": "record -3: negative",
    }


def test_nothing_broken_is_not_noted() -> None:
    quarantine = Quarantine("frames")
    assert list(quarantine.sift([], read)) == []
    quarantine.check()
    assert quarantine.notes == {}


def test_more_than_a_fifth_is_refused_with_the_first() -> None:
    quarantine = Quarantine("frames")
    list(quarantine.sift([1, 2, -3, -4, 5], read))
    with pytest.raises(ConventionError, match=r"2 of 5 frames are unusable.*negative") as caught:
        quarantine.check()
    assert caught.value.where == "record -3"


def test_other_exceptions_are_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        list(Quarantine("x").sift([0], lambda n: 1 / n))
