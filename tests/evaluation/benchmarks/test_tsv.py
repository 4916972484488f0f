"""Any table of VLMEvalKit: hints, shared pictures, picture marks, free answers, rotations."""

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

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.evaluation.benchmarks.tsv import BENCHMARKS

TSV, CIRCULAR = BENCHMARKS
ASK = "Please select the correct answer from the options above. \n"


def row(index, **more):
    return {"index": index, "question": "What is it?", "A": "cat", "B": "dog", "answer": "A",
            "image": base64_png(1), **more}  # fmt: skip


def test_a_table_of_choices(tmp_path):
    rows = [
        row(0, hint="It barks.", category="animals", **{"l2-category": "nature", "split": "dev"}),
        row(1, C='A "quoted"\ttab', image="0"),
        row("x7", image=str([base64_png(2), base64_png(3)]), category="nan"),
    ]
    write_tsv(tmp_path / "AI2D_TEST.tsv", rows)
    (first, second, third), broken = read_all(TSV, tmp_path)
    assert broken == []
    assert first.groups == {"category": "animals", "l2-category": "nature", "split": "dev"}
    assert (first.task, second.task, third.task) == ("animals", "AI2D_TEST", "AI2D_TEST")
    assert (first.cluster, second.cluster) == ("0", "0")
    assert second.options == ("cat", "dog", 'A "quoted"\ttab')
    assert second.pictures[0].read() == png(1)
    assert [p.read() for p in third.pictures] == [png(2), png(3)]
    assert TSV.prompt(first, "vlmevalkit").text == (
        f"<image>Hint: It barks.\nQuestion: What is it?\nOptions:\nA. cat\nB. dog\n{ASK}"
    )
    assert TSV.prompt(third, "strict").text == (
        f"<image><image>Question: What is it?\nOptions:\nA. cat\nB. dog\n{ASK}"
    )


def test_pictures_go_where_the_text_says(tmp_path):
    pictures = str([base64_png(k) for k in range(3)])
    rows = [
        row(0, question="Compare <image 3> to <image 1>.", A="as <image 3>", image=pictures),
        row(1, question="See <image 4>.", image=pictures),
    ]
    write_tsv(tmp_path / "MMMU.tsv", rows)
    (item,), (problem,) = read_all(TSV, tmp_path)
    check_parts(TSV, [item])
    assert [p.read() for p in item.pictures] == [png(2), png(0), png(2)]
    assert TSV.prompt(item, "vlmevalkit").text == (
        f"Question: Compare <image> to <image>.\nOptions:\nA. as <image>\nB. dog\n{ASK}"
    )
    assert "<image 4>" in str(problem)


def test_free_answers(tmp_path):
    rows = [row(0, A="", B="", answer="24"), row(1, A="", B="", answer="['left', 'to the left']"),
            row(2, A="", B="", answer="the red chair")]  # fmt: skip
    write_tsv(tmp_path / "RealWorldQA.tsv", rows)
    (number, either, text), broken = read_all(TSV, tmp_path)
    assert broken == []
    assert TSV.prompt(number, "vlmevalkit").text == "<image>Question: What is it?\n"
    assert TSV.prompt(number, "strict").text == (
        "<image>Question: What is it?\nAnswer the question using a single word or phrase."
    )
    assert {i.answer_type for i in (number, either, text)} == {"text"}
    strict = [points(TSV, i, r, "strict") for i, r in (
        (number, ("24", "24.0", "25", "")),
        (either, ("Left.", "To the left", "right")),
        (text, ("Red chair", "**the red chair**", "chair")),
    )]  # fmt: skip
    assert strict == [[1, 1, 0, 0], [1, 1, 0], [1, 1, 0]]
    # The answer, or "Other Answers", somewhere in the reply.
    assert points(TSV, text, ("I see the red chair", "chair", "other answers"), "vlmevalkit") == [
        1, 0, 0,
    ]  # fmt: skip


def test_picture_files(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(png(5))
    rows = [{"index": k, "question": "q", "A": "x", "B": "y", "answer": "B", "image_path": path}
            for k, path in enumerate(("images/a.png", "['images/a.png', 'images/b.png']",
                                      "../secret.png"))]  # fmt: skip
    write_tsv(tmp_path / "My.tsv", rows)
    (one, two), (problem,) = read_all(TSV, tmp_path)
    assert one.pictures[0].read() == png(5)
    with pytest.raises(MissingInput, match=r"b\.png"):
        two.pictures[1].read()
    assert "leaves the data folder" in str(problem)
    assert isinstance(problem, ConventionError)


def test_bad_tables_and_rows(tmp_path):
    path = write_tsv(tmp_path / "a.tsv", [
        row(0), row(0), row(1, answer="Q"), row(2, answer="nan"), row(3, image="99"),
        row(4, image=""), row("", image=base64_png(2)), row(5, question=" "),
        row(6, image="bm8gcGljdHVyZSBhdCBhbGw" * 4), row(7, A="", C="x"),
    ])  # fmt: skip
    items, broken = read_all(TSV, path)
    assert [i.id for i in items] == ["0", "6"]
    said = "\n".join(map(str, broken))
    for line in (3, 4, 5, 6, 7, 8, 9, 11):
        assert f"{path}: line {line}" in said
    assert len(broken) == 8
    with pytest.raises(CorruptInput, match="not a picture"):
        items[1].pictures[0].read()
    write_tsv(tmp_path / "b.tsv", [row(0)])
    with pytest.raises(InputError, match="several tables"):
        read_all(TSV, tmp_path)
    write_tsv(tmp_path / "c" / "c.tsv", [{"index": 1, "question": "?"}])
    with pytest.raises(MissingInput, match="answer"):
        read_all(TSV, tmp_path / "c")
    (tmp_path / "d").mkdir()
    with pytest.raises(MissingInput, match="empty folder"):
        read_all(TSV, tmp_path / "d")


def test_rotations(tmp_path):
    rows = [row(3), row(1_000_003, A="dog", B="cat", answer="B", image="3"),
            row(4), row(1_000_004, A="dog", B="cat", answer="B", image="4")]  # fmt: skip
    write_tsv(tmp_path / "x_circular.tsv", rows)
    items, broken = read_all(CIRCULAR, tmp_path)
    assert broken == []
    assert [i.groups["rotations_of"] for i in items] == ["3", "3", "4", "4"]
    assert [i.groups["rotation"] for i in items] == ["0", "1", "0", "1"]
    # Always A: right where unrotated, never in all rotations.
    hits = [CIRCULAR.score(i, "A", "vlmevalkit").points for i in items]
    assert headline_scores(CIRCULAR, items, hits, "vlmevalkit") == {
        "circular": 0.0, "vanilla, unrotated rows": 1.0, "vanilla, all rows": 0.5,
    }  # fmt: skip


def test_rotations_by_g_index(tmp_path):
    rows = [row(3, g_index=3), row(5, g_index=3, image="3"), row("b", g_index=3, image="3")]
    write_tsv(tmp_path / "x_circular.tsv", rows)
    items, (problem,) = read_all(CIRCULAR, tmp_path)
    assert [i.groups["rotations_of"] for i in items] == ["3", "3"]
    assert "index is no number" in str(problem)
