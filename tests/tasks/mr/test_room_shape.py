"""mr.room_shape: an L-shaped room with the camera at its origin."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from sextant.geometry.polygons import is_simple, polygon_area, polygon_iou, signed_area
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.plans import MARGIN, SIDE, draw_plan
from sextant.scenes import Room
from sextant.tasks.mr._outlines import altered, seen_walls, turned
from sextant.tasks.mr.room_shape import RoomShape, RoomShapeMargins

# 4 x 5 m; the corner ahead at the right is missing. Camera at the origin, looking along +y.
ELL = np.array([[-1.0, -1.0], [3.0, -1.0], [3.0, 2.0], [1.0, 2.0], [1.0, 4.0], [-1.0, 4.0]])
SQUARE = [[-1.0, -1.0], [3.0, -1.0], [3.0, 4.0], [-1.0, 4.0]]
FRAMES = ("f0", "f1", "f2", "f3", "f4", "f5")


def room(build, outline=ELL, heading_deg=90.0, views=6):
    """Six cameras at one place, which together look all round."""
    box = build.object("box_0", [0.2, 0.9, 0.1], [0.2, 0.2, 0.2])
    cameras = []
    for k in range(views):
        a = np.deg2rad(heading_deg + 360.0 / views * k)
        eye = np.array([0.0, 0.0, 1.5])
        cameras.append(build.look_at(eye, eye + np.array([np.cos(a), np.sin(a), -0.1])))
    where = Room(floor_polygon=np.array(outline), floor_z_m=0.0)
    return build.context(build.scene([box], cameras, room=where))


def ask(other=SQUARE, turn="mirror", order=(2, 0, 1, 3), frames=FRAMES):
    return Ask((), frames, {"other": other, "turn": turn, "order": list(order)})


def measure(ctx, asked, **margins):
    return RoomShape(RoomShapeMargins(**margins)).measure(ctx, asked)


def test_truth(build):
    fact = measure(room(build), ask())
    assert fact.label == "Plan 2"
    np.testing.assert_allclose(fact.detail["room"], ELL, atol=1e-9)
    assert fact.detail["walls_m"] == {"ahead": 4.0, "right": 3.0, "behind": 1.0, "left": 1.0}
    # The square is the L and 4 m² more: 16 / 20 is the largest overlap.
    assert fact.detail["largest_iou"] == pytest.approx(0.8)


def test_plan_follows_the_first_camera(build):
    # Looking along +x, what was ahead is at the left.
    fact = measure(room(build, heading_deg=0.0), ask(turn="90"), max_iou=0.99)
    assert fact.detail["walls_m"] == {"ahead": 3.0, "right": 1.0, "behind": 1.0, "left": 4.0}


def test_mirrored_room_has_the_mirrored_plan(build):
    flipped = (ELL * [-1, 1])[::-1]
    one, other = measure(room(build), ask()), measure(
        room(build, flipped), ask(other=(np.array(SQUARE) * [-1, 1])[::-1].tolist())
    )  # fmt: skip
    np.testing.assert_allclose(
        sorted(other.detail["room"]), sorted((ELL * [-1, 1]).tolist()), atol=1e-9
    )
    assert (one.detail["walls_m"]["left"], one.detail["walls_m"]["right"]) == (
        other.detail["walls_m"]["right"], other.detail["walls_m"]["left"],
    )  # fmt: skip


@pytest.mark.parametrize(("max_iou", "kept"), [(0.81, True), (0.79, False)])
def test_plans_must_differ(build, max_iou, kept):
    fact = measure(room(build), ask(), max_iou=max_iou)
    assert isinstance(fact, Fact) is kept
    assert kept or fact == Drop("two plans are too alike")


def test_symmetry_is_noticed(build):
    square = [[-2.0, -2.0], [2.0, -2.0], [2.0, 2.0], [-2.0, 2.0]]
    wide = [[-3.0, -2.0], [3.0, -2.0], [3.0, 2.0], [-3.0, 2.0]]
    for turn in ("mirror", "90", "180"):
        assert measure(room(build, square), ask(wide, turn)) == Drop("two plans are too alike")


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"other": [[0.3, -1], [3, -1], [3, 4], [0.3, 4]]}, "camera is outside the room"),
     ({"other": [[-0.2, -1], [3, -1], [3, 4], [-0.2, 4]]}, "camera is too close to a wall"),
     ({"other": [[-1, -1], [6, -1], [6, 6], [-1, 6]]}, "the other room is of quite another size"),
     ({"other": [[-1, -1], [3, 4], [3, -1], [-1, 4]]}, "outline is no simple polygon"),
     ({"turn": "45"}, "puzzle is not valid"),
     ({"order": (0, 1, 2, 2)}, "puzzle is not valid"),
     ({"frames": ("f0", "f1")}, "pictures show too little of the walls")],
)  # fmt: skip
def test_refusals(build, more, reason):
    assert measure(room(build), ask(**more)) == Drop(reason)


def test_seen_walls_end_at_walls(build):
    # A room with an arm round the corner (2, 1): the line of sight past it meets x = 3 at y = 1.5,
    # so that 2.5 + 1 + 3 of the 18 m of walls cannot be seen from the origin.
    arm = np.array([[-1.0, -1.0], [3.0, -1.0], [3.0, 4.0], [2.0, 4.0], [2.0, 1.0], [-1.0, 1.0]])
    seen = seen_walls(room(build, arm), FRAMES, arm)
    assert seen.shape == (6, 72)
    assert seen.any(axis=0).mean() == pytest.approx(11.5 / 18)
    assert 0 < seen[0].mean() < 0.5, "one picture does not look all round"


def test_turned():
    np.testing.assert_allclose(turned(np.array([[2.0, 1.0]]), "90"), [[-1.0, 2.0]])
    np.testing.assert_allclose(turned(np.array([[2.0, 1.0]]), "180"), [[-2.0, -1.0]])
    np.testing.assert_allclose(turned(np.array([[2.0, 1.0]]), "mirror"), [[-2.0, 1.0]])
    assert signed_area(turned(ELL, "mirror")) == pytest.approx(16.0)


def test_other_rooms_are_rooms(build):
    found = [altered(ELL, build.rng(k)) for k in range(80)]
    rooms = [r for r in found if r is not None]
    assert len(rooms) > 20
    for other in rooms:
        assert is_simple(other)
        assert signed_area(other) > 0
        assert polygon_iou(other, ELL) < 0.999
    assert {len(r) for r in rooms} >= {4, 6, 8}, "filled up, moved, cut off"
    assert {polygon_area(r) > 16.0 for r in rooms} == {True, False}


def test_proposals_hold(build):
    ctx, task = room(build, views=8), RoomShape()
    asks = list(task.propose(ctx, build.rng()))
    facts = [task.measure(ctx, a) for a in asks]
    assert len(facts) > 20
    assert all(isinstance(f, Fact) for f in facts)
    assert {f.label for f in facts} == {f"Plan {k}" for k in range(1, 5)}


def test_texts(build):
    ctx, task = room(build), RoomShape()
    fact = task.measure(ctx, ask())
    build.check_texts(task, ctx, fact, templates=12, choice="dark triangle")
    (draft, *_) = build.compositions(task, ctx, fact, "choice", 1)
    assert draft.answer.options[draft.answer.correct] == "Plan 2"
    assert draft.text.count("<image>") == len(draft.pictures) == 10
    assert len({p.png for p in draft.pictures[6:]}) == 4


def test_drawn_plan():
    png = draw_plan(((-1, -1), (1, -1), (1, 1), (-1, 1)), "Plan 1", (0.0, 0.0), 2.0)
    image = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int).sum(axis=2)
    assert image.shape == (SIDE, SIDE)
    unit = (SIDE - 2 * MARGIN) / 4
    middle = SIDE // 2
    assert image[middle, round(middle + unit)] < 150, "a wall, 1 m to the right"
    assert image[middle, middle] < 150, "the camera"
    assert image[round(middle + 1.5 * unit), round(middle + 0.5 * unit)] > 740, "nothing outside"
    assert 500 < image[round(middle + 0.5 * unit), round(middle + 0.5 * unit)] < 740, "floor"
