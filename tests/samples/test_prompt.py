"""Prompts follow the conventions of the style a sample was generated in."""

from __future__ import annotations

import dataclasses
import json

import pytest
from corpora import CHOICE

from sextant.samples.prompt import FRAMINGS, render_answer, render_prompt, style_of
from sextant.samples.subsets import heuristic_hits, is_counter_heuristic, is_pro_heuristic


def styled(style: str, images: int = 4, **more):
    sample = CHOICE
    fields = {
        "template": f"sr.relative_distance/{style}:closest/0",
        "question": "<image>\n" * images + "Which is closest to the bed?",
        "images": ("x.jpg",) * images,
        "options": ("sofa", "lamp", "desk"),
        "answer": "B",
        "answer_index": 1, "answer_type": "choice", "rationale": None,
        **more,
    }  # fmt: skip
    return dataclasses.replace(sample, **fields)


def test_styles_are_read_off_the_template():
    assert style_of("sr.support/on/3") == "neutral"
    assert style_of("sr.support/vsibench:on/3") == "vsibench"
    assert style_of("sr.support/spar+on/3") == "spar"


def test_vsibench_says_that_the_frames_are_a_video():
    lines = render_prompt(styled("vsibench")).splitlines()
    assert lines[:6] == ["<image>"] * 4 + [
        "These are frames of a video.", "Which is closest to the bed?",
    ]  # fmt: skip
    assert lines[6:10] == ["Options:", "A. sofa", "B. lamp", "C. desk"]
    assert "video" not in render_prompt(styled("vsibench", images=1))


def test_mmsi_encloses_the_letter():
    assert "Options: A: sofa, B: lamp, C: desk\n" in render_prompt(styled("mmsi"))
    assert render_answer(styled("mmsi")) == "`B`"


def test_mindcube_has_three_sections():
    text = render_prompt(styled("mindcube"))
    places = [text.index(f"[{name}]") for name in ("Task", "Answer Instruction", "Question")]
    assert places == sorted(places)
    assert text.endswith("Which is closest to the bed?\nA. sofa B. lamp C. desk")
    assert render_answer(styled("mindcube")) == "<answer>B. lamp</answer>"


def test_viewspatial_and_spar():
    text = render_prompt(styled("viewspatial"))
    assert "Question: Which is closest to the bed?\nChoices: A. sofa\nB. lamp" in text
    assert text.endswith("Reply only to the corresponding option.\nAnswer:")
    assert render_prompt(styled("spar")).endswith("one of options A, B or C.")


@pytest.mark.parametrize("style", sorted(FRAMINGS))
def test_every_style_can_be_rendered_without_options(style):
    sample = styled(style, options=None, answer="1.5", answer_index=None, answer_type="number")
    text = render_prompt(sample)
    assert text.count("<image>") == 4
    assert "{" not in text
    assert render_answer(sample) == "1.5"


def with_guesses(**guesses):
    evidence = CHOICE.evidence_dict()
    return styled("neutral", evidence=json.dumps({**evidence, "heuristics": guesses}))


def test_heuristic_subsets():
    assert heuristic_hits("B", {"heuristics": {"a": "B", "b": "AB", "c": "C"}}) == {
        "a": 1.0, "b": 0.5, "c": 0.0,
    }  # fmt: skip
    wrong = with_guesses(vertical_position="A", pixel_size="C", first_mentioned="B")
    assert is_counter_heuristic(wrong)
    assert not is_pro_heuristic(wrong)
    mixed = with_guesses(vertical_position="A", pixel_size="B")
    assert not is_counter_heuristic(mixed)
    assert not is_pro_heuristic(mixed)
    assert not is_counter_heuristic(with_guesses(first_mentioned="A"))
