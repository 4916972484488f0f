"""Rescoring against plain loops, and every trap of files that do not fit the data."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent / "predictions"))

from prediction_bench import SmallBench, answers, write_items

from sextant.errors import ConventionError, InputError
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.prediction import Prediction
from sextant.evaluation.rescore import rescore
from sextant.evaluation.score_table import ROW_STATUSES

PROFILES = ("official", "strict")


def rescored(root, predictions, profiles=PROFILES, **options):
    notes = Notes()
    return rescore(SmallBench(), root, [predictions], profiles, notes, **options), notes


def test_points_equal_a_plain_loop(tmp_path):
    root = write_items(tmp_path, 50)
    right = answers(root)
    rng = np.random.default_rng(3)
    said = {k: f"{rng.choice(list('ABCD239'))} or {rng.choice(list('ABCD239'))}" for k in right}
    found, notes = rescored(root, [Prediction((k,), text) for k, text in sorted(said.items())])
    for profile, end in (("official", 0), ("strict", -1)):
        table = found.tables[profile]
        assert table.ids == tuple(right)
        assert table.points.tolist() == [float(said[k][end] == right[k]) for k in right]
    assert found.items == found.matched == 50
    assert found.disagreements == sum(
        (said[k][0] == right[k]) != (said[k][-1] == right[k]) for k in right
    )
    assert not notes.lines()


def test_groups_tasks_and_clusters_are_those_of_the_items(tmp_path):
    root = write_items(tmp_path, 12)
    table = rescored(root, [Prediction((k,), "A") for k in answers(root)])[0].tables["strict"]
    assert table.groups["source"].values() == ["even", "odd"] * 6
    assert table.tasks.values() == ["pick", "pick", "count"] * 4
    assert table.clusters.values() == [f"scene{k // 4}" for k in range(12)]


def test_missing_and_failed_rows_are_neither_right_nor_wrong(tmp_path):
    root = write_items(tmp_path, 6)
    found, notes = rescored(root, [
        Prediction(("0",), "A"), Prediction(("1",), None, "HTTP 500"),
        Prediction(("3",), "Failed to obtain answer via API."), Prediction(("4",), ""),
    ])  # fmt: skip
    table = found.tables["strict"]
    assert [ROW_STATUSES[s] for s in table.status] == [
        "answered", "failed", "failed", "failed", "empty", "failed",
    ]  # fmt: skip
    assert table.counted.sum() == 2
    assert notes.counts["missing"] == 2
    assert notes.examples["missing"] == ["2", "5"]
    assert found.matched == 4


def test_unknown_ids_are_counted_and_a_limit_does_not_make_any(tmp_path):
    root = write_items(tmp_path, 6)
    rows = [Prediction((str(k),), "A") for k in range(8)]
    found, notes = rescored(root, rows)
    assert notes.counts["unknown_ids"] == 2
    assert notes.examples["unknown_ids"] == ["6", "7"]
    found, notes = rescored(root, rows, limit=2)
    assert found.items == 2
    assert notes.counts["unknown_ids"] == 0


def test_ids_of_other_questions_are_refused_with_both_kinds(tmp_path):
    root = write_items(tmp_path, 6)
    with pytest.raises(InputError, match=r"ids such as 0, 1(.|\n)*ids such as val_1"):
        rescored(root, [Prediction((f"val_{k}",), "A") for k in range(1, 7)])
    with pytest.raises(InputError, match="2 of 6 questions found"):
        rescored(root, [Prediction((str(k),), "A") for k in range(4, 40)])


def test_answers_of_other_questions_are_refused(tmp_path):
    root = write_items(tmp_path, 40)
    right = answers(root)
    rows = [Prediction((k,), "A", truth=right[k]) for k in right]
    assert not rescored(root, rows)[1].lines()
    rows[0] = Prediction(("0",), "A", truth="C")
    assert rescored(root, rows)[1].counts["truth_differs"] == 1
    shifted = [Prediction((), "A", position=k, truth=right[str((k + 1) % 40)]) for k in range(40)]
    with pytest.raises(ConventionError, match=r"other questions(.|\n)*0: 'B' for 'A'"):
        rescored(root, shifted)


def test_positions_follow_the_order_of_the_data(tmp_path):
    root = write_items(tmp_path, 9)
    right = answers(root)
    rows = [Prediction((), right[str(k)], position=k, truth=right[str(k)]) for k in (8, 3, 0)]
    found, notes = rescored(root, rows)
    assert found.tables["strict"].points.sum() == 3
    assert notes.counts["missing"] == 6


def test_the_harness_of_filters_scores_what_it_filtered(tmp_path):
    root = write_items(tmp_path, 3)
    rows = [
        Prediction(("0",), "B, no: C", filtered="A"),
        Prediction(("1",), "B"),
        Prediction(("2",), "2"),
    ]
    found, _ = rescored(root, rows, ("official", "lmms-eval"))
    assert found.tables["official"].points.tolist() == [0, 1, 1]
    assert found.tables["lmms-eval"].points.tolist() == [1, 1, 1]


def test_disagreements_are_handed_over_as_they_come(tmp_path):
    root = write_items(tmp_path, 6)
    said = {"0": "A or B", "1": "B", "3": "A or D", "2": "nothing", "4": "", "5": None}
    rows = [Prediction((name,), reply) for name, reply in said.items()]
    seen = []
    found, _ = rescored(root, rows, on_disagreement=seen.append)
    assert [(d.item.id, d.spread, d.reply) for d in seen] == [
        ("0", 1, "A or B"),
        ("3", 1, "A or D"),
    ]
    assert seen[1].scored["strict"].value == "D"
    assert found.disagreements == 2


def test_broken_records_of_the_benchmark_are_counted(tmp_path):
    root = write_items(tmp_path, 40)
    with open(root / "items.jsonl", "a") as stream:
        stream.write("{broken\n")
    rows = [Prediction((str(k),), "A") for k in range(40)]
    found, notes = rescored(root, rows)
    assert found.items == 40
    assert notes.examples["broken_items"] == ["line 41"]
    with open(root / "items.jsonl", "a") as stream:
        stream.write("{broken\n" * 4)
    with pytest.raises(InputError, match=r"too many records(.|\n)*5 beside 40"):
        rescored(root, rows)
    (root / "items.jsonl").write_text("{broken\n")
    with pytest.raises(InputError, match=r"no question(.|\n)*line 1"):
        rescored(root, [Prediction(("0",), "A")])


def test_the_hash_is_of_the_questions_and_not_of_their_file(tmp_path):
    root = write_items(tmp_path, 5)
    rows = [Prediction((str(k),), "A") for k in range(5)]
    before = rescored(root, rows)[0].items_sha256
    stored = (root / "items.jsonl").read_text()
    (root / "items.jsonl").write_text(stored.replace(", ", " ,  "))
    assert rescored(root, rows)[0].items_sha256 == before
    (root / "items.jsonl").write_text(stored.replace("What is 3?", "What is 4?"))
    assert rescored(root, rows)[0].items_sha256 != before
    lines = [
        "\x1f".join(
            [str(r["id"]), r["task"], r["question"], str(r["answer"]), *(r["options"] or ())]
        )
        for r in map(json.loads, stored.splitlines())
    ]
    by_hand = hashlib.sha256("".join(line + "\x1e" for line in lines).encode()).hexdigest()
    assert by_hand == before


def test_progress_adds_up(tmp_path):
    root = write_items(tmp_path, 2500)
    steps = []
    rescored(root, [Prediction((k,), "A") for k in answers(root)], on_items=steps.append)
    assert sum(steps) == 2500
