"""pt.camera_direction, _rotation, _displacement: two cameras in front of a wall of boxes."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop
from sextant.tasks.pt.camera_direction import CameraDirection
from sextant.tasks.pt.camera_displacement import CameraDisplacement
from sextant.tasks.pt.camera_rotation import CameraRotation

PAIR = ("f0", "f1")


def two_views(build, shift=(0.0, 0.0, 0.0), yaw_deg=0.0, pitch_deg=0.0, heading_deg=90.0):
    """Camera 1 looks along ``heading_deg``; camera 2 is shifted (right, ahead, up) and turned."""

    def unit(heading, pitch=0.0):
        h, p = np.deg2rad(heading), np.deg2rad(pitch)
        return np.array([np.cos(h) * np.cos(p), np.sin(h) * np.cos(p), np.sin(p)])

    ahead, right = unit(heading_deg), unit(heading_deg - 90)
    walls = []
    for k, angle in enumerate(range(0, 360, 30)):
        walls.append(
            build.object(f"wall_{k}", 3.5 * unit(angle) + [0, 0, 1.5], [2.4, 0.1, 3.0],
                         category="wall", yaw_deg=angle + 90)
        )  # fmt: skip
    eye = np.array([0.0, 0.0, 1.5])
    second = eye + shift[0] * right + shift[1] * ahead + np.array([0, 0, shift[2]])
    cameras = [
        build.look_at(eye, eye + ahead),
        build.look_at(second, second + unit(heading_deg + yaw_deg, pitch_deg)),
    ]
    return build.scene(walls, cameras)


def measure(build, task, **motion):
    return task.measure(build.context(two_views(build, **motion)), Ask((), PAIR))


@pytest.mark.parametrize("heading_deg", [90.0, 17.0, 251.0])
@pytest.mark.parametrize(
    ("shift", "label"),
    [
        ((0.5, 0, 0), "right"), ((-0.5, 0.2, 0), "left"), ((0, 0.6, 0), "forward"),
        ((0.1, -0.6, 0), "backward"), ((0, 0, 0.5), "up"), ((0.1, 0.1, -0.5), "down"),
    ],
)  # fmt: skip
def test_direction(build, shift, label, heading_deg):
    fact = measure(build, CameraDirection(), shift=shift, heading_deg=heading_deg)
    assert fact.label == label


def test_direction_is_that_of_the_first_camera_though_the_second_turned(build):
    fact = measure(build, CameraDirection(), shift=(0.6, 0, 0), yaw_deg=25.0)
    assert fact.label == "right"


@pytest.mark.parametrize(
    ("motion", "reason"),
    [
        ({"shift": (0.19, 0, 0)}, "camera hardly moved"),
        ({"shift": (0.5, 0.26, 0)}, "no direction dominates"),
        ({"shift": (0.6, 0, 0), "yaw_deg": 31.0}, "camera turned too much"),
    ],
)
def test_direction_margins(build, motion, reason):
    assert measure(build, CameraDirection(), **motion).reason == reason


def test_mirror_swaps_left_and_right(build):
    scene = build.transformed(two_views(build, shift=(0.5, 0, 0)), mirror=True)
    assert CameraDirection().measure(build.context(scene), Ask((), PAIR)).label == "left"


@pytest.mark.parametrize(
    ("turn", "label", "degrees"),
    [
        ({"yaw_deg": 20.0}, "left", 20.0), ({"yaw_deg": -33.0}, "right", 33.0),
        ({"pitch_deg": 18.0}, "up", 18.0), ({"pitch_deg": -25.0}, "down", 25.0),
        ({"yaw_deg": 40.0, "pitch_deg": 10.0}, "left", 40.0),
    ],
)  # fmt: skip
def test_rotation(build, turn, label, degrees):
    fact = measure(build, CameraRotation(), **turn)
    assert fact.label == label
    assert fact.value == pytest.approx(degrees, abs=1e-6)


def test_small_turns_and_turns_about_two_axes_are_dropped(build):
    assert measure(build, CameraRotation(), yaw_deg=14.0).reason == "camera hardly turned"
    both = measure(build, CameraRotation(), yaw_deg=20.0, pitch_deg=14.0)
    assert both.reason == "camera turned about two axes"


@pytest.mark.parametrize(("yaw_deg", "kept"), [(18.0, True), (41.0, False), (49.0, False),
                                               (30.0, True)])  # fmt: skip
def test_bins_keep_away_from_their_borders(build, yaw_deg, kept):
    task = CameraRotation()
    ctx = build.context(two_views(build, yaw_deg=yaw_deg))
    fact = task.measure(ctx, Ask((), PAIR))
    drafts = build.compositions(task, ctx, fact, "choice", 10)
    assert bool(drafts) is kept
    for draft in drafts:
        assert draft.answer.options[0] == "to the left by 15-45 degrees"
        assert len(set(draft.answer.options)) == 3


def test_displacement(build):
    fact = measure(build, CameraDisplacement(), shift=(0.3, 0.4, 0.0))
    assert fact.value == pytest.approx(0.5)
    assert measure(build, CameraDisplacement(), shift=(0.1, 0.1, 0.1)).reason == (
        "camera hardly moved"
    )


def test_scaling_doubles_the_displacement(build):
    scene = build.transformed(two_views(build, shift=(0.3, 0.4, 0.0)), scale=2.0)
    fact = CameraDisplacement().measure(build.context(scene), Ask((), PAIR))
    assert fact.value == pytest.approx(1.0)


def test_views_without_overlap_are_dropped(build):
    for task in (CameraDirection(), CameraRotation(), CameraDisplacement()):
        fact = measure(build, task, shift=(0.5, 0, 0), yaw_deg=170.0)
        assert isinstance(fact, Drop)
        assert fact.reason == "views overlap too little"


@pytest.mark.parametrize(
    ("task", "motion"),
    [
        (CameraDirection(), {"shift": (0.5, 0, 0)}),
        (CameraDisplacement(), {"shift": (0.5, 0.3, 0)}),
        (CameraRotation(), {"yaw_deg": 25.0}),
        (CameraRotation(), {"pitch_deg": -25.0}),
    ],
)
def test_texts(build, task, motion):
    ctx = build.context(two_views(build, **motion))
    build.check_texts(task, ctx, task.measure(ctx, Ask((), PAIR)), number="degrees|meters")
