from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from toy_data import corpus, picture

from sextant.errors import CorruptInput, InputError, MissingInput, RecipeError
from sextant.samples.layout import encode_table, file_facts, part_name
from sextant.samples.prompt import render_answer, render_prompt
from sextant.samples.store import CorpusStore
from sextant.training import corpus_examples
from sextant.training.corpus_examples import CorpusExamples
from sextant.training.recipe import DataEntry


def opened(root: Path, **fields: Any) -> CorpusExamples:
    return CorpusExamples(DataEntry(path=str(root), **fields))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rows = [
        {"pictures": [picture(k), picture(k + 1)], "difficulty": ("easy", "hard")[k % 2],
         "capability": ("SR", "MR")[k % 2], "task": f"sr.t{k % 3}",
         "split": "test" if k == 5 else "val" if k == 6 else "train"}
        for k in range(12)
    ]  # fmt: skip
    return corpus(tmp_path / "corpus", [rows[:7], [], rows[7:]])


def test_every_row_is_what_a_stream_of_the_corpus_gives(root: Path) -> None:
    examples, store = opened(root), CorpusStore.open(root)
    assert len(examples) == 12
    for row, sample in enumerate(store.samples()):
        record = examples.record(row)
        if sample.split != "train":
            assert record is None
            continue
        assert record is not None
        assert record.id == sample.id
        question, answer = record.messages
        assert (question.role, question.text) == ("user", render_prompt(sample))
        assert (answer.text, answer.supervised) == (render_answer(sample), True)
        assert not question.supervised
        assert record.pictures == tuple(root / path for path in sample.images)
        assert (record.capability, record.source) == (sample.capability, "toy")
        assert record.difficulty == sample.difficulty


def test_rows_of_a_split_a_capability_a_task(root: Path) -> None:
    assert opened(root).asked().tolist() == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]
    assert opened(root, split="val").asked().tolist() == [6]
    assert opened(root, capabilities=["MR"]).asked().tolist() == [1, 3, 7, 9, 11]
    assert opened(root, capabilities=["MR"], tasks=["sr.t0"]).asked().tolist() == [3, 9]
    for row in range(12):
        asked = row in opened(root, tasks=["sr.t1"]).asked()
        assert (opened(root, tasks=["sr.t1"]).record(row) is not None) == asked


def test_named_subsets_are_those_of_the_stream(tmp_path: Path) -> None:
    wrong = json.dumps({"heuristics": {"pixel_size": "A"}})
    right = json.dumps({"heuristics": {"pixel_size": "B"}})
    rows = [{"evidence": e} for e in (wrong, right, wrong, "{}")]
    root = corpus(tmp_path / "c", [rows])
    assert opened(root, subset="counter_heuristic").asked().tolist() == [0, 2]
    with pytest.raises(RecipeError, match="no such subset"):
        opened(root, subset="hard")


def test_further_turns_are_supervised_too(tmp_path: Path) -> None:
    turns = json.dumps([{"from": "human", "value": "And?"}, {"from": "gpt", "value": "C"}])
    record = opened(corpus(tmp_path / "c", [[{"turns": turns}]])).record(0)
    assert record is not None
    assert [(m.role, m.text, m.supervised) for m in record.messages[2:]] == [
        ("user", "And?", False),
        ("assistant", "C", True),
    ]


def test_a_corpus_of_several_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sextant.samples.layout.ROW_GROUP_ROWS", 3)
    monkeypatch.setattr(corpus_examples, "HELD_GROUPS", 2)
    root = corpus(tmp_path / "c", [[{"question": f"Which {k}?"} for k in range(11)]])
    examples = opened(root)
    ids = [sample.id for sample in CorpusStore.open(root).samples()]
    for row in (10, 0, 5, 3, 2, 9, 10, 0):
        record = examples.record(row)
        assert record is not None
        assert record.id == ids[row]
    assert len(examples._groups) == 2


def test_the_fingerprint_is_that_of_the_rows(tmp_path: Path, root: Path) -> None:
    assert opened(root).fingerprint == opened(root, name="other").fingerprint
    assert opened(root).fingerprint != opened(corpus(tmp_path / "c", [[{}]])).fingerprint


def test_what_a_corpus_cannot_be_asked(root: Path) -> None:
    with pytest.raises(RecipeError, match="no such capability"):
        opened(root, capabilities=["SRR"])
    with pytest.raises(RecipeError, match="where its images are"):
        opened(root, images="x")
    with pytest.raises(MissingInput, match="no corpus"):
        opened(root / "qa")
    with pytest.raises(RecipeError, match="not for training"):
        CorpusExamples(DataEntry(path=str(root)).model_copy(update={"split": "test"}))


def rewritten(root: Path, column: str, value: str) -> None:
    """Change a column of the first table, and the manifest to it, as a forger would."""
    store = CorpusStore.open(root)
    table = store.table()
    index = table.schema.get_field_index(column)
    changed = [value, *table[column].to_pylist()[1:]]
    data = encode_table(table.set_column(index, table.schema.field(index), [changed]))
    (root / "qa" / part_name(0)).write_bytes(data)
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["shards"][0]["qa"] = file_facts(data, len(table))
    (root / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("question", "<image>Which?", "1 <image> for 0 images"),
        ("answer", "Z", "neither"),
        ("options", None, "needs options"),
        ("id", "nonsense", "16 hex digits"),
        ("turns", "[1]", "turns"),
    ],
)
def test_broken_rows_are_refused_and_their_neighbours_read(
    tmp_path: Path, column: str, value: Any, said: str
) -> None:
    root = corpus(tmp_path / "c", [[{}, {}]])
    rewritten(root, column, value)
    examples = opened(root)
    with pytest.raises(InputError, match="row 0") as error:
        examples.record(0)
    assert said in str(error.value)
    assert examples.record(1) is not None


def test_a_manifest_that_lies_about_rows_is_noticed(root: Path) -> None:
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["shards"][0]["qa"]["rows"] -= 1
    (root / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CorruptInput, match="number of rows"):
        opened(root).asked()
    with pytest.raises(CorruptInput, match="number of rows"):
        opened(root).record(0)


def test_a_flipped_bit_is_noticed(root: Path) -> None:
    path = root / "qa" / part_name(0)
    data = bytearray(path.read_bytes())
    for at in range(4, len(data) // 2, 97):
        data[at] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(CorruptInput):
        [opened(root).record(row) for row in range(7)]
