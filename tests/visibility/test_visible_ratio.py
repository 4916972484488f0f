from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from box_scenes import as_sensed, cast, frame, scene, thing

from sextant.errors import ConventionError
from sextant.scenes import Camera, Mesh
from sextant.visibility import compute_visibility
from sextant.visibility.silhouettes import CHORD_BINS, chord_ratio
from sextant.visibility.surfaces import lay_out

CUBE = thing("cube", (3.0, 0.0, 0.0), (1.0, 1.0, 1.0), 5)
# Its near face ends at y = 0, so it hides exactly the cube's left half, of which only the front
# face is in view.
SCREEN = thing("screen", (1.0, 1.0, 0.0), (0.01, 2.0, 4.0), 9)

SENSED = [
    (True, True, "mesh", "masks"),
    (True, True, "points", "masks"),
    (True, True, "box", "masks"),
    (True, False, "mesh", "masks"),
    (True, False, "box", "masks"),
    (False, True, "mesh", "mesh"),
    (False, True, "points", "depth"),
    (False, True, "box", "depth"),
    (False, False, "mesh", "mesh"),
    (False, False, "box", "boxes"),
]


def crowded():
    return scene(
        [
            thing("a", (3.0, 0.3, 0.1), (0.8, 0.7, 1.1), 11, yaw=0.5),
            thing("b", (2.0, 0.5, -0.2), (0.3, 0.4, 0.9), 12, yaw=1.1),
            thing("c", (4.0, -0.6, 0.0), (1.2, 1.0, 0.6), 13, yaw=-0.3),
            thing("d", (2.6, -1.2, 0.4), (0.5, 1.5, 1.4), 14),
            thing("e", (1.6, 2.4, 0.0), (0.5, 2.2, 0.5), 15),
            thing("f", (-3.0, 0.0, 0.0), (1.0, 1.0, 1.0), 16),
        ],
        [frame("f0"), frame("f1", (0.0, 1.0, 0.6), (3.0, 0.0, 0.0))],
    )


@pytest.mark.parametrize(("masks", "depth", "geometry", "method"), SENSED)
def test_half_hidden_cube_is_half_visible(masks, depth, geometry, method):
    table = compute_visibility(
        as_sensed(scene([CUBE, SCREEN]), masks=masks, depth=depth, geometry=geometry)
    )
    assert table.method.tolist() == [method]
    view = table.view("f", "cube")
    assert view.visible_ratio == pytest.approx(0.5, abs=0.02)
    assert view.in_frame_ratio == 1.0
    assert view.nearest_m == pytest.approx(2.5, abs=0.01)
    # 40 of its 80 columns; u in [160, 200] is the right half.
    np.testing.assert_allclose(view.box2d, [160, 80, 200, 160], atol=1)


@pytest.mark.parametrize(("masks", "depth", "geometry", "method"), SENSED)
def test_every_method_agrees_with_rays(masks, depth, geometry, method):
    whole = crowded()
    table = compute_visibility(as_sensed(whole, masks=masks, depth=depth, geometry=geometry))
    # Points leave holes and splats are coarse; pixels on an edge may go either way.
    tolerance = 0.03 if geometry == "points" else 0.012
    for row, f in enumerate(whole.frames):
        slots, _, alone, distance = cast(f, whole.objects)
        for column in range(len(whole.objects)):
            own = int((slots == column).sum())
            truth = own / max(int(alone[column]), 1)
            assert table.visible_ratio[row, column] == pytest.approx(truth, abs=tolerance)
            assert table.pixel_count[row, column] == pytest.approx(own, rel=tolerance, abs=12)
            if own:
                assert table.nearest_m[row, column] == pytest.approx(
                    distance[slots == column].min(), abs=0.03
                )
            else:
                assert np.isnan(table.nearest_m[row, column])
                assert np.isnan(table.box2d[row, column]).all()


def test_pixel_statistics_are_exact_for_masks():
    whole = crowded()
    table = compute_visibility(as_sensed(whole, masks=True, depth=True, geometry="box"))
    for row, f in enumerate(whole.frames):
        slots, _, _, _ = cast(f, whole.objects)
        for column in range(len(whole.objects)):
            v, u = np.nonzero(slots == column)
            assert table.pixel_count[row, column] == len(u)
            if len(u):
                edges = [u.min(), v.min(), u.max() + 1, v.max() + 1]
                assert table.box2d[row, column].tolist() == edges


@pytest.mark.parametrize(("masks", "depth", "geometry", "method"), SENSED)
def test_fully_hidden_is_zero(masks, depth, geometry, method):
    wall = thing("wall", (1.0, 0.0, 0.0), (0.05, 4.0, 4.0), 9)
    table = compute_visibility(
        as_sensed(scene([CUBE, wall]), masks=masks, depth=depth, geometry=geometry)
    )
    view = table.view("f", "cube")
    assert (view.visible_ratio, view.pixel_count) == (0.0, 0)
    assert view.in_frame_ratio == 1.0  # hidden, yet inside the frustum
    assert np.isnan(view.nearest_m)
    assert not table.shown()[0, 0]
    assert table.shown()[0, 1]


