"""What every simulated room must keep: the invariants of the questions' ground truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Point, Polygon

from sextant.errors import MissingInput, RecipeError
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.raster import rasterize
from sextant.scenes import Scene, SceneObject
from sextant.sources.procedural import open_source
from sextant.sources.procedural.materials import COLORS
from sextant.sources.procedural.placed import separated
from sextant.sources.source import SourceOptions

COUNT = 15


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    source = open_source(None, SourceOptions(scenes=COUNT, seed=11))
    return [source.open(i) for i in source.scene_ids()]


def footprint(box: OrientedBox) -> np.ndarray:
    w, d = box.size_m[:2] / 2
    return (
        np.array([[-w, -d], [w, -d], [w, d], [-w, d]]) @ box.R_world_box[:2, :2].T + box.center[:2]
    )


def bottom(o: SceneObject) -> float:
    return float(o.box.center[2] - o.box.size_m[2] / 2)


def test_the_source_lists_sorted_ids_and_needs_no_folder() -> None:
    source = open_source(Path("nowhere"), SourceOptions(scenes=3, seed=7))
    assert source.scene_ids() == ("room_000007_0000", "room_000007_0001", "room_000007_0002")
    assert "seed 7" in source.describe()
    with pytest.raises(MissingInput):
        source.open("room_7_1")
    with pytest.raises(RecipeError):
        open_source(None, SourceOptions(seed=-1))


def test_a_scene_depends_on_seed_and_index_only(scenes: list[Scene]) -> None:
    source = open_source(None, SourceOptions(scenes=1, seed=0))
    again = source.open("room_000011_0003")
    assert [o.id for o in again.objects] == [o.id for o in scenes[3].objects]
    for a, b in zip(again.objects, scenes[3].objects, strict=True):
        assert a.mesh is not None
        assert b.mesh is not None
        assert a.mesh.vertices_world.tobytes() == b.mesh.vertices_world.tobytes()
        assert dict(a.attributes) == dict(b.attributes)
    for f, g in zip(again.frames, scenes[3].frames, strict=True):
        assert f.T_world_camera.tobytes() == g.T_world_camera.tobytes()
    other = source.open("room_000012_0003")
    assert other.objects[0].box.center.tobytes() != again.objects[0].box.center.tobytes()


def test_pictures_repeat_to_the_byte(scenes: list[Scene]) -> None:
    again = open_source(None, SourceOptions(seed=11)).open("room_000011_0001")
    for f, g in ((again.frames[0], scenes[1].frames[0]), (again.frames[-1], scenes[1].frames[-1])):
        assert f.read_rgb is not None
        assert g.read_rgb is not None
        a, b = f.read_rgb(), g.read_rgb()
        assert a.shape == (480, 640, 3)
        assert a.dtype == np.uint8
        assert a.tobytes() == b.tobytes()
        assert a.std() > 10


def test_there_is_variety(scenes: list[Scene]) -> None:
    assert len({o.category for s in scenes for o in s.objects}) >= 30
    assert len({s.room.kind for s in scenes}) >= 4
    assert all(10 <= len(s.objects) <= 60 for s in scenes)
    assert any(len(s.room.floor_polygon) > 4 for s in scenes if s.room.floor_polygon is not None)
    assert any(o.is_person for s in scenes for o in s.objects)
    assert any("inside" in o.attributes for s in scenes for o in s.objects)


def test_boxes_are_tight_around_the_meshes(scenes: list[Scene]) -> None:
    for o in (o for s in scenes for o in s.objects):
        assert o.mesh is not None
        local = o.box.to_box(o.mesh.vertices_world)
        np.testing.assert_allclose(local.max(axis=0), o.box.size_m / 2, atol=1e-9)
        np.testing.assert_allclose(local.min(axis=0), -o.box.size_m / 2, atol=1e-9)
        assert o.box.tilt_rad < 1e-9


def test_no_two_boxes_meet_but_for_containment(scenes: list[Scene]) -> None:
    for s in scenes:
        for i, a in enumerate(s.objects):
            for b in s.objects[i + 1 :]:
                if b.id in containers(s, a) or a.id in containers(s, b):
                    continue
                apart = (
                    abs(a.box.center[2] - b.box.center[2]) - (a.box.size_m[2] + b.box.size_m[2]) / 2
                )
                if apart >= -1e-6:
                    continue
                shrunk = [
                    OrientedBox(o.box.center, o.box.size_m - 2e-6, o.box.R_world_box)
                    for o in (a, b)
                ]
                assert separated(footprint(shrunk[0]), footprint(shrunk[1])), (s.id, a.id, b.id)


def containers(s: Scene, o: SceneObject) -> set[str]:
    out: set[str] = set()
    while "inside" in o.attributes:
        o = s.object_by_id[o.attributes["inside"]]
        out.add(o.id)
    return out


def test_what_is_inside_touches_no_wall_of_its_container(scenes: list[Scene]) -> None:
    # The container's surface must nowhere enter the box of the thing: sampled on its triangles.
    weights = np.random.default_rng(0).dirichlet((1, 1, 1), 60)
    for s in scenes:
        for o in s.objects:
            if "inside" not in o.attributes:
                continue
            container = s.object_by_id[o.attributes["inside"]]
            assert container.mesh is not None
            points = np.einsum("kc,fcd->fkd", weights, container.mesh.triangles_world).reshape(
                -1, 3
            )
            if container.category == "bowl":
                assert o.mesh is not None
                center, radius = o.box.center, float(o.box.size_m[0]) / 2
                assert np.linalg.norm(points - center, axis=1).min() > radius - 0.004
            else:
                assert not o.box.contains(points, -0.0002).any(), (s.id, o.id)
            lowest, highest = o.box.minimum, o.box.maximum
            assert (container.box.minimum - 1e-6 <= lowest).all()
            if container.category != "bowl":
                assert (highest <= container.box.maximum + 1e-6).all()


def test_supports_touch_and_carry_the_whole_footprint(scenes: list[Scene]) -> None:
    for s in scenes:
        for o in s.objects:
            carrier = o.attributes["supported_by"]
            if carrier == "floor":
                assert 0 <= bottom(o) <= 1e-3
            elif carrier not in ("wall", "ceiling"):
                below = s.object_by_id[carrier]
                assert (
                    Polygon(footprint(below.box)).buffer(1e-6).contains(Polygon(footprint(o.box)))
                )
                if "inside" not in o.attributes:
                    top = float(below.box.center[2] + below.box.size_m[2] / 2)
                    assert bottom(o) <= top + 1e-3
                assert below.mesh is not None
                gap = ray_down(below, o)
                assert -1e-6 <= gap <= 2e-3, (s.id, o.id, below.id, gap)


def ray_down(below: SceneObject, o: SceneObject) -> float:
    """Return the gap between the middle of an object's foot and the highest face under it."""
    assert below.mesh is not None
    t = below.mesh.triangles_world
    p = o.box.center[:2] + np.array([1e-4, 2e-4])
    a, b, c = (t[:, i, :2] for i in range(3))

    def cross(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return np.asarray(p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0])

    area = cross(b - a, c - a)
    ok = np.abs(area) > 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v = cross(p - a, c - a) / area, cross(b - a, p - a) / area
        z = t[:, 0, 2] + u * (t[:, 1, 2] - t[:, 0, 2]) + v * (t[:, 2, 2] - t[:, 0, 2])
        hit = ok & (u >= 0) & (v >= 0) & (u + v <= 1) & (z <= bottom(o) + 1e-3)
    return bottom(o) - float(z[hit].max())


