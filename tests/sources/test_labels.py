from __future__ import annotations

import doctest

import pytest

from sextant.sources import labels


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(labels).failed == 0


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("tv_monitor", "tv monitor"),
        ("Computer Mouse", "computer mouse"),
        ("tv", "tv"),
        ("TV", "tv"),
        ("couch", "sofa"),
        ("  bed \n frame ", "bed frame"),
        ("cabinets and shelves", "shelf unit"),
    ],
)
def test_display_name(raw: str, name: str) -> None:
    assert labels.display_name(raw) == name


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("BookFiction7", "book fiction"),
        ("Hook_4", "hook"),
        ("FloatingShelf03Pattern01_1", "floating shelf 03 pattern"),
        ("TVStand", "tv stand"),
        ("7", "7"),
    ],
)
def test_split_words(raw: str, words: str) -> None:
    assert labels.split_words(raw) == words


def test_a_long_label_is_split_in_a_moment() -> None:
    # The test's time limit holds the work to be of the order of the length.
    assert labels.split_words("a " + "1 " * 100_000 + "b").endswith(" b")
    assert labels.split_words("a" + " 1" * 100_000) == "a"


def test_a_specific_category_wins_over_the_model_name() -> None:
    assert labels.model_category("wall artwork", "WallDecorVanGogh01") == "wall artwork"


def test_fronted_names_are_names_the_readers_produce() -> None:
    for name in labels.FRONTED - {"couch", "television"}:
        assert labels.display_name(name) == name
