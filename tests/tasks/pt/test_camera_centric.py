"""pt.camera_centric: a vase behind the first camera's back that the second one sees."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop
from sextant.tasks.pt.camera_centric import CameraCentric


def unit(heading_deg):
    h = np.deg2rad(heading_deg)
    return np.array([np.cos(h), np.sin(h), 0.0])


def views(build, left_deg, *, away_m=2.0, height_m=1.2, size_m=0.3, turned_deg=None):
    """The vase ``left_deg`` to the left of camera 1; camera 2 at the same place looks half-way."""
    walls = [
        build.object(f"wall_{k}", 3.5 * unit(angle) + [0, 0, 1.5], [2.4, 0.1, 3.0],
                     category="wall", yaw_deg=angle + 90)
        for k, angle in enumerate(range(0, 360, 30))
    ]  # fmt: skip
    eye = np.array([0.0, 0.0, 1.5])
    place = away_m * unit(90 + left_deg) + [0, 0, height_m]
    vase = build.object("vase_0", place, [size_m] * 3, category="vase")
    turn = (left_deg / 2 if abs(left_deg) > 60 else left_deg) if turned_deg is None else turned_deg
    second = eye - 1.0 * unit(90 + turn)
    cameras = [build.look_at(eye, eye + unit(90)),
               build.look_at(second, second + unit(90 + turn))]  # fmt: skip
    return build.scene([*walls, vase], cameras)


def measure(build, about, *args, overlap=0.15, **kwargs):
    task = CameraCentric(CameraCentric.margins_model(min_overlap=overlap))
    ctx = build.context(views(build, *args, **kwargs))
    return task.measure(ctx, Ask(("vase_0",), ("f0", "f1"), {"about": about}))


@pytest.mark.parametrize(
    ("left_deg", "label"),
    [(45, "front-left"), (-45, "front-right"), (90, "left"), (-90, "right"), (135, "back-left"),
     (180, "back"), (-130, "back-right")],
)  # fmt: skip
def test_truth(build, left_deg, label):
    # The second camera looks straight at the vase; the overlap does not matter here.
    fact = measure(build, "direction", left_deg, turned_deg=left_deg, overlap=0.0)
    assert fact.label == label
    assert fact.detail["away_m"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("height_m", "label"),
    [(2.0, "above"), (1.0, "below"), (1.24, "below"), (1.26, None), (1.74, None), (1.76, "above")],
)
def test_height_against_the_camera(build, height_m, label):
    fact = measure(build, "height", 50, height_m=height_m)
    assert getattr(fact, "label", None) == label
    assert label or fact.reason == "object is about as high as the camera"


@pytest.mark.parametrize(
    ("kwargs", "reason"),
    [({"left_deg": 56.5}, None), ({"left_deg": 58.5}, "direction is too close to a border"),
     ({"left_deg": 90, "away_m": 0.8, "size_m": 0.8}, "object reaches into another sector"),
     ({"left_deg": 10}, "first picture shows the object too"),
     ({"left_deg": 100, "turned_deg": 10}, "object is not shown or its name is ambiguous"),
     ({"left_deg": 170, "turned_deg": 170}, "views overlap too little")],
)  # fmt: skip
def test_refusals(build, kwargs, reason):
    left_deg = kwargs.pop("left_deg")
    fact = measure(build, "direction", left_deg, **{"size_m": 0.1, **kwargs})
    assert getattr(fact, "reason", None) == reason


def test_a_mirror_swaps_left_and_right(build):
    ctx = build.context(build.transformed(views(build, 50), mirror=True))
    fact = CameraCentric().measure(ctx, Ask(("vase_0",), ("f0", "f1"), {"about": "direction"}))
    assert fact.label == "front-right"


@pytest.mark.parametrize("about", ["direction", "height"])
def test_texts(build, about):
    task, ctx = CameraCentric(), build.context(views(build, 50, height_m=1.0))
    fact = task.measure(ctx, Ask(("vase_0",), ("f0", "f1"), {"about": about}))
    build.check_texts(task, ctx, fact, templates=12, choice="vase")
    for draft in build.compositions(task, ctx, fact, "choice", 10):
        right = draft.answer.options[draft.answer.correct]
        assert right == ("front-left" if about == "direction" else "below")
        assert len(set(draft.answer.options)) == (4 if about == "direction" else 2)


def test_candidates_are_seen_by_the_second_camera_only(build):
    task, ctx = CameraCentric(), build.context(views(build, 50))
    asks = list(task.propose(ctx, build.rng()))
    assert {a.frames for a in asks} == {("f0", "f1")}
    assert any(not isinstance(task.measure(ctx, a), Drop) for a in asks)
