from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput, OutputError
from sextant.execution import atomic
from sextant.geometry.boxes import OrientedBox
from sextant.scenes import Camera, Frame, Mesh, Room, Scene, SceneObject
from sextant.scenes.names import file_name_of, name_of_file
from sextant.scenes.store import SceneStore

WIDTH, HEIGHT = 20, 12


def pose(rng: np.random.Generator) -> np.ndarray:
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    T = np.eye(4)
    T[:3, :3] = rotation * np.linalg.det(rotation)
    T[:3, 3] = rng.normal(size=3)
    return T


def box(rng: np.random.Generator) -> OrientedBox:
    return OrientedBox(rng.normal(size=3), rng.uniform(0.1, 2, 3), pose(rng)[:3, :3])


def tetrahedron(rng: np.random.Generator) -> Mesh:
    return Mesh(
        rng.normal(size=(4, 3)),
        np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]], dtype=np.int32),
    )


def frame(rng: np.random.Generator, name: str, *, far_m: float = 30.0, **changes) -> Frame:
    rgb = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    depth = rng.uniform(0.001, far_m, (HEIGHT, WIDTH)).astype(np.float32)
    depth[rng.random(depth.shape) < 0.3] = np.nan
    instances = rng.integers(0, 60_000, (HEIGHT, WIDTH)).astype(np.int32)
    plain = Frame(
        id=name,
        camera=Camera(WIDTH, HEIGHT, 10.1, 1 / 3, 9.9, 6.25),
        T_world_camera=pose(rng),
        timestamp_s=0.1,
        read_rgb=lambda: rgb,
        read_depth=lambda: depth,
        read_instances=lambda: instances,
    )
    return replace(plain, **changes)


@pytest.fixture
def scene() -> Scene:
    rng = np.random.default_rng(0)
    strange = np.array([[-1, 2**31 - 1], [0, 70_000]], dtype=np.int32)
    return Scene(
        id="floor 1/../Zimmer: größe\\x",
        source="toy",
        split="val",
        license="CC0-1.0",
        objects=(
            SceneObject("a", "office chair", box(rng), mesh=tetrahedron(rng), instance_value=7),
            SceneObject("b", "lamp", box(rng), points_world=rng.normal(size=(5, 3))),
            SceneObject(
                "c",
                "person",
                box(rng),
                front_world=np.array([0.6, -0.8, 0.0]),
                is_person=True,
                attributes=MappingProxyType({"colour": "red", "supported_by": "a"}),
            ),
            SceneObject(
                "d", "table", box(rng), mesh=tetrahedron(rng), points_world=np.zeros((0, 3))
            ),
        ),
        frames=(
            frame(rng, "000001"),
            frame(rng, "cam/0"),
            frame(rng, "Cam/0", timestamp_s=None, read_depth=None),
            frame(rng, "far", far_m=400.0),
            replace(
                frame(rng, "odd", read_rgb=None, read_depth=None),
                camera=Camera(2, 2, 1.0, 1.0, 1.0, 1.0),
                read_instances=lambda: strange,
            ),
        ),
        room=Room(rng.normal(size=(5, 2)), -0.1, 12.5, "kitchen"),
        shell=tetrahedron(rng),
        is_metric=False,
        complete_categories=frozenset({"lamp", "table"}),
        rescan_of="floor 0",
        rescan_objects=MappingProxyType({"a": "z"}),
        notes=MappingProxyType({"poses_projected": "40"}),
    )


def assert_same(left: Scene, right: Scene) -> None:
    for name in ("id", "source", "split", "license", "is_metric", "complete_categories",
                 "rescan_of", "rescan_objects", "notes"):  # fmt: skip
        assert getattr(left, name) == getattr(right, name)
    assert_equal(left.room.floor_polygon, right.room.floor_polygon)
    for name in ("floor_z_m", "area_m2", "kind"):
        assert getattr(left.room, name) == getattr(right.room, name)
    assert_same_mesh(left.shell, right.shell)
    assert len(left.objects) == len(right.objects)
    for a, b in zip(left.objects, right.objects, strict=True):
        for name in ("id", "category", "instance_value", "is_person", "attributes", "geometry"):
            assert getattr(a, name) == getattr(b, name)
        for name in ("center", "size_m", "R_world_box"):
            assert_equal(getattr(a.box, name), getattr(b.box, name))
        assert_equal(a.front_world, b.front_world)
        assert_equal(a.points_world, b.points_world)
        assert_same_mesh(a.mesh, b.mesh)
    assert len(left.frames) == len(right.frames)
    for f, g in zip(left.frames, right.frames, strict=True):
        assert (f.id, f.camera, f.timestamp_s) == (g.id, g.camera, g.timestamp_s)
        assert_equal(f.T_world_camera, g.T_world_camera)
        for kind in ("rgb", "instances"):
            assert_equal(read(f, kind), read(g, kind))
        a, b = read(f, "depth"), read(g, "depth")
        assert (a is None) == (b is None)
        if a is not None:
            assert b.dtype == np.float32
            np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
            assert np.nanmax(np.abs(a.astype(float) - b)) <= 0.0005 + 1e-5


