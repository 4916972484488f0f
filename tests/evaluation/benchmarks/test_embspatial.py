"""EmbSpatial-Bench from the authors' JSON, the parquet and VLMEvalKit's table."""

from __future__ import annotations

import json

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

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.evaluation.benchmarks.embspatial import BENCHMARK

# The two rows that the authors' README shows.
ROWS = [
    {
        "data_source": "mp3d", "scene_id": "YVUC4YcDtcY", "question_id": "mp3d_57",
        "question": "From your perspective, which object in the image is at the shortest distance?",
        "relation": "close", "image": base64_png(1),
        "answer_options": ["garage door", "cabinet", "table", "cart"], "answer": 2,
        "objects": [{"name": "table", "bbox": [0, 396, 640, 84]}],
    },
    {
        "data_source": "ai2thor", "scene_id": "FloorPlan15", "question_id": "ai2thor_799",
        "question": "How are drawer and soapbottle positioned in relation to each other?",
        "relation": "under", "image": base64_png(2),
        "answer_options": [
            "The drawer is blocking the soapbottle.", "The drawer is beneath the soapbottle.",
            "The drawer is touching the soapbottle.", "The drawer is above the soapbottle.",
        ],
        "answer": 1, "objects": [],
    },
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "embspatial_bench.json").write_text(json.dumps(ROWS))
    (tmp_path / "embspatial_sft.json").write_text("[]")
    return tmp_path


def test_items(folder):
    (close, under), broken = read_all(BENCHMARK, folder)
    assert broken == []
    assert (close.id, close.task, close.answer) == ("mp3d_57", "close", "C")
    assert close.groups == {"source": "mp3d", "relation": "close"}
    assert close.cluster == "mp3d/YVUC4YcDtcY"
    assert close.pictures[0].read() == png(1)
    assert (under.answer, under.groups["source"]) == ("B", "ai2thor")


def test_prompts(folder):
    check_parts(BENCHMARK, read_all(BENCHMARK, folder)[0])
    (close, _), _ = read_all(BENCHMARK, folder)
    question = ROWS[0]["question"]
    site = (
        f"<image>Question: {question}\nOptions:\nA: garage door\nB: cabinet\nC: table\nD: cart\n"
        "Give me the answer letter directly. The best answer is:"
    )
    assert BENCHMARK.prompt(close, "vlmevalkit").text == site
    assert BENCHMARK.prompt(close, "official").text == site
    assert BENCHMARK.prompt(close, "lmms-eval").text == (
        "<image>Note: You only need to respond with A, B, C, D without providing any additional "
        f"information.\n{question}\nA) garage door\nB) cabinet\nC) table\nD) cart"
    )
    assert BENCHMARK.prompt(close, "strict").text == (
        f"<image>{question}\nOptions:\nA. garage door\nB. cabinet\nC. table\nD. cart\n"
        "Answer with the option's letter from the given choices directly."
    )


REPLIES = ("C", "(C)", "c", "table", "Close to me is the table", "Answer: C", "C then D")
EXPECTED = {
    "official": [1, 1, 1, 0, 0, 1, 0],
    "vlmevalkit": [1, 1, 1, 0, 0, 1, 0],
    # The first letter of the reply: that of "Close" is C, that of "Answer" is A.
    "lmms-eval": [1, 1, 1, 0, 1, 0, 1],
    "strict": [1, 1, 1, 1, 1, 1, 0],
}


@pytest.mark.parametrize("profile", EXPECTED)
def test_scores(folder, profile):
    (close, _), _ = read_all(BENCHMARK, folder)
    assert points(BENCHMARK, close, REPLIES, profile) == EXPECTED[profile]


def test_parquet_and_table_give_the_same(folder, tmp_path):
    wanted, _ = read_all(BENCHMARK, folder)
    rows = [{**row, "image": hub_picture(k + 1)} for k, row in enumerate(ROWS)]
    for row in rows:
        del row["objects"]
    write_parquet(tmp_path / "p" / "data" / "test-00000-of-00001.parquet", rows)
    cells = [
        {"index": k, "question_id": row["question_id"], "question": row["question"],
         "options": json.dumps(row["answer_options"]), "answer": "ABCD"[row["answer"]],
         "data_source": row["data_source"], "scene_id": row["scene_id"],
         "relation": row["relation"], "image": row["image"]}
        for k, row in enumerate(ROWS)
    ]  # fmt: skip
    write_tsv(tmp_path / "t" / "EmbSpatialBench.tsv", cells)
    for where in ("p", "t"):
        found, broken = read_all(BENCHMARK, tmp_path / where)
        assert broken == []
        for a, b in zip(found, wanted, strict=True):
            assert (a.id, a.task, a.question, a.answer, a.options, a.cluster, a.groups) == (
                b.id, b.task, b.question, b.answer, b.options, b.cluster, b.groups
            )  # fmt: skip
            assert a.pictures[0].read() == b.pictures[0].read()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"answer": 4}, ConventionError),
        ({"answer": "B"}, ConventionError),
        ({"answer": True}, ConventionError),
        ({"answer": float("nan")}, ConventionError),
        ({"answer_options": "none"}, ConventionError),
        ({"image": ""}, ConventionError),
        ({"question": None}, MissingInput),
        ({"question_id": "ai2thor_799"}, ConventionError),
    ],
)
def test_bad_rows_are_named(tmp_path, change, kind):
    (tmp_path / "embspatial_bench.json").write_text(json.dumps([ROWS[1], {**ROWS[0], **change}]))
    items, (problem,) = read_all(BENCHMARK, tmp_path)
    assert [i.id for i in items] == ["ai2thor_799"]
    assert isinstance(problem, kind)
    assert "record 1" in str(problem)


def test_a_picture_that_is_none_fails_when_it_is_read(tmp_path):
    rows = [{**ROWS[0], "image": "bm90IGEgcGljdHVyZQ=="}, {**ROWS[1], "image": "%%%"}]
    (tmp_path / "embspatial_bench.json").write_text(json.dumps(rows))
    items, _ = read_all(BENCHMARK, tmp_path)
    for item in items:
        with pytest.raises(CorruptInput, match=item.id):
            item.pictures[0].read()
