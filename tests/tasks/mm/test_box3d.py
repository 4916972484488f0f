from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import look_at, yaw_rotation
from sextant.questions.facts import Ask, Drop, Fact
from sextant.scenes import Camera, Frame
from sextant.tasks.mm.box3d import Box3d, half_turn, in_camera, written_yaw

# Camera at (0, 0, 1.2), looking along +y: camera axes are (x, -z, y) of the world.
AHEAD = ((0, 0, 1.2), (0, 1, 1.2))


def scene_of(build, size=(1.6, 0.8, 0.7), center=(0.5, 4, 0.7), eye=AHEAD, **more):
    desk = build.object("desk", center, size, mesh=True, **more)
    return build.scene([desk], [build.look_at(*eye)])


def measured(build, scene):
    return Box3d().measure(build.context(scene), Ask(("desk",), ("f0",)))


def test_truth_at_round_numbers(build):
    task, scene = Box3d(), scene_of(build)
    for other, factor in ((scene, 1), (build.transformed(scene, scale=2.0), 2)):
        ctx = build.context(other)
        fact = task.measure(ctx, Ask(("desk",), ("f0",)))
        assert isinstance(fact, Fact)
        draft = task.compose(ctx, fact, "json", build.rng())
        # The long side runs along +x, straight across the view along +y.
        assert draft.answer.value == {
            "center": [0.5 * factor, 0.5 * factor, 4.0 * factor],
            "size": [1.6 * factor, 0.8 * factor, 0.7 * factor],
            "yaw": 90,
        }
        assert json.loads(json.dumps(fact.detail)) == fact.detail
        build.check_texts(task, ctx, fact, 12, json=r"the desk.*yaw")


@pytest.mark.parametrize(
    ("turn_deg", "yaw"), [(0, 90), (-60, 30), (60, -30), (90, 0), (-90, 0), (-89.6, 0), (180, 90)]
)
def test_yaw_is_positive_to_the_left_of_the_heading(build, turn_deg, yaw):
    fact = measured(build, scene_of(build, yaw_deg=turn_deg))
    assert written_yaw(fact.detail["yaw_deg"]) == yaw
    said = Box3d().explain(build.context(scene_of(build)), fact, {"desk": "desk"})[-1]
    turned = {
        0: "along",
        90: "across",
        30: "30 degrees to the left",
        -30: "30 degrees to the right",
    }
    assert turned[yaw] in said


def test_mirrored_scene_swaps_left_and_right(build):
    scene = scene_of(build, yaw_deg=-60)
    first = measured(build, scene).detail
    second = measured(build, build.transformed(scene, mirror=True)).detail
    x, y, z = first["center_m"]
    assert second["center_m"] == pytest.approx([-x, y, z])
    assert second["size_m"] == pytest.approx(first["size_m"])
    assert second["yaw_deg"] == pytest.approx(-first["yaw_deg"])


def test_order_of_the_axes_does_not_matter(build):
    upwards = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
    fact = measured(build, scene_of(build, size=(0.7, 1.6, 0.8), R=upwards))
    assert fact.detail["size_m"] == pytest.approx([1.6, 0.8, 0.7])
    assert fact.detail["yaw_deg"] == pytest.approx(90.0)


def corners_of_answer(center, size, yaw_deg, T):
    """The box as a reader of the question would build it, in the world, (8, 3)."""
    up = T[:3, :3].T @ np.array([0.0, 0, 1])  # known to a reader as the vertical in the picture
    ahead = np.array([0.0, 0, 1]) - up[2] * up
    ahead /= np.linalg.norm(ahead)
    yaw = math.radians(yaw_deg)
    # Rodrigues: turning about up is counterclockwise seen from above.
    length = math.cos(yaw) * ahead + math.sin(yaw) * np.cross(up, ahead)
    width = np.cross(up, length)
    signs = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) / 2
    inside = np.asarray(center) + (signs * np.asarray(size)) @ np.stack([length, width, up])
    return inside @ T[:3, :3].T + T[:3, 3]


