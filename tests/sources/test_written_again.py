"""Every dataset's scenes, written in our own layouts: as much can be asked of them as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from layouts.miniatures import MINIATURES, few_things

from sextant.commands.registry import open_source, task_classes
from sextant.scenes import Frame, Scene
from sextant.scenes.store import SceneStore
from sextant.sources.posed_rgbd import write_scene
from sextant.sources.source import SourceOptions

FORMATS = [pytest.param(name, marks=pytest.mark.slow if "(" in name else ()) for name in MINIATURES]


@pytest.fixture(scope="module", params=FORMATS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    miniature = MINIATURES[request.param]
    if miniature.needs is not None:
        pytest.importorskip(miniature.needs)
    root = tmp_path_factory.mktemp("room")
    miniature.write(root, few_things(miniature.lens, 4, 5))
    return first_scene(request.param.partition(" ")[0], root)


def first_scene(reader: str, root: Path) -> Scene:
    source = open_source(reader, root, SourceOptions())
    return source.open(source.scene_ids()[0])


def test_as_posed_rgbd(scene: Scene, tmp_path: Path) -> None:
    write_scene(scene, tmp_path / "again")
    assert_same(scene, first_scene("posed_rgbd", tmp_path))


def test_in_a_store(scene: Scene, tmp_path: Path) -> None:
    store = SceneStore(tmp_path)
    store.save(scene)
    assert_same(scene, store.open(scene.id))


def assert_same(scene: Scene, again: Scene) -> None:
    for task in task_classes().values():
        assert task().missing(again) == task().missing(scene), task.id
    assert again.things == scene.things
    assert [o.id for o in again.objects] == [o.id for o in scene.objects]
    for frame, other in zip(scene.frames, again.frames, strict=True):
        assert kinds(other) == kinds(frame)
        if frame.read_landmarks is not None and other.read_landmarks is not None:
            np.testing.assert_array_equal(other.read_landmarks(), frame.read_landmarks())
        if frame.read_sightings is not None and other.read_sightings is not None:
            assert other.read_sightings() == frame.read_sightings()


def kinds(frame: Frame) -> set[str]:
    named = ("rgb", "depth", "instances", "landmarks", "sightings")
    return {kind for kind in named if getattr(frame, f"read_{kind}") is not None}
