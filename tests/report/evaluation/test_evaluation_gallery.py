"""Which questions are shown, what each run said, and the part of the reply that decided."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from drawn_runs import Drawn, write_run

from sextant.report.evaluation import read_runs
from sextant.report.evaluation.chosen import DISAGREE, choose
from sextant.report.evaluation.gallery import gallery_section
from sextant.report.evaluation.rows import FAILED, NO_ANSWER, REFUSED, RIGHT, WRONG
from sextant.report.evaluation.runs import Run

EVERYTHING = 10_000


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, ...]:
    root = tmp_path_factory.mktemp("runs")
    large = Drawn("Large", 0.7, shy=0.05, failed=0.01)
    return read_runs(
        [
            write_run(root / "a", large, stress=False),
            write_run(root / "b", Drawn("Small", 0.3), stress=False),
        ]
    )


def stored(run: Run) -> dict[str, dict[str, object]]:
    assert run.files is not None
    text = (run.files.root / "predictions.jsonl").read_text()
    return {row["id"]: row for row in map(json.loads, text.splitlines())}


def test_one_run_shows_everything_but_right_answers(runs: tuple[Run, ...]) -> None:
    shown = choose("vsi_bench", runs[:1], EVERYTHING, EVERYTHING, 0)
    rows = stored(runs[0])
    table = runs[0].files.table()  # type: ignore[union-attr]
    assert table is not None
    place = {name: k for k, name in enumerate(table.ids)}
    for entry in shown:
        row = rows[entry.id]
        said = entry.answers[0]
        if entry.kind == FAILED:
            assert row["reply"] is None
        elif entry.kind == REFUSED:
            assert "sorry" in str(row["reply"])
        elif entry.kind == NO_ANSWER:
            assert "or else" in str(row["reply"])
        else:
            assert entry.kind == WRONG
            assert table.points[place[entry.id]] < 0.5
        assert said.verdict == entry.kind
    right = set(rows) - {entry.id for entry in shown}
    assert right
    assert all(table.points[place[name]] >= 0.5 for name in right)
    assert {e.kind for e in shown} == {WRONG, REFUSED, NO_ANSWER, FAILED}


def test_the_draw_is_fair_and_small(runs: tuple[Run, ...]) -> None:
    everything = choose("vsi_bench", runs[:1], EVERYTHING, EVERYTHING, 0)
    two = choose("vsi_bench", runs[:1], 2, EVERYTHING, 0)
    few = choose("vsi_bench", runs[:1], 2, 5, 0)
    other = choose("vsi_bench", runs[:1], 2, EVERYTHING, 1)
    by_kind: dict[tuple[str, str], int] = {}
    for entry in two:
        by_kind[entry.task, entry.kind] = by_kind.get((entry.task, entry.kind), 0) + 1
    assert max(by_kind.values()) == 2
    assert {(e.task, e.kind) for e in everything} == set(by_kind)
    assert len(few) == 5
    assert len({(e.task, e.kind) for e in few}) == 5
    assert [e.id for e in two] != [e.id for e in other]
    assert choose("vsi_bench", runs[:1], 0, EVERYTHING, 0) == []


def test_several_runs_show_what_they_disagree_about(runs: tuple[Run, ...]) -> None:
    shown = choose("vsi_bench", runs, EVERYTHING, EVERYTHING, 0)
    assert shown
    for entry in shown:
        assert entry.kind == DISAGREE
        verdicts = [answer.verdict for answer in entry.answers]
        assert RIGHT in verdicts or any(float(a.table.points[a.row]) >= 0.5 for a in entry.answers)
        assert len(entry.answers) == 2


def test_the_stored_span_is_marked(runs: tuple[Run, ...]) -> None:
    shown = choose("vsi_bench", runs[:1], 3, EVERYTHING, 0)
    html = str(gallery_section(shown, 0))
    marks = re.findall(r"<mark>(.*?)</mark>", html)
    wrong = [entry for entry in shown if entry.kind == WRONG]
    assert len(marks) == len(wrong)
    rows = stored(runs[0])
    expected = []
    for entry in wrong:
        start, end = rows[entry.id]["span"]  # type: ignore[misc]
        expected.append(str(rows[entry.id]["reply"])[start:end])
    assert marks == expected


def test_without_a_stored_span_the_rule_is_asked_again(
    runs: tuple[Run, ...], tmp_path: Path
) -> None:
    folder = write_run(tmp_path / "run", Drawn("Large", 0.5), 80, stress=False)
    rows = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    for row in rows:
        row["span"] = None
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "predictions.jsonl").write_text(text)
    shown = choose("vsi_bench", read_runs([folder]), EVERYTHING, EVERYTHING, 0)
    wrong = [entry for entry in shown if entry.kind == WRONG]
    marks = re.findall(r"<mark>(.*?)</mark>", str(gallery_section(wrong, 0)))
    assert len(marks) == len(wrong)
    for entry, mark in zip(wrong, marks, strict=True):
        answer = entry.answers[0]
        letter = int(answer.table.chosen[answer.row])
        if letter >= 0:
            assert "ABCD"[letter] in mark
        else:
            assert float(re.findall(r"[\d.]+", mark)[0].rstrip(".")) == pytest.approx(
                float(answer.table.predicted[answer.row])
            )


def test_an_empty_gallery_is_no_section() -> None:
    assert gallery_section([], 0) is None
