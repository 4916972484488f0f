"""3DSRBench in its true layout: shared pictures, the grammar of qid, four settings by hand."""

from __future__ import annotations

import pytest
from benchmark_tables import (
    base64_png,
    check_parts,
    headline_scores,
    png,
    points,
    read_all,
    write_tsv,
)

from sextant.errors import ConventionError, MissingInput
from sextant.evaluation.benchmarks.threedsrbench import BENCHMARK

PROFILES = ("official", "vlmevalkit", "lmms-eval", "strict")


def row(index, qid, options, answer, image, category="location_next_to"):
    columns = dict(zip("ABCD", options, strict=False))
    return {"index": index, "qid": qid, "question": "Where is the bench?", **columns,
            "answer": answer, "category": category, "image": image}  # fmt: skip


ROWS = [
    row(0, "VIN6MS3J", ["left", "right"], "A", base64_png(1)),
    row(1, "VIN6MS3J-1", ["right", "left"], "B", "0"),
    row(2, "VIN6MS3J-flip", ["left", "right"], "B", base64_png(2)),
    row(3, "VIN6MS3J-flip-1", ["right", "left"], "A", "2"),
    row(4, "ABCD1234", ["a", "b", "c", "d"], "C", base64_png(3), "height_higher"),
]


@pytest.fixture
def folder(tmp_path):
    write_tsv(tmp_path / "3dsrbench_v1_vlmevalkit_circular.tsv", ROWS)
    return tmp_path


def test_items_share_the_pictures_they_point_to(folder):
    items, broken = read_all(BENCHMARK, folder)
    assert broken == []
    assert [i.id for i in items] == ["0", "1", "2", "3", "4"]
    assert [i.pictures[0].read() for i in items] == [png(1), png(1), png(2), png(2), png(3)]
    assert [i.cluster for i in items] == ["VIN6MS3J"] * 4 + ["ABCD1234"]
    assert [i.groups["flip"] for i in items] == ["VIN6MS3J", "VIN6MS3J-1"] * 2 + ["ABCD1234"]
    assert [i.groups["circular"] for i in items] == (
        ["VIN6MS3J"] * 2 + ["VIN6MS3J-flip"] * 2 + ["ABCD1234"]
    )
    assert [i.groups["main_category"] for i in items[3:]] == ["location", "height"]
    assert items[4].options == ("a", "b", "c", "d")


@pytest.mark.parametrize("profile", PROFILES)
def test_prompt(folder, profile):
    items, _ = read_all(BENCHMARK, folder)
    check_parts(BENCHMARK, items)
    assert BENCHMARK.prompt(items[1], profile).text == (
        "<image>Question: Where is the bench?\nOptions:\nA. right\nB. left\n"
        "Please select the correct answer from the options above. \n"
    )


def test_settings_by_hand(folder):
    """Right in rows 0, 1, 3 and 4: 4/5, then pairs {0,2} and {1,3}, rotations, everything."""
    items, _ = read_all(BENCHMARK, folder)
    replies = ["A", "B", "A", "A", "C"]
    hits = [BENCHMARK.score(i, r, "strict").points for i, r in zip(items, replies, strict=True)]
    assert hits == [1, 1, 0, 1, 1]
    assert headline_scores(BENCHMARK, items, hits, "vlmevalkit") == {
        "vanilla": 4 / 5, "flip": 2 / 3, "circular": 2 / 3, "flip+circular": 1 / 2,
    }  # fmt: skip


def test_the_first_headline_is_the_profiles_own():
    first = {profile: BENCHMARK.headlines(profile)[0].name for profile in PROFILES}
    assert first == {"official": "circular", "vlmevalkit": "vanilla", "lmms-eval": "vanilla",
                     "strict": "circular"}  # fmt: skip


REPLIES = ("A", "A. left", "The answer is A", "left", "a", "B is wrong, so (A)")
EXPECTED = {
    # can_infer: one letter token; else an option's text; a small letter is neither.
    "official": [1, 1, 1, 1, 0, 0],
    "vlmevalkit": [1, 1, 1, 1, 0, 0],
    # Patterns in order, and a letter that the reply begins with is the first of them.
    "lmms-eval": [1, 1, 1, 0, 0, 0],
    "strict": [1, 1, 1, 1, 1, 1],
}


@pytest.mark.parametrize("profile", PROFILES)
def test_scores(folder, profile):
    items, _ = read_all(BENCHMARK, folder)
    assert points(BENCHMARK, items[0], REPLIES, profile) == EXPECTED[profile]


def test_bad_rows_are_named(tmp_path):
    rows = [
        row(0, "VIN6MS3J", ["left", "right"], "A", base64_png(1)),
        row(1, "short", ["left", "right"], "A", base64_png(1)),
        row(2, "VIN6MS3K", ["left", "right"], "C", base64_png(1)),
        row(3, "VIN6MS3L", ["left", "right"], "", base64_png(1)),
        row(4, "VIN6MS3M", ["left", "right"], "A", "17"),
        row(5, "VIN6MS3N", ["left", "right"], "A", ""),
        row(0, "VIN6MS3P", ["left", "right"], "A", base64_png(1)),
        row(6, "VIN6MS3Q", ["left", "", "right"], "A", base64_png(1)),
    ]
    path = write_tsv(tmp_path / "3DSRBench.tsv", rows)
    items, broken = read_all(BENCHMARK, tmp_path)
    assert [i.id for i in items] == ["0"]
    lines = sorted(int(str(b).split(f"{path}: line ")[1].split()[0]) for b in broken)
    assert lines == [3, 4, 5, 6, 7, 8, 9]
    assert {type(b) for b in broken} == {ConventionError, MissingInput}


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "3dsrbench_v1.csv"
    path.write_text("qid,image,qtype,relation,subject,object1,object2,answer\n")
    with pytest.raises(MissingInput, match="columns are missing: A, B, category, index"):
        read_all(BENCHMARK, path)
