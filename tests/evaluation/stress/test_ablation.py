"""Pictures taken away, painted over, swapped; frames; the prior."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_benchmark import as_video, make_items, play, reader, seer

from sextant.errors import CorruptInput
from sextant.evaluation.stress import open_stress, stress_names
from sextant.evaluation.stress._donors import find_donors, scene_of
from sextant.evaluation.stress.no_images import NOTE, without_marks, without_pictures
from sextant.evaluation.variants import Stress
from sextant.models.messages import Picture

ABLATIONS = ["no_images", "grey", "noise", "other_images"]


def pixels(picture):
    return np.asarray(Image.open(BytesIO(picture.read())).convert("RGB"))


def test_every_file_is_a_test_of_its_name():
    for name in stress_names():
        test = open_stress(name)
        assert isinstance(test, Stress)
        assert test.name == name
    assert {"circular", "shuffle", "frames", "paraphrase", "oracle_map"} <= set(stress_names())
    assert "verdict" not in stress_names()


@pytest.mark.parametrize("name", ABLATIONS)
def test_a_reader_loses_nothing_and_a_seer_nearly_all(name):
    items = make_items(80)
    test = open_stress(name)
    table, _ = play(reader, items, [test])
    (row,) = test.read(table)["settings"]
    assert row["score"] == row["plain"]
    assert row["difference"]["value"] == 0.0
    assert row["difference"]["p_value"] == 1.0
    table, _ = play(seer, items, [test])
    (row,) = test.read(table)["settings"]
    assert row["plain"] == 1.0
    assert row["score"] < 0.5
    assert row["difference"]["interval"][1] < 0
    assert row["difference"]["p_value"] < 1e-4
    assert (row["n"], row["clusters"], row["chance"]) == (80, 8, 0.25)


@pytest.mark.parametrize("name", ABLATIONS)
def test_items_without_pictures_are_counted(name):
    skipped = Counter()
    items = [replace(item, pictures=()) for item in make_items(3)]
    table, asked = play(reader, items, [open_stress(name)], skipped=skipped)
    assert skipped == {(name, "no pictures"): 3}
    assert len(asked) == len(table) == 3


def test_no_images_takes_the_pictures_and_what_is_said_of_them():
    items = [*make_items(2, pictures=2), as_video(make_items(3)[2])]
    _, asked = play(reader, items, [open_stress("no_images:told,silent")])
    for variant, prompt, parts in asked.values():
        if variant.stress == "plain":
            continue
        assert all(isinstance(part, str) for part in parts)
        assert "<image>" not in prompt.text
        assert "<video>" not in prompt.text
        assert "frames of a video" not in prompt.text
        assert prompt.text.startswith(NOTE) == (variant.setting == "told")
        assert variant.base.question in prompt.text
        assert variant.item.video is None
        assert variant.item.pictures == ()
        assert (variant.item.options, variant.item.answer) == (
            variant.base.options, variant.base.answer,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<image>\n<image>\nWhich?", "Which?"),
        ("<image><image>Which?", "Which?"),
        ("First visit:\n<image>\n<image>\nSecond visit:\n<image>\nWhat moved?", "What moved?"),
        ("Image-1: <image>\nImage-2: <image>\nWhich?", "Which?"),
        ("Is <image> before <image>?", "Is before?"),
        ("In the picture <image>, what is left?", "In the picture, what is left?"),
        ("Rules:\n1. Look.\n<image>\nWhich?", "Rules:\n1. Look.\nWhich?"),
        ("Question: which?\n<video>\nOptions:\nA. x", "Question: which?\nOptions:\nA. x"),
        ("no mark:\nat all", "no mark:\nat all"),
        ("What is shown in <image>\n?", "What is shown in\n?"),
    ],
)
def test_marks_go_with_their_labels_and_nothing_else(text, left):
    assert without_marks(text) == left


def test_framings_claim_no_pictures():
    mindcube = (
        "[Task]\nYour task is to analyze the spatial arrangement of objects in the scene by "
        "examining the provided images, which show the scene from different viewpoints.\n<image>\nQ"
    )
    assert without_pictures(mindcube) == (
        "[Task]\nYour task is to analyze the spatial arrangement of objects in the scene.\nQ"
    )
    site = (
        "Select the best answer to the following multiple-choice question based on the video. "
        "Respond with only the letter of the correct option.\n<video>"
    )
    assert "video" not in without_pictures(site)


def test_painted_pictures_have_the_size_and_nothing_else():
    items = make_items(6, pictures=3)
    grey, noise = open_stress("grey:mid,black"), open_stress("noise")
    _, asked = play(seer, items, [grey, noise])
    _, again = play(seer, items[::-1], [grey, noise])
    seen = set()
    for name, (variant, _, parts) in asked.items():
        shown = [part for part in parts if isinstance(part, Picture)]
        assert len(shown) == 3
        if variant.stress == "plain":
            continue
        for k, picture in enumerate(shown):
            image = pixels(picture)
            assert image.shape == pixels(variant.base.pictures[k]).shape
            if variant.stress == "grey":
                assert set(np.unique(image)) == {0 if variant.setting == "black" else 128}
            else:
                assert len(np.unique(image)) > 50
                seen.add(picture.read())
        twin = [part for part in again[name][2] if isinstance(part, Picture)]
        assert [p.read() for p in shown] == [p.read() for p in twin]
    assert len(seen) == 18


def test_large_noise_stays_a_small_file():
    from sextant.evaluation.stress.noise import paint

    image = paint(3001, 4003, (0, "noise", "all", "q", 0))
    assert image.shape == (3001, 4003, 3)
    assert 110 < image.mean() < 145
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=1)
    assert len(file.getvalue()) < 12_000_000


def test_a_broken_picture_is_an_error_when_painted_over_too():
    (item,) = make_items(1)
    item = replace(item, pictures=(Picture("bad.png", lambda: b"not a picture"),))
    _, asked = play(lambda parts: "A", [item], [open_stress("grey")])
    (shown,) = [part for part in asked["q0#grey:mid"][2] if isinstance(part, Picture)]
    with pytest.raises(CorruptInput, match=r"bad\.png"):
        shown.read()


def test_other_pictures_are_of_another_scene_of_the_kind_and_dealt_out_once():
    items = make_items(64, pictures=2)
    _, asked = play(seer, items, [open_stress("other_images")])
    lent = []
    for variant, _, parts in asked.values():
        if variant.stress == "plain":
            continue
        names = [part.name for part in parts if isinstance(part, Picture)]
        assert len(names) == 2
        donor = int(names[0].split("_")[-2])
        assert f"scene_{donor % 8}" != variant.base.cluster
        assert donor % 2 == int(variant.base.id[1:]) % 2  # of the same task
        lent.append(tuple(names))
    assert len(set(lent)) == 64


def test_videos_stand_in_for_videos_of_other_scenes():
    items = [as_video(item) for item in make_items(16)]
    _, asked = play(seer, items, [open_stress("other_images")])
    lent = {
        v.base.id: v.item.video.name for v, _, _ in asked.values() if v.stress == "other_images"
    }
    assert len(lent) == len(set(lent.values())) == 16
    clusters = {item.video.name: item.cluster for item in items}
    assert all(clusters[lent[item.id]] != item.cluster for item in items)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans()), min_size=1, max_size=24
    ),
    st.integers(0, 3),
)
def test_donors_are_of_another_scene_wherever_there_is_one(rows, seed):
    items = {}
    for k, (scene, count, video) in enumerate(rows):
        (item,) = make_items(1, pictures=count, scenes=1)
        item = replace(item, id=f"q{k}", cluster=f"s{scene}")
        items[item.id] = as_video(item) if video else item
    donors = find_donors(items, seed)
    assert donors == find_donors(dict(reversed(items.items())), seed)
    for name, item in items.items():
        kin = [
            other for other in items.values()
            if (other.video is None) == (item.video is None)
            and (other.video is not None or other.pictures)
            and scene_of(other) != scene_of(item)
        ]  # fmt: skip
        shown = item.video is not None or bool(item.pictures)
        assert (name in donors) == (shown and bool(kin))
        if name in donors:
            donor = items[donors[name]]
            assert any(donor is other for other in kin)
            if any(len(other.pictures) == len(item.pictures) for other in kin):
                assert len(donor.pictures) == len(item.pictures)


def test_items_without_a_scene_do_not_lend_each_other_their_own_picture():
    items = [replace(item, cluster="") for item in make_items(4)]
    twin = replace(items[0], id="twin")
    donors = find_donors({item.id: item for item in [*items, twin]}, 0)
    assert "twin" != donors["q0"]
    assert donors["twin"] != "q0"
    alone = {item.id: item for item in (items[0], twin)}
    assert find_donors(alone, 0) == {}


def test_one_scene_alone_has_nothing_to_lend():
    skipped = Counter()
    play(seer, make_items(5, scenes=1), [open_stress("other_images")], skipped=skipped)
    assert skipped == {("other_images", "no pictures of another scene"): 5}


def test_frames_vary_the_number_only():
    items = [as_video(item) for item in make_items(3)] + make_items(5)[4:]
    skipped = Counter()
    table, asked = play(reader, items, [open_stress("frames")], skipped=skipped)
    assert skipped == {("frames", "no video"): 1}
    rules = [v.frames for v, _, _ in asked.values() if v.stress == "frames" and v.base.id == "q0"]
    assert [rule.count for rule in rules] == [1, 2, 4, 8, 16, 32, 64, 128]
    assert {rule.method for rule in rules} == {"uniform"}  # one frame is one frame
    found = open_stress("frames").read(table)["settings"]
    assert [row["setting"] for row in found] == ["1", "2", "4", "8", "16", "32", "64", "128"]
    assert {row["n"] for row in found} == {3}


def test_the_prior_sees_texts_only_and_folds_are_base_items():
    test = open_stress("blind_prior")
    assert test.answered_by == "blind:prior"
    items = make_items(4)
    _, asked = play(reader, items, [test])
    variant, _, parts = asked["q1#blind_prior:prior"]
    assert all(isinstance(part, str) for part in parts)
    question = variant.question()
    assert (question.id, question.fold_key) == ("q1#blind_prior:prior", "q1")
    assert (question.text, question.answer) == (items[1].question, items[1].answer)


def test_failed_requests_are_neither_right_nor_wrong():
    items = make_items(10)
    test = open_stress("no_images")
    table, _ = play(reader, items, [test], fail={"q0", "q1#no_images:told"})
    (row,) = test.read(table)["settings"]
    assert (row["items"], row["n"]) == (10, 8)
