"""SPAR-Bench: three forms of answer, the authors' odd rules, VLMEvalKit's and ours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmark_tables import (
    base64_png,
    check_parts,
    hub_picture,
    png,
    points,
    read_all,
    write_parquet,
    write_tsv,
)

from sextant.errors import ConventionError, MissingInput
from sextant.evaluation.benchmarks.spar_bench import BENCHMARKS, LEVELS

FULL, TINY = BENCHMARKS

CHOICE = (
    "Where is the chair (red bbox) relative to the desk (blue bbox)?\n"
    "Select the right option from the choices provided.\n"
    "A. left, above, \nB. right, above, front\nC. left, , front\nD. right, below, behind\n"
    "Your answer can only include one of options A, B, C or D."
)
INLINE = (
    "In meters, what is the distance between the points? Pick the right response. A. 0.7 B. 1.3 "
    "C. 1.6 D. 1.0 Your answer can only include one of options A, B, C or D."
)


def row(k, task, question, answer, images=1, **more):
    return {
        "id": k, "task": task, "question": question, "answer": answer,
        "image": [hub_picture(10 * k + i) for i in range(images)],
        "img_type": "single_view" if images == 1 else "multi_view", "format_type": "select",
        "source": "scannet", **more,
    }  # fmt: skip


ROWS = [
    row(0, "obj_spatial_relation_oo", CHOICE, "C"),
    row(1, "distance_infer_center_oo", INLINE, "B"),
    row(2, "depth_prediction_oc", "How deep is the lamp? The unit is meter.", "1.6", 1),
    row(3, "depth_prediction_oc_mv", "How deep is the lamp? The unit is meter.", "2.0", 3),
    row(4, "view_change_infer", "How did the camera move?", "move_right:0.4,rotate_up:10", 2),
    row(5, "position_matching", "Which box?\nA. (1,2)\nB. (3,4)", "A", 2),
]


@pytest.fixture
def folder(tmp_path):
    write_parquet(tmp_path / "data" / "test-00000-of-00002.parquet", ROWS[:3])
    write_parquet(tmp_path / "data" / "test-00001-of-00002.parquet", ROWS[3:])
    return tmp_path


@pytest.fixture
def items(folder):
    found, broken = read_all(FULL, folder)
    assert broken == []
    return found


def test_names():
    assert (FULL.name, TINY.name) == ("spar_bench", "spar_bench_tiny")


def test_items(items):
    assert [i.id for i in items] == list("012345")
    assert items[0].options == ("left, above,", "right, above, front", "left, , front",
                                "right, below, behind")  # fmt: skip
    assert items[0].question.endswith("from the choices provided.")
    assert items[1].options == ("0.7", "1.3", "1.6", "1.0")
    assert (items[2].value, items[2].unit, items[2].answer_type) == (1.6, "m", "number")
    assert [p.read() for p in items[3].pictures] == [png(30), png(31), png(32)]
    assert [i.groups["level"] for i in items] == ["High", "High", "Low", "Low", "Middle", "Middle"]


@pytest.mark.parametrize("profile", ["official", "vlmevalkit", "lmms-eval", "strict"])
def test_prompts_are_the_same_everywhere(items, profile):
    check_parts(FULL, items)

    def text(k):
        return FULL.prompt(items[k], profile).text

    letter = "Answer with the option's letter from the given choices directly."
    assert text(0) == f"<image>\n{CHOICE}\n\n{letter}"
    assert text(1) == f"<image>\n{INLINE}\n\n{letter}"
    assert text(2) == (
        "<image>\nHow deep is the lamp? The unit is meter.\n"
        "Please answer the question using a single word or phrase."
    )
    assert text(4) == "<image><image>\nHow did the camera move?\n\n"
    assert text(5) == (
        "<image><image>\nWhich box?\nA. (1,2)\nB. (3,4)\nThe values represent the bounding box "
        "coordinates normalized to a 0-1000 scale, with the top-left corner as the origin of the "
        f"image.\n{letter}"
    )
    tokens = 100 if profile in ("official", "lmms-eval") else 1024
    assert FULL.prompt(items[0], profile).max_new_tokens == tokens


def test_options_can_be_put_in_another_order(items):
    turned = replace(items[1], options=("1.0", "0.7", "1.3", "1.6"), answer="C")
    assert "A. 1.0 B. 0.7 C. 1.3 D. 1.6 Your answer" in FULL.prompt(turned, "strict").text


REPLIES = ("C", "c", "C.", "(C)", "Answer: C", "Certainly A", "", "left, , front")
EXPECTED = {
    # Equal, part of the answer, or of the same first letter: so "" and "Certainly" are right.
    "official": [1, 1, 1, 0, 0, 1, 1, 0],
    "lmms-eval": [1, 1, 1, 0, 0, 1, 1, 0],
    "vlmevalkit": [1, 1, 1, 1, 1, 0, 0, 0],
    "strict": [1, 1, 1, 1, 1, 0, 0, 1],
}


@pytest.mark.parametrize("profile", EXPECTED)
def test_choices(items, profile):
    assert points(FULL, items[0], REPLIES, profile) == EXPECTED[profile]


NUMBERS = ("1.6", "160 cm", "1.6 of 3", "3, no, 1.6", "-1.6", "", "1.3 m")
EXPECTED_NUMBERS = {
    # One view: the first number, no sign; .3 / 1.6 = .1875 passes .50 to .80: 7 of 10.
    "official": [1, 0, 1, 0, 1, 0, 0.7],
    "lmms-eval": [1, 0, 1, 0, 1, 0, 0.7],
    # The last number, with its sign.
    "vlmevalkit": [1, 0, 0, 1, 0, 0, 0.7],
}


@pytest.mark.parametrize("profile", EXPECTED_NUMBERS)
def test_numbers(items, profile):
    assert points(FULL, items[2], NUMBERS, profile) == EXPECTED_NUMBERS[profile]


def test_numbers_of_many_views_are_the_last(items):
    assert points(FULL, items[3], ("3 to 2", "2 to 3", "none"), "official") == [1.0, 0.1, 0.0]


@pytest.mark.parametrize("profile", ["official", "lmms-eval"])
@pytest.mark.parametrize("k", [2, 3])
def test_nothing_read_is_no_number(items, k, profile):
    """The authors' -1 for "no number" of many views earns what -1 does, but was not said."""
    found = FULL.score(items[k], "none", profile)
    assert (found.points, found.status, found.value) == (0.0, "empty", None)