@pytest.mark.parametrize("geometry", ["mesh", "box"])
def test_cut_by_the_border_lowers_w_but_not_v(geometry):
    ratios = []
    for shift in (0.0, 2.4, 2.8, 9.0):
        cube = thing("cube", (3.0, shift, 0.0), (1.0, 1.0, 1.0), 5)
        table = compute_visibility(
            as_sensed(scene([cube]), masks=True, depth=True, geometry=geometry)
        )
        view = table.view("f", "cube")
        ratios.append(view.in_frame_ratio)
        if view.pixel_count:
            assert view.visible_ratio == pytest.approx(1.0, abs=0.01)
    assert ratios[0] == 1.0
    assert 1.0 > ratios[1] > ratios[2] > 0.0
    assert ratios[3] == 0.0
    # At shift 2.4 the frame's border plane y = 0.8 x cuts the cube's top square; by symmetry of the
    # six faces' shares the exact value follows from a fine grid.
    g = (np.arange(200) + 0.5) / 200 - 0.5
    a, b = (x.ravel() for x in np.meshgrid(g, g))
    sides = np.concatenate(
        [np.stack(p, -1) for s in (-0.5, 0.5) for p in (
            (np.full_like(a, s), a, b), (a, np.full_like(a, s), b), (a, b, np.full_like(a, s)))]
    )  # fmt: skip
    inside = np.mean((sides[:, 1] + 2.4) <= 0.8 * (sides[:, 0] + 3.0))
    assert ratios[1] == pytest.approx(inside, abs=0.01)


@pytest.mark.parametrize("geometry", ["mesh", "box"])
def test_a_box_that_straddles_the_near_plane_is_handled(geometry):
    plank = thing("plank", (0.0, 0.0, -0.5), (4.0, 0.6, 0.1), 5)
    whole = scene([plank])
    table = compute_visibility(as_sensed(whole, masks=True, depth=True, geometry=geometry))
    view = table.view("f", "plank")
    assert view.visible_ratio == pytest.approx(1.0, abs=0.01)
    assert 0.3 < view.in_frame_ratio < 0.5  # half is behind, and some is below the frame
    slots, _, _, distance = cast(whole.frames[0], whole.objects)
    assert view.nearest_m == pytest.approx(distance[slots == 0].min(), abs=0.01)


@pytest.mark.parametrize(("masks", "depth", "geometry", "method"), SENSED)
def test_mirrored_scene_gives_mirrored_table(masks, depth, geometry, method):
    def build(sign):
        return scene(
            [
                thing("a", (3.0, sign * 0.3, 0.1), (0.8, 0.7, 1.1), 11, yaw=sign * 0.5),
                thing("b", (2.0, sign * 0.5, -0.2), (0.3, 0.4, 0.9), 12, yaw=sign * 1.1),
            ]
        )

    left, right = (
        compute_visibility(as_sensed(build(s), masks=masks, depth=depth, geometry=geometry))
        for s in (1, -1)
    )
    tolerance = 0.02 if geometry == "points" else 0.005
    np.testing.assert_allclose(left.visible_ratio, right.visible_ratio, atol=tolerance)
    np.testing.assert_allclose(left.nearest_m, right.nearest_m, atol=0.02)
    mirrored = right.box2d[..., [2, 1, 0, 3]] * [-1, 1, -1, 1] + [320, 0, 320, 0]
    # The points themselves are not mirrored, so their splats end elsewhere.
    np.testing.assert_allclose(left.box2d, mirrored, atol=6 if geometry == "points" else 2)


@pytest.mark.parametrize(("masks", "depth", "geometry", "method"), SENSED)
def test_order_of_objects_does_not_matter(masks, depth, geometry, method):
    whole = crowded()
    other = scene(whole.objects[::-1], whole.frames)
    a, b = (
        compute_visibility(as_sensed(s, masks=masks, depth=depth, geometry=geometry))
        for s in (whole, other)
    )
    assert b.object_ids == a.object_ids[::-1]
    for name in ("visible_ratio", "in_frame_ratio", "pixel_count", "box2d", "nearest_m"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name)[:, ::-1], err_msg=name)


def test_nested_smaller_things_hide_and_larger_ones_do_not():
    # A cup stands in an open tray, of which only the bottom is solid, on a table. Within the tray's
    # box are pixels of both: the cup's hide the tray, the table's are seen past it.
    tray = thing("tray", (2.0, 0.0, -0.6), (0.6, 0.6, 0.2), 5)
    bottom = thing("bottom", (2.0, 0.0, -0.675), (0.5, 0.5, 0.05)).mesh
    cup = thing("cup", (2.0, 0.0, -0.5), (0.2, 0.2, 0.3), 6)
    table = thing("table", (2.0, 0.0, -0.8), (2.0, 2.0, 0.2), 7)
    whole = scene([replace(tray, mesh=bottom), cup, table])
    drawn = lay_out(whole).raster(whole.frames[0])
    values = np.array([0, 5, 6, 7, 0], dtype=np.int32)[drawn.values]
    seen = replace(whole.frames[0], read_instances=lambda: values, read_depth=lambda: drawn.depth_m)
    boxes = tuple(replace(o, mesh=None) for o in whole.objects)
    exact = compute_visibility(whole)
    sensed = compute_visibility(replace(whole, objects=boxes, frames=(seen,)))
    assert exact.visible_ratio[0, 0] < 0.85
    np.testing.assert_allclose(sensed.visible_ratio[0], exact.visible_ratio[0], atol=0.08)


