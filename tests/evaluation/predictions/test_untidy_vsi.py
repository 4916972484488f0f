"""One table of untidy replies to VSI-Bench, as three harnesses would store it, under all rules."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from vsi_tables import CHOICES, NUMBERS, write_vsi
from workbooks import write_rows

from command_line import sextant
from sextant.commands import score as verb
from sextant.evaluation.benchmarks import open_benchmark

TASKS = 8


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    root = tmp_path_factory.mktemp("vsi")
    return root, write_vsi(root)


def stored(folder, told, layout):
    """Write the replies as a harness would."""
    if layout == "run":
        rows = [
            {"id": k, "item": k, "stress": "plain", "setting": "", "answer": truth, "reply": reply}
            for k, (_, truth, reply, _) in told.items()
        ]
    elif layout == "lmms-eval":
        rows = [
            {"doc_id": int(k), "target": truth, "filtered_resps": reply,
             "vsibench_overall": {"id": int(k), "question_type": task}}
            for k, (task, truth, reply, _) in told.items()
        ]  # fmt: skip
    elif layout == "positions":
        rows = [
            {"doc_id": int(k), "target": truth, "filtered_resps": [reply], "resps": [[reply]]}
            for k, (_, truth, reply, _) in told.items()
        ]
    else:
        table = [[int(k), truth, reply or None] for k, (_, truth, reply, _) in told.items()]
        return write_rows(folder / "m.xlsx", [["index", "answer", "prediction"], *table])
    path = folder / f"{layout}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in reversed(rows)))
    return path


def scores(root, path, out, *more):
    job = verb.ScoreJob("vsi_bench", str(root), [path], "all", out=out, **dict(more))
    assert verb.score(open_benchmark("vsi_bench"), job, quiet=True)
    return json.loads(out.read_text())


def test_the_rules_are_far_apart_and_ours_is_the_readers(told, tmp_path, capsys):
    root, rows = told
    made = scores(root, stored(tmp_path, rows, "run"), tmp_path / "s.json")
    found = made["spread"]["headline"]["scores"]
    # What a reader takes from the replies, by the official macro rule.
    by_task: dict[str, list[bool]] = {}
    for task, _, _, right in rows.values():
        by_task.setdefault("direction" if "direction" in task else task, []).append(right)
    # Directions have one and the same cases, so the mean of three means is that of all rows.
    reader = sum(sum(hits) / len(hits) for hits in by_task.values()) / len(by_task)
    assert len(by_task) == TASKS
    assert found["strict"] == pytest.approx(reader, abs=0.02)
    order = ["strict", "vlmevalkit", "lmms-eval", "official"]
    assert all(found[a] > found[b] for a, b in pairwise(order)), found
    assert found["vlmevalkit"] - found["official"] > 0.2
    assert made["spread"]["headline"]["lowest"] == "official"
    assert made["spread"]["headline"]["spread"] == max(found.values()) - min(found.values())
    said = capsys.readouterr().out
    assert f"spread of the profiles' own scores: {100 * (max(found.values()) - min(found.values())):.1f}" in said  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("layout", ["lmms-eval", "positions", "xlsx"])
def test_every_layout_gives_the_same_points(told, tmp_path, layout):
    root, rows = told
    filled = {k: [t, a, reply or " ", r] for k, (t, a, reply, r) in rows.items()}
    reference = scores(root, stored(tmp_path, filled, "run"), tmp_path / "a.json")
    made = scores(root, stored(tmp_path, filled, layout), tmp_path / "b.json")
    assert made["matched_by"] == ("position" if layout == "positions" else "id")
    assert made["profiles"] == reference["profiles"]
    assert made["data"] == reference["data"]
    assert made["notes"] == {}


def test_every_task_is_there(told, tmp_path):
    root, rows = told
    made = scores(root, stored(tmp_path, rows, "run"), tmp_path / "s.json")
    for summary in made["profiles"].values():
        assert {line["name"] for line in summary["tasks"]} == {*CHOICES, *NUMBERS}


def test_the_command_and_its_exit_codes(told, tmp_path):
    root, rows = told
    path = stored(tmp_path, rows, "run")
    needed = ["--benchmark", "vsi_bench", "--data", root, "--predictions", path]
    done = sextant(
        "score", *needed, "--profile", "official,vlmevalkit", "--json", "s.json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "VSI-Bench" in done.stdout
    assert set(json.loads((tmp_path / "s.json").read_text())["profiles"]) == {
        "official", "vlmevalkit",
    }  # fmt: skip
    for args, code, words in (
        ([*needed, "--profile", "easy"], 2, "official, vlmevalkit, lmms-eval, strict, all"),
        (["--benchmark", "vsibench", *needed[2:]], 2, "did you mean 'vsi_bench'"),
        ([*needed, "--data", tmp_path / "none"], 1, "none"),
        ([*needed[:5], tmp_path / "none.jsonl"], 1, "no such prediction file"),
        (needed[:4], 2, "--predictions"),
    ):
        done = sextant("score", *args, cwd=tmp_path)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
        assert words in done.stderr
    half = path.read_text().splitlines(keepends=True)
    path.write_text("".join(half[: len(half) * 9 // 10]))
    done = sextant("score", *needed, "--profile", "official", cwd=tmp_path)
    assert done.returncode == 1
    assert "no headline:" in done.stdout
    assert "Traceback" not in done.stderr
