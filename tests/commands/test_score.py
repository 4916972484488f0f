"""``sextant score``: figures equal a plain loop, files are stable, texts do no harm."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "evaluation" / "predictions"))

from prediction_bench import SmallBench, answers, write_items

from sextant.commands import score as verb
from sextant.commands.score import ScoreJob
from sextant.commands.score_tables import one_line
from sextant.errors import InputError, RecipeError

REPLIES = ("{0}", "{0}, no: B", "It is {0}", "nothing")
"""Right at both ends; right at the first character; right at the last; never right."""


def predictions(path, root, replies=REPLIES):
    rows = [
        {"id": k, "reply": replies[n % len(replies)].format(right)}
        for n, (k, right) in enumerate(answers(root).items())
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path, rows


def job(root, path, **changes):
    return ScoreJob("small", str(root), [path], **{"profile": "all", **changes})


@pytest.fixture
def root(tmp_path):
    return write_items(tmp_path / "data", 60)


def test_all_profiles_and_their_spread(root, tmp_path, capsys):
    path, rows = predictions(tmp_path / "p.jsonl", root)
    out = tmp_path / "score.json"
    assert verb.score(SmallBench(), job(root, path, out=out), quiet=True)
    made = json.loads(out.read_text())
    right = answers(root)
    expected = {
        profile: sum(row["reply"][end] == right[row["id"]] for row in rows) / len(rows)
        for profile, end in (("official", 0), ("lmms-eval", -1), ("strict", -1))
    }
    found = {p: s["headline"]["score"] for p, s in made["profiles"].items()}
    assert found == pytest.approx(expected)
    assert made["spread"]["headline"]["spread"] == pytest.approx(
        max(expected.values()) - min(expected.values())
    )
    differ = sum((r["reply"][0] == right[r["id"]]) != (r["reply"][-1] == right[r["id"]])
                 for r in rows)  # fmt: skip
    assert made["disagreements"] == {"rows": differ, "share": differ / 60}
    said = capsys.readouterr().out
    for score in found.values():
        assert f"{score * 100:.1f}" in said
    assert "spread of the profiles' own scores" in said
    assert f"{differ} of 60 replies" in said


def test_the_file_says_where_its_figures_come_from(root, tmp_path):
    path, _ = predictions(tmp_path / "p.jsonl", root)
    out = tmp_path / "score.json"
    verb.score(SmallBench(), job(root, path, out=out), quiet=True)
    made = json.loads(out.read_text())
    assert made["format"] == "sextant.score/1"
    assert made["predictions"] == [{
        "path": str(path), "format": "jsonl", "written_by": "anybody",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }]  # fmt: skip
    assert made["data"]["items"] == made["matched"] == 60
    assert made["matched_by"] == "id"
    first = out.read_bytes()
    verb.score(SmallBench(), job(root, path, out=out), quiet=True)
    assert out.read_bytes() == first


def test_one_profile_prints_its_tasks(root, tmp_path, capsys):
    path, _ = predictions(tmp_path / "p.jsonl", root)
    assert verb.score(SmallBench(), job(root, path, profile="strict"), quiet=True)
    said = capsys.readouterr().out
    assert "pick" in said
    assert "count" in said
    assert "spread" not in said


def test_too_many_missing_rows_give_no_headline_and_the_reason(root, tmp_path, capsys):
    path, rows = predictions(tmp_path / "p.jsonl", root)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows[:57]))
    out = tmp_path / "score.json"
    assert not verb.score(SmallBench(), job(root, path, out=out), quiet=True)
    said = capsys.readouterr().out
    assert "no headline: " in said
    assert "3 of 60 requests failed (5.0%)" in said
    assert "3 questions have no prediction" in said
    made = json.loads(out.read_text())
    assert made["profiles"]["strict"]["headline"] is None
    assert made["spread"]["headline"] is None
    assert made["notes"]["missing"] == {"count": 3, "examples": ["57", "58", "59"]}
    assert verb.score(SmallBench(), job(root, path, max_failed=0.05), quiet=True)


def test_disagreements_go_to_a_file_with_what_each_profile_found(root, tmp_path):
    path, rows = predictions(tmp_path / "p.jsonl", root)
    out = tmp_path / "apart.jsonl"
    verb.score(SmallBench(), job(root, path, disagreements=0, disagreements_out=out), quiet=True)
    found = [json.loads(line) for line in out.read_text().splitlines()]
    right = answers(root)
    assert [row["id"] for row in found] == [
        r["id"]
        for r in rows
        if (r["reply"][0] == right[r["id"]]) != (r["reply"][-1] == right[r["id"]])
    ]
    for row in found:
        assert row["profiles"]["official"]["points"] != row["profiles"]["strict"]["points"]
        assert row["answer"] == right[row["id"]]


def test_printed_disagreements_are_of_all_tasks(root, tmp_path, capsys):
    path, _ = predictions(tmp_path / "p.jsonl", root, ["{0}, no: X"])
    verb.score(SmallBench(), job(root, path, disagreements=2), quiet=True)
    table = capsys.readouterr().out.split("; 2 of them")[1]
    assert "count" in table
    assert "pick" in table


def test_hostile_replies_are_shown_harmlessly(root, tmp_path, capsys):
    path, _ = predictions(
        tmp_path / "p.jsonl", root, ["{0}\x1b[31m[red]\u202e\r\n" + "x" * 2_000_000 + "[/x] end X"]
    )
    verb.score(SmallBench(), job(root, path, disagreements=3), quiet=True)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[red]" in said
    assert "end X" in said
    assert len(said) < 20_000


def test_long_lines_keep_their_ends():
    text = "begin " + "word " * 100_000 + "conclusion"
    shown = one_line(text, 100)
    assert shown.startswith("begin word")
    assert shown.endswith("word conclusion")
    assert len(shown) < 110
    assert one_line("a\tb\n c", 100) == "a b c"


def test_a_dry_run_reads_no_benchmark(tmp_path, capsys):
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": 1, "reply": "A"}\n')
    out = tmp_path / "score.json"
    assert verb.score(SmallBench(), job(tmp_path / "none", path, out=out), dry_run=True)
    assert "would score it as small under official, lmms-eval, strict" in capsys.readouterr().out
    assert not out.exists()


def test_a_limit_scores_the_first_questions(root, tmp_path):
    path, _ = predictions(tmp_path / "p.jsonl", root)
    out = tmp_path / "score.json"
    verb.score(SmallBench(), job(root, path, out=out, limit=8), quiet=True)
    made = json.loads(out.read_text())
    assert made["data"]["items"] == made["profiles"]["strict"]["n"] == 8
    assert made["notes"] == {}


def test_wrong_usage(root, tmp_path):
    path, _ = predictions(tmp_path / "p.jsonl", root)
    with pytest.raises(
        RecipeError, match=r"no such profile(.|\n)*official, lmms-eval, strict, all"
    ):
        verb.score(SmallBench(), job(root, path, profile="vlmevalkit"))
    with pytest.raises(RecipeError, match="share out of range"):
        verb.score(SmallBench(), job(root, path, max_failed=1.5))


def test_a_failed_run_leaves_no_file(root, tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "other", "reply": "A"}\n')
    out, apart = tmp_path / "o" / "score.json", tmp_path / "o" / "apart.jsonl"
    with pytest.raises(InputError, match="other questions"):
        verb.score(SmallBench(), job(root, path, out=out, disagreements_out=apart), quiet=True)
    assert not out.exists()
    assert list((tmp_path / "o").iterdir()) == []


def test_how_much_may_fail_is_said_once():
    """``evaluate`` once withheld a headline at 1 % and ``score`` the same run's at 2 %."""
    import inspect

    from sextant.cli import exams
    from sextant.evaluation.failures import MAX_FAILED
    from sextant.evaluation.plan import RunPlan
    from sextant.evaluation.summary import summarise

    for function in (exams.evaluate, exams.score, summarise):
        assert inspect.signature(function).parameters["max_failed"].default == MAX_FAILED
    assert RunPlan.__dataclass_fields__["max_failed_share"].default == MAX_FAILED
    assert verb.ScoreJob.__dataclass_fields__["max_failed"].default == MAX_FAILED
