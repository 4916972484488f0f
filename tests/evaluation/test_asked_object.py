"""Objects read off the templates of VSI-Bench and off the evidence of our corpora."""

from __future__ import annotations

import pytest

from sextant.evaluation.asked_object import asked_in_evidence, asked_in_text

CLOSEST = "Measuring from the closest point of each object, "


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many chair(s) are in this room?", "chair"),
        ("How many Trash can(s) are in this room?", "trash can"),
        (
            "What is the length of the longest dimension (length, width, or height) of the "
            "ceiling light, measured in centimeters?",
            "ceiling light",
        ),
        (CLOSEST + "what is the distance between the sofa and the tv (in meters)?", "sofa"),
        (CLOSEST + "what is the direct distance between the tv and the bed (in meters)?", "tv"),
        (
            CLOSEST + "which of these objects (refrigerator, sofa, ceiling light, cutting board) "
            "is the closest to the printer?\nIf there are multiple instances of an object "
            "category, measure to the closest.",
            "printer",
        ),
        (
            "If I am standing by the dishwasher and facing the refrigerator, is the washer to the "
            "left or the right of the refrigerator?",
            "washer",
        ),
        (
            "If I am standing by the sofa and facing the tv, is the fireplace to my left, right, "
            "or back?\nAn object is to my back if I would have to turn at least 135 degrees in "
            "order to face it.",
            "fireplace",
        ),
        (
            "If I am standing by the stove and facing the tv, is the sofa to my front-left, "
            "front-right, back-left, or back-right?\nThe directions refer to the quadrants of a "
            "Cartesian plane (if I am standing at the origin, facing along the positive y-axis).",
            "sofa",
        ),
        ("What is the size of this room (in square meters)?", ""),
        (
            "What will be the first-time appearance order of the following categories in the "
            "video: chair, lamp, door, sofa?",
            "",
        ),
        (
            "You are a robot beginning at the door facing the bed. You want to navigate to the "
            "toilet. You will perform the following actions: 1. Go forward until the bed.",
            "",
        ),
        ("", ""),
    ],
)
def test_templates_of_vsi_bench(question, expected):
    assert asked_in_text(question) == expected


def test_names_are_short_so_that_hostile_questions_are_no_burden():
    """A search that tried every end from every beginning would not come back from these."""
    for text in ("is the " * 60_000, "How many " + "a" * 400_000, ", is the " * 50_000 + "to my"):
        assert len(asked_in_text(text)) <= 80


def test_evidence_names_its_first_object():
    evidence = {"objects": ["chair_3", "lamp_1"], "names": {"chair_3": "Chair", "lamp_1": "lamp"}}
    assert asked_in_evidence(evidence) == "chair"
    for other in (
        {},
        {"objects": []},
        {"objects": ["x"], "names": {}},
        {"objects": ["x"], "names": ["x"]},
        {"objects": [["x"]], "names": {"x": "y"}},
        {"objects": ["x"], "names": {"x": 3}},
    ):
        assert asked_in_evidence(other) == ""
