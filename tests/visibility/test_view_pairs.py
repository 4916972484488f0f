from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from box_scenes import CAMERA, as_sensed, frame, scene, thing

from sextant.geometry.transforms import rigid
from sextant.scenes import Frame
from sextant.visibility import compute_pairs, compute_visibility

THINGS = [
    thing("cube", (3.0, 0.0, 0.0), (1.0, 1.0, 1.0), 5),
    thing("post", (2.0, 0.9, 0.0), (0.2, 0.2, 3.0), 6),
]
WALK = [
    frame("a"),
    frame("same"),
    frame("aside", (0.0, 0.5, 0.0), (1.0, 0.5, 0.0)),
    frame("back", (0.0, 0.0, 0.0), (-1.0, 0.0, 0.0)),
]


def sensed(depth=True):
    return as_sensed(scene(THINGS, WALK), masks=True, depth=depth, geometry="mesh")


def test_same_view_overlaps_fully_and_opposite_view_not_at_all():
    pairs = compute_pairs(sensed())
    i = pairs.frame_index
    assert pairs.overlap[i["a"], i["same"]] == 1.0
    assert pairs.overlap[i["a"], i["back"]] == 0.0
    assert 0.5 < pairs.overlap[i["a"], i["aside"]] < 1.0
    np.testing.assert_array_equal(pairs.overlap, pairs.overlap.T)
    assert pairs.angle_rad[i["a"], i["back"]] == pytest.approx(math.pi)
    assert pairs.angle_rad[i["a"], i["aside"]] == pytest.approx(0.0, abs=1e-6)
    assert pairs.baseline_m[i["a"], i["aside"]] == pytest.approx(0.5)
    assert not pairs.by_objects.any()


def test_overlap_of_a_flat_wall_is_the_overlap_of_the_footprints():
    # A wall 2 m away fills the 3.2 m wide view; a step of 0.8 m aside keeps 3/4 of it in common.
    wall = thing("wall", (2.5, 0.0, 0.0), (1.0, 11.0, 11.0), 5)
    frames = [frame("a"), frame("b", (0.0, 0.8, 0.0), (1.0, 0.8, 0.0))]
    pairs = compute_pairs(
        as_sensed(scene([wall], frames), masks=True, depth=True, geometry="mesh"), grid=(64, 48)
    )
    assert pairs.seen_in[0, 1] == pytest.approx(0.75, abs=0.02)
    assert pairs.seen_in[1, 0] == pytest.approx(0.75, abs=0.02)


def test_a_screen_before_the_other_camera_takes_the_overlap_away():
    wall = thing("wall", (2.5, 0.0, 0.0), (1.0, 11.0, 11.0), 5)
    screen = thing("screen", (0.5, 0.8, 0.0), (0.1, 1.2, 1.2), 6)
    frames = [frame("a"), frame("b", (0.0, 0.8, 0.0), (1.0, 0.8, 0.0))]
    pairs = compute_pairs(
        as_sensed(scene([wall, screen], frames), masks=True, depth=True, geometry="mesh")
    )
    assert pairs.overlap[0, 1] < 0.05


def test_a_roll_keeps_the_viewing_angle_and_the_order_of_frames_is_followed():
    turned = rigid([[0, -1, 0], [1, 0, 0], [0, 0, 1]], (0, 0, 0))
    rolled = Frame("roll", CAMERA, WALK[0].T_world_camera @ turned)
    pairs = compute_pairs(scene(THINGS, [*WALK, rolled]), ["roll", "a"])
    assert pairs.frame_ids == ("roll", "a")
    assert pairs.angle_rad[0, 1] == pytest.approx(0.0, abs=1e-6)


def test_meshes_stand_in_for_missing_depth():
    drawn, read = compute_pairs(scene(THINGS, WALK)), compute_pairs(sensed())
    np.testing.assert_allclose(drawn.overlap, read.overlap, atol=0.02)
    assert not drawn.by_objects.any()


def test_without_any_depth_the_objects_both_frames_show_are_counted():
    bare = sensed(depth=False)
    bare = replace(bare, objects=tuple(replace(o, mesh=None) for o in bare.objects))
    pairs = compute_pairs(bare)
    assert pairs.by_objects.all()
    i = pairs.frame_index
    assert pairs.overlap[i["a"], i["same"]] == 1.0
    assert pairs.overlap[i["a"], i["back"]] == 0.0
    given = compute_pairs(bare, visibility=compute_visibility(bare))
    np.testing.assert_array_equal(given.overlap, pairs.overlap)


def marked(name, ids):
    return replace(frame(name), read_landmarks=lambda: np.array(ids, dtype=np.int64))


def test_frames_with_landmarks_share_what_both_show():
    frames = [marked("a", range(10)), marked("b", range(5, 25)), marked("c", range(90, 99))]
    pairs = compute_pairs(scene(THINGS, frames))
    assert pairs.seen_in[0, 1] == pytest.approx(0.5)
    assert pairs.seen_in[1, 0] == pytest.approx(0.25)
    assert pairs.overlap[0, 1] == pytest.approx(0.25)
    assert pairs.overlap[0, 2] == 0.0
    assert not pairs.by_objects.any()


def test_few_landmarks_say_nothing_and_frames_without_any_are_compared_as_before():
    frames = [marked("a", range(3)), marked("b", range(3)), frame("c"), marked("d", range(9))]
    pairs = compute_pairs(as_sensed(scene(THINGS, frames), masks=True, depth=True, geometry="mesh"))
    assert pairs.overlap[0, 1] == 0.0
    assert pairs.overlap[0, 2] == 1.0