def read(frame: Frame, kind: str):
    reader = getattr(frame, f"read_{kind}")
    return None if reader is None else reader()


def assert_equal(a, b) -> None:
    assert (a is None) == (b is None)
    if a is not None:
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def assert_same_mesh(a: Mesh | None, b: Mesh | None) -> None:
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        assert_equal(a.vertices_world, b.vertices_world)
        assert_equal(a.faces, b.faces)


def test_a_scene_comes_back_as_it_was(tmp_path: Path, scene: Scene) -> None:
    store = SceneStore(tmp_path / "scenes")
    assert store.scene_ids() == []
    folder = store.save(scene)
    assert store.scene_ids() == [scene.id]
    assert scene.id in store
    assert "other" not in store
    assert_same(store.open(scene.id), scene)
    assert folder.parent == tmp_path / "scenes"
    assert os.listdir(tmp_path) == ["scenes"]
    # Depth beyond the 16 bits of a PNG keeps its floats.
    far = next(f for f in store.open(scene.id).frames if f.id == "far")
    assert_equal(read(far, "depth"), read(scene.frame_by_id["far"], "depth"))


@pytest.mark.parametrize("room", [Room(), Room(floor_z_m=0)])
def test_a_scene_of_little_comes_back_too(tmp_path: Path, room: Room) -> None:
    rng = np.random.default_rng(1)
    bare = Scene("s", "toy", "test", "x", objects=(SceneObject("a", "b", box(rng)),), room=room)
    views = Scene("t", "toy", "train", "x", frames=(frame(rng, "f"),), complete_categories=None)
    store = SceneStore(tmp_path)
    for scene in (views, bare):
        store.save(scene)
        assert_same(store.open(scene.id), scene)
    assert store.scene_ids() == ["s", "t"]


def test_arrays_are_read_only_when_asked_for_and_frames_travel_to_workers(
    tmp_path: Path, scene: Scene
) -> None:
    store = SceneStore(tmp_path)
    folder = store.save(scene)
    opened = store.open(scene.id)
    first = pickle.loads(pickle.dumps(opened.frames[0]))  # noqa: TID251
    assert_equal(read(first, "rgb"), read(scene.frames[0], "rgb"))
    for path in (folder / "media").iterdir():
        path.unlink()
    assert len(store.open(scene.id).frames) == 5
    with pytest.raises(MissingInput, match=r"000001\.rgb\.png"):
        read(opened.frames[0], "rgb")


def test_a_stored_scene_is_not_written_over(tmp_path: Path, scene: Scene) -> None:
    store = SceneStore(tmp_path)
    store.save(scene)
    with pytest.raises(OutputError, match="stored already"):
        store.save(scene)


def test_a_scene_appears_whole_or_not_at_all(tmp_path: Path, scene: Scene) -> None:
    def broken() -> np.ndarray:
        raise CorruptInput("cannot decode a picture", where="frame.png")

    frames = (*scene.frames, replace(scene.frames[0], id="x", read_rgb=broken))
    store = SceneStore(tmp_path)
    with pytest.raises(CorruptInput):
        store.save(replace(scene, frames=frames))
    assert os.listdir(tmp_path) == []
    (tmp_path / atomic.temporary_name(tmp_path / "s").name).mkdir()
    assert store.scene_ids() == []


@given(st.text(min_size=1, max_size=300))
def test_any_id_is_a_file_name_and_no_two_share_one(name: str) -> None:
    safe = file_name_of(name)
    assert safe.isascii()
    assert len(safe) <= 160
    assert not set(safe) & set('/\\:*?"<>|\0 ')
    assert not safe.startswith(".")
    assert not safe.endswith(".")
    assert name_of_file(safe) in (name, None)
    assert file_name_of(name + "x") != safe


def test_a_long_id_is_cut_but_kept_inside(tmp_path: Path, scene: Scene) -> None:
    store = SceneStore(tmp_path)
    for letter in "ab":
        store.save(replace(scene, id="é" * 200 + letter, frames=()))
    assert store.scene_ids() == ["é" * 200 + "a", "é" * 200 + "b"]
    assert store.open("é" * 200 + "b").id.endswith("b")


@pytest.mark.parametrize("name", ["../x", "..", ".", "/etc", "a/../../b", "C:\\x", "\0"])
def test_no_id_leaves_the_store(tmp_path: Path, scene: Scene, name: str) -> None:
    root = tmp_path / "a" / "b"
    store = SceneStore(root)
    folder = store.save(replace(scene, id=name, frames=()))
    assert folder.parent == root
    assert store.scene_ids() == [name]
    assert os.listdir(tmp_path) == ["a"]
    assert os.listdir(tmp_path / "a") == ["b"]


