from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import drawn_corpora
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.report.birdseye import MARGIN, WIDTH, Highlight, draw_map
from sextant.report.labels import LabelPlacer
from sextant.report.scene_rows import convex_hull, read_scene_row

SQUARE = {"floor_polygon": [[0, 0], [4, 0], [4, 4], [0, 4]], "floor_z_m": 0.0}


def box(name: str, x: float, y: float, yaw: float = 0.0, **more: object) -> dict:
    return {
        "id": name,
        "category": name,
        "center": [x, y, 0.5],
        "size_m": [1.0, 0.5, 1.0],
        "R": drawn_corpora.yaw_matrix(yaw).ravel().tolist(),
        "front": None,
        **more,
    }


def scene(**parts: object) -> dict:
    return {"source": "s", "scene_id": "r", "is_metric": True, "room": SQUARE, **parts}


def drawn(row: dict, asked: dict[str, Highlight], frames: list[str]) -> ElementTree.Element:
    markup = draw_map(read_scene_row(row), asked, frames)
    assert markup is not None
    return ElementTree.fromstring(str(markup))


def polygon(root: ElementTree.Element, class_: str) -> list[tuple[float, float]]:
    found = next(e for e in root.iter("polygon") if e.get("class") == class_)
    return [tuple(map(float, p.split(","))) for p in str(found.get("points")).split()]


def test_plus_y_is_up_and_scale_is_even() -> None:
    row = scene(objects=[box("low", 1.0, 1.0), box("high", 1.0, 3.0)], cameras=[])
    root = drawn(row, {"low": Highlight("low"), "high": Highlight("high", right=True)}, [])
    low, high = polygon(root, "asked"), polygon(root, "asked right")
    assert min(y for _, y in low) > max(y for _, y in high)
    room = polygon(root, "room")
    px_per_m = (max(x for x, _ in room) - min(x for x, _ in room)) / 4
    assert max(y for _, y in room) - min(y for _, y in room) == pytest.approx(4 * px_per_m, abs=0.3)
    assert max(x for x, _ in low) - min(x for x, _ in low) == pytest.approx(px_per_m, abs=0.3)


def test_camera_looks_where_its_third_column_points() -> None:
    R = drawn_corpora.look(*(drawn_corpora.np.array(p) for p in ([1, 1, 1.5], [3, 1, 1.5])))
    camera = {"id": "f1", "center": [1, 1, 1.5], "R": R.ravel().tolist()}
    root = drawn(scene(objects=[], cameras=[camera]), {}, ["f1"])
    cone = next(g for g in root.iter("g") if g.get("class") == "camera").find("path")
    assert cone is not None
    points = [
        tuple(map(float, p.split())) for p in re.findall(r"[ML]([-\d. ]+)", str(cone.get("d")))
    ]
    assert points[1][0] > points[0][0]
    assert points[2][0] > points[0][0]
    assert [e.text for e in root.iter("text") if e.get("class") == "number"] == ["1"]


def test_only_shown_cameras_are_drawn_and_numbered_in_prompt_order() -> None:
    row = drawn_corpora.make_scene(3)
    root = drawn(row, {}, ["frame-000005", "frame-000002", "not there"])
    assert sum(g.get("class") == "camera" for g in root.iter("g")) == 2
    titles = [e.text or "" for e in root.iter("title")]
    assert any(t.startswith("camera of image 1 (frame-000005)") for t in titles)
    assert any(t.startswith("camera of image 2 (frame-000002)") for t in titles)


def test_heights_are_said_above_the_floor() -> None:
    row = scene(objects=[box("shelf", 1, 1, center=[1, 1, 1.8])], cameras=[])
    row["room"] = {**SQUARE, "floor_z_m": -0.2}
    titles = [e.text or "" for e in drawn(row, {"shelf": Highlight("shelf")}, []).iter("title")]
    assert any("height above the floor 1.50 to 2.50 m" in t for t in titles)


def test_nothing_to_draw_is_no_map() -> None:
    assert draw_map(read_scene_row({}), {}, []) is None
    broken = box("x", math.nan, 0.0)
    far = box("y", 1e9, 0.0)
    row = scene(room={}, objects=[broken, far, "no", {}, None], cameras=[{"id": "c"}, 3])
    assert read_scene_row(row).objects == ()
    assert draw_map(read_scene_row(row), {"x": Highlight("x")}, ["c"]) is None


@pytest.mark.parametrize("damage", ["[[[", "null", "3", '{"floor_polygon": 3}', "[1, 2]"])
def test_damaged_columns_do_not_stop_the_map(damage: str) -> None:
    row = scene(objects=[box("a", 1, 1)], cameras=[])
    for name in ("room", "objects", "cameras"):
        read_scene_row({**row, name: damage})


def test_scale_without_metres_says_so() -> None:
    row = scene(objects=[box("a", 1, 1)], cameras=[], is_metric=False)
    assert any("not metric" in (e.text or "") for e in drawn(row, {}, []).iter("text"))


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=3, max_size=30))
@settings(max_examples=60, deadline=None)
def test_hull_holds_all_points_and_turns_left(points: list[tuple[int, int]]) -> None:
    hull = convex_hull([(float(x), float(y)) for x, y in points])
    assert set(hull) <= {(float(x), float(y)) for x, y in points}
    if len(hull) < 3:
        return
    for a, b in zip(hull, hull[1:] + hull[:1], strict=True):
        for x, y in points:
            assert (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) >= 0


def test_labels_stay_apart_and_inside() -> None:
    placer = LabelPlacer((0, 0, 200, 100))
    places = [placer.place([(100, 50), (100, 65), (100, 35), (-50, 50)], 40, 12) for _ in range(3)]
    assert places == [(100, 50), (100, 65), (100, 35)]
    x, y = placer.place([(-50, 50)], 40, 12)
    assert (x, y) == (20, 50)


def test_objects_stay_on_the_map() -> None:
    row = drawn_corpora.make_scene(2)
    asked = {thing["id"]: Highlight(thing["category"]) for thing in row["objects"]}
    for x, _ in polygon(drawn(row, asked, []), "asked"):
        assert MARGIN - 1 <= x <= WIDTH - MARGIN + 1
