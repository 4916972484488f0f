from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from corpora import CHOICE, build, head, number

from sextant.errors import CorruptInput, OutputError, RecipeError
from sextant.samples.export import ExportCounts, export_sharegpt, read_sharegpt, sharegpt_row
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter


def corpus(root: Path, samples: list[Sample]) -> CorpusStore:
    writer = CorpusWriter(root, head(shards=1))
    writer.shard(0).commit(samples, [], {})
    writer.finish()
    return CorpusStore.open(root)


def test_a_row_is_exactly_what_was_released() -> None:
    images = ("images/ab/1.png", "images/ab/2.png")
    row = sharegpt_row(7, replace(CHOICE, images=images, question="<image>\n<image>\nWhich?"))
    assert json.dumps(row) == json.dumps(
        {
            "id": 7,
            "image": ["images/ab/1.png", "images/ab/2.png"],
            "conversations": [
                {
                    "from": "human",
                    "value": "<image>\n<image>\nWhich?\nOptions:\nA. table\nB. lamp\nC. sofa\n"
                    "Answer with the option's letter from the given choices directly.",
                },
                {"from": "gpt", "value": "B"},
            ],
        }
    )


def test_a_sample_without_images_has_an_empty_list_and_rationale_and_turns_are_kept() -> None:
    turns = '[{"from": "human", "value": "And?"}, {"from": "gpt", "value": "2"}]'
    row = sharegpt_row(0, number(rationale="Because.", turns=turns))
    assert row["image"] == []
    values = [turn["value"] for turn in row["conversations"]]
    assert values[1:] == ["<think>Because.</think>\n<answer>1.3</answer>", "And?", "2"]


def test_only_the_asked_splits_are_written_and_the_others_counted(tmp_path: Path) -> None:
    build(tmp_path / "c")
    store = CorpusStore.open(tmp_path / "c")
    out = tmp_path / "train.jsonl"
    assert export_sharegpt(store, out) == ExportCounts(8, {"test": 4, "val": 4})
    rows = list(read_sharegpt(out))
    assert [row["id"] for row in rows] == list(range(8))
    assert [row["image"] for row in rows] == [
        list(s.images) for s in store.samples() if s.split == "train"
    ]
    counts = export_sharegpt(store, out, splits=("train", "val"))
    assert counts == ExportCounts(12, {"test": 4})
    assert export_sharegpt(store, out, limit=3).written == 3
    assert len(list(read_sharegpt(out))) == 3


def test_test_scenes_are_never_exported(tmp_path: Path) -> None:
    store = corpus(tmp_path / "c", [replace(CHOICE, split="test")])
    with pytest.raises(RecipeError, match="not for training"):
        export_sharegpt(store, tmp_path / "x.jsonl", splits=("train", "test"))
    with pytest.raises(RecipeError, match="no such split"):
        export_sharegpt(store, tmp_path / "x.jsonl", splits=("dev",))
    with pytest.raises(OutputError, match="nothing is left") as caught:
        export_sharegpt(store, tmp_path / "x.jsonl")
    assert caught.value.got == "1 of test"
    assert "test scenes" in str(caught.value)
    assert os.listdir(tmp_path) == ["c"]


def test_odd_texts_survive(tmp_path: Path) -> None:
    text = 'line\nbreak \u2028 "quotes" \x85 日本 \U0001f600 </s>'
    store = corpus(tmp_path / "c", [number(question=text)])
    export_sharegpt(store, tmp_path / "x.jsonl")
    (row,) = read_sharegpt(tmp_path / "x.jsonl")
    assert row["conversations"][0]["value"].startswith(text)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"id": 0, "image": [], "conversations": []}',
        '{"id": "0", "image": [], "conversations": [{}, {}]}',
        '{"id": 0, "image": "a.png", "conversations": [{}, {}]}',
        '{"id": 0, "image": [], "conversations": [{"from": "gpt", "value": "x"}, {}]}',
        '{"id": 0, "image": [], "conversations": [{"from": "human", "value": "<image>"},'
        ' {"from": "gpt", "value": "x"}]}',
        '{"id": 0, "image": ["../x"], "conversations": [{"from": "human", "value": "<image>"},'
        ' {"from": "gpt", "value": "x"}]}',
        "\udcff",
    ],
)
def test_a_broken_row_is_refused_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(line + "\n", encoding="utf-8", errors="surrogateescape")
    with pytest.raises(CorruptInput, match=r"x\.jsonl"):
        list(read_sharegpt(path))
