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
    taken = inline_options(text, ".")
    assert taken is not None
    assert taken.options == ("Metal bin", "Pathway", "A. Smith's door")
    assert taken.joints == ("What is to my left? A. ", " B. ", "\nC. ", "")
    turned = taken.with_options(("Pathway", "A. Smith's door", "Metal bin"))
    assert turned == "What is to my left? A. Pathway B. A. Smith's door\nC. Metal bin"


def test_commas_between_options_are_no_part_of_them() -> None:
    text = "Which way?\nOptions: A: Left, B: Right, down, C: Up, D: Down, "
    taken = inline_options(text, ":")
    assert taken is not None
    assert taken.options == ("Left", "Right, down", "Up", "Down,")
    assert taken.with_options(taken.options) == text


def test_of_several_beginnings_the_last_is_taken() -> None:
    text = "Answer like 'A. Above' from 'A. Above B. Under'. What is there? A. Door B. Sink"
    taken = inline_options(text, ".")
    assert taken is not None
    assert taken.options == ("Door", "Sink")


@pytest.mark.parametrize("text", ["No options", "Only A. one", "B. two A. one", "A.B.C.", ""])
def test_texts_without_options(text: str) -> None:
    assert inline_options(text, ".") is None


WORD = st.text(alphabet="abcxyz 0123,'", min_size=1, max_size=12).map(
    lambda s: s.strip(" ,") or "x"
)


@given(st.lists(WORD, min_size=2, max_size=6), st.sampled_from([(". ", "."), (": ", ":")]))
def test_inline_options_round_trip(options: list[str], mark: tuple[str, str]) -> None:
    text = "Which one? " + " ".join(lettered(options, mark[0]))
    taken = inline_options(text, mark[1])
    assert taken is not None
    assert taken.options == tuple(options)
    assert taken.with_options(options) == text
    turned = options[1:] + options[:1]
    assert taken.with_options(turned) == "Which one? " + " ".join(lettered(turned, mark[0]))


@given(st.text(alphabet="AB:. ,\nx", max_size=40), st.sampled_from([".", ":"]))
def test_putting_together_gives_the_text_back(text: str, mark: str) -> None:
    taken = inline_options(text, mark)
    if taken is not None:
        assert taken.with_options(taken.options) == text
