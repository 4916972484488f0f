"""What holds for every reader: damage is survived, questions can be asked, formats agree."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from battery import Battery
from layouts.battered import BATTERED, needs
from layouts.miniatures import MINIATURES
from layouts.world import small_room

from sextant.commands.registry import open_source, task_classes
from sextant.questions.context import SceneContext
from sextant.questions.facts import Fact
from sextant.questions.recipe import GenerateRecipe
from sextant.scenes import Scene
from sextant.sources.source import SourceOptions

BOXES_AS_GIVEN = ("arkitscenes", "embodiedscan", "matterport3d", "matterport3d (original)")
"""Formats that keep boxes, names and poses as they are and have nothing else to measure on."""


def write(name: str, folder: Path, scene: Scene) -> Path:
    if MINIATURES[name].needs is not None:
        pytest.importorskip(MINIATURES[name].needs)
    MINIATURES[name].write(folder, scene)
    return folder


def open_first(name: str, root: Path) -> Scene:
    source = open_source(name.split(" ")[0], root, SourceOptions())
    return source.open(source.scene_ids()[0])


@pytest.mark.parametrize("name", BATTERED)
def test_damaged_files_give_our_errors_only(name: str, tmp_path: Path) -> None:
    if needs(name) is not None:
        pytest.importorskip(needs(name))
    BATTERED[name](tmp_path / "m")
    outcome = Battery(name, tmp_path / "m").run(60, seed=7)
    assert outcome.problems == []
    assert outcome.refused > 0


@pytest.mark.parametrize("name", MINIATURES)
def test_questions_are_asked_of_every_format(name: str, tmp_path: Path) -> None:
    root = write(name, tmp_path, small_room(MINIATURES[name].lens))
    asked = facts_of(open_first(name, root), limit=3)
    assert len(asked) >= MINIATURES[name].families, "families that found something to ask"


def test_the_same_room_gives_the_same_answers_in_whatever_format(tmp_path: Path) -> None:
    scenes = []
    for name in BOXES_AS_GIVEN:
        root = write(name, tmp_path / name.replace(" ", "_"), small_room(MINIATURES[name].lens))
        scenes.append(open_first(name, root))
    first, *others = scenes
    for other in others:
        asked = both = 0
        for family in ("mm.object_distance", "sr.relative_distance", "mm.object_size"):
            task = task_classes()[family]()
            here, there = (SceneContext(s, GenerateRecipe(), 0) for s in (first, other))
            objects, frames = names_there(first, other)
            for _, ask in zip(
                range(60), task.propose(here, np.random.default_rng(0)), strict=False
            ):
                same = dataclasses.replace(
                    ask,
                    objects=tuple(objects[i] for i in ask.objects),
                    frames=tuple(frames[i] for i in ask.frames),
                )
                a, b = task.measure(here, ask), task.measure(there, same)
                asked += isinstance(a, Fact)
                if isinstance(a, Fact) and isinstance(b, Fact):
                    both += 1
                    assert b.label == (objects.get(a.label, a.label) if a.label else None)
                    assert b.value == pytest.approx(a.value, abs=2e-4)
        # Where pictures differ by a row of pixels, one may show an object that the other does not.
        assert both > 0.8 * asked > 20


def names_there(here: Scene, there: Scene) -> tuple[dict[str, str], dict[str, str]]:
    """Ids of the same objects and frames in another reading of the room."""
    objects = {
        o.id: min(
            there.objects, key=lambda p, o=o: float(np.linalg.norm(p.box.center - o.box.center))
        ).id
        for o in here.objects
    }
    frames = {f.id: g.id for f, g in zip(here.frames, there.frames, strict=True)}
    return objects, frames


def facts_of(scene: Scene, limit: int) -> dict[str, list[Fact]]:
    """Facts by family, of those families that the scene allows."""
    ctx = SceneContext(scene, GenerateRecipe(), 0)
    found: dict[str, list[Fact]] = {}
    for family, cls in task_classes().items():
        task = cls()
        if task.missing(scene):
            continue
        for tried, ask in enumerate(task.propose(ctx, np.random.default_rng(0))):
            fact = task.measure(ctx, ask)
            if isinstance(fact, Fact):
                found.setdefault(family, []).append(fact)
            if tried > 60 or len(found.get(family, ())) >= limit:
                break
    return found
