"""mr.layout_map and mr.map_position: places right and ahead of a camera, by hand."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from PIL import Image

from sextant.questions.facts import Ask, Drop
from sextant.questions.maps import SIDE, draw_map
from sextant.questions.view_frame import ViewFrame
from sextant.tasks.mr.layout_map import LayoutMap
from sextant.tasks.mr.map_position import MapPosition

# (right, ahead) of the first camera, in metres.
PLACES = {"sofa": (-1.2, 2.2), "vase": (0.0, 3.4), "clock": (1.2, 2.2), "desk": (0.2, 1.7)}


def room(build, heading_deg=90.0, at=(3.0, -1.0), places=PLACES):
    """The places above, laid out before a camera with any heading at any spot; three frames."""
    a = math.radians(heading_deg)
    ahead, right = np.array([math.cos(a), math.sin(a)]), np.array([math.sin(a), -math.cos(a)])
    objects = [
        build.object(f"{n}_0", [*(np.array(at) + x * right + y * ahead), 0.5], [0.3, 0.3, 0.6],
                     category=n, yaw_deg=heading_deg)
        for n, (x, y) in places.items()
    ]  # fmt: skip
    eye = np.array([*at, 1.5])
    target = eye + np.array([*ahead, 0.0]) * 3 + [0, 0, -0.9]
    side = np.array([*right, 0.0]) * 0.4
    cameras = [build.look_at(eye + k * side, target + k * side) for k in (0, 1, -1)]
    return build.context(build.scene(objects, cameras))


IDS = tuple(f"{n}_0" for n in PLACES)
FRAMES = ("f0", "f1", "f2")


@pytest.mark.parametrize("heading_deg", [90.0, 0.0, 205.0])
def test_true_map_is_right_and_ahead_of_the_first_camera(build, heading_deg):
    ctx = room(build, heading_deg)
    ask = Ask(IDS, FRAMES, {"swap": [0, 1], "turn": "mirror"})
    fact = LayoutMap().measure(ctx, ask)
    np.testing.assert_allclose(fact.detail["maps"][0], list(PLACES.values()), atol=1e-9)
    mirrored = [(-x, y) for x, y in PLACES.values()]
    np.testing.assert_allclose(fact.detail["maps"][1], mirrored, atol=1e-9)
    a, b, *rest = PLACES.values()
    np.testing.assert_allclose(fact.detail["maps"][2], [b, a, *rest], atol=1e-9)
    np.testing.assert_allclose(fact.detail["maps"][3][0], (-b[0], b[1]), atol=1e-9)


def test_maps_turned_about_their_middle(build):
    ask = Ask(IDS, FRAMES, {"swap": [0, 1], "turn": "90"})
    truth, turned, *_ = LayoutMap().measure(room(build), ask).detail["maps"]
    middle = np.mean(truth, axis=0)
    # A quarter turn counterclockwise: right becomes ahead.
    for (x, y), (u, v) in zip(truth - middle, turned - middle, strict=True):
        assert (u, v) == pytest.approx((-y, x))


def test_unknown_turn(build):
    ask = Ask(IDS, FRAMES, {"swap": [0, 1], "turn": "45"})
    assert LayoutMap().measure(room(build), ask) == Drop("puzzle is not valid")


def test_maps_that_are_alike_are_dropped(build):
    # Mirrored, the swapped pair comes back nearly to where it was.
    places = {"sofa": (-1.2, 2.2), "vase": (0.0, 3.4), "clock": (1.2, 2.2), "desk": (0.1, 1.2)}
    ask = Ask(IDS, FRAMES, {"swap": [0, 2], "turn": "mirror"})
    fact = LayoutMap().measure(room(build, places=places), ask)
    assert fact == Drop("two maps are too alike")


def test_right_option_is_the_true_picture(build):
    ctx, task = room(build), LayoutMap()
    fact = task.measure(ctx, Ask(IDS, FRAMES, {"swap": [0, 1], "turn": "90"}))
    places = set()
    for draft in build.compositions(task, ctx, fact, "choice", 12):
        maps = [p for p in draft.pictures if hasattr(p, "png")]
        assert len(maps) == 4
        assert draft.text.count("<image>") == len(draft.pictures)
        right = draft.answer.correct
        places.add(right)
        # The true map shows the vase (second) above the sofa (first): redraw it and compare.
        assert len({m.png for m in maps}) == 4
        assert draft.answer.options[right] == f"Map {right + 1}"
    assert len(places) == 4
    build.check_texts(task, ctx, fact, templates=12)


def test_a_name_is_nearest_to_its_own_dot():
    """Three dots in a heap cannot be named; two that are apart can."""
    heap = (("wardrobe", (0.0, 2.0)), ("refrigerator", (0.12, 2.02)), ("cardboard box", (0.2, 1.9)))
    assert draw_map(heap, "Map 1", (0.0, 1.0), 3.0) is None
    assert draw_map((*heap[:1], ("sofa", (2.0, 0.5))), "Map 1", (0.0, 1.0), 3.0) is not None


def test_drawn_map_is_a_picture_with_a_dot_where_it_should_be():
    png = draw_map((("vase", (1.0, 2.0)),), "Map 1", (0.0, 1.0), 3.0)
    image = Image.open(io.BytesIO(png)).convert("RGB")
    assert image.size == (SIDE, SIDE)
    # 368 px for 6 m: the dot lies 61 px right of and 61 px above the middle.
    assert image.getpixel((240 + 61, 240 - 61)) == (0x1F, 0x6F, 0xB2)


@pytest.mark.parametrize("heading_deg", [90.0, -40.0])
def test_cells_count_from_the_camera(build, heading_deg):
    ctx = room(build, heading_deg)
    ask = Ask(IDS[:3], ("f0",), {"cell_m": 0.6, "camera_cell": [4, 1]})
    fact = MapPosition().measure(ctx, ask)
    # Cell = camera cell + floor(0.5 + metres / 0.6).
    assert fact.detail["cells"] == {"sofa_0": [2, 5], "vase_0": [4, 7], "clock_0": [6, 5]}
    (draft, *_) = build.compositions(MapPosition(), ctx, fact, "json", 3)
    assert draft.answer.value == {"sofa": [2, 5], "vase": [4, 7], "clock": [6, 5]}
    assert json.dumps(draft.answer.value)


@pytest.mark.parametrize(("right_m", "kept"), [(0.5 * 1.5 + 0.07, False), (0.5 * 1.5 + 0.08, True)])
def test_centres_keep_away_from_their_cells_border(build, right_m, kept):
    # The border lies at 0.75 m; 15 % of a cell are 0.075 m.
    ctx = room(build, places={**PLACES, "clock": (right_m, 2.5)})
    ask = Ask(("clock_0",), ("f0",), {"cell_m": 0.5, "camera_cell": [4, 1]})
    fact = MapPosition().measure(ctx, ask)
    assert isinstance(fact, Drop) is not kept


def test_off_the_grid(build):
    ask = Ask(IDS[:3], ("f0",), {"cell_m": 0.5, "camera_cell": [1, 1]})
    assert MapPosition().measure(room(build), ask) == Drop("object is off the grid")


def test_proposed_grids_hold_the_objects_and_the_camera(build):
    ctx, task = room(build), MapPosition()
    asks = list(task.propose(ctx, np.random.default_rng(0)))
    facts = [f for f in (task.measure(ctx, a) for a in asks) if not isinstance(f, Drop)]
    assert facts
    assert all(task.measure(ctx, a) != Drop("object is off the grid") for a in asks)
    build.check_texts(task, ctx, facts[0], templates=12)


def test_view_frame_is_a_rotation(build):
    frame = room(build, 33.0).frame("f0")
    view = ViewFrame(frame)
    ahead = frame.center_world + 2.0 * np.array([math.cos(math.radians(33)),
                                                 math.sin(math.radians(33)), 0])  # fmt: skip
    assert view.place(ahead) == pytest.approx((0.0, 2.0), abs=1e-9)
