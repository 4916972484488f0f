"""Options come out the same however a file holds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import ConventionError
from sextant.evaluation.options import answer_letter, bare_options, inline_options, lettered


@pytest.mark.parametrize("mark", [". ", ") ", ": "])
def test_letters_are_taken_off(mark: str) -> None:
    assert bare_options(lettered(("red chair", "table"), mark), "x") == ("red chair", "table")
    assert bare_options(("(A) chair", "(B) table"), "x") == ("chair", "table")
    assert bare_options(("chair", "table"), "x") == ("chair", "table")


def test_what_only_looks_like_a_letter_stays() -> None:
    assert bare_options(("A. Milne", "C. Lewis"), "x") == ("A. Milne", "C. Lewis")
    assert bare_options(("B. up", "A. down"), "x") == ("B. up", "A. down")
    assert bare_options(("A cup", "B cup"), "x") == ("A cup", "B cup")


@pytest.mark.parametrize("texts", [(), ("one",), tuple("x" * 27)])
def test_wrong_numbers_of_options(texts: tuple[str, ...]) -> None:
    with pytest.raises(ConventionError, match="row 2"):
        bare_options(texts, "row 2")


@pytest.mark.parametrize(
    "stored", ["B", "b", " B ", "(B)", "B.", "B)", "B. table", "(B) table", "table", " table "]
)
def test_stored_answers(stored: str) -> None:
    assert answer_letter(stored, ("chair", "table"), "x") == "B"


@pytest.mark.parametrize("stored", ["", "C", "Z", "lamp", "A. table", "Blue", "B. lamp", "1"])
def test_answers_that_are_no_option(stored: str) -> None:
    with pytest.raises(ConventionError, match=r"none of the options[\s\S]*row 2"):
        answer_letter(stored, ("chair", "table"), "row 2")


def test_an_option_that_is_a_letter_is_the_letter() -> None:
    assert answer_letter("B", ("B", "A"), "x") == "B"
    assert answer_letter("Q", ("P", "Q"), "x") == "B"


def test_options_inside_a_question() -> None:
    text = "What is to my left? A. Metal bin B. Pathway\nC. A. Smith's door"
    assert inline_options(text, ".") == (
        "What is to my left? ",
        ("Metal bin", "Pathway", "A. Smith's door"),
    )
    mmsi = "Which way?\nOptions: A: Left, B: Right, down, C: Up, D: Down"
    assert inline_options(mmsi, ":") == (
        "Which way?\nOptions: ",
        ("Left", "Right, down", "Up", "Down"),
    )
    assert inline_options("Take vitamin A. B. Brown says so", ".") is not None
    for text in ("No options", "Only A. one", "B. two A. one", "A.B.C.", ""):
        assert inline_options(text, ".") is None


WORD = st.text(alphabet="abcxyz 0123,'", min_size=1, max_size=12).map(
    lambda s: s.strip(" ,") or "x"
)


@given(st.lists(WORD, min_size=2, max_size=6), st.sampled_from([(". ", "."), (": ", ":")]))
def test_inline_options_round_trip(options: list[str], mark: tuple[str, str]) -> None:
    text = "Which one? " + " ".join(lettered(options, mark[0]))
    assert inline_options(text, mark[1]) == ("Which one? ", tuple(options))
