"""SITE-Bench in its true layout: two halves in one, marks, chance-adjusted points, guesses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fixtures import layouts
from fixtures.reading import headline, points, read
from fixtures.tiny_media import picture

from sextant.errors import MissingInput
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.items import Item
from sextant.evaluation.prompts import parts_of

BENCHMARK = open_benchmark("site_bench")
PROFILES = ("official", "vlmevalkit", "lmms-eval", "strict")
POST = "Give me the answer letter directly. The best answer is:"


@pytest.fixture
def items(tmp_path: Path):
    layouts.site_bench(tmp_path, media=False)
    found, broken = read(BENCHMARK, tmp_path)
    assert broken == []
    return found


def test_items(items, tmp_path: Path) -> None:
    assert [item.id for item in items] == ["image_0", "image_1", "image_2", "video_0"]
    chairs, nearer, _, car = items
    assert (chairs.task, chairs.options, chairs.answer) == (
        "counting & existence", ("1", "2", "3", "4"), "B",
    )  # fmt: skip
    assert chairs.groups == {"media": "image", "source": "blink"}
    assert len(nearer.pictures) == 2
    assert car.groups == {"media": "video", "source": "ego"}
    assert car.video is not None
    assert car.video.path == tmp_path / "videos" / "ego" / "1.mp4"
    assert car.pictures == ()
    assert car.cluster == "videos/ego/1.mp4"


def test_media_are_read_from_where_they_lie(tmp_path: Path) -> None:
    pytest.importorskip("av")
    layouts.site_bench(tmp_path)
    found, _ = read(BENCHMARK, tmp_path)
    assert found[1].pictures[1].read() == picture(20)
    assert found[3].video.path.is_file()


def test_prompts_of_pictures_first(items) -> None:
    body = f"Question: How many chairs are there?\nOptions:\nA: 1\nB: 2\nC: 3\nD: 4\n{POST}"
    for profile in ("official", "strict"):
        assert BENCHMARK.prompt(items[0], profile).text == f"<image>\n{body}"
    assert BENCHMARK.prompt(items[0], "lmms-eval").text == f"<image>{body}"
    # VLMEvalKit does not strip the question, whose stored text has blanks around it.
    loose = body.replace("How many chairs are there?", " How many chairs are there? ")
    assert BENCHMARK.prompt(items[0], "vlmevalkit").text == f"<image>{loose}"


def test_prompts_with_pictures_inside(items) -> None:
    text = BENCHMARK.prompt(items[1], "official").text
    assert text == (
        "Question: Compare <image> with <image>. Which is nearer?\n"
        f"Options:\nA: first\nB: second\n{POST}"
    )
    one, two = items[1].pictures
    tight = BENCHMARK.prompt(items[1], "vlmevalkit").text
    assert parts_of(tight, items[1].pictures) == (
        "Question: Compare", one, "with", two,
        f". Which is nearer?\nOptions:\nA: first\nB: second\n{POST}",
    )  # fmt: skip
    options = BENCHMARK.prompt(items[2], "strict").text
    assert options == f"Question: Which is it?\nOptions:\nA: <image>\nB: <image>\n{POST}"


def test_prompts_of_videos(items) -> None:
    expected = (
        "Select the best answer to the following multiple-choice question based on the video. "
        "Respond with only the letter of the correct option.\nQuestion: Which way does the car "
        f"go?\nOptions:\nA: left\nB: right\nC: on\n{POST}"
    )
    for profile in PROFILES:
        assert BENCHMARK.prompt(items[3], profile).text == expected


def test_a_question_that_marks_fewer_pictures_than_it_has(items) -> None:
    item = replace(items[1], question="See <image>. Which?")
    text = BENCHMARK.prompt(item, "official").text
    assert text.startswith("Question: See <image><image>. Which?\n")
    assert len(parts_of(text, item.pictures)) == 4


def test_the_tables_of_easi(items, tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    layouts.site_bench_tsv(tmp_path / "v")
    found, broken = read(BENCHMARK, tmp_path / "v")
    assert broken == []
    for ours, theirs in zip(items, found, strict=True):
        assert (ours.id, ours.task, ours.options) == (theirs.id, theirs.task, theirs.options)
        assert (ours.answer, ours.cluster) == (theirs.answer, theirs.cluster)
        assert BENCHMARK.prompt(ours, "vlmevalkit") == BENCHMARK.prompt(theirs, "vlmevalkit")


def test_one_half_alone(tmp_path: Path) -> None:
    layouts.site_bench(tmp_path, media=False)
    video = tmp_path / "video_test" / "test-00000-of-00001.parquet"
    assert [item.id for item in read(BENCHMARK, video)[0]] == ["video_0"]
    video.unlink()
    assert len(read(BENCHMARK, tmp_path)[0]) == 3


# What is found where B of four is right; official and lmms-eval guess where they find nothing.
REPLIES = {
    "B": (1, 1, 1, 1),
    "(B)": (1, 1, 1, 1),
    "B. 2": (1, 1, 1, 1),
    "The best answer is: B": (1, 1, 1, 1),
    "A or B": (1, 0, 1, 0),
    "D": (0, 0, 0, 0),
}


@pytest.mark.parametrize("reply", REPLIES)
def test_points_are_taken_down_by_chance(items, reply: str) -> None:
    got = tuple(points(BENCHMARK, items[0], [reply], profile)[0] for profile in PROFILES)
    assert got == tuple(hit - 0.25 for hit in REPLIES[reply])
    assert BENCHMARK.score(items[0], reply, "strict").weight == 0.75


def test_guesses_are_the_same_every_time_and_say_so(items) -> None:
    for reply in ("", "I cannot tell", "**B**"):
        scored = {BENCHMARK.score(items[0], reply, "official") for _ in range(3)}
        assert len(scored) == 1
        (guess,) = scored
        assert guess.status == "empty"
        assert guess.value in ("A", "B", "C", "D")
    nothing = BENCHMARK.score(items[0], "I see nothing", "vlmevalkit")
    assert (nothing.value, nothing.points) == (None, -0.25)


def test_vlmevalkit_counts_an_unreadable_reply_where_the_truth_is_beyond_f() -> None:
    """It reads the stored answer by a rule that knows A to F, and None equals None."""
    options = tuple("12345678")
    seventh = Item("x", "t", "q", "G", "choice", options)
    assert points(BENCHMARK, seventh, ["no idea", "G", "B"], "vlmevalkit") == pytest.approx(
        [1 - 1 / 8, 1 - 1 / 8, -1 / 8]
    )
    assert points(BENCHMARK, seventh, ["no idea", "G"], "strict") == [-0.125, 0.875]


def test_pooled_by_hand(items) -> None:
    """Options 4, 2, 2, 3; right, wrong, right, right: (3 - 1/4 - 1/2 - 1/2 - 1/3) / (4 - ...)."""
    replies = {"image_0": "B", "image_1": "B", "image_2": "B", "video_0": "C"}
    chance = 1 / 4 + 1 / 2 + 1 / 2 + 1 / 3
    for profile in PROFILES:
        score = headline(BENCHMARK, items, replies, profile)
        assert score == pytest.approx((3 - chance) / (4 - chance))
    wrong = {"image_0": "A", "image_1": "B", "image_2": "A", "video_0": "A"}
    assert headline(BENCHMARK, items, wrong, "strict") == pytest.approx(-chance / (4 - chance))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"answer": "E"}, "none of the options"),
        ({"options": ["one"]}, "wrong number of options"),
        ({"options": None}, "'options' is missing"),
        ({"visual": ["../a.jpg"]}, "leaves the data folder"),
        ({"visual": []}, "shows nothing"),
        ({"question": None}, "'question' is missing"),
    ],
)
def test_broken_records(tmp_path: Path, changes: dict, message: str) -> None:
    rows = [layouts.SITE_IMAGE[0], {**layouts.SITE_IMAGE[1], **changes}, layouts.SITE_IMAGE[2]]
    layouts.write_json(tmp_path / "image_test.json", rows)
    found, broken = read(BENCHMARK, tmp_path)
    assert [item.id for item in found] == ["image_0", "image_2"]
    assert len(broken) == 1
    assert message in str(broken[0])


def test_files_that_are_not_this_benchmark(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="an empty folder"):
        read(BENCHMARK, tmp_path)
    layouts.write_json(tmp_path / "image_test.json", [{"question": "x"}])
    with pytest.raises(MissingInput, match="columns are missing: answer, category"):
        read(BENCHMARK, tmp_path)
