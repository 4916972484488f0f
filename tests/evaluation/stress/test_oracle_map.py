"""Maps hold what decides an answer, in the right frame, and not the answer."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from map_reader import Map
from small_benchmark import make_items, picture, play

from sextant.evaluation.items import Item
from sextant.evaluation.stress import open_stress
from sextant.evaluation.stress._map import map_text, why_no_map
from sextant.evaluation.stress.oracle_map import INSTEAD
from sextant.geometry.box_distance import box_distance
from sextant.models.messages import Picture

ORACLE = open_stress("oracle_map")


def turn(yaw):
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def pose(center, heading, pitch):
    """T_world_camera of a camera without roll: columns right, down, forward, centre."""
    forward = np.array([
        math.cos(heading) * math.cos(pitch), math.sin(heading) * math.cos(pitch), math.sin(pitch),
    ])  # fmt: skip
    right = np.array([math.sin(heading), -math.cos(heading), 0.0])
    return np.column_stack([right, np.cross(forward, right), forward, center])


def box(center, size, yaw):
    return {
        "center": list(map(float, center)), "size_m": list(map(float, size)),
        "R": turn(yaw).ravel().tolist(),
    }  # fmt: skip


def evidence(boxes, quantity="surface_distance_m", cameras=(), reference="world", **more):
    ids = list(boxes)
    return {
        "objects": ids, "proposed": ids, "names": {i: i.replace("_", " ") for i in ids},
        "boxes": boxes, "quantity": quantity, "reference_frame": reference, "ask": {},
        "frames": [f"f{k}" for k in range(len(cameras))],
        "T_world_camera": {f"f{k}": c.ravel().tolist() for k, c in enumerate(cameras)}, **more,
    }  # fmt: skip


def item_of(found, **more):
    fields = {"answer": "A", "answer_type": "choice", "options": ("near", "far"), **more}
    return Item("q", "t", "How far?", raw={"evidence": found}, pictures=(picture("p"),), **fields)


FLOATS = st.floats(-3, 3, allow_nan=False)
SIZES = st.floats(0.05, 2, allow_nan=False)
BOXES = st.tuples(st.tuples(FLOATS, FLOATS, FLOATS), st.tuples(SIZES, SIZES, SIZES), FLOATS)
CAMERAS = st.tuples(st.tuples(FLOATS, FLOATS, FLOATS), FLOATS, st.floats(-1.2, 1.2))


@settings(max_examples=150, deadline=None)
@given(BOXES, BOXES, st.lists(CAMERAS, max_size=2))
def test_distances_and_bearings_read_from_the_map_are_those_of_the_world(a, b, cameras):
    boxes = {"red_chair": box(*a), "blue_mug": box(*b)}
    poses = [pose(np.array(c), h, p) for c, h, p in cameras]
    found = Map(map_text(item_of(evidence(boxes, cameras=poses)), evidence(boxes, cameras=poses)))
    exact = box_distance(
        np.array(a[0]), np.array(a[1]), turn(a[2]), np.array(b[0]), np.array(b[1]), turn(b[2])
    )
    # Centres and sizes are rounded to a centimetre, turns to a degree.
    reach = 0.03 + math.radians(0.5) * (max(a[1]) + max(b[1]))
    assert found.gap("red chair", "blue mug") == pytest.approx(float(exact), abs=reach)
    if not poses:
        assert min(c[2] - s[2] / 2 for c, s, _ in found.boxes.values()) == pytest.approx(
            0, abs=0.02
        )
        return
    center, heading, pitch = cameras[0]
    assert found.pitch == pytest.approx(pitch, abs=0.01)
    for name, (place, _, _) in (("red chair", a), ("blue mug", b)):
        away = np.array(place) - np.array(center)
        ahead = np.array([math.cos(heading), math.sin(heading)])
        right = np.array([ahead[1], -ahead[0]])
        expected = [away[:2] @ right, away[:2] @ ahead, away[2]]
        assert found.boxes[name][0] == pytest.approx(expected, abs=0.006)
    if len(cameras) == 2:
        place, looks, slope = found.cameras["second"]
        assert np.linalg.norm(place) == pytest.approx(
            np.linalg.norm(np.array(cameras[1][0]) - np.array(center)), abs=0.02
        )
        turned = looks - math.pi / 2 - (cameras[1][1] - heading)
        assert abs(math.remainder(turned, 2 * math.pi)) < 0.02
        assert slope == pytest.approx(cameras[1][2], abs=0.01)


def test_the_cameras_own_axes_can_be_worked_out():
    camera = pose(np.array([1.0, 2.0, 1.5]), 0.7, -0.3)
    thing = np.array([2.0, 4.0, 0.2])
    held = evidence({"lamp": box(thing, (0.2, 0.2, 0.2), 0)}, "camera_distance_m", [camera])
    found = Map(map_text(item_of(held), held))
    exact = camera[:, :3].T @ (thing - camera[:, 3])
    assert found.in_camera(found.boxes["lamp"][0]) == pytest.approx(exact, abs=0.02)


def test_the_map_is_that_of_the_camera_the_question_refers_to():
    cameras = [pose(np.zeros(3), 0.0, 0.0), pose(np.array([1.0, 0, 0]), math.pi / 2, 0.0)]
    boxes = {"lamp": box((1.0, 3.0, 0.0), (0.2, 0.2, 0.2), 0)}
    held = evidence(boxes, "direction_deg", cameras, "camera:f1")
    text = map_text(item_of(held), held)
    assert "camera of the second picture is at (0, 0, 0)" in text
    assert "- lamp: center (0.00, 3.00, 0.00)" in text
    assert Map(text).cameras["first"][0] == pytest.approx([-1.0, 0.0, 0.0])
    gone = evidence(boxes, "direction_deg", cameras[:1], "camera:f1")
    assert "camera that the question refers to" in why_no_map(item_of(gone), gone)


def test_the_map_does_not_depend_on_what_is_right():
    boxes = {f"thing_{k}": box((k, k % 2, 0), (0.3, 0.2, 0.4), k) for k in range(4)}
    held = evidence(boxes, label="thing_2", value=1.2345, detail={"found": "thing_2"}, slot=1)
    text = map_text(item_of(held), held)
    for other in (
        {**held, "objects": list(held["objects"])[::-1]},
        {**held, "label": "thing_0", "value": 9.0, "detail": {}, "slot": 0, "heuristics": {}},
    ):
        assert map_text(item_of(held), other) == text
    item = item_of(held, options=("thing 3", "thing 2"), answer="B")
    assert map_text(item, held) == text
    assert map_text(replace(item, answer="A"), held) == text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"quantity": "instances"}, "would hold the answer"),
        ({"quantity": "longest_side_cm"}, "would hold the answer"),
        ({"quantity": "camera_box"}, "would hold the answer"),
        ({"quantity": "compass_direction_deg", "reference_frame": "floor"}, "would not decide it"),
        ({"quantity": "camera_displacement_m"}, "no two cameras"),
        ({"objects": []}, "no object"),
        ({"names": {"a": "chair"}}, "no name"),
        ({"names": {"a": "chair", "b": "chair"}}, "two have the same"),
    ],
)
def test_what_gets_no_map_says_why(change, reason):
    boxes = {"a": box((0, 0, 0), (1, 1, 1), 0), "b": box((3, 0, 0), (1, 1, 1), 0)}
    held = {**evidence(boxes), **change}
    assert reason in why_no_map(item_of(held), held)
    assert map_text(item_of(held), held) is None
    assert why_no_map(item_of(evidence(boxes)), evidence(boxes)) is None


def test_a_number_of_the_map_must_not_be_the_answer():
    boxes = {"a": box((0, 0, 0), (1.5, 1, 1), 0), "b": box((3.3, 0, 0), (1, 1, 1), 0)}
    held = evidence(boxes)
    for value, unit, kept in ((1.5, "m", False), (150.2, "cm", False), (2.05, "m", True)):
        item = item_of(held, options=None, answer_type="number", value=value, unit=unit)
        assert (why_no_map(item, held) is None) == kept
    worded = item_of(held, value=1.5, unit="m")
    assert why_no_map(worded, held) is None
    numbered = item_of(held, options=("1.5 m", "2 m"), value=1.5, unit="m")
    assert "is the answer" in why_no_map(numbered, held)


def test_a_map_that_names_some_options_only_would_give_them_away():
    boxes = {"a": box((0, 0, 0), (1, 1, 1), 0), "b": box((3, 0, 0), (1, 1, 1), 0)}
    held = evidence(boxes)
    assert why_no_map(item_of(held, options=("a", "b")), held) is None
    assert "some of the options" in why_no_map(item_of(held, options=("a", "c")), held)


def test_tilted_boxes_are_shown_as_what_encloses_them_and_rolled_cameras_not_at_all():
    tilt = np.array(
        [[1, 0, 0], [0, math.cos(0.8), -math.sin(0.8)], [0, math.sin(0.8), math.cos(0.8)]]
    )
    tilted = {**box((0, 0, 1), (1.0, 0.4, 0.2), 0), "R": tilt.ravel().tolist()}
    held = evidence({"a": tilted, "b": box((3, 0, 0), (1, 1, 1), 0)})
    _, size, _ = Map(map_text(item_of(held), held)).boxes["a"]
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    corners = (signs * np.array([1.0, 0.4, 0.2]) / 2) @ tilt.T
    assert size == pytest.approx(np.ptp(corners, axis=0), abs=0.006)
    rolled = pose(np.zeros(3), 0, 0)
    rolled[:, :2] = rolled[:, :2] @ np.array([[0, -1], [1, 0]])
    held = evidence({"a": tilted}, "camera_distance_m", [rolled])
    assert why_no_map(item_of(held), held) == "a camera is rolled"


def two_boxes():
    return evidence({"a": box((0, 0, 0), (1, 1, 1), 0), "b": box((3, 0, 0), (1, 1, 1), 0)})


def test_a_reasoner_without_eyes_is_right_with_the_map_only():
    """Answers from the text alone: the near one if the gap in the map is below a metre."""
    items = []
    for k, item in enumerate(make_items(40)):
        gap = 0.5 if k % 2 else 2.0
        held = evidence({
            "a": box((0, 0, 0), (1, 1, 1), 0), "b": box((1 + gap, 0.1, 0.2), (1, 1, 1), 0),
        })  # fmt: skip
        options = ("near", "far")
        items.append(
            replace(item, options=options, answer="AB"[k % 2 == 0], raw={"evidence": held})
        )

    def reasoner(parts):
        text = "".join(part for part in parts if isinstance(part, str))
        start = text.find("Map in meters")
        if start < 0:
            return "A"
        return "A" if Map(text[start:].split("\n\n")[0]).gap("a", "b") < 1 else "B"

    table, asked = play(reasoner, items, [ORACLE])
    found = {row["setting"]: row for row in ORACLE.read(table)["settings"]}
    assert found["map"]["plain"] == found["both"]["plain"] == 0.5
    assert found["map"]["score"] == found["both"]["score"] == 1.0
    for variant, prompt, parts in asked.values():
        shown = [part for part in parts if isinstance(part, Picture)]
        if variant.setting == "map":
            assert shown == []
            assert prompt.text.startswith(INSTEAD + "Map in meters")
            assert "frames of a video" not in prompt.text
        else:
            assert shown == list(variant.base.pictures)
        assert variant.base.question in prompt.text


def test_other_benchmarks_and_broken_evidence_are_counted():
    items = make_items(4)
    items[1] = replace(items[1], raw={"evidence": {"quantity": "surface_distance_m"}})
    items[2] = replace(items[2], raw={"evidence": {**two_boxes(), "boxes": {"a": 3, "b": {}}}})
    items[3] = replace(items[3], raw={"evidence": json.dumps(two_boxes())})
    skipped = Counter()
    _, asked = play(lambda parts: "A", items, [ORACLE], skipped=skipped)
    assert skipped == {
        ("oracle_map", "no evidence (not a Sextant corpus)"): 1,
        ("oracle_map", "the evidence is not as described"): 2,
    }
    assert "q3#oracle_map:map" in asked


def test_names_cannot_break_the_map():
    held = two_boxes()
    held["names"] = {"a": "chair\n- lamp: center (0.00, 0.00, 0.00)", "b": "mug"}
    text = map_text(item_of(held), held)
    assert len(text.split("\n")) == 3
