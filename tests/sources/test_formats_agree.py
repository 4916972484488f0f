"""One simulated room in every dataset's format: questions are made of it, answers are the same."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from layouts.miniatures import MINIATURES
from layouts.world import small_room

from sextant.commands.generate import GenerateJob, generate
from sextant.commands.registry import open_source, task_classes
from sextant.commands.verify import verify
from sextant.geometry.transforms import invert, transform_points
from sextant.questions.context import SceneContext
from sextant.questions.facts import Fact
from sextant.questions.recipe import GenerateRecipe
from sextant.samples.selection_rules import SelectionRules
from sextant.samples.store import CorpusStore
from sextant.scenes import Scene
from sextant.sources.source import SourceOptions

OWN_ROOM = {"clevr": "its renderer knows three shapes only"}
"""Miniatures that do not show the simulated room."""

NO_PAIRS = OWN_ROOM | {
    "messytable": "nine cameras of its own around a table",
    "sun_rgbd": "one picture a scene",
    "nerfstudio (record3d)": "nothing is known of what two pictures share",
}
"""Miniatures whose pairs of pictures cannot be held against the room's."""

NO_CLASSES = OWN_ROOM | {"ca1m": "boxes without classes"}

COARSE = ("hypersim", "structured3d")
"""NYU40 calls most of the room's things "other prop", and so they have no name."""

GUESSED_UP = ("co3d",)
"""The vertical is the cameras' mean up: the sign of a turn holds, its degrees nearly."""

CAMERA_FAMILIES = (
    "pt.camera_displacement", "pt.camera_rotation", "pt.camera_direction", "pt.camera_position",
)  # fmt: skip
OBJECT_FAMILIES = (
    "mm.object_distance", "sr.relative_distance", "mm.object_size", "mm.object_extent",
    "sr.vertical_relation", "sr.size_comparison",
)  # fmt: skip
SIZES = {"mm.object_size", "mm.object_extent", "sr.size_comparison", "sr.vertical_relation"}
"""What a format with boxes along the world's axes answers otherwise than the true boxes do."""


FORMATS = [pytest.param(name, marks=pytest.mark.slow if "(" in name else ()) for name in MINIATURES]
"""A dataset's second miniature differs in how its files are stored, not in what they say."""


@pytest.fixture(scope="module", params=FORMATS)
def miniature(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A name and the folder that the room was written to."""
    name = request.param
    if MINIATURES[name].needs is not None:
        pytest.importorskip(MINIATURES[name].needs)
    root = tmp_path_factory.mktemp("room")
    MINIATURES[name].write(root, small_room(MINIATURES[name].lens))
    return name, root


def reader_of(name: str) -> str:
    return name.partition(" ")[0]


def first_scene(name: str, root: Path) -> Scene:
    source = open_source(reader_of(name), root, SourceOptions())
    return source.open(source.scene_ids()[0])


def test_a_corpus_is_made_of_every_format_and_verifies(
    miniature: tuple[str, Path], tmp_path: Path
) -> None:
    name, root = miniature
    recipe = GenerateRecipe(
        per_task=1, max_tries=40, selection=SelectionRules(enabled=False), max_broken_share=0.0
    )
    job = GenerateJob(reader_of(name), root, tmp_path / "corpus", recipe, scenes=1)
    assert generate(job, quiet=True) is not None
    rows = list(CorpusStore.open(tmp_path / "corpus").samples())
    assert len({r.task for r in rows}) >= MINIATURES[name].families
    assert {r.source for r in rows} <= {reader_of(name)}
    outcome = verify(tmp_path / "corpus", quiet=True)
    assert outcome.ok, outcome.mismatches
    assert outcome.checked == len(rows)


def test_cameras_give_the_same_answers_in_every_format(miniature: tuple[str, Path]) -> None:
    name, root = miniature
    if name in NO_PAIRS:
        pytest.skip(NO_PAIRS[name])
    truth, read = small_room(MINIATURES[name].lens), first_scene(name, root)
    compared = compare(truth, read, CAMERA_FAMILIES, {}, 4.0 if name in GUESSED_UP else 1e-4)
    # Coarser depth tells less of what is shared; nothing else may keep a question from being asked.
    assert set(compared) <= {"same", "views overlap too little"}
    assert compared["same"] >= 3


def test_objects_give_the_same_answers_in_every_format(miniature: tuple[str, Path]) -> None:
    name, root = miniature
    read = first_scene(name, root)
    if name in NO_CLASSES or not read.objects:
        pytest.skip(NO_CLASSES.get(name, "no objects"))
    truth = known_alike(small_room(MINIATURES[name].lens), read)
    objects = same_objects(truth, read)
    aligned = all(np.abs(o.box.R_world_box - np.eye(3)).max() < 1e-9 for o in read.objects)
    families = [f for f in OBJECT_FAMILIES if not (aligned and f in SIZES)]
    compared = compare(truth, read, families, objects, 2e-4)
    if name in COARSE:
        assert compared["same"] >= 10, compared
    else:
        assert compared["same"] > 0.95 * compared.total() > 40, compared


def compare(
    truth: Scene,
    read: Scene,
    families: list[str] | tuple[str, ...],
    objects: dict[str, str],
    tolerance: float,
) -> Counter[str]:
    """Ask the room's questions of what was read; count "same", or why one is not asked there."""
    here, there = (SceneContext(s, GenerateRecipe(), 0) for s in (truth, read))
    frames = {f.id: g.id for f, g in zip(truth.frames, read.frames, strict=False)}
    counted: Counter[str] = Counter()
    for family in families:
        task = task_classes()[family]()
        if task.missing(read):
            continue
        for _, ask in zip(range(40), task.propose(here, np.random.default_rng(0)), strict=False):
            if not (set(ask.objects) <= set(objects) and set(ask.frames) <= set(frames)):
                continue
            same = dataclasses.replace(
                ask,
                objects=tuple(objects[i] for i in ask.objects),
                frames=tuple(frames[i] for i in ask.frames),
            )
            a, b = task.measure(here, ask), task.measure(there, same)
            if not isinstance(a, Fact):
                continue
            counted["same" if isinstance(b, Fact) else b.reason] += 1
            if isinstance(b, Fact):
                assert b.label == (objects.get(a.label, a.label) if a.label else a.label), family
                assert b.value == (
                    None if a.value is None else pytest.approx(a.value, abs=tolerance)
                )
    return counted


def known_alike(truth: Scene, read: Scene) -> Scene:
    """The room with no more known of it than the format tells: boxes or meshes, masks or none."""
    meshes = any(o.mesh is not None for o in read.objects)
    masks = any(f.read_instances is not None for f in read.frames)
    depth = any(f.read_depth is not None for f in read.frames)
    return dataclasses.replace(
        truth,
        objects=tuple(o if meshes else dataclasses.replace(o, mesh=None) for o in truth.objects),
        frames=tuple(
            dataclasses.replace(
                f,
                read_instances=f.read_instances if masks else None,
                read_depth=f.read_depth if depth else None,
            )
            for f in truth.frames[: len(read.frames)]
        ),
        shell=truth.shell if meshes else None,
    )


def same_objects(truth: Scene, read: Scene) -> dict[str, str]:
    """Ids of the room's objects in what was read, by where they stand to the first camera."""
    T = read.frames[0].T_world_camera @ invert(truth.frames[0].T_world_camera)
    found = {}
    for o in truth.objects:
        center = transform_points(T, o.box.center)
        apart = [float(np.linalg.norm(p.box.center - center)) for p in read.objects]
        if min(apart) < 0.1:
            found[o.id] = read.objects[int(np.argmin(apart))].id
    return found
