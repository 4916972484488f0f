"""Masks of Ego-Exo4D's relations: the code, and what the reader makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import egoexo4d as layout
from layouts.mask_codes import ALPHABET, coded, packed
from layouts.world import render, small_room

from sextant.commands.registry import task_classes
from sextant.errors import CorruptInput, InputError
from sextant.questions.context import SceneContext
from sextant.questions.facts import Fact
from sextant.questions.recipe import GenerateRecipe
from sextant.scenes import Scene
from sextant.sources import egoexo4d
from sextant.sources.egoexo4d.mask_codes import decode_mask, run_lengths, unpack
from sextant.sources.source import SourceOptions

pytest.importorskip("av", reason="the extra 'video' is not installed")


def masks() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    v, u = np.mgrid[:41, :57]
    disc = (v - 20) ** 2 + (u - 30) ** 2 < 150
    shapes = [disc, ~disc, disc ^ ((v - 12) ** 2 + (u - 9) ** 2 < 60), rng.random((23, 31)) < 0.4]
    return [*shapes, np.zeros((7, 3), bool), np.ones((3, 7), bool), np.eye(1, dtype=bool)]


@pytest.mark.parametrize("number", range(7))
def test_a_mask_comes_back(number: int) -> None:
    mask = masks()[number]
    height, width = mask.shape
    np.testing.assert_array_equal(decode_mask(coded(mask), width, height, ""), mask)


def test_runs_as_a_pixel_by_pixel_decoder_reads_them() -> None:
    """Down the columns, outside first: not along the rows."""
    mask = masks()[3]
    runs = run_lengths(unpack(coded(mask), ""), "")
    pixels = [k % 2 == 1 for k, run in enumerate(runs) for _ in range(run)]
    height, width = mask.shape
    for at, inside in enumerate(pixels):
        assert mask[at % height, at // height] == inside
    assert len(pixels) == width * height


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 500, 5000])
def test_texts_of_any_length_are_unpacked(size: int) -> None:
    rng = np.random.default_rng(size)
    for signs in ("01", "0123456789:;<=>?@ABCO", "a\u20ac\u4e2dz"):
        text = "".join(rng.choice(list(signs), size))
        assert unpack(packed(text), "") == text


def test_a_word_that_is_just_being_made_is_used() -> None:
    assert unpack(packed("a" * 100), "") == "a" * 100


def test_three_codes_written_by_hand() -> None:
    # Code 0 (two bits), "0" as eight bits lowest first, then code 2 of three bits, padded.
    bits = "00" + f"{ord('0'):08b}"[::-1] + "010"
    text = "".join(ALPHABET[int(bits[k : k + 6].ljust(6, "0"), 2)] for k in range(0, len(bits), 6))
    assert unpack(text, "") == "0"
    # 6, then 1 0 (33 = 1 + 1 * 32), then -1 from the third on.
    assert run_lengths("6Q1" + "1", "") == [6, 33, 1]
    assert run_lengths("123O", "") == [1, 2, 3, 1]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("", "no lz-string"),
        ("****", "no lz-string"),
        (coded(np.eye(9, dtype=bool))[:-4], "no lz-string"),
        (packed("5"), "do not fill"),
        (packed("o"), "end within"),
        (packed("!"), "cannot be read"),
        (packed("999A"), "do not fill|negative"),
        (packed("O"), "negative"),
    ],
)
def test_damaged_codes_are_named(code: str, what: str) -> None:
    with pytest.raises(CorruptInput, match=what):
        decode_mask(code, 9, 9, "here")


def test_a_text_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sextant.sources.egoexo4d.mask_codes.MAX_TEXT", 1000)
    with pytest.raises(CorruptInput, match="too large"):
        unpack(packed("a" * 2000), "")


# ---- the reader ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def truth() -> Scene:
    return small_room(frames=4)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("relations")
    layout.write_take(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = egoexo4d.open_source(root, SourceOptions())
    return source.open(source.scene_ids()[0])


def test_things_have_the_names_of_their_objects(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    wanted = {f"{o.category}_{n}": o.category for n, o in enumerate(truth.objects)}
    assert len(scene.things) > 15, "what no camera shows is not there"
    assert all(wanted[t.id] == t.category for t in scene.things)
    assert "objects" not in scene.notes
    round_trip.check_facts(scene, egoexo4d.FACTS)


def test_masks_lie_where_the_frames_show_the_things(root: Path, truth: Scene) -> None:
    """A quarter turn or a lens left out would put them elsewhere."""
    scene = open_only(root)
    apart = []
    for frame in scene.frames:
        found, rgb = frame.read_sightings(), frame.read_rgb()
        values = render(truth, frame.camera, frame.T_world_camera).values
        for n, o in enumerate(truth.objects[: layout.RELATED]):
            rows, columns = np.nonzero(values == o.instance_value)
            # What lies in the black corners of the lens has no mask there.
            if len(rows) < 40 or (rgb[rows, columns].max(axis=1) < 9).any():
                continue
            sighting = found[f"{o.category}_{n}"]
            wanted = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            apart.append(np.abs(np.subtract(sighting.box, wanted)).max())
            assert sighting.pixels == pytest.approx(len(rows), rel=0.4)
    assert len(apart) > 12
    # Thin parts are lost between the pixels of a coarse picture; nothing is moved.
    assert np.median(apart) <= 2
    assert np.quantile(apart, 0.9) <= 8


def test_which_thing_is_the_same_is_asked_and_nothing_that_is_measured(root: Path) -> None:
    scene = open_only(root)
    ctx = SceneContext(scene, GenerateRecipe(), 0)
    asked = []
    for family, cls in task_classes().items():
        task = cls()
        if task.missing(scene):
            continue
        for _, ask in zip(range(60), task.propose(ctx, np.random.default_rng(0)), strict=False):
            if isinstance(task.measure(ctx, ask), Fact):
                asked.append(family)
                break
    assert "pt.object_correspondence" in asked
    assert all(f.startswith("pt.") for f in asked)


def test_the_truth_is_the_same_instance(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    ctx = SceneContext(scene, GenerateRecipe(), 0)
    task = task_classes()["pt.object_correspondence"]()
    facts = [
        (ask, fact)
        for _, ask in zip(range(200), task.propose(ctx, np.random.default_rng(0)), strict=False)
        if isinstance(fact := task.measure(ctx, ask), Fact)
    ]
    assert len(facts) > 5
    for ask, fact in facts:
        assert fact.geometry == "labels"
        for frame_id in ask.frames:
            frame = scene.frame_by_id[frame_id]
            values = render(truth, frame.camera, frame.T_world_camera).values
            u0, v0, u1, v1 = (int(x) for x in ctx.sighted(frame_id)[ask.objects[0]].box)
            number = int(ask.objects[0].rpartition("_")[2])
            inside = values[v0:v1, u0:u1] == truth.objects[number].instance_value
            assert inside.sum() > 0.6 * (values == truth.objects[number].instance_value).sum()


def test_without_relations_there_are_no_things(tmp_path: Path, truth: Scene) -> None:
    layout.write_take(tmp_path, truth, relations=False)
    scene = open_only(tmp_path)
    assert scene.things == ()
    assert "relations" in scene.notes["things"]
    assert all(f.read_sightings is None for f in scene.frames)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda m: m.update(width=-1), "no usable size"),
        (lambda m: m.update(height="9"), "no usable size"),
        (lambda m: m.pop("encodedMask"), "no code"),
    ],
)
def test_a_broken_mask_is_set_aside(tmp_path: Path, truth: Scene, change, what: str) -> None:
    layout.write_take(tmp_path, truth)
    path = tmp_path / "annotations/relations_val.json"
    document = json.loads(path.read_text())
    objects = document["annotations"][layout.UID]["object_masks"]
    first = next(c["annotation"] for o in objects.values() for c in o.values() if c["annotation"])
    change(next(iter(first.values())))
    path.write_text(json.dumps(document))
    scene = open_only(tmp_path)
    assert scene.notes["masks_dropped"] == "1"
    assert what in scene.notes["masks_dropped_first"]


def test_cut_off_and_mutated_relations_end_in_our_errors(tmp_path: Path, truth: Scene) -> None:
    layout.write_take(tmp_path, truth)
    path = tmp_path / "annotations/relations_val.json"
    data = path.read_bytes()
    rng = np.random.default_rng(2)
    refused = 0
    for k in range(40):
        broken = bytearray(data[: int(rng.integers(1, len(data)))] if k % 2 else data)
        for at in rng.integers(0, len(broken), 6):
            broken[at] = rng.integers(0, 256)
        path.write_bytes(bytes(broken))
        try:
            for frame in open_only(tmp_path).frames:
                if frame.read_sightings is not None:
                    frame.read_sightings()
        except InputError:
            refused += 1
    assert refused > 5
