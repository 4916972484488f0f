"""Names: unique, or not used."""

from __future__ import annotations

import pytest

from sextant.questions.naming import confusable, is_askable, plural, unique_names, with_article


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("chair", "chairs"), ("couch", "couches"), ("box", "boxes"), ("person", "people"),
        ("bookshelf", "bookshelves"), ("trash can", "trash cans"), ("toy", "toys"),
        ("battery", "batteries"), ("glass", "glasses"),
    ],
)  # fmt: skip
def test_plural(one, many):
    assert plural(one) == many


def test_article():
    assert [with_article(w) for w in ("oven", "bed")] == ["an oven", "a bed"]


def test_a_coffee_table_is_a_table_but_no_table_is_a_coffee_table():
    assert confusable("table", "coffee table")
    assert not confusable("coffee table", "table")
    assert not confusable("table", "vegetable")


@pytest.mark.parametrize(
    ("name", "other"), [("sofa", "couch"), ("painting", "picture frame"), ("chair", "armchair")]
)
def test_what_another_person_would_call_the_same_is_confusable(name, other):
    assert confusable(name, other)


def test_an_armchair_is_no_ambiguous_armchair():
    assert not confusable("armchair", "chair")


def test_unique_names_need_everything_that_is_present():
    categories = {"a": "table", "b": "coffee table", "c": "lamp", "d": "lamp", "e": "sofa"}
    assert unique_names(categories, categories, categories) == {"b": "coffee table", "e": "sofa"}
    assert unique_names(categories, {"a", "c"}, {"a", "c"}) == {"a": "table", "c": "lamp"}
    assert unique_names(categories, {"a", "b"}, {"a"}) == {}


def test_walls_are_never_asked_about():
    assert not is_askable("Wall")
    assert is_askable("wall clock")