def test_answer_and_pose_give_the_box_back():
    rng = np.random.default_rng(5)
    lens = Camera(160, 120, 120.0, 120.0, 80.0, 60.0)
    for _ in range(200):
        size = rng.uniform(0.2, 2.0, 3)
        order = rng.permutation(3)
        axes = yaw_rotation(rng.uniform(-np.pi, np.pi))[:, order] * rng.choice([-1, 1], 3)
        axes[:, 0] *= np.sign(np.linalg.det(axes))
        box = OrientedBox(rng.uniform(-3, 3, 3), size, axes)
        eye = rng.uniform(-3, 3, 3)
        T = look_at(eye, eye + rng.normal(size=3) * [1, 1, 0.3])
        found = in_camera(box, Frame("f", lens, T))
        assert found.size_m[0] >= found.size_m[1]
        assert -90 < found.yaw_deg <= 90
        again = corners_of_answer(found.center_m, found.size_m, found.yaw_deg, T)
        gaps = np.linalg.norm(again[:, None] - box.corners[None], axis=2)
        assert gaps.min(axis=1).max() < 1e-9
        assert len(set(gaps.argmin(axis=1).tolist())) == 8


def leaning(tilt_deg):
    c, s = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"R": leaning(9.9)}, None), ({"R": leaning(10.1)}, "object is tilted"),
     ({"size": (1.01, 0.8, 0.7)}, None),
     ({"size": (0.99, 0.8, 0.7)}, "footprint is nearly square"),
     ({"size": (0.8, 1.01, 0.7)}, None),
     ({"size": (0.8, 0.99, 0.7)}, "footprint is nearly square"),
     # A board at y = 4 spans 0.03 m per pixel: 0.0048 or 0.0032 of 160 x 120 pixels.
     ({"size": (0.4, 0.02, 0.26), "center": (0.5, 4, 1.2)}, None),
     ({"size": (0.3, 0.02, 0.22), "center": (0.5, 4, 1.2)},
      "object is too small in the picture"),
     ({"size": (1.6, 0.011, 1.0)}, None),
     ({"size": (1.6, 0.009, 1.0)}, "size would be written as zero"),
     # The camera looks down by 59 or 61 degrees at the desk below it.
     ({"center": (0, 3, 1.2 - 3 * math.tan(math.radians(59))),
       "eye": ((0, 0, 1.2), (0, 3, 1.2 - 3 * math.tan(math.radians(59))))}, None),
     ({"center": (0, 3, 1.2 - 3 * math.tan(math.radians(61))),
       "eye": ((0, 0, 1.2), (0, 3, 1.2 - 3 * math.tan(math.radians(61))))},
      "camera looks too steeply up or down"),
     ({"category": "person"}, "nobody would put a box around it along its sides")],
)  # fmt: skip
def test_margins(build, more, reason):
    outcome = measured(build, scene_of(build, **more))
    assert isinstance(outcome, Fact) if reason is None else outcome == Drop(reason)


# The picture ends where |x| = 2/3 y: a thin board at y = 3 has the given share inside.
@pytest.mark.parametrize(("share", "kept"), [(0.55, True), (0.45, False)])
def test_margin_of_the_share_in_frame(build, share, kept):
    scene = scene_of(build, size=(1, 0.02, 0.6), center=(2 - share + 0.5, 3, 1.2))
    outcome = measured(build, scene)
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("too little of the object is inside the frame")


# A screen half way hides what lies to the left of twice its own right edge.
@pytest.mark.parametrize(("shown", "kept"), [(0.58, True), (0.42, False)])
def test_margin_of_the_visible_share(build, shown, kept):
    board = build.object("desk", (0, 4, 1.2), (1, 0.02, 0.6), mesh=True)
    edge = (0.5 - shown) / 2
    screen = build.object("screen", (edge - 0.4, 2, 1.2), (0.8, 0.02, 1.5), mesh=True)
    outcome = measured(build, build.scene([board, screen], [build.look_at(*AHEAD)]))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("too much of the object is hidden")


def test_same_names_are_marked(build):
    desks = [build.object(f"desk_{k}", (k - 0.5, 4, 1), (0.8, 0.5, 0.7)) for k in (0, 1)]
    ctx, task = build.context(build.scene(desks, [build.look_at(*AHEAD)])), Box3d()
    asks = list(task.propose(ctx, build.rng()))
    assert {a.objects for a in asks} == {("desk_0",), ("desk_1",)}
    assert {a.frames for a in asks} == {("f0",)}
    fact = task.measure(ctx, Ask(("desk_1",), ("f0",)))
    draft = task.compose(ctx, fact, "json", build.rng())
    assert "the desk marked P" in draft.text
    assert draft.pictures[0].marks[0].letter == "P"


def test_half_turn_keeps_the_line_and_the_range():
    for angle in np.linspace(-720, 720, 97):
        turned = half_turn(float(angle))
        assert -90 < turned <= 90
        assert math.remainder(turned - angle, 180.0) == pytest.approx(0, abs=1e-9)
    assert [written_yaw(a) for a in (-89.7, 89.7, -0.2, -89.4)] == [90, 90, 0, -89]
