"""pt.camera_position: a second camera at a bearing of the first, in a ring of walls."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask
from sextant.tasks.pt.camera_position import CameraPosition

PAIR = Ask((), ("f0", "f1"))


def unit(heading_deg):
    h = np.deg2rad(heading_deg)
    return np.array([np.cos(h), np.sin(h), 0.0])


def two_views(build, left_deg, shift_m=1.0, heading_deg=90.0, turned_deg=0.0, rise_m=0.0):
    """Camera 2 stands ``left_deg`` to the left of where camera 1 looks."""
    walls = [
        build.object(f"wall_{k}", 3.5 * unit(angle) + [0, 0, 1.5], [2.4, 0.1, 3.0],
                     category="wall", yaw_deg=angle + 90)
        for k, angle in enumerate(range(0, 360, 30))
    ]  # fmt: skip
    eye = np.array([0.0, 0.0, 1.5])
    second = eye + shift_m * unit(heading_deg + left_deg) + [0, 0, rise_m]
    return build.scene(
        walls,
        [build.look_at(eye, eye + unit(heading_deg)),
         build.look_at(second, second + unit(heading_deg + turned_deg))],
    )  # fmt: skip


def measure(build, *args, **kwargs):
    return CameraPosition().measure(build.context(two_views(build, *args, **kwargs)), PAIR)


@pytest.mark.parametrize("heading_deg", [90.0, 201.0])
@pytest.mark.parametrize(
    ("left_deg", "label"),
    [(0, "front"), (40, "front-left"), (90, "left"), (140, "back-left"), (180, "back"),
     (-135, "back-right"), (-95, "right"), (-45, "front-right")],
)  # fmt: skip
def test_truth_does_not_depend_on_the_heading(build, left_deg, label, heading_deg):
    assert measure(build, left_deg, heading_deg=heading_deg).label == label


def test_turn_and_height_of_the_second_camera_do_not_matter(build):
    fact = measure(build, 50, turned_deg=20.0, rise_m=0.4)
    assert fact.label == "front-left"
    assert fact.detail["shift_m"] == pytest.approx(1.0)


# The border between front and front-left lies at 22.5 degrees.
@pytest.mark.parametrize(
    ("left_deg", "shift_m", "reason"),
    [(12.4, 1.0, None), (12.6, 1.0, "direction is too close to a border"),
     (32.4, 1.0, "direction is too close to a border"), (32.6, 1.0, None),
     (0, 0.51, None), (0, 0.49, "camera hardly moved")],
)  # fmt: skip
def test_margins(build, left_deg, shift_m, reason):
    assert getattr(measure(build, left_deg, shift_m), "reason", None) == reason


def test_views_without_overlap_are_dropped(build):
    assert measure(build, 0, turned_deg=170.0).reason == "views overlap too little"


@pytest.mark.parametrize(("label", "mirrored"), [("left", "right"), ("back", "back")])
def test_mirror_swaps_left_and_right(build, label, mirrored):
    scene = two_views(build, {"left": 90, "back": 180}[label])
    other = build.context(build.transformed(scene, mirror=True))
    assert CameraPosition().measure(other, PAIR).label == mirrored


def test_texts_and_options(build):
    task, ctx = CameraPosition(), build.context(two_views(build, 90))
    fact = task.measure(ctx, PAIR)
    build.check_texts(task, ctx, fact, choice="first|image 1|view 1")
    for draft in build.compositions(task, ctx, fact, "choice", 10):
        assert len(set(draft.answer.options)) == 4
        assert draft.answer.options[draft.answer.correct] == "left"
    assert {a.frames for a in task.propose(ctx, build.rng())} == {("f0", "f1"), ("f1", "f0")}
