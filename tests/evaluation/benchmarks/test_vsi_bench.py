"""VSI-Bench in its true layout: subsets, prompts to the letter, four rules, the macro rule."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fixtures import layouts
from fixtures.reading import headline, points, read

from sextant.errors import MissingInput, RecipeError
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.prompts import parts_of
from sextant.evaluation.video import clip_of
from sextant.models.messages import Picture

FULL, DEBIASED, PRUNED = (
    open_benchmark(name) for name in ("vsi_bench", "vsi_bench_debiased", "vsi_bench_pruned")
)
PROFILES = ("official", "vlmevalkit", "lmms-eval", "strict")


@pytest.fixture
def items(tmp_path: Path):
    layouts.vsi_bench(tmp_path)
    found, broken = read(FULL, tmp_path)
    assert broken == []
    return found


def test_items(items, tmp_path: Path) -> None:
    assert [item.id for item in items] == [str(k) for k in range(10)]
    count, distance, size, room, nearest = items[:5]
    assert (count.task, count.value, count.unit) == ("object_counting", 4.0, "count")
    assert (distance.value, distance.unit) == (2.0, "m")
    assert (size.value, size.unit) == (180.0, "cm")
    assert (room.value, room.unit) == (24.5, "m2")
    assert (nearest.options, nearest.answer) == (("sofa", "stove", "table", "chair"), "C")
    assert nearest.answer_type == "choice"
    assert count.answer_type == "number"
    assert distance.video.path == tmp_path / "scannet" / "scene0011_00.mp4"
    # Two scans of one room are one cluster; other sources have no rescans in their names.
    assert distance.cluster == size.cluster == "scannet/scene0011"
    assert room.cluster == "scannetpp/0a7cc12c0e"
    assert room.groups == {"source": "scannetpp", "object": ""}


def test_prompts_of_numbers(items) -> None:
    frames = "These are frames of a video."
    question = "How many table(s) are in this room?"
    official = f"{frames}\n{question}\nPlease answer the question using a single word or phrase."
    assert FULL.prompt(items[0], "official").text == official
    assert FULL.prompt(items[0], "lmms-eval").text == official
    assert FULL.prompt(items[0], "strict").text == official
    assert FULL.prompt(items[0], "vlmevalkit").text == (
        f"{frames}\n{question}\nAnswer briefly and directly in one float number."
    )


def test_prompts_of_choices(items) -> None:
    official = (
        "These are frames of a video.\nWhich is closest to the tv?\nOptions:\nA. sofa\nB. stove\n"
        "C. table\nD. chair\nAnswer with the option's letter from the given choices directly."
    )
    for profile in ("official", "lmms-eval", "strict"):
        assert FULL.prompt(items[4], profile).text == official
    assert FULL.prompt(items[4], "vlmevalkit").text == official.replace("Options:\n", "")
    turned = replace(items[4], options=("stove", "table", "chair", "sofa"))
    assert "A. stove\nB. table\nC. chair\nD. sofa\n" in FULL.prompt(turned, "official").text


def test_token_limits_and_frames(items) -> None:
    limits = {profile: FULL.prompt(items[0], profile).max_new_tokens for profile in PROFILES}
    assert limits == {"official": 16, "lmms-eval": 16, "vlmevalkit": 1024, "strict": 1024}
    assert all(FULL.frames(profile).count == 32 for profile in PROFILES)
    assert FULL.frames("vlmevalkit").method == "uniform_tail"


@pytest.mark.parametrize("parquet", [False, True])
def test_subsets_are_the_two_halves(tmp_path: Path, parquet: bool) -> None:
    layouts.vsi_bench(tmp_path, parquet=parquet)
    ids = {b.name: [i.id for i in read(b, tmp_path)[0]] for b in (FULL, DEBIASED, PRUNED)}
    assert ids["vsi_bench_pruned"] == ["0", "4", "9"]
    assert ids["vsi_bench_debiased"] == ["1", "2", "3", "5", "6", "7", "8"]
    assert sorted(ids["vsi_bench"]) == [str(k) for k in range(10)]


def test_a_subset_needs_to_know_what_is_pruned(tmp_path: Path) -> None:
    layouts.vsi_bench(tmp_path)
    (tmp_path / "pruned_ids.txt").unlink()
    with pytest.raises(MissingInput, match=r"pruned[\s\S]*pruned_ids\.txt"):
        read(DEBIASED, tmp_path)
    assert len(read(FULL, tmp_path)[0]) == 10


def test_the_table_of_vlmevalkit_holds_the_same(items, tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    layouts.vsi_bench_tsv(tmp_path / "v")
    found, broken = read(FULL, tmp_path / "v")
    assert broken == []
    for ours, theirs in zip(items, found, strict=True):
        assert (ours.id, ours.task, ours.question) == (theirs.id, theirs.task, theirs.question)
        assert (ours.options, ours.answer, ours.value) == (
            theirs.options, theirs.answer, theirs.value,
        )  # fmt: skip
        assert (ours.cluster, ours.video.name) == (theirs.cluster, theirs.video.name)
        assert FULL.prompt(ours, "vlmevalkit") == FULL.prompt(theirs, "vlmevalkit")


# Worth of replies to a distance of 2 m, from the upstream rules: the official one takes the first
# token, VLMEvalKit the last number, lmms-eval the first; 2.16 is off by 8 %, 3 by 50 %.
NUMBERS = {
    "2.0": (1, 1, 1, 1),
    "2.16": (0.9, 0.9, 0.9, 0.9),
    "3": (0.1, 0.1, 0.1, 0.1),
    "3.1": (0, 0, 0, 0),
    "2.0 meters": (1, 1, 1, 1),
    "About 2 m": (0, 1, 1, 1),
    "200 cm": (0, 0, 0, 1),
    "two": (0, 1, 1, 1),
    "2 or 3": (1, 0.1, 1, 0),
    "The table is 1 m wide, so the distance is 2 m": (0, 1, 0.1, 1),
    "<think>3?</think>2": (0, 1, 1, 1),
    "": (0, 0, 0, 0),
}


@pytest.mark.parametrize("reply", NUMBERS)
def test_numbers(items, reply: str) -> None:
    got = tuple(points(FULL, items[1], [reply], profile)[0] for profile in PROFILES)
    assert got == pytest.approx(NUMBERS[reply])


# Worth of replies where C (the table, of four) is right.
LETTERS = {
    "C": (1, 1, 1, 1),
    "c": (1, 1, 1, 1),
    "C.": (1, 1, 1, 1),
    "C. table": (1, 1, 1, 1),
    "The answer is C": (0, 1, 0, 1),
    "(C)": (0, 1, 0, 1),
    "**C**": (0, 1, 0, 1),
    "table": (0, 0, 0, 1),
    "A": (0, 0, 0, 0),
    "<think>A or C</think>\nC": (0, 1, 1, 1),
    "": (0, 0, 0, 0),
}


@pytest.mark.parametrize("reply", LETTERS)
def test_letters(items, reply: str) -> None:
    got = tuple(points(FULL, items[4], [reply], profile)[0] for profile in PROFILES)
    assert got == LETTERS[reply]


def test_spans_are_places_in_the_whole_reply(items) -> None:
    reply = "<think>A or C</think>\nC"
    for profile in ("lmms-eval", "strict"):
        scored = FULL.score(items[4], reply, profile)
        assert scored.span is not None
        assert reply[slice(*scored.span)] == "C"
        assert scored.span[0] > 10


def test_macro_by_hand(items) -> None:
    """Numbers 1, 1, 0, 0.9; letters: distance 1, directions 1, 0, 0, route 0, order 1."""
    replies = {
        **{"0": "4", "1": "2", "2": "900", "3": "26.46", "4": "C"},
        **{"5": "A", "6": "A", "7": "A", "8": "C", "9": "B"},
    }
    tasks = [1, 1, 0, 0.9, 1, (1 + 0 + 0) / 3, 0, 1]
    for profile in PROFILES:
        assert headline(FULL, items, replies, profile) == pytest.approx(sum(tasks) / 8)
        micro = headline(FULL, items, replies, profile, number=1)
        assert micro == pytest.approx((1 + 1 + 0 + 0.9 + 1 + 1 + 0 + 0 + 0 + 1) / 10)


def test_vlmevalkit_keeps_directions_apart_unless_all_are_there(items) -> None:
    replies = {item.id: item.answer for item in items} | {"5": "B"}
    some = [items[0], items[5], items[6]]  # counting 1, easy 0, medium 1
    assert headline(FULL, some, replies, "official") == pytest.approx((1 + 0.5) / 2)
    assert headline(FULL, some, replies, "vlmevalkit") == pytest.approx((1 + 0 + 1) / 3)
    assert headline(FULL, items, replies, "vlmevalkit") == headline(
        FULL, items, replies, "official"
    )


def test_frames_of_a_real_video_reach_the_prompt(tmp_path: Path) -> None:
    pytest.importorskip("av")
    layouts.vsi_bench(tmp_path, videos=True)
    item = read(FULL, tmp_path)[0][0]
    clip = clip_of(item.video, FULL.frames("lmms-eval"), tmp_path / "cache")
    assert len(clip.frames) == 21
    prompt = FULL.prompt(item, "official").text
    assert parts_of(prompt, clip=clip) == (clip, prompt)
    as_images = parts_of(prompt, clip=clip, frame_path="images")
    assert [isinstance(part, Picture) for part in as_images] == [True] * 21 + [False]


def broken_record(changes: dict) -> dict:
    return {**layouts.VSI[4], **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"question_type": "object_colour"}, "unknown question type"),
        ({"ground_truth": "E"}, "none of the options"),
        ({"options": None}, "'options' is missing"),
        ({"options": "A. one"}, "not a list"),
        ({"options": ["A. one"]}, "wrong number of options"),
        ({"scene_name": "../../secret"}, "leaves the data folder"),
        ({"question": None}, "'question' is missing"),
        ({"question": 5}, "'question' is no text"),
        ({"question_type": "object_counting", "ground_truth": "many"}, "true value is no number"),
        ({"question_type": "object_counting", "ground_truth": float("nan")}, "no number"),
        ({"id": 0}, "two rows have the same id"),
    ],
)
def test_broken_records_are_left_out_and_told(tmp_path: Path, changes: dict, message: str) -> None:
    records = [layouts.VSI[0], {**broken_record({"id": 77}), **changes}, layouts.VSI[5]]
    layouts.write_jsonl(tmp_path / "test.jsonl", records)
    found, broken = read(FULL, tmp_path)
    assert [item.id for item in found] == ["0", "5"]
    assert len(broken) == 1
    assert message in str(broken[0])
    assert "line 2" in str(broken[0])


def test_files_that_are_not_this_benchmark(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="an empty folder"):
        read(FULL, tmp_path)
    (tmp_path / "test.jsonl").write_text(json.dumps({"id": 1, "question": "x"}) + "\n")
    with pytest.raises(MissingInput, match=r"columns are missing: dataset, ground_truth, options"):
        read(FULL, tmp_path)


def test_unknown_profiles(items) -> None:
    with pytest.raises(RecipeError, match="official, vlmevalkit, lmms-eval, strict"):
        FULL.prompt(items[0], "oficial")
    with pytest.raises(RecipeError):
        FULL.score(items[0], "1", "")
