"""Clips, who is shown, by which name, and distances."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sextant.errors import ConventionError, MissingInput
from sextant.questions.facts import Ask
from sextant.questions.references import refer
from sextant.tasks.mm.camera_distance import CameraDistance
from sextant.visibility.reading import read_rgb


def room(build, **recipe):
    """Two chairs (one half behind the other's side), a sofa and a sliver of a bed at the edge."""
    objects = [
        build.object("chair_0", [-0.8, 3.0, 0.5], [0.5, 0.5, 1.0], category="chair"),
        build.object("chair_1", [0.6, 3.0, 0.5], [0.5, 0.5, 1.0], category="chair"),
        build.object("sofa_0", [0.0, 4.5, 0.5], [0.4, 0.5, 1.0], category="sofa"),
        build.object("bed_0", [2.9, 3.0, 0.3], [2.2, 1.0, 0.6], category="bed"),
        build.object("wall_0", [0.0, 6.0, 1.5], [8.0, 0.1, 3.0], category="wall"),
    ]
    cameras = [build.look_at([0.1 * k, 0.0, 1.2], [0.1 * k, 4.0, 0.8]) for k in range(6)]
    return build.context(build.scene(objects, cameras), **recipe)


def test_a_cut_off_corner_is_present_but_not_shown(build):
    view = room(build).view(("f0",))
    assert "bed_0" in view.present
    assert "bed_0" not in view.shown


def test_walls_are_present_but_never_asked_about(build):
    ctx = room(build)
    assert "wall_0" in ctx.view(("f0",)).present
    assert "wall_0" not in ctx.view(("f0",)).shown
    assert "wall_0" not in [o.id for o in ctx.objects]


def test_names_need_to_be_unique(build):
    view = room(build).view(("f0",))
    assert set(view.shown) == {"chair_0", "chair_1", "sofa_0"}
    assert view.names == {"sofa_0": "sofa"}


def test_a_namesake_is_marked_in_one_picture_and_not_asked_about_in_a_clip(build):
    ctx = room(build)
    marked = refer(ctx, ctx.view(("f0",)), ("chair_1", "sofa_0"))
    assert marked.names == {"sofa_0": "sofa", "chair_1": "chair marked P"}
    (picture,) = marked.pictures
    assert picture.marks[0].letter == "P"
    u0, _, u1, _ = picture.marks[0].box
    # chair_1 lies right of the middle, 3 m ahead: u = 80 + 120 * 0.6 / 3 = 104.
    assert u0 < 104 < u1
    clip = refer(ctx, ctx.view(("f0", "f1")), ("chair_1", "sofa_0"))
    assert clip.reason == "name is ambiguous in the frames shown"


def test_clips_are_the_walk_and_stretches_of_it(build):
    ctx = room(build, clips={"frames": 4, "per_scene": 3})
    first, *rest = ctx.videos
    assert first == ("f0", "f2", "f3", "f5")
    for clip in rest:
        assert list(clip) == sorted(clip)
        assert len(clip) >= 3


def test_a_camera_that_stands_still_makes_no_clip(build):
    objects = [build.object("sofa_0", [0, 3, 0.5], [0.5, 0.5, 1.0], category="sofa")]
    cameras = [build.look_at([0.01 * k, 0, 1.2], [0.01 * k, 4, 0.8]) for k in range(6)]
    assert build.context(build.scene(objects, cameras)).videos == ()


def test_a_source_of_boxes_has_one_clip_without_pictures(build):
    objects = [build.object("sofa_0", [0, 3, 0.5], [0.5, 0.5, 1.0], category="sofa")]
    ctx = build.context(build.scene(objects))
    assert ctx.videos == ((),)
    assert ctx.view(()).shown == ("sofa_0",)


@pytest.mark.parametrize("mesh", [False, True])
def test_distances_are_between_surfaces_and_symmetric(build, mesh):
    objects = [
        build.object("a", [0, 0, 0.5], [1, 1, 1], category="sofa", mesh=mesh),
        build.object("b", [2.5, 0, 0.5], [1, 1, 1], category="bed", yaw_deg=45, mesh=mesh),
    ]
    ctx = build.context(build.scene(objects))
    assert ctx.geometry_of("a", "b") == ("mesh" if mesh else "box")
    assert ctx.distance_m("a", "b") == pytest.approx(2.0 - np.sqrt(0.5))
    assert ctx.distance_m("a", "b") == ctx.distance_m("b", "a")


def test_boxes_alone_do_not_say_how_far_a_visible_surface_is(build):
    objects = [build.object("sofa_0", [0, 3, 0.8], [0.8, 0.5, 0.8], category="sofa")]
    cameras = [build.look_at([0, 0, 1.2], [0, 3, 1.2])]
    bare = build.context(build.scene(objects, cameras, masks=False, depth=False))
    assert not bare.sees_surfaces("f0")
    ask = Ask(("sofa_0",), ("f0",))
    assert CameraDistance().measure(bare, ask).reason.startswith("only boxes are known")
    rich = build.context(build.scene(objects, cameras))
    assert CameraDistance().measure(rich, ask).value == pytest.approx(2.75, abs=0.01)


def test_glass_shows_no_surface(build):
    objects = [
        build.object("window_0", [-0.7, 3.0, 1.2], [0.8, 0.1, 0.8], category="window"),
        build.object("sofa_0", [0.7, 3.0, 1.2], [0.8, 0.1, 0.8], category="sofa"),
    ]
    ctx = build.context(build.scene(objects, [build.look_at([0, 0, 1.2], [0, 3, 1.2])]))
    # 0.7 m to the side at 3 m: 28 px from the middle of 160.
    assert not ctx.is_solid("f0", 60, 80 - 28)
    assert ctx.is_solid("f0", 60, 80 + 28)


def test_what_is_shown_is_present_however_small_the_picture(build):
    ctx = room(build, visibility={"present_pixels": 10_000, "min_pixel_share": 0.0001})
    view = ctx.view(("f0",))
    assert {"chair_0", "chair_1", "sofa_0"} <= set(view.shown) <= view.present


@pytest.mark.parametrize("heading_deg", [0, 30, 45, 90])
@pytest.mark.parametrize(("length_m", "is_walk"), [(0.29, False), (0.31, True)])
def test_a_walk_is_as_long_in_every_direction(build, heading_deg, length_m, is_walk):
    angle = np.deg2rad(heading_deg)
    step = np.array([np.cos(angle), np.sin(angle), 0.0]) * length_m / 2
    eyes = [np.array([0.0, 0, 1.2]) + k * step for k in range(3)]
    cameras = [build.look_at(e, e + np.array([1.0, 0, 0])) for e in eyes]
    chair = build.object("chair_0", [3.0, 0, 0.5], [0.5, 0.5, 1.0])
    assert bool(build.context(build.scene([chair], cameras)).videos) == is_walk


@pytest.mark.parametrize(
    "spoil", [lambda a: a[:-1], lambda a: a[..., 0], lambda a: a / 255, lambda a: a.astype(int)]
)
def test_a_picture_of_another_size_or_kind_is_refused(build, spoil):
    (frame,) = build.scene([], [build.look_at([0.0, 0, 1.2], [1.0, 0, 1])]).frames
    assert read_rgb(frame).shape == (120, 160, 3)
    spoilt = dataclasses.replace(frame, read_rgb=lambda: spoil(frame.read_rgb()))
    with pytest.raises(ConventionError, match="camera says"):
        read_rgb(spoilt)
    with pytest.raises(MissingInput):
        read_rgb(dataclasses.replace(frame, read_rgb=None))


def test_arrays_of_another_size_are_refused(build):
    scene = build.scene([], [build.look_at([0.0, 0, 1.2], [1.0, 0, 1])])
    (frame,) = scene.frames
    spoilt = dataclasses.replace(
        frame, read_depth=lambda: frame.read_depth()[1:], read_instances=lambda: np.zeros((2, 2))
    )
    ctx = build.context(dataclasses.replace(scene, frames=(spoilt,)))
    for read in (ctx.depth_m, ctx.instances):
        with pytest.raises(ConventionError, match="size"):
            read("f0")
