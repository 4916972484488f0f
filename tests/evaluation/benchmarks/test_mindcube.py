"""MindCube in its true layout: the raw-QA prompt, pictures at their marks, translation apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fixtures import layouts
from fixtures.reading import headline, points, read
from fixtures.tiny_media import picture

from sextant.errors import MissingInput
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.prompts import parts_of

TINY, FULL = open_benchmark("mindcube_tiny"), open_benchmark("mindcube")
PROFILES = ("official", "vlmevalkit", "lmms-eval", "strict")

RAW_QA = (
    "[Task]\nYour task is to analyze the spatial arrangement of objects in the scene by examining "
    "the provided images, which show the scene from different viewpoints.\n[Answer Instruction]\n"
    "You only need to provide *ONE* correct answer selecting from the options listed below. For "
    "example, if you think the correct answer is 'A. Above' from 'A. Above B. Under C. Front D. "
    "Behind', your response should **only** be '<answer>A. Above</answer>'.\n\n[Question]\n"
    "Based on these two views: what is to my left? A. Metal bin B. Pathway C. Door D. Wall"
)


@pytest.fixture
def items(tmp_path: Path):
    layouts.mindcube(tmp_path)
    found, broken = read(TINY, tmp_path)
    assert broken == []
    return found


def test_items(items) -> None:
    assert [item.task for item in items] == ["among", "around", "rotation", "translation"]
    among, around, rotation, _ = items
    assert among.options == ("Metal bin", "Pathway", "Door", "Wall")
    assert among.question == "Based on these two views: what is to my left?"
    assert among.cluster == "other_all_image/among/group693"
    assert [p.read() for p in among.pictures] == [picture(0), picture(10)]
    assert (around.options, around.answer, len(around.pictures)) == (("Sink", "Shelf"), "B", 4)
    assert rotation.options == ("Pictures", "Window and brown cabinet", "Green cabinet")


@pytest.mark.parametrize("start", ["", "data", "data/raw", "data/raw/MindCube_tinybench.jsonl"])
def test_any_folder_of_the_archive_will_do(tmp_path: Path, start: str) -> None:
    layouts.mindcube(tmp_path)
    found, broken = read(TINY, tmp_path / start)
    assert broken == []
    assert found[0].pictures[1].read() == picture(10)


def test_the_full_set_is_another_file(tmp_path: Path) -> None:
    layouts.mindcube(tmp_path, name="MindCube.jsonl", pictures=False)
    assert len(read(FULL, tmp_path)[0]) == 4
    with pytest.raises(MissingInput, match="MindCube_tinybench"):
        read(TINY, tmp_path)


def test_prompt_made_as_the_authors_make_it(items) -> None:
    for profile in PROFILES:
        prompt = TINY.prompt(items[0], profile)
        assert prompt.text == RAW_QA
        assert parts_of(prompt.text, items[0].pictures) == (*items[0].pictures, RAW_QA)
    assert TINY.prompt(items[0], "lmms-eval").max_new_tokens == 4096


def test_stored_prompt_with_marks(tmp_path: Path) -> None:
    layouts.mindcube_tsv(tmp_path)
    found, broken = read(TINY, tmp_path)
    assert broken == []
    item = found[0]
    assert (item.id, item.task, item.answer) == ("0", "among", "A")
    assert item.options == ("Metal bin", "Pathway", "Door", "Wall")
    head = "[Task]\nLook, e.g. 'A. Above' from 'A. Above B. Under'.\n\n[Question]\n"
    tail = "Based on these two views: what is to my left? A. Metal bin B. Pathway C. Door D. Wall"
    assert TINY.prompt(item, "official").text == f"{head}<image>\n<image>\n{tail}"
    for profile in ("vlmevalkit", "lmms-eval"):
        text = TINY.prompt(item, profile).text
        assert text == f"{head.rstrip()}<image><image>{tail}"
        one, two = item.pictures
        assert parts_of(text, item.pictures) == (head.rstrip(), one, two, tail)


def test_options_in_another_order(items) -> None:
    turned = replace(items[0], options=("Pathway", "Door", "Wall", "Metal bin"), answer="D")
    expected = RAW_QA.replace(
        "A. Metal bin B. Pathway C. Door D. Wall", "A. Pathway B. Door C. Wall D. Metal bin"
    )
    assert TINY.prompt(turned, "strict").text == expected
    other = replace(items[0], question="And now?")
    assert TINY.prompt(other, "strict").text.endswith(
        "[Question]\nAnd now? A. Metal bin B. Pathway C. Door D. Wall"
    )


# What a reply is worth where A (the metal bin) is right, as the upstream functions say.
REPLIES = {
    "<answer>A. Metal bin</answer>": (1, 1, 1, 1),
    "A. Metal bin": (1, 1, 1, 1),
    "A": (1, 1, 1, 1),
    "a": (0, 1, 0, 1),
    "Not C. It is A. Clearly": (1, 0, 1, 1),
    "A. Metal bin, seen from point E.": (0, 1, 0, 1),
    "<think>B. or A.</think><answer>A. Metal bin</answer>": (1, 1, 1, 1),
    "D. Wall": (0, 0, 0, 0),
    "": (0, 0, 0, 0),
}


@pytest.mark.parametrize("reply", REPLIES)
def test_replies(items, reply: str) -> None:
    got = tuple(points(TINY, items[0], [reply], profile)[0] for profile in PROFILES)
    assert got == REPLIES[reply]


def test_the_authors_leave_translation_out(items) -> None:
    replies = {item.id: f"{item.answer}." for item in items}
    replies[items[0].id] = "C."
    by_rule = {"official": 2 / 3, "strict": 2 / 3, "vlmevalkit": 3 / 4, "lmms-eval": 3 / 4}
    for profile, expected in by_rule.items():
        assert headline(TINY, items, replies, profile) == pytest.approx(expected)
        other = headline(TINY, items, replies, profile, number=1)
        assert other == pytest.approx({2 / 3: 3 / 4, 3 / 4: 2 / 3}[expected])


def test_paths_of_the_authors_disks(tmp_path: Path) -> None:
    path = layouts.MINDCUBE[0]["images"][0]
    for prefix in ("D:\\data\\MindCube_image\\", "/home/author/MindCube_image/"):
        row = {**layouts.MINDCUBE[0], "images": [prefix + path, path]}
        layouts.write_jsonl(tmp_path / "raw" / "MindCube_tinybench.jsonl", [row])
        (item,), broken = read(TINY, tmp_path)
        assert broken == []
        assert item.pictures[0].name == path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"question": "What is there?"}, "lists no options"),
        ({"gt_answer": "E"}, "none of the options"),
        ({"images": []}, "'images' is empty"),
        ({"images": ["../../etc/passwd"]}, "leaves the data folder"),
        ({"images": ["/etc/passwd"]}, "leaves the data folder"),
        ({"images": [3, None]}, "not a list of texts"),
        ({"id": "among_group693_q1_2_1"}, "two rows have the same id"),
        ({"id": ""}, "'id' is empty"),
    ],
)
def test_broken_records(tmp_path: Path, changes: dict, message: str) -> None:
    rows = [layouts.MINDCUBE[0], {**layouts.MINDCUBE[1], **changes}]
    layouts.write_jsonl(tmp_path / "raw" / "MindCube_tinybench.jsonl", rows)
    found, broken = read(TINY, tmp_path)
    assert [item.id for item in found] == ["among_group693_q1_2_1"]
    assert len(broken) == 1
    assert message in str(broken[0])
    assert "line 2" in str(broken[0])


def test_a_missing_picture_is_named_when_it_is_read(tmp_path: Path) -> None:
    layouts.mindcube(tmp_path, pictures=False)
    found, broken = read(TINY, tmp_path)
    assert broken == []
    with pytest.raises(MissingInput, match=r"other_all_image/among/group693/front\.jpg"):
        found[0].pictures[0].read()
