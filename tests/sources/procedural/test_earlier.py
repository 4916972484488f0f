"""The room before: a few things stood elsewhere, and nothing else differs."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Polygon

from sextant.errors import MissingInput
from sextant.geometry.box_distance import box_distance
from sextant.geometry.polygons import footprint
from sextant.scenes import Scene
from sextant.sources.procedural import open_source
from sextant.sources.procedural.earlier import LEAST_MOVE_M, MOVABLE
from sextant.sources.source import SourceOptions

SOURCE = open_source(None, SourceOptions(scenes=8, seed=31))


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Scene, Scene]]:
    # In turn: the plan of a room is kept until the next room's.
    return [(SOURCE.open(i), SOURCE.open(f"{i}_before")) for i in SOURCE.scene_ids()]


def moved(later: Scene, before: Scene) -> list[str]:
    there = before.object_by_id
    return [o.id for o in later.objects if not np.array_equal(o.box.center, there[o.id].box.center)]


def test_ids_and_splits(pairs: list[tuple[Scene, Scene]]) -> None:
    for later, before in pairs:
        assert later.rescan_of == before.id == f"{later.id}_before"
        assert before.id not in SOURCE.scene_ids()
        assert before.rescan_of is None
        assert before.split == later.split
        assert dict(later.rescan_objects) == {o.id: o.id for o in before.objects}
    with pytest.raises(MissingInput):
        SOURCE.open("room_000031_0000_after")


def test_one_to_three_movable_things_stood_elsewhere(pairs: list[tuple[Scene, Scene]]) -> None:
    counts = []
    for later, before in pairs:
        names = moved(later, before)
        counts.append(len(names))
        for i in names:
            a, b = later.object_by_id[i], before.object_by_id[i]
            assert a.category in MOVABLE
            assert np.linalg.norm((a.box.center - b.box.center)[:2]) >= LEAST_MOVE_M
            assert i not in {o.attributes.get("supported_by") for o in later.objects}
            np.testing.assert_array_equal(a.box.size_m, b.box.size_m)
    assert max(counts) <= 3
    assert np.mean(np.array(counts) >= 1) >= 0.8


def test_they_met_nothing_and_stood_in_the_room(pairs: list[tuple[Scene, Scene]]) -> None:
    for later, before in pairs:
        floor = Polygon(before.room.floor_polygon).buffer(1e-6)
        for i in moved(later, before):
            o = before.object_by_id[i]
            assert floor.contains(Polygon(footprint(o.box)))
            carrier = o.attributes["supported_by"]
            for other in before.objects:
                if other.id in (i, carrier):
                    continue
                p, q = o.box, other.box
                apart = box_distance(
                    p.center, p.size_m, p.R_world_box, q.center, q.size_m, q.R_world_box
                )
                assert float(apart) > 0.0, (before.id, i, other.id)
            low = 0.0 if carrier == "floor" else -1.0
            assert float(o.box.minimum[2]) >= low


def test_the_same_pictures_but_for_what_moved(pairs: list[tuple[Scene, Scene]]) -> None:
    later, before = next(p for p in pairs if moved(*p))
    frames = {f.id: f for f in later.frames}
    assert {f.id for f in before.frames} <= set(frames)
    assert len(before.frames) >= len(frames) - 4
    differ = 0
    for f in before.frames:
        np.testing.assert_array_equal(f.T_world_camera, frames[f.id].T_world_camera)
        assert f.read_instances is not None
        now = frames[f.id].read_instances
        assert now is not None
        differ += not np.array_equal(f.read_instances(), now())
    assert differ > 0


def test_it_is_the_same_every_time(pairs: list[tuple[Scene, Scene]]) -> None:
    again = open_source(None, SourceOptions(scenes=1, seed=0)).open(pairs[3][1].id)
    for a, b in zip(again.objects, pairs[3][1].objects, strict=True):
        assert a.id == b.id
        np.testing.assert_array_equal(a.box.center, b.box.center)