def test_everything_is_in_the_room(scenes: list[Scene]) -> None:
    for s in scenes:
        assert s.room.floor_polygon is not None
        room = Polygon(s.room.floor_polygon)
        assert room.exterior.is_ccw
        assert all(room.buffer(1e-3).contains(Polygon(footprint(o.box))) for o in s.objects)


def test_fronts_are_horizontal_units_and_people_have_one(scenes: list[Scene]) -> None:
    for o in (o for s in scenes for o in s.objects):
        if o.front_world is not None:
            assert abs(np.linalg.norm(o.front_world) - 1) < 1e-9
            assert o.front_world[2] == 0
        assert not (o.is_person and o.front_world is None)
        assert o.attributes["color"] in COLORS
        assert o.is_person == (o.category == "person")


def test_cameras_are_in_the_room_and_clear_of_things(scenes: list[Scene]) -> None:
    for s in scenes:
        assert s.room.floor_polygon is not None
        room = Polygon(s.room.floor_polygon)
        walk = [f for f in s.frames if f.id.startswith("walk_")]
        free = [f for f in s.frames if f.id.startswith("free_")]
        assert 16 <= len(walk) <= 24
        assert 8 <= len(free) <= 15
        assert [f.timestamp_s for f in walk] == [0.5 * i for i in range(len(walk))]
        assert all(f.timestamp_s is None for f in free)
        for f in s.frames:
            assert room.contains(Point(f.center_world[:2]))
            assert 1.0 <= f.center_world[2] <= 2.0
            for o in s.objects:
                outside = np.maximum(np.abs(o.box.to_box(f.center_world)) - o.box.size_m / 2, 0)
                assert np.linalg.norm(outside) >= 0.35, (s.id, f.id, o.id)


