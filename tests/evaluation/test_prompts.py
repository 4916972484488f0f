"""Marks become pictures, one each, in order, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import ConventionError, RecipeError
from sextant.evaluation.prompts import as_many_marks, parts_of, tight_marks, without_marks
from sextant.models.messages import Clip, Picture

A, B, C = (Picture(name, lambda: b"") for name in "abc")
CLIP = Clip((A, B), (0.0, 1.0))


def test_pictures_go_where_their_marks_are() -> None:
    assert parts_of("See <image> and <image>. Why?", (A, B)) == ("See ", A, " and ", B, ". Why?")
    assert parts_of("<image><image>\nWhy?", (A, B)) == (A, B, "\nWhy?")


def test_pictures_come_first_without_marks() -> None:
    assert parts_of("Why?", (A, B)) == (A, B, "Why?")
    assert parts_of("Why?") == ("Why?",)


def test_placements() -> None:
    text = "See <image> and <image>."
    assert parts_of(text, (A, B), placement="first") == (A, B, "See  and .")
    numbered = ("Image-1: ", A, "\nImage-2: ", B, "\nSee  and .")
    assert parts_of(text, (A, B), placement="numbered") == numbered
    assert parts_of("Why?", (A,), placement="numbered") == (A, "Why?")


def test_a_video_is_one_part_or_its_frames() -> None:
    assert parts_of("Why?", clip=CLIP) == (CLIP, "Why?")
    assert parts_of("In <video> why?", clip=CLIP) == ("In ", CLIP, " why?")
    assert parts_of("In <video> why?", clip=CLIP, frame_path="images") == ("In ", A, B, " why?")
    assert parts_of("Why?", (C,), CLIP, frame_path="images") == (A, B, C, "Why?")
    numbered = parts_of("Why?", clip=CLIP, frame_path="images", placement="numbered")
    assert numbered == ("Image-1: ", A, "\nImage-2: ", B, "\nWhy?")


@pytest.mark.parametrize(
    ("text", "pictures", "clip"),
    [
        ("<image>", (), None),
        ("<image>", (A, B), None),
        ("<image><image><image>", (A, B), None),
        ("<video>", (), None),
        ("<video><video>", (), CLIP),
    ],
)
def test_other_numbers_of_marks_are_refused(text, pictures, clip) -> None:
    with pytest.raises(ConventionError, match=r"another number[\s\S]*item 4"):
        parts_of(text, pictures, clip, where="item 4")


def test_unknown_choices_are_refused() -> None:
    with pytest.raises(RecipeError):
        parts_of("x", placement="middle")  # type: ignore[arg-type]
    with pytest.raises(RecipeError):
        parts_of("x", frame_path="film")  # type: ignore[arg-type]


@given(st.lists(st.text(alphabet="ab <>\n", max_size=6), min_size=2, max_size=6))
def test_the_words_survive_in_order(pieces: list[str]) -> None:
    text = "<image>".join(pieces)
    pictures = tuple(Picture(str(k), lambda: b"") for k in range(text.count("<image>")))
    parts = parts_of(text, pictures)
    assert tuple(p for p in parts if isinstance(p, Picture)) == pictures
    assert "".join(p if isinstance(p, str) else "<image>" for p in parts) == text
    assert "".join(p for p in parts if isinstance(p, str)) == without_marks(text)


def test_tight_marks() -> None:
    assert tight_marks("<image><image>\nWhy? \n<image>\n B ") == "<image><image>Why?<image>B"


@pytest.mark.parametrize(
    ("text", "pictures", "expected"),
    [
        ("no marks", 3, "no marks"),
        ("a<image>b", 1, "a<image>b"),
        ("a<image>b", 3, "a<image><image><image>b"),
        ("a<image>b<image>c", 3, "a<image>b<image><image>c"),
        ("a<image>b<image>c", 1, "a<image>bc"),
        ("a<image>b<image>c", 0, "abc"),
    ],
)
def test_as_many_marks_as_pictures(text: str, pictures: int, expected: str) -> None:
    assert as_many_marks(text, pictures) == expected