def test_negative_depth_is_refused(tmp_path: Path, scene: Scene) -> None:
    depth = np.full((HEIGHT, WIDTH), -1.0, dtype=np.float32)
    frames = (replace(scene.frames[0], read_depth=lambda: depth),)
    with pytest.raises(ConventionError, match="negative"):
        SceneStore(tmp_path).save(replace(scene, frames=frames))


def test_an_unknown_scene_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such scene"):
        SceneStore(tmp_path).open("nobody")
    with pytest.raises(InputError, match="needs an id"):
        SceneStore(tmp_path).open("")


PIECES = ("scene.json", "objects.parquet", "frames.parquet", "surfaces.npz")


@pytest.mark.parametrize("name", PIECES)
def test_missing_and_damaged_files_are_named(tmp_path: Path, scene: Scene, name: str) -> None:
    store = SceneStore(tmp_path)
    path = store.save(scene) / name
    whole = path.read_bytes()
    for cut in (0, 1, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError) as caught:
            store.open(scene.id)
        assert name in str(caught.value)
    path.unlink()
    with pytest.raises(MissingInput):
        store.open(scene.id)


def test_random_damage_never_raises_anything_but_input_errors(tmp_path: Path, scene: Scene) -> None:
    store = SceneStore(tmp_path)
    folder = store.save(scene)
    media = sorted(path.relative_to(folder) for path in (folder / "media").iterdir())
    rng = np.random.default_rng(0)
    refused = 0
    for name in [*PIECES, *media]:
        path = folder / name
        whole = path.read_bytes()
        for _ in range(25):
            data = bytearray(whole)
            for position in rng.integers(0, len(data), int(rng.integers(1, 6))):
                data[position] = int(rng.integers(256))
            path.write_bytes(data)
            try:
                for view in store.open(scene.id).frames:
                    for kind in ("rgb", "depth", "instances"):
                        read(view, kind)
            except InputError:
                refused += 1
        path.write_bytes(whole)
    assert refused > 12 * len(media)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "x"), ("format_version", 2), ("id", 3), ("id", "other"), ("split", "dev"),
        ("is_metric", 1), ("notes", {"a": 1}), ("room", []), ("complete_categories", [1]),
        ("objects", 9), ("frames", True), ("has_shell", "yes"), ("rescan_objects", None),
        ("room", {"floor_polygon": [[1, 2, 3]], "floor_z_m": 0, "area_m2": 0, "kind": None}),
        ("room", {"floor_polygon": [[1], [2, 3]], "floor_z_m": 0, "area_m2": 0, "kind": None}),
        ("room", {"floor_polygon": None, "floor_z_m": float("nan"), "area_m2": 0, "kind": None}),
        ("room", {"floor_polygon": None}),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(tmp_path: Path, scene: Scene, field: str, value: object) -> None:
    store = SceneStore(tmp_path)
    path = store.save(scene) / "scene.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, field: value}))
    with pytest.raises(InputError) as caught:
        store.open(scene.id)
    assert "scene.json" in str(caught.value) or field in str(caught.value)
    if field == "notes":
        del record["notes"]
        path.write_text(json.dumps(record))
        with pytest.raises(MissingInput, match=r"scene\.json: notes"):
            store.open(scene.id)


def change_column(path: Path, name: str, values: list) -> None:
    table = pq.read_table(path)
    field = table.schema.field(name)
    index = table.schema.get_field_index(name)
    column = table.column(name).chunk(0)
    changed = [*values, *column.to_pylist()[len(values) :]]
    import pyarrow as pa

    pq.write_table(table.set_column(index, field, pa.array(changed, type=field.type)), path)


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("objects", "size_m", [1.0, -1.0, 1.0], "not positive"),
        ("objects", "size_m", [1.0, None, 1.0], "no such values"),
        ("objects", "center", [1.0, float("nan"), 1.0], "NaN"),
        ("objects", "R_world_box", [1.0] * 9, "not a rotation"),
        ("objects", "front_world", [0.0, 0.0, 1.0], "front"),
        ("objects", "id", "b", "duplicate object ids"),
        ("objects", "has_points", True, None),
        ("frames", "fx", 0.0, "focal length"),
        ("frames", "T_world_camera", [1.0] * 16, "pose"),
        ("frames", "rgb", "../../../secret.png", "leaves its folder"),
        ("frames", "rgb", "..", "leaves its folder"),
    ],
)
def test_wrong_values_are_refused(
    tmp_path: Path, scene: Scene, table: str, column: str, value: object, message: str | None
) -> None:
    store = SceneStore(tmp_path)
    path = store.save(scene) / f"{table}.parquet"
    change_column(path, column, [value])
    if message is None:
        assert len(store.open(scene.id).objects[0].points_world) == 0
        return
    with pytest.raises(InputError, match=message) as caught:
        store.open(scene.id)
    assert table in str(caught.value) or "scene.json" in str(caught.value)
    assert str(caught.value.where).count(str(tmp_path)) == 1