def test_maps_match_objects_and_the_floor_is_where_it_should_be(scenes: list[Scene]) -> None:
    for s in scenes[:6]:
        known = {o.instance_value for o in s.objects} | {0}
        for f in s.frames[::9]:
            assert f.read_instances is not None
            assert f.read_depth is not None
            values, depth = f.read_instances(), f.read_depth()
            assert values.shape == depth.shape == (480, 640)
            assert values.dtype == np.int32
            assert depth.dtype == np.float32
            assert set(np.unique(values).tolist()) <= known
            assert np.isfinite(depth).all()
            rows, columns = np.nonzero(values == 0)
            x = (columns + 0.5 - f.camera.cx) / f.camera.fx * depth[rows, columns]
            y = (rows + 0.5 - f.camera.cy) / f.camera.fy * depth[rows, columns]
            world = (
                np.stack([x, y, depth[rows, columns]], 1) @ f.T_world_camera[:3, :3].T
                + f.center_world
            )
            floor = np.abs(world[:, 2]) < 0.001
            rays = (world - f.center_world) / depth[rows, columns][:, None]
            analytic = -f.center_world[2] / rays[floor, 2]
            np.testing.assert_allclose(depth[rows, columns][floor], analytic, rtol=2e-3)
            assert world[:, 2].min() > -1e-3


def test_the_maps_show_the_meshes_of_the_objects(scenes: list[Scene]) -> None:
    # An outsider who draws shell and object meshes gets the same maps.
    s = scenes[0]
    assert s.shell is not None
    vertices, faces, values = (
        [s.shell.vertices_world],
        [s.shell.faces],
        [np.zeros(len(s.shell.faces))],
    )
    count = len(s.shell.vertices_world)
    for o in sorted(s.objects, key=lambda o: o.instance_value):
        assert o.mesh is not None
        vertices.append(o.mesh.vertices_world)
        faces.append(o.mesh.faces + count)
        values.append(np.full(len(o.mesh.faces), o.instance_value))
        count += len(o.mesh.vertices_world)
    f = s.frames[2]
    drawn = rasterize(
        np.concatenate(vertices), np.concatenate(faces), np.concatenate(values),
        f.camera.K, f.T_world_camera, 640, 480,
    )  # fmt: skip
    assert f.read_instances is not None
    assert np.array_equal(drawn.values, f.read_instances())


def test_splits_are_mostly_train() -> None:
    from sextant.sources.procedural.scene import split_of

    names = [split_of(f"room_{i:06d}_{j:04d}") for i in range(20) for j in range(100)]
    assert 0.87 < names.count("train") / 2000 < 0.93
    assert 0.03 < names.count("val") / 2000 < 0.07
