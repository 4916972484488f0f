from __future__ import annotations

from dataclasses import replace

import pytest
from corpora import CHOICE, number

from sextant.samples.sample import Sample
from sextant.samples.validate import check_sample

IMAGES = ("images/ab/1.png", "images/ab/2.png")

GOOD = [
    CHOICE,
    replace(CHOICE, answer="lamp"),
    replace(CHOICE, images=IMAGES, question="<image><image>?", frame_ids=("1", "2")),
    replace(CHOICE, images=IMAGES, question="<image>?<image>"),
    number(),
    number(answer="-1e3", value=None, unit=None),
    number(answer="Yes", answer_type="boolean"),
    number(answer="{}", answer_type="json"),
    number(answer="at the left", answer_type="text", rationale="First, …"),
    number(turns='[{"from": "human", "value": "And now?"}, {"from": "gpt", "value": "2"}]'),
]

BAD: list[tuple[Sample, str]] = [
    (replace(CHOICE, id="0123"), "16 hex digits"),
    (replace(CHOICE, id="0123456789ABCDEF"), "16 hex digits"),
    (replace(CHOICE, capability="XX"), "capability"),
    (replace(CHOICE, split="dev"), "split"),
    (replace(CHOICE, answer_type="essay"), "answer_type"),
    (replace(CHOICE, difficulty="brutal"), "difficulty"),
    (replace(CHOICE, unit="ft"), "unit"),
    (replace(CHOICE, value=None), "unit without a value"),
    (replace(CHOICE, value=float("nan")), "not finite"),
    (replace(CHOICE, value=float("inf")), "not finite"),
    (replace(CHOICE, value="1"), "not a number"),
    (replace(CHOICE, value=True), "not a number"),
    (replace(CHOICE, images=IMAGES), "0 <image> for 2 images"),
    (replace(CHOICE, question="<image>?"), "1 <image> for 0 images"),
    (replace(CHOICE, options=("<image>", "lamp")), "outside the question"),
    (replace(CHOICE, images=IMAGES, question="<image><image>", frame_ids=("1",)), "1 frame_ids"),
    (replace(CHOICE, images=("/etc/x",), question="<image>"), "relative path"),
    (replace(CHOICE, images=("a/../../x",), question="<image>"), "inside its folder"),
    (replace(CHOICE, images=["a"], question="<image>"), "not a tuple"),
    (replace(CHOICE, images=(1,), question="<image>"), "not a string"),
    (replace(CHOICE, answer_index=3), "outside the 3 options"),
    (replace(CHOICE, answer_index=-1), "outside the 3 options"),
    (replace(CHOICE, answer_index=1.0), "not an integer"),
    (replace(CHOICE, answer="A"), "neither 'B' nor 'lamp'"),
    (replace(CHOICE, options=("table", "lamp", "Lamp ")), "read the same"),
    (replace(CHOICE, options=("lamp",), answer_index=0, answer="A"), "1 options"),
    (replace(CHOICE, options=("a", " ", "b"), answer="B"), "option is empty"),
    (replace(CHOICE, options=tuple(map(str, range(30))), answer="1"), "30 options"),
    (replace(CHOICE, options=None), "needs options"),
    (number(options=("1", "2")), "options or answer_index on a number"),
    (number(answer="about two"), "not a number"),
    (number(answer="nan"), "not a number"),
    (number(answer="maybe", answer_type="boolean"), "neither yes nor no"),
    (number(answer="{", answer_type="json"), "answer is not JSON"),
    (replace(CHOICE, evidence="{"), "evidence is not JSON"),
    (replace(CHOICE, evidence="[]"), "not an object"),
    (replace(CHOICE, evidence='{"a": NaN}'), "NaN is not JSON"),
    (replace(CHOICE, evidence="[" * 100_000), "evidence is not JSON"),
    (replace(CHOICE, turns="{}"), "turns are not pairs"),
    (replace(CHOICE, turns='[{"from": "gpt", "value": "x"}]'), "turns are not pairs"),
    (replace(CHOICE, rationale=3), "rationale is a int"),
    (replace(CHOICE, seed=-1), "seed"),
    (replace(CHOICE, seed=2**64), "seed"),
    (replace(CHOICE, seed=1.5), "seed"),
    (replace(CHOICE, task=" "), "task is empty"),
    (replace(CHOICE, license=""), "license is empty"),
    (replace(CHOICE, question="\ud800"), "lone surrogate"),
]


@pytest.mark.parametrize("sample", GOOD)
def test_good_samples_have_no_problems(sample: Sample) -> None:
    assert check_sample(sample) == []


@pytest.mark.parametrize(
    ("sample", "message"), BAD, ids=[f"{i}-{m}" for i, (_, m) in enumerate(BAD)]
)
def test_each_problem_is_named(sample: Sample, message: str) -> None:
    problems = check_sample(sample)
    assert any(message in problem for problem in problems), problems
