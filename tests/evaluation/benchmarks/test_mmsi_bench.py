"""MMSI-Bench in its true layout: options inside the question, prompts to the letter, four rules."""

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

BENCHMARK = open_benchmark("mmsi_bench")
PROFILES = ("official", "vlmevalkit", "lmms-eval", "strict")
POST = (
    "Answer with the option's letter from the given choices directly. "
    "Enclose the option's letter within ``."
)
STORED = (
    "The images are taken continuously. In which direction do you turn?\n"
    "Options: A: Left, B: Right, C: Up, D: Down"
)


@pytest.fixture
def items(tmp_path: Path):
    layouts.mmsi_bench(tmp_path)
    found, broken = read(BENCHMARK, tmp_path)
    assert broken == []
    return found


def test_items(items) -> None:
    turn, steps, lamp = items
    assert turn.options == ("Left", "Right", "Up", "Down")
    assert turn.question == "The images are taken continuously. In which direction do you turn?"
    assert (turn.answer, turn.task, turn.groups) == ("B", "Motion (Cam.)", {"kind": "Motion"})
    assert [p.read() for p in turn.pictures] == [picture(1), picture(2)]
    # Letters in the question itself are no options.
    assert steps.options == ("North, of it", "South", "East", "West")
    assert steps.question == "You stand at A: the door. Where is B: the desk?"
    assert len(steps.pictures) == 3
    # The data once had another dash in the names of tasks.
    assert lamp.task == "Positional Relationship (Cam.–Obj.)"


def test_prompts(items) -> None:
    assert BENCHMARK.prompt(items[0], "official").text == f"{STORED}\n{POST}"
    assert BENCHMARK.prompt(items[0], "strict").text == f"{STORED}\n{POST}"
    assert BENCHMARK.prompt(items[0], "lmms-eval").text == f"{STORED}\n{POST}"
    assert BENCHMARK.prompt(items[0], "lmms-eval").max_new_tokens == 2048
    assert BENCHMARK.prompt(items[0], "vlmevalkit").text == (
        "The images are taken continuously. In which direction do you turn?\n"
        f"Options: A: Left, B: Right, C: Up, D: Down, \n{POST}"
    )
    text = BENCHMARK.prompt(items[1], "official").text
    assert text == layouts.MMSI[1]["question"] + "\n" + POST
    parts = parts_of(text, items[1].pictures)
    assert parts == (*items[1].pictures, text)


def test_options_in_another_order(items) -> None:
    turned = replace(items[0], options=("Right", "Up", "Down", "Left"), answer="A")
    for profile in PROFILES:
        text = BENCHMARK.prompt(turned, profile).text
        assert "\nOptions: A: Right, B: Up, C: Down, D: Left" in text
        assert text.count("Left") == 1
    other = replace(items[0], question="Which way?")
    assert BENCHMARK.prompt(other, "official").text == (
        f"Which way?\nOptions: A: Left, B: Right, C: Up, D: Down\n{POST}"
    )


def test_the_table_of_easi(tmp_path: Path) -> None:
    layouts.mmsi_bench_tsv(tmp_path)
    (turn, where), broken = read(BENCHMARK, tmp_path)
    assert broken == []
    assert (turn.id, turn.task, turn.answer) == ("0", "Motion (Cam.)", "B")
    assert [p.read() for p in turn.pictures] == [picture(1), picture(2)]
    assert where.options == ("North", "South")
    assert BENCHMARK.prompt(turn, "vlmevalkit").text == (
        f"In which direction do you turn?\nOptions: A: Left, B: Right, C: Up, D: Down, \n{POST}"
    )
    assert BENCHMARK.prompt(turn, "official").text == (
        f"In which direction do you turn?\nOptions: A: Left, B: Right, C: Up, D: Down\n{POST}"
    )


# What a reply is worth where B is right, as the upstream functions say.
REPLIES = {
    "``B``": (1, 1, 1, 1),
    "`B`": (1, 1, 1, 1),
    "{B}": (1, 1, 1, 1),
    "B": (1, 1, 1, 1),
    "b": (0, 1, 1, 1),
    "B: Right": (1, 1, 1, 1),
    "The answer is ``B``, not A.": (1, 0, 1, 1),
    "A camera turned right, so B": (1, 0, 1, 1),
    "Right": (0, 0, 0, 1),
    "``A``": (0, 0, 0, 0),
    "": (0, 0, 0, 0),
}


@pytest.mark.parametrize("reply", REPLIES)
def test_replies(items, reply: str) -> None:
    got = tuple(points(BENCHMARK, items[0], [reply], profile)[0] for profile in PROFILES)
    assert got == REPLIES[reply]


def test_micro(items) -> None:
    replies = {"0": "``B``", "1": "``A``", "2": "``A``"}
    for profile in PROFILES:
        assert headline(BENCHMARK, items, replies, profile) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"question": "No options at all?"}, "lists no options"),
        ({"answer": "E"}, "none of the options"),
        ({"answer": None}, "'answer' is missing"),
        ({"images": []}, "no picture"),
        ({"id": 0}, "two rows have the same id"),
    ],
)
def test_broken_records(tmp_path: Path, changes: dict, message: str) -> None:
    broken_row = {**layouts.MMSI[1], **changes}
    layouts.write_parquet(tmp_path / "MMSI_Bench.parquet", [layouts.MMSI[0], broken_row])
    found, broken = read(BENCHMARK, tmp_path)
    assert [item.id for item in found] == ["0"]
    assert len(broken) == 1
    assert message in str(broken[0])
    assert "row 1" in str(broken[0])


def test_bytes_that_are_no_picture(tmp_path: Path) -> None:
    row = {**layouts.MMSI[0], "images": [b"<html>not found</html>", b"\x89PNG"]}
    layouts.write_parquet(tmp_path / "MMSI_Bench.parquet", [row])
    (item,), _ = read(BENCHMARK, tmp_path)
    for shown in item.pictures:
        with pytest.raises(Exception, match=r"not a picture[\s\S]*0-"):
            shown.read()


def test_files_that_are_not_this_benchmark(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"MMSI_Bench\.parquet"):
        read(BENCHMARK, tmp_path)
    layouts.write_parquet(tmp_path / "MMSI_Bench.parquet", [{"id": 1, "question": "x"}])
    with pytest.raises(MissingInput, match="columns are missing: answer, images, question_type"):
        read(BENCHMARK, tmp_path)