def test_a_missing_column_and_pictures_of_another_size_are_named(
    tmp_path: Path, scene: Scene
) -> None:
    store = SceneStore(tmp_path)
    folder = store.save(scene)
    name = folder / "media" / "000001.rgb.png"
    Image.new("RGB", (5000, 5000)).save(name)
    with pytest.raises(CorruptInput, match="another size"):
        read(store.open(scene.id).frames[0], "rgb")
    Image.new("L", (WIDTH, HEIGHT)).save(name)
    with pytest.raises(CorruptInput, match="pixel type"):
        read(store.open(scene.id).frames[0], "rgb")
    Image.new("RGB", (WIDTH, HEIGHT)).save(name, format="GIF")
    with pytest.raises(CorruptInput, match="cannot decode"):
        read(store.open(scene.id).frames[0], "rgb")
    table = pq.read_table(folder / "frames.parquet")
    pq.write_table(table.drop_columns(["fy"]), folder / "frames.parquet")
    with pytest.raises(CorruptInput, match=r"frames\.parquet: fy"):
        store.open(scene.id)


def test_a_pickle_in_the_surfaces_is_not_opened(tmp_path: Path, scene: Scene) -> None:
    class Canary:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "canary"),))

    store = SceneStore(tmp_path / "s")
    path = store.save(scene) / "surfaces.npz"
    np.savez(path, vertices_world=np.array([Canary()], dtype=object))
    with pytest.raises(InputError, match=r"surfaces\.npz"):
        store.open(scene.id)
    with np.load(path, allow_pickle=False) as arrays:
        names = list(arrays)
    assert names == ["vertices_world"]
    assert not (tmp_path / "canary").exists()


def test_landmarks_are_stored_and_scenes_without_that_column_are_read(tmp_path):
    import pyarrow.parquet as pq

    from sextant.scenes import Camera, Frame, Scene

    camera = Camera(8, 6, 5.0, 5.0, 4.0, 3.0)
    frames = (
        Frame("a", camera, np.eye(4), read_landmarks=lambda: np.array([7, 2**40])),
        Frame("b", camera, np.eye(4)),
    )
    store = SceneStore(tmp_path)
    folder = store.save(Scene("s", "test", "train", "none", frames=frames))
    a, b = store.open("s").frames
    assert a.read_landmarks().tolist() == [7, 2**40]
    assert b.read_landmarks is None
    path = folder / "frames.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["landmarks", "sightings"]), path)
    assert store.open("s").frames[0].read_landmarks is None
    assert store.open("s").frames[0].read_sightings is None


@pytest.mark.parametrize(
    ("room", "message"),
    [
        ({"floor_polygon": [[10**400, 0], [0, 1], [1, 1]]}, "floor_polygon"),
        ({"floor_z_m": 10**400}, "height"),
        ({"area_m2": 10**400}, "area"),
    ],
)
def test_numbers_beyond_every_array_are_refused(tmp_path, scene, room, message):
    store = SceneStore(tmp_path)
    path = store.save(scene) / "scene.json"
    head = json.loads(path.read_text())
    head["room"] |= room
    path.write_text(json.dumps(head))
    with pytest.raises(InputError, match=message):
        store.open(scene.id)


def _with_landmarks(path: Path, ids: pa.Array) -> None:
    table = pq.read_table(path)
    at = table.schema.get_field_index("landmarks")
    offsets = pa.array([0] + [len(ids)] * len(table), pa.int32())
    column = pa.ListArray.from_arrays(offsets, ids)
    pq.write_table(table.set_column(at, table.schema.field(at), column), path, compression="zstd")


def test_landmarks_with_holes_are_refused(tmp_path, scene):
    store = SceneStore(tmp_path)
    _with_landmarks(store.save(scene) / "frames.parquet", pa.array([1, None], pa.int64()))
    with pytest.raises(CorruptInput, match=r"(?s)holes.*frames\.parquet: frame"):
        store.open(scene.id)


def test_a_small_file_of_millions_of_landmarks_is_refused(tmp_path, scene):
    store = SceneStore(tmp_path)
    path = store.save(scene) / "frames.parquet"
    _with_landmarks(path, pa.array(np.zeros(31_000_000, np.int64)))
    assert path.stat().st_size < 20_000
    with pytest.raises(CorruptInput, match=r"(?s)too many cells.*landmarks"):
        store.open(scene.id)