def test_strict_numbers_know_units(items):
    replies = ("1.6", "160 cm", "about 1.6 meters", "-1.6", "")
    assert points(FULL, items[2], replies, "strict") == [1, 1, 1, 0, 0]


MOVES = (
    "move_right:0.4,rotate_up:10",
    "move_right:0.4, rotate_up:10",
    "move_left:0.4,rotate_up:10",
    "The camera stands still.",
    "rotate_down:-10,move_left:-0.4",
    "",
)
EXPECTED_MOVES = {
    # A blank makes the name unknown: right by 4 of 5 axes, and 0 relative to a reply of 0. Swapped
    # truth and prediction: relative to the reply -0.4, 0.4 is off by 2, as the other way round.
    "official": [1, 0.8, 0.8, 0, 1, 0],
    "lmms-eval": [1, 0.8, 0.8, 0, 1, 0],
    # Three axes of the truth are zero, so silence is right three times in five.
    "vlmevalkit": [1, 1, 0.8, 0.6, 1, 0.6],
    "strict": [1, 1, 0.5, 0, 1, 0],
}


@pytest.mark.parametrize("profile", EXPECTED_MOVES)
def test_view_changes(items, profile):
    found = points(FULL, items[4], MOVES, profile)
    assert found == pytest.approx(EXPECTED_MOVES[profile], abs=1e-12)


def test_strict_view_changes(items):
    def score(reply):
        return FULL.score(items[4], reply, "strict")

    assert score("<think>move_right:9</think>move_right: 0.4, rotate_up = 10").points == 1.0
    assert score("<think>move_right:0.4,rotate_up:10").status == "empty"
    # A third axis that does not move in truth: two of three right.
    assert score("move_right:0.4,rotate_up:10,move_up:1").points == pytest.approx(2 / 3)
    assert score("move_right:0.4,rotate_up:10,move_up:0").points == 1.0
    assert score("move_right:0.4 or move_right:0.5").status == "ambiguous"
    # Off by 17.5 % on one axis of two.
    assert score("move_right:0.33,rotate_up:10").points == pytest.approx((0.7 + 1.0) / 2)
    found = score("So: move_right:0.4,rotate_up:10.")
    assert found.span == (4, 31)


def test_headlines():
    overall, *levels, micro = FULL.headlines("official")
    scores = {task: np.array([float(k)]) for k, task in enumerate(sum(LEVELS.values(), ()))}
    assert len(scores) == 20
    assert overall.combine(scores)[0] == 9.5
    assert {h.name: h.combine(scores)[0] for h in levels} == {
        "Low": 3.5, "Middle": 9.0, "High": 15.0,
    }  # fmt: skip
    assert micro.combine is None


def test_the_table_of_vlmevalkit(tmp_path):
    cells = [
        {"index": 7, "task": "depth_prediction_oo", "question": "How deep?", "answer": "2.5",
         "image": str([base64_png(1), base64_png(2)])},
    ]  # fmt: skip
    write_tsv(tmp_path / "SparBench_tiny.tsv", cells)
    (item,), broken = read_all(TINY, tmp_path)
    assert (item.id, item.value, len(item.pictures), broken) == ("7", 2.5, 2, [])
    with pytest.raises(MissingInput):
        read_all(FULL, tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"task": "navigation"}, "unknown task"),
        ({"answer": "E"}, "the answer is no option"),
        ({"task": "depth_prediction_oo", "answer": "nan"}, "no number"),
        ({"task": "depth_prediction_oo", "answer": "two"}, "no number"),
        ({"task": "view_change_infer", "answer": "left"}, "no view change"),
        ({"task": "view_change_infer", "answer": "move_sideways:1"}, "no view change"),
        ({"id": 2}, "same id"),
    ],
)
def test_bad_rows_are_named(tmp_path, change, said):
    path = write_parquet(tmp_path / "test-0.parquet", [ROWS[2], {**ROWS[0], **change}])
    items, (problem,) = read_all(FULL, tmp_path)
    assert [i.id for i in items] == ["2"]
    assert isinstance(problem, ConventionError)
    assert said in str(problem)
    assert f"{path}: row 1" in str(problem)
