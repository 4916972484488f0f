"""simulate -> write in a dataset's layout -> read: what must come back, and how closely.

``check`` holds a read scene against the simulated one. A format that keeps less says so by its
arguments; what it does keep must agree to 1e-4, or to the quantum of the format.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import numpy as np
from layouts.world import colours
from numpy.typing import NDArray

from sextant.geometry.projection import depth_to_points
from sextant.geometry.transforms import transform_points
from sextant.questions.task import NEEDS
from sextant.scenes import Frame, Scene, SceneObject
from sextant.sources.facts import DatasetFacts
from sextant.sources.vocabulary import canonical_name

POSE = 1e-4
"""Metres and radians; float32 poses and printed numbers keep more."""


def check(
    read: Scene,
    truth: Scene,
    *,
    depth_m: float | None = 6e-4,
    boxes: str | None = "oriented",
    box_m: float = 1e-4,
    ids: bool = True,
    pictures: float | None = 12.0,
    same_raster: bool = True,
) -> None:
    """Hold frames, boxes and categories of a read scene against the simulated one.

    Args:
        read: What the reader made.
        truth: What the writer was given, its frames in the same order.
        depth_m: Quantum of depth; None if the format has no depth.
        boxes: "oriented", "aligned" (bounds of the surface along the world's axes), or None.
        box_m: How far box corners may be off.
        ids: Whether instance maps came back.
        pictures: Mean colour error allowed; None if the format has no pictures.
        same_raster: Whether frames keep the writer's camera, so that maps agree pixel by pixel.
    """
    assert len(read.frames) == len(truth.frames)
    matched = match_objects(read, truth) if boxes is not None else {}
    for seen, real in zip(read.frames, truth.frames, strict=True):
        assert_pose(seen, real)
        if same_raster:
            assert_camera(seen, real)
            if depth_m is not None:
                assert_depth(seen, real, depth_m)
            if ids:
                assert_ids(seen, real, read, matched)
        if pictures is not None:
            assert picture_error(seen) < pictures
    if boxes is not None:
        assert_boxes(matched, boxes, box_m)


def assert_pose(seen: Frame, real: Frame) -> None:
    np.testing.assert_allclose(seen.T_world_camera, real.T_world_camera, rtol=0, atol=POSE)


def assert_camera(seen: Frame, real: Frame, pixels: float = 1e-3) -> None:
    assert (seen.camera.width, seen.camera.height) == (real.camera.width, real.camera.height)
    np.testing.assert_allclose(seen.camera.K, real.camera.K, rtol=0, atol=pixels)


def assert_depth(seen: Frame, real: Frame, quantum_m: float) -> None:
    assert seen.read_depth is not None
    assert real.read_depth is not None
    got, wanted = seen.read_depth(), real.read_depth()
    assert got.dtype == np.float32
    assert got.shape == (seen.camera.height, seen.camera.width)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(wanted))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=quantum_m)


def assert_ids(
    seen: Frame, real: Frame, read: Scene, matched: Mapping[str, tuple[SceneObject, SceneObject]]
) -> None:
    """Every pixel of a matched object has that object's value; every other has none."""
    assert seen.read_instances is not None
    assert real.read_instances is not None
    got, wanted = seen.read_instances(), real.read_instances()
    assert got.dtype == np.int32
    translated = np.zeros_like(wanted)
    for mine, theirs in matched.values():
        if mine.instance_value:
            translated[wanted == theirs.instance_value] = mine.instance_value
    known = [o.instance_value for o in read.objects if o.instance_value]
    np.testing.assert_array_equal(np.where(np.isin(got, known), got, 0), translated)


def match_objects(read: Scene, truth: Scene) -> dict[str, tuple[SceneObject, SceneObject]]:
    """Pair every read object with the simulated one of its category whose centre is nearest."""
    pairs: dict[str, tuple[SceneObject, SceneObject]] = {}
    taken: set[str] = set()
    for mine in read.objects:
        near = [
            o
            for o in truth.objects
            if canonical_name(o.category) == mine.category and o.id not in taken
        ]
        assert near, f"{mine.id}: nothing of category {mine.category} is left in the truth"
        best = min(near, key=lambda o: float(np.linalg.norm(_center(o) - mine.box.center)))
        taken.add(best.id)
        pairs[mine.id] = (mine, best)
    return pairs


def _center(o: SceneObject) -> NDArray[np.float64]:
    return o.box.center


def assert_boxes(
    matched: Mapping[str, tuple[SceneObject, SceneObject]], kind: str, tolerance_m: float
) -> None:
    assert matched
    for mine, theirs in matched.values():
        if kind == "aligned":
            assert theirs.mesh is not None
            points = theirs.mesh.vertices_world
            low, high = points.min(axis=0), points.max(axis=0)
            np.testing.assert_allclose(mine.box.minimum, low, rtol=0, atol=tolerance_m)
            np.testing.assert_allclose(mine.box.maximum, high, rtol=0, atol=tolerance_m)
            continue
        # As sets: which axis is called the first is the format's affair.
        apart = np.linalg.norm(mine.box.corners[:, None] - theirs.box.corners[None], axis=-1)
        assert apart.min(axis=1).max() < tolerance_m, mine.id
        assert apart.min(axis=0).max() < tolerance_m, mine.id


def picture_error(frame: Frame) -> float:
    """Mean difference of the picture from the colours of the points that its depth shows.

    Needs depth; silhouettes, where a resampled picture mixes two surfaces, are left out.
    """
    assert frame.read_rgb is not None
    assert frame.read_depth is not None
    rgb, depth_m = frame.read_rgb(), frame.read_depth()
    assert rgb.dtype == np.uint8
    assert rgb.shape == (*depth_m.shape, 3)
    points = transform_points(frame.T_world_camera, depth_to_points(frame.camera.K, depth_m))
    wanted = colours(points).astype(float)
    smooth = np.isfinite(depth_m)
    for axis in (0, 1):
        for step in (-1, 1):
            smooth &= np.abs(np.roll(depth_m, step, axis) - depth_m) < 0.05
    assert smooth.mean() > 0.2
    return float(np.abs(rgb.astype(float) - wanted)[smooth].mean())


def reprojection_error(a: Frame, b: Frame) -> float:
    """Median |depth| difference in metres of one frame's points seen in another."""
    from sextant.geometry.projection import inside_image, project
    from sextant.geometry.transforms import invert

    assert a.read_depth is not None
    assert b.read_depth is not None
    points = transform_points(a.T_world_camera, depth_to_points(a.camera.K, a.read_depth()))
    uv, z = project(b.camera.K, transform_points(invert(b.T_world_camera), points))
    seen = inside_image(uv, b.camera.width, b.camera.height)
    there = b.read_depth()[uv[seen][:, 1].astype(int), uv[seen][:, 0].astype(int)]
    return float(np.nanmedian(np.abs(there - z[seen])))


def check_facts(scene: Scene, facts: DatasetFacts, absent: frozenset[str] = frozenset()) -> None:
    """A complete miniature gives what ``FACTS.supports`` promises, and no more.

    Args:
        scene: Read from a complete miniature.
        facts: The reader's facts.
        absent: What this miniature cannot show, although the dataset has it.
    """
    has = {
        "objects": bool(scene.objects),
        "instances": bool(scene.objects or scene.things),
        "subjects": bool(scene.objects) or any(f.read_depth is not None for f in scene.frames),
        "metric": scene.is_metric,
        "frames": any(f.read_rgb is not None for f in scene.frames),
        "many_frames": sum(f.read_rgb is not None for f in scene.frames) >= 2,
        "video": not scene.frames or sum(f.timestamp_s is not None for f in scene.frames) >= 3,
        "depth": any(f.read_depth is not None for f in scene.frames),
        "fronts": any(o.front_world is not None for o in scene.objects),
        "complete": scene.complete_categories is None or bool(scene.complete_categories),
        "room": scene.room.floor_polygon is not None or scene.room.area_m2 is not None,
        "floor": scene.room.floor_z_m is not None,
        "rescan": scene.rescan_of is not None,
        "simulated": scene.is_simulated,
    }
    assert set(has) == set(NEEDS)
    given = {name for name, there in has.items() if there}
    assert given == facts.supports - absent, "what FACTS promises"
    assert scene.license == facts.licence


def check_frames_travel(scene: Scene) -> None:
    """Frames can be sent to another process and read there."""
    frame = scene.frames[0]
    copy = pickle.loads(pickle.dumps(frame))  # noqa: TID251 - our own bytes
    for name in ("read_rgb", "read_depth", "read_instances"):
        read = getattr(frame, name)
        if read is not None:
            np.testing.assert_array_equal(getattr(copy, name)(), read())
