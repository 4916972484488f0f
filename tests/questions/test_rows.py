"""Finished rows: letters, rationales, difficulty, pictures, evidence."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from sextant.questions.engine import generate_scene
from sextant.questions.marks import Mark
from sextant.questions.pictures import encode_frame, shrink
from sextant.questions.recipe import ImageRules
from sextant.questions.verify import verify_samples
from sextant.samples.validate import check_sample
from sextant.tasks.mm.object_distance import ObjectDistance
from sextant.tasks.sr.egocentric_direction import EgocentricDirection


def room(build, **recipe):
    names = ("sofa", "vase", "clock", "desk", "stool", "lamp")
    objects = [
        build.object(f"{n}_0", [1.1 * (k % 3) - 1.1, 3.0 + 1.2 * (k // 3), 0.4 + 0.5 * (k // 3)],
                     [0.4, 0.4, 0.5], category=n)
        for k, n in enumerate(names)
    ]  # fmt: skip
    cameras = [build.look_at([0.3 * k - 0.5, -0.3, 1.6], [0, 4.0, 0.6]) for k in range(4)]
    return build.context(build.scene(objects, cameras), **recipe)


def rows(ctx, *tasks):
    store = {}

    def write(data, suffix):
        name = f"images/{hashlib.sha256(data).hexdigest()[:8]}{suffix}"
        store[name] = data
        return name

    found = generate_scene(ctx, tasks or (ObjectDistance(), EgocentricDirection()), write)
    return found, store


def test_rows_are_valid_and_share_pictures(build):
    found, store = rows(room(build, per_task=12))
    assert len(found.samples) > 15
    for row in found.samples:
        assert not [p for p in check_sample(row) if "image" not in p]
        assert row.question.count("<image>") == len(row.images) == len(row.frame_ids)
        assert set(row.images) <= set(store)
    assert len(store) < len(found.samples)


@pytest.mark.parametrize("style", ["steps", "map"])
def test_rationales_come_from_the_evidence_and_verify(build, style):
    ctx = room(build, per_task=6, rationale=style)
    found, _ = rows(ctx)
    for row in found.samples:
        said = row.options[row.answer_index] if row.options else row.answer
        assert row.rationale.endswith(f"So the answer is {said}.")
        if style == "map":
            text = row.rationale.removeprefix("Map: ").rpartition(" So the answer")[0]
            places = json.loads(text)["objects"]
            assert len(places) == 2
    tasks = {t.id: t for t in (ObjectDistance(), EgocentricDirection())}
    assert list(verify_samples(ctx, tasks, found.samples)) == [None] * len(found.samples)


def test_a_map_rationale_is_in_the_first_cameras_frame(build):
    found, _ = rows(room(build, per_task=6, rationale="map"), ObjectDistance())
    for row in found.samples:
        evidence = row.evidence_dict()
        places = json.loads(row.rationale[5:].rpartition(" So the answer")[0])["objects"]
        # All objects stand 3 m or more ahead of the cameras, which look along +y.
        assert all(p["position"][1] > 2.5 for p in places.values())
        first, second = (np.array(places[evidence["names"][i]]["position"])
                         for i in evidence["objects"])  # fmt: skip
        boxes = [np.array(evidence["boxes"][i]["center"][:2]) for i in evidence["objects"]]
        assert np.linalg.norm(first - second) == pytest.approx(
            np.linalg.norm(boxes[0] - boxes[1]), abs=0.02
        )


def test_letters_take_turns(build):
    found, _ = rows(room(build, per_task=40), ObjectDistance())
    letters = Counter(r.answer for r in found.samples if r.answer_type == "choice")
    assert letters.total() >= 8
    assert max(letters.values()) - min(letters[c] for c in "ABCD") <= 1


def test_closed_labels_stay_even(build):
    found, _ = rows(room(build, per_task=30), EgocentricDirection())
    labels = Counter(r.evidence_dict()["label"] for r in found.samples)
    assert max(labels.values()) <= min(labels.values()) + 2


def test_a_tampered_answer_is_found(build):
    import dataclasses

    ctx = room(build, per_task=3)
    found, _ = rows(ctx, ObjectDistance())
    wrong = dataclasses.replace(found.samples[0], answer="9.9", answer_type="number")
    (mismatch,) = verify_samples(ctx, {"mm.object_distance": ObjectDistance()}, [wrong])
    assert mismatch is not None


def test_marks_do_not_cover_small_things():
    rgb = np.full((480, 640, 3), 120, dtype=np.uint8)
    marks = (Mark("P", box=(300.0, 200.0, 306.0, 206.0)), Mark("Q", dot=(100.5, 100.5)))
    data, suffix = encode_frame(*shrink(rgb, ImageRules()), marks, ImageRules())
    image = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert suffix == ".jpg"
    # The thing itself stays as it was; the dot's place does not.
    assert np.abs(image[203, 303] - 120).max() < 12
    assert np.abs(image[100, 103] - 120).max() > 60


def test_large_pictures_are_shrunk_and_marks_move_with_them():
    rgb = np.full((1000, 2000, 3), 200, dtype=np.uint8)
    data, _ = encode_frame(
        *shrink(rgb, ImageRules(max_side=500)),
        (Mark("P", dot=(1000.0, 500.0)),),
        ImageRules(max_side=500),
    )
    image = Image.open(io.BytesIO(data)).convert("RGB")
    assert image.size == (500, 250)
    assert image.getpixel((253, 125)) != (200, 200, 200)
