"""ViewSpatial-Bench in its true layouts: glued and whole prompts, the last line's first letter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fixtures import layouts
from fixtures.reading import headline, points, read
from fixtures.tiny_media import picture

from sextant.errors import CorruptInput, MissingInput
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.prompts import parts_of

BENCHMARK = open_benchmark("viewspatial")
PROFILES = ("official", "vlmevalkit", "lmms-eval", "strict")


@pytest.fixture
def items(tmp_path: Path):
    layouts.viewspatial(tmp_path)
    found, broken = read(BENCHMARK, tmp_path)
    assert broken == []
    return found


def test_items(items) -> None:
    counter, giraffe, bin_ = items
    assert [item.id for item in items] == ["0", "1", "2"]
    assert (counter.options, counter.answer) == (("right", "front-up", "back-left", "front"), "A")
    assert (giraffe.options, giraffe.answer) == (("front", "left"), "B")
    assert counter.task == "Camera perspective - Relative Direction"
    assert counter.groups == {"perspective": "Camera perspective", "source": "scannet"}
    assert giraffe.groups == {"perspective": "Person perspective", "source": "coco"}
    # Two scans of a room are one cluster, a photograph is one of its own.
    assert counter.cluster == bin_.cluster == "scene0011"
    assert giraffe.cluster == "ViewSpatial-Bench/val2017/000000104619.jpg"
    assert [p.read() for p in bin_.pictures] == [picture(20), picture(30)]


@pytest.mark.parametrize("clone", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_pictures_are_found_in_clone_and_archives(tmp_path: Path, clone: bool, whole: bool) -> None:
    layouts.viewspatial(tmp_path, clone=clone)
    path = tmp_path / ("eval" if clone else "") / "ViewSpatial-Bench.json"
    found, _ = read(BENCHMARK, tmp_path if whole else path)
    assert found[1].pictures[0].read() == picture(10)


def test_prompts(items) -> None:
    question = "Where is the counter in comparison to the refrigerator?"
    choices = "A. right\nB. front-up\nC. back-left\nD. front"
    tail = "Reply only to the corresponding option.\nAnswer:"
    whole = f"Question: {question}\nChoices: {choices}\n{tail}"
    for profile in ("vlmevalkit", "lmms-eval", "strict"):
        assert BENCHMARK.prompt(items[0], profile).text == whole
    glued = BENCHMARK.prompt(items[0], "official")
    assert glued.text == (
        "Where is the counter in comparison to the refrigerator?A. right\nB. front-up\n"
        "C. back-left\nD. front\nReply only to the corresponding option.\nAnswer:"
    )
    assert glued.max_new_tokens == 128
    assert parts_of(whole, items[2].pictures) == (*items[2].pictures, whole)
    turned = replace(items[1], options=("left", "front"), answer="A")
    assert "Choices: A. left\nB. front\n" in BENCHMARK.prompt(turned, "strict").text


def test_the_table_of_easi(items, tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    layouts.viewspatial_tsv(tmp_path / "v")
    found, broken = read(BENCHMARK, tmp_path / "v")
    assert broken == []
    for ours, theirs in zip(items, found, strict=True):
        assert (ours.id, ours.task, ours.options) == (theirs.id, theirs.task, theirs.options)
        assert (ours.answer, ours.cluster) == (theirs.answer, theirs.cluster)


# What a reply is worth where A (right) is right, as the upstream functions say.
REPLIES = {
    "A": (1, 1, 1, 1),
    "a": (1, 1, 1, 1),
    "A. right": (1, 1, 1, 1),
    "Because of this:\nA. right": (1, 1, 1, 1),
    "A. right\n": (0, 1, 1, 1),  # lmms-eval strips replies when it takes out their reasoning
    "A. right\nI am sure": (0, 1, 0, 1),
    "It is a matter of front, so D": (1, 0, 1, 0),
    "right": (0, 0, 0, 1),
    "D. front": (0, 0, 0, 0),
    "": (0, 0, 0, 0),
}


@pytest.mark.parametrize("reply", REPLIES)
def test_replies(items, reply: str) -> None:
    got = tuple(points(BENCHMARK, items[0], [reply], profile)[0] for profile in PROFILES)
    assert got == REPLIES[reply]


def test_micro(items) -> None:
    for profile in PROFILES:
        score = headline(BENCHMARK, items, {"0": "A", "1": "A", "2": "D"}, profile)
        assert score == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"answer": "E. up"}, "none of the options"),
        ({"answer": "A. left"}, "none of the options"),
        ({"choices": "A. right"}, "wrong number of options"),
        ({"choices": ["A. right", "B. left"]}, "'choices' is no text"),
        ({"image_path": ["..\\x.jpg"]}, "leaves the data folder"),
        ({"image_path": []}, "no picture"),
        ({"question": None}, "'question' is missing"),
    ],
)
def test_broken_records(tmp_path: Path, changes: dict, message: str) -> None:
    rows = [layouts.VIEWSPATIAL[0], {**layouts.VIEWSPATIAL[1], **changes}, layouts.VIEWSPATIAL[2]]
    layouts.write_json(tmp_path / "ViewSpatial-Bench.json", rows)
    found, broken = read(BENCHMARK, tmp_path)
    # Ids are positions, so a broken record does not shift those behind it.
    assert [item.id for item in found] == ["0", "2"]
    assert len(broken) == 1
    assert message in str(broken[0])
    assert "record 1" in str(broken[0])


def test_pictures_that_are_missing_or_none(tmp_path: Path) -> None:
    layouts.viewspatial(tmp_path, pictures=False)
    found, _ = read(BENCHMARK, tmp_path)
    with pytest.raises(MissingInput, match=r"val2017/000000104619\.jpg"):
        found[1].pictures[0].read()
    path = tmp_path / "ViewSpatial-Bench" / "val2017" / "000000104619.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"<html>404</html>")
    found, _ = read(BENCHMARK, tmp_path)
    with pytest.raises(CorruptInput, match=r"not a picture[\s\S]*000000104619\.jpg"):
        found[1].pictures[0].read()


def test_files_that_are_not_this_benchmark(tmp_path: Path) -> None:
    layouts.write_json(tmp_path / "ViewSpatial-Bench.json", [{"question": "x"}])
    with pytest.raises(MissingInput, match="columns are missing: answer, choices, question_type"):
        read(BENCHMARK, tmp_path)
    (tmp_path / "ViewSpatial-Bench.json").write_text('{"a": 1}')
    with pytest.raises(CorruptInput, match="a list of records"):
        read(BENCHMARK, tmp_path)
