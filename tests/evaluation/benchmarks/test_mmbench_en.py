"""MMBench DEV EN: both harnesses' prompts, and right only in all rotations."""

from __future__ import annotations

import pytest
from benchmark_tables import base64_png, check_parts, points, read_all, write_tsv

from sextant.errors import MissingInput
from sextant.evaluation.benchmarks.mmbench_en import BENCHMARK

ROWS = [
    {"index": 241, "question": "What is right?", "hint": "Read the text.", "A": "one", "B": "two",
     "C": "three", "D": "four", "answer": "C", "category": "ocr",
     "l2-category": "finegrained_perception", "split": "dev", "image": base64_png(1)},
    {"index": 1_000_241, "question": "What is right?", "hint": "Read the text.", "A": "four",
     "B": "one", "C": "two", "D": "three", "answer": "D", "category": "ocr",
     "l2-category": "finegrained_perception", "split": "dev", "image": "241"},
    {"index": 300, "question": "Cat or dog?", "hint": "", "A": "cat", "B": "dog", "answer": "A",
     "category": "identity_reasoning", "l2-category": "attribute_reasoning", "split": "dev",
     "image": base64_png(2)},
]  # fmt: skip


@pytest.fixture
def items(tmp_path):
    write_tsv(tmp_path / "MMBench_DEV_EN.tsv", ROWS)
    found, broken = read_all(BENCHMARK, tmp_path)
    assert broken == []
    return found


def test_items(items):
    assert [i.task for i in items] == ["ocr", "ocr", "identity_reasoning"]
    assert [(i.groups["rotations_of"], i.groups["rotation"]) for i in items] == [
        ("241", "0"), ("241", "1"), ("300", "0"),
    ]  # fmt: skip


def test_prompts(items):
    check_parts(BENCHMARK, items)
    kit = (
        "<image>Hint: Read the text.\nQuestion: What is right?\nOptions:\nA. one\nB. two\nC. three"
        "\nD. four\nPlease select the correct answer from the options above. \n"
    )
    for profile in ("official", "vlmevalkit", "strict"):
        assert BENCHMARK.prompt(items[0], profile).text == kit
    assert BENCHMARK.prompt(items[0], "lmms-eval").text == (
        "<image>Read the text. What is right? There are several options:\nA. one\nB. two\n"
        "C. three\nD. four\n\nAnswer with the option's letter from the given choices directly."
    )
    assert BENCHMARK.prompt(items[2], "lmms-eval").text == (
        "<image>Cat or dog? There are several options:\nA. cat\nB. dog\n\n"
        "Answer with the option's letter from the given choices directly."
    )


REPLIES = ("C", "C. three", "three", "The answer is C", "It is not D, it is C", "c")
EXPECTED = {
    "official": [1, 1, 1, 1, 0, 0],
    "vlmevalkit": [1, 1, 1, 1, 0, 0],
    "strict": [1, 1, 1, 1, 1, 1],
}


@pytest.mark.parametrize("profile", EXPECTED)
def test_scores(items, profile):
    assert points(BENCHMARK, items[0], REPLIES, profile) == EXPECTED[profile]


def test_lmms_eval_reads_more_without_its_judge(items):
    # Its static rule takes a letter that the reply ends with, where can_infer found none.
    assert points(BENCHMARK, items[0], ("C", "three", "D? No: C"), "lmms-eval") == [1, 1, 1]


def test_headline_is_circular():
    assert [h.name for h in BENCHMARK.headlines("official")] == [
        "circular", "vanilla, unrotated rows", "vanilla, all rows",
    ]  # fmt: skip


def test_the_test_set_has_no_answers(tmp_path):
    rows = [{k: v for k, v in row.items() if k != "answer"} for row in ROWS]
    write_tsv(tmp_path / "MMBench_DEV_EN.tsv", rows)
    with pytest.raises(MissingInput, match="answer"):
        read_all(BENCHMARK, tmp_path)
