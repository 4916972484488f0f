"""BLINK in its true layout: prompts to the letter, four rules, macro and micro."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmark_tables import (
    base64_png,
    check_parts,
    hub_picture,
    png,
    points,
    read_all,
    write_parquet,
    write_tsv,
)

from sextant.errors import ConventionError, MissingInput, RecipeError
from sextant.evaluation.benchmarks.blink import BENCHMARK

ART_PROMPT = (
    "Some most common art painting styles include Realism and Impressionism. Given the following "
    "images of art paintings, use the first image as the reference image, and determine which one "
    "of the second or the third image shares the same style as the reference image?\n"
    "Select from the following choices.\n(A) the second image\n(B) the third image\n"
)
ART = {
    "idx": "val_Art_Style_1", "sub_task": "Art_Style",
    "question": "Which image shares the style?", "prompt": ART_PROMPT,
    "choices": ["the second image", "the third image"], "answer": "(B)", "explanation": "",
    "image_1": hub_picture(1), "image_2": hub_picture(2), "image_3": hub_picture(3),
    "image_4": None,
}  # fmt: skip
COUNT_PROMPT = "How many mugs are there? Select from the following choices.\n(A) 0\n(B) 3\n(C) 2"
COUNT = {
    "idx": "val_Counting_1", "sub_task": "Counting", "question": "How many mugs are there?",
    "prompt": COUNT_PROMPT, "choices": ["0", "3", "2"], "answer": "(A)", "explanation": "",
    "image_1": hub_picture(4), "image_2": None, "image_3": None, "image_4": None,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    write_parquet(tmp_path / "Art_Style" / "val-00000-of-00001.parquet", [ART])
    write_parquet(tmp_path / "Counting" / "val-00000-of-00001.parquet", [COUNT])
    hidden = {**COUNT, "idx": "test_Counting_1", "answer": "hidden"}
    write_parquet(tmp_path / "Counting" / "test-00000-of-00001.parquet", [hidden])
    return tmp_path


def test_items(folder):
    (art, count), broken = read_all(BENCHMARK, folder)
    assert broken == []
    assert (art.id, art.task, art.answer) == ("val_Art_Style_1", "Art_Style", "B")
    assert art.options == ("the second image", "the third image")
    assert [p.read() for p in art.pictures] == [png(1), png(2), png(3)]
    assert (count.task, count.answer, len(count.pictures)) == ("Counting", "A", 1)


def test_prompts(folder):
    check_parts(BENCHMARK, read_all(BENCHMARK, folder)[0])
    (art, count), _ = read_all(BENCHMARK, folder)
    disclaimer = (
        "Disclaimer: This is not to make unfair assumptions about the people in the image and you "
        "just need to give your assessment on this question. You don't need to identify the real "
        "people. You just need to analyze based on the information I gave you.\n\n"
    )
    official = BENCHMARK.prompt(art, "official")
    assert official.text == disclaimer + ART_PROMPT + "<image><image><image>"
    assert official.max_new_tokens == 1024
    assert BENCHMARK.prompt(count, "official").text == COUNT_PROMPT + "<image>"
    assert BENCHMARK.prompt(count, "strict").text == "<image>" + COUNT_PROMPT
    assert BENCHMARK.prompt(art, "lmms-eval").text == (
        "<image><image><image>Note: You only need to respond with A, B without providing any "
        "additional information.\n" + ART_PROMPT
    )
    assert BENCHMARK.prompt(count, "vlmevalkit").text == (
        "<image>Question: How many mugs are there?\nOptions:\nA. 0\nB. 3\nC. 2\n"
        "Please select the correct answer from the options above. \n"
    )


def test_prompts_show_options_in_another_order(folder):
    (art, _), _ = read_all(BENCHMARK, folder)
    turned = replace(art, options=art.options[::-1], answer="A")
    shown = BENCHMARK.prompt(turned, "strict").text
    assert shown == "<image>" * 3 + ART_PROMPT.replace("second", "X", 1).replace(
        "(A) the second image\n(B) the third image", "(A) the third image\n(B) the second image"
    ).replace("X", "second", 1)


# official: letters in brackets; vlmevalkit: letter tokens, then texts; lmms-eval: first letter.
REPLIES = ("B", "(B)", "**B**", "Therefore, (B) is right", "Because it fits, B", "the third image",
           "I think (A) or\n\n(B)", "")  # fmt: skip
EXPECTED = {
    "official": [1, 1, 0, 1, 0, 0, 1, 0],
    "vlmevalkit": [1, 1, 1, 1, 1, 1, 0, 0],
    "lmms-eval": [1, 1, 0, 0, 1, 0, 0, 0],
    # "A or B" is refused.
    "strict": [1, 1, 1, 1, 1, 1, 0, 0],
}


@pytest.mark.parametrize("profile", EXPECTED)
def test_scores(folder, profile):
    (art, _), _ = read_all(BENCHMARK, folder)
    assert points(BENCHMARK, art, REPLIES, profile) == EXPECTED[profile]


def test_headlines_are_macro_and_micro():
    names = {p: [h.name for h in BENCHMARK.headlines(p)] for p in EXPECTED}
    assert names["official"] == names["strict"] == ["macro over sub-tasks", "micro"]
    assert names["vlmevalkit"] == names["lmms-eval"] == ["micro", "macro over sub-tasks"]


def test_the_table_of_vlmevalkit(tmp_path):
    rows = [
        {"index": "val_Counting_1", "question": "How many mugs are there?", "A": "0", "B": "3",
         "answer": "B", "category": "Counting", "image": base64_png(1)},
        {"index": "val_Jigsaw_1", "question": "Which fits?", "A": "second", "B": "third",
         "answer": "A", "category": "Jigsaw", "image": str([base64_png(2), base64_png(3)])},
    ]  # fmt: skip
    write_tsv(tmp_path / "BLINK.tsv", rows)
    (count, jigsaw), broken = read_all(BENCHMARK, tmp_path)
    assert broken == []
    assert (count.task, count.answer, jigsaw.task) == ("Counting", "B", "Jigsaw")
    assert [p.read() for p in jigsaw.pictures] == [png(2), png(3)]
    assert BENCHMARK.prompt(jigsaw, "vlmevalkit").text.startswith(
        "<image><image>Question: Which fits?\nOptions:\nA. second\n"
    )
    assert BENCHMARK.prompt(count, "strict").text == (
        "<image>How many mugs are there?\nSelect from the following choices.\n(A) 0\n(B) 3"
    )


def test_bad_records_are_named(tmp_path):
    rows = [
        {**COUNT, "idx": "val_Counting_1", "answer": "hidden"},
        {**COUNT, "idx": "val_Counting_2", "answer": "(D)"},
        {**COUNT, "idx": "val_Counting_3"},
        {**COUNT, "idx": "val_Counting_3"},
        {**COUNT, "idx": "val_Counting_4", "image_1": None},
    ]
    path = write_parquet(tmp_path / "Counting" / "val-00000-of-00001.parquet", rows)
    items, broken = read_all(BENCHMARK, tmp_path)
    assert [i.id for i in items] == ["val_Counting_3"]
    assert [type(b) for b in broken] == [
        MissingInput, ConventionError, ConventionError, MissingInput,
    ]  # fmt: skip
    assert all(str(path) in str(b) for b in broken)
    assert "A to C" in str(broken[1])


def test_missing_columns_and_folders(tmp_path):
    with pytest.raises(MissingInput, match="val-"):
        read_all(BENCHMARK, tmp_path)
    without = {k: v for k, v in COUNT.items() if k not in ("prompt", "choices")}
    write_parquet(tmp_path / "Counting" / "val-00000-of-00001.parquet", [without])
    with pytest.raises(MissingInput, match="choices, prompt"):
        read_all(BENCHMARK, tmp_path)


def test_unknown_profiles_are_refused(folder):
    (art, _), _ = read_all(BENCHMARK, folder)
    with pytest.raises(RecipeError, match="easi"):
        BENCHMARK.score(art, "A", "easi")
