from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_data import ToyRenderer

from sextant.models.family import Message
from sextant.training.examples import Example, mark_count
from sextant.training.fit import SCALES, fit, shown
from sextant.training.lengths import measured
from sextant.training.recipe import FitRules

RENDERER = ToyRenderer(most_pictures=512)


def example(pictures: int, text: str | None = None, side: int = 64) -> Example:
    text = "<image>\n" * pictures + "How many?" if text is None else text
    return Example(
        id="x",
        messages=(Message("user", text), Message("assistant", "3", True)),
        pictures=tuple(Path(f"{k}.png") for k in range(pictures)),
        sizes=((side, side),) * pictures,
        capability="SR",
        source="s",
    )


def rules(**fields: object) -> FitRules:
    return FitRules(**{"frames_from": 4, "min_frames": 2, **fields})


def fitted(given_example: Example, given_rules: FitRules) -> tuple[Example, bool]:
    found = fit(given_example, given_rules, lambda e: measured(e, RENDERER))
    result = shown(given_example, found.frames, found.level, given_rules)
    assert measured(result, RENDERER) == (found.tokens, found.supervised)
    assert mark_count(result.messages) == len(result.pictures) == len(result.sizes)
    return result, found.fits


def names(found: Example) -> list[int]:
    return [int(path.stem) for path in found.pictures]


def test_what_is_short_enough_is_left_alone() -> None:
    whole = example(6)
    assert fitted(whole, rules()) == (whole, True)


def test_a_video_keeps_its_ends_and_its_text() -> None:
    found, fits = fitted(example(32), rules(max_frames=5))
    assert fits
    assert names(found) == [0, 8, 16, 23, 31]
    assert found.messages[0].text == "<image>\n" * 5 + "How many?"


def test_what_stands_between_frames_and_question_stays() -> None:
    text = "<image><image> <image>\n<image><image>\n\nHow many?"
    found, _ = fitted(example(5, text), rules(max_frames=2))
    assert names(found) == [0, 4]
    assert found.messages[0].text == "<image><image>\n\nHow many?"


def test_pictures_that_are_spoken_of_one_by_one_stay() -> None:
    for text in ("Here: " + "<image>\n" * 9, "1: <image> 2: <image> 3: " + "<image>" * 7):
        found, fits = fitted(example(9, text), rules(max_frames=3))
        assert names(found) == list(range(9))
        assert fits


def test_pictures_behind_the_video_stay() -> None:
    text = "<image>" * 8 + "Which is next? A: <image> B: <image>"
    found, _ = fitted(example(10, text), rules(max_frames=4))
    assert names(found) == [0, 2, 5, 7, 8, 9]
    assert found.messages[0].text == "<image>" * 4 + "Which is next? A: <image> B: <image>"


def test_a_few_pictures_are_no_video() -> None:
    strict = rules(max_frames=1, max_tokens=100, too_long="frames")
    found, fits = fitted(example(3, side=160), strict)
    assert names(found) == [0, 1, 2]
    assert not fits


@pytest.mark.parametrize("how", ["refuse", "shrink", "frames", "frames_then_shrink"])
def test_each_way_to_make_a_sample_fit(how: str) -> None:
    # 8 frames of 16 tokens, and some text.
    long = example(8)
    found, fits = fitted(long, rules(max_tokens=100, too_long=how))
    assert fits == (how != "refuse")
    assert (len(found.pictures) < 8) == how.startswith("frames")
    assert (found.scale < 1) == (how == "shrink")


def test_frames_first_then_smaller_pictures() -> None:
    found, fits = fitted(
        example(8, side=256), rules(max_tokens=80, too_long="frames_then_shrink", min_scale=0.1)
    )
    assert fits
    assert len(found.pictures) == 2
    assert found.scale < 1
    assert found.shown == ((round(256 * found.scale),) * 2,) * 2


def test_no_picture_is_shrunk_below_the_smallest_scale() -> None:
    strict = rules(max_tokens=50, too_long="shrink", min_scale=0.5)
    found, fits = fitted(example(2, side=640), strict)
    assert not fits
    assert found.scale == 0.5


def test_a_text_that_is_too_long_is_refused_not_cut() -> None:
    found, fits = fitted(example(0, "word " * 1000), rules(max_tokens=100))
    assert not fits
    assert found.messages[0].text == "word " * 1000


@given(
    st.integers(0, 40), st.integers(1, 20), st.integers(30, 400),
    st.sampled_from(["refuse", "shrink", "frames", "frames_then_shrink"]), st.integers(8, 200),
)  # fmt: skip
def test_what_fits_is_short_enough_and_answers_stay_whole(
    pictures: int, max_frames: int, max_tokens: int, how: str, side: int
) -> None:
    given_rules = rules(max_frames=max_frames, max_tokens=max_tokens, too_long=how)
    long = example(pictures, side=side)
    found, fits = fitted(long, given_rules)
    tokens, supervised = measured(found, RENDERER)
    assert fits == (tokens <= max_tokens)
    assert supervised == 1
    assert found.messages[-1] == long.messages[-1]
    if pictures >= 4:
        assert len(found.pictures) <= max(max_frames, 1)
    assert names(found) == sorted(set(names(found)))
    assert found.scale in SCALES


def test_it_takes_few_tries() -> None:
    tries = 0

    def counted(given_example: Example) -> tuple[int, int]:
        nonlocal tries
        tries += 1
        return measured(given_example, RENDERER)

    fit(example(500, side=160), rules(max_frames=500, max_tokens=1000), counted)
    assert tries < 6
