"""What the views of a simulated room show, and how its camera moves."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sextant.scenes import Frame, Scene
from sextant.sources.procedural import open_source
from sextant.sources.source import SourceOptions

COUNT = 12
SEEN_PX = 200


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    source = open_source(None, SourceOptions(scenes=COUNT, seed=23))
    return [source.open(i) for i in source.scene_ids()]


def pixels(f: Frame) -> np.ndarray:
    """Return the pixels of every instance value; the background is left out."""
    assert f.read_instances is not None
    counts = np.bincount(f.read_instances().ravel(), minlength=200)
    counts[0] = 0
    return counts


def frames(s: Scene, kind: str) -> list[Frame]:
    return [f for f in s.frames if f.id.startswith(kind)]


def heading(f: Frame) -> float:
    return float(np.arctan2(f.T_world_camera[1, 2], f.T_world_camera[0, 2]))


def between(a: float, b: float) -> float:
    return float(np.degrees(abs((a - b + np.pi) % (2 * np.pi) - np.pi)))


def test_free_views_show_several_things_and_are_filled_by_none(scenes: list[Scene]) -> None:
    views = [pixels(f) for s in scenes for f in frames(s, "free_")]
    several = [int((v > SEEN_PX).sum()) >= 3 for v in views]
    assert np.mean(several) >= 0.9
    assert np.mean([v.max() < 0.5 * 640 * 480 for v in views]) >= 0.95


def test_walks_show_most_of_the_room_and_seldom_a_bare_wall(scenes: list[Scene]) -> None:
    shares, several = [], []
    for s in scenes:
        seen = [pixels(f) > SEEN_PX for f in frames(s, "walk_")]
        several += [int(v.sum()) >= 3 for v in seen]
        anywhere = np.any(seen, axis=0)
        askable = [o for o in s.objects if "inside" not in o.attributes]
        shares.append(float(np.mean([anywhere[o.instance_value] for o in askable])))
    assert np.mean(several) >= 0.9
    assert np.mean(shares) >= 0.8
    assert min(shares) >= 0.5


def test_walks_move_and_turn_smoothly(scenes: list[Scene]) -> None:
    for s in scenes:
        walk = frames(s, "walk_")
        for a, b in pairwise(walk):
            assert np.linalg.norm(a.center_world - b.center_world) <= 0.5
            assert between(heading(a), heading(b)) <= 28.0
        length = sum(np.linalg.norm(a.center_world - b.center_world) for a, b in pairwise(walk))
        assert length / (len(walk) - 1) >= 0.24
        assert all(5.0 <= tilt(f) <= 25.0 for f in s.frames)


def tilt(f: Frame) -> float:
    """Return how many degrees a camera looks down."""
    return float(-np.degrees(np.arcsin(f.T_world_camera[2, 2])))


def test_free_views_hold_pairs_for_small_movements(scenes: list[Scene]) -> None:
    shifts = turns = opposite = 0
    for s in scenes:
        free = frames(s, "free_")
        assert 8 <= len(free) <= 15
        poses = {f.T_world_camera.tobytes() for f in free}
        assert len(poses) == len(free)
        pairs = [(a, b) for i, a in enumerate(free) for b in free[i + 1 :]]
        for a, b in pairs:
            shift = float(np.linalg.norm(a.center_world - b.center_world))
            turn = between(heading(a), heading(b))
            shifts += 0.3 <= shift <= 0.8 and turn < 20
            turns += shift < 1e-6 and 15 < turn <= 60
            opposite += shift > 0.8 and turn >= 60
    assert shifts >= 1.5 * COUNT
    assert turns >= 0.9 * COUNT
    assert opposite >= 2 * COUNT


def test_some_free_views_are_taken_from_one_thing_towards_another(scenes: list[Scene]) -> None:
    found = []
    for s in scenes:
        kinds = [o.category for o in s.objects]
        alone = [o for o in s.objects if kinds.count(o.category) == 1]
        floor = [o for o in alone if o.attributes["supported_by"] == "floor"]
        found.append(0)
        for f in frames(s, "free_"):
            seen = pixels(f)
            for a in floor:
                if np.linalg.norm((f.center_world - a.box.center)[:2]) > 0.4:
                    continue
                ways = [b.box.center - a.box.center for b in alone
                        if b is not a and seen[b.instance_value] > 2 * SEEN_PX]  # fmt: skip
                if any(between(heading(f), float(np.arctan2(w[1], w[0]))) <= 15 for w in ways):
                    found[-1] += 1
                    break
    assert np.mean(found) >= 2.0
    assert np.mean([n >= 1 for n in found]) >= 0.8