def test_shown_follows_the_common_rules():
    table = compute_visibility(
        as_sensed(scene([CUBE, SCREEN]), masks=True, depth=True, geometry="mesh")
    )
    assert table.shown().tolist() == [[True, True]]
    assert table.shown(min_ratio=0.6).tolist() == [[False, True]]
    assert table.shown(min_share=0.1).tolist() == [[False, True]]
    assert table.image_pixels.tolist() == [320 * 240]


def test_frames_are_picked_in_the_order_asked_for():
    table = compute_visibility(crowded(), ["f1"])
    assert table.frame_ids == ("f1",)
    assert table.visible_ratio.shape == (1, 6)
    with pytest.raises(ConventionError, match="not in the scene"):
        compute_visibility(crowded(), ["nope"])


def test_a_map_of_another_size_is_refused():
    whole = as_sensed(scene([CUBE]), masks=True, depth=True, geometry="box")
    small = replace(whole.frames[0], camera=Camera(160, 120, 100.0, 100.0, 80.0, 60.0))
    with pytest.raises(ConventionError, match="size of the frame's camera"):
        compute_visibility(replace(whole, frames=(small,)))


def test_a_scene_without_objects_has_an_empty_table():
    table = compute_visibility(scene([]))
    assert table.visible_ratio.shape == (1, 0)
    assert table.shown().shape == (1, 0)


def test_hashed_instance_values_are_understood():
    far_apart = [
        thing("a", (3.0, 0.6, 0.0), (1.0, 1.0, 1.0), 7),
        thing("b", (3.0, -0.6, 0.0), (1.0, 1.0, 1.0), 2_000_000_011),
    ]
    table = compute_visibility(as_sensed(scene(far_apart), masks=True, depth=True, geometry="mesh"))
    assert (table.visible_ratio > 0.95).all()


def test_a_round_thing_is_not_taken_for_its_box():
    # A screen hides the left rim of a ball's box: 6 % of the ball, but a third of the empty part of
    # the silhouette. One fill factor for all of it would give 0.80.
    g = np.linspace(0, np.pi, 25)[:, None], np.linspace(0, 2 * np.pi, 49)[None]
    grid = np.stack([np.sin(g[0]) * np.cos(g[1]), np.sin(g[0]) * np.sin(g[1]),
                     np.cos(g[0]) + 0 * g[1]], -1)  # fmt: skip
    index = np.arange(25 * 49).reshape(25, 49)
    a, b, c, d = (x.ravel() for x in (index[:-1, :-1], index[1:, :-1], index[1:, 1:],
                                      index[:-1, 1:]))  # fmt: skip
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    ball = replace(
        thing("ball", (4.0, 0.0, 0.0), (2.0, 2.0, 2.0), 5),
        mesh=Mesh(grid.reshape(-1, 3) + np.array([4.0, 0.0, 0.0]), faces),
    )
    screen = thing("screen", (2.0, 1.4, 0.0), (0.01, 2.0, 4.0), 6)
    whole = scene([ball, screen])
    drawn = lay_out(whole).raster(whole.frames[0])
    values = np.array([0, 5, 6, 0], dtype=np.int32)[drawn.values]
    seen = replace(whole.frames[0], read_instances=lambda: values, read_depth=lambda: drawn.depth_m)
    boxes = tuple(replace(o, mesh=None) for o in whole.objects)
    exact = compute_visibility(whole).view("f", "ball").visible_ratio
    sensed = compute_visibility(replace(whole, objects=boxes, frames=(seen,)))
    assert exact == pytest.approx(0.94, abs=0.01)
    assert 0.84 < sensed.view("f", "ball").visible_ratio <= exact


def test_chords_give_back_the_density_they_were_made_with():
    length = (np.arange(CHORD_BINS) + 0.5) / CHORD_BINS
    rays, density = 1e9, 2.5
    met = 1.0 - np.exp(-density * length)
    hidden = np.where(length < 0.3, rays, 0.0)
    chords = np.round(np.stack([rays * met, hidden, rays * (1.0 - met)])).astype(np.int64)
    own = int(chords[0].sum())
    truth = own / (own + (hidden * met).sum())
    assert chord_ratio(own, chords) == pytest.approx(truth, abs=1e-6)
    nothing = np.zeros(CHORD_BINS, dtype=np.int64)
    assert chord_ratio(own, np.stack([chords[0], nothing, chords[2]])) == 1.0
    # Where nothing is seen past it, it fills its box.
    assert chord_ratio(30, np.stack([nothing + 1, nothing + 2, nothing])) == 30 / (30 + 128)
    assert chord_ratio(0, chords) == 0.0
