"""Which published rows stand beside a run, and how lines are read from a summary."""

from __future__ import annotations

from typing import Any

import pytest

from sextant.evaluation.published import MAIN_TABLE, published_rows
from sextant.report.evaluation.figures import p_value, points, rate, signed
from sextant.report.evaluation.lines import Line
from sextant.report.evaluation.rules import spread
from sextant.report.evaluation.scores import neighbours
from sextant.report.evaluation.summaries import line_of

ROWS = published_rows("vsi_bench", MAIN_TABLE)


def test_the_nearest_and_the_best_are_picked() -> None:
    score = 0.60
    picked = neighbours(ROWS, [score])
    above = sorted(r.percent for r in ROWS if r.score >= score)[:2]
    below = sorted((r.percent for r in ROWS if r.score < score), reverse=True)[:2]
    percents = [row.percent for row in picked]
    assert set(above) | set(below) <= set(percents)
    for group in {row.group for row in ROWS}:
        best = max(row.percent for row in ROWS if row.group == group)
        assert best in percents
    assert picked == [row for row in ROWS if row in picked]


def test_a_score_outside_the_published_range_has_neighbours_on_one_side() -> None:
    assert neighbours(ROWS, [0.0])
    assert neighbours(ROWS, [1.0])
    assert neighbours((), [0.5]) == []


def line(**changes: Any) -> Line:
    stored = {
        "name": "task", "n": 10, "counted": 10, "score": 0.5, "low": 0.4, "high": 0.6,
        "choice_rows": 10, "choice_accuracy": 0.5, "chance": 0.25, "chance_adjusted": 1 / 3,
        "extraction_failure_share": 0.1, "refusal_share": 0.0, "failed_share": 0.0,
    }  # fmt: skip
    return line_of({**stored, **changes})


def test_chance_is_shown_where_it_is_the_chance_of_the_score() -> None:
    assert (line().chance, line().adjusted) == (0.25, pytest.approx(1 / 3))
    # Free answers among the rows: nobody can say what guessing scores.
    assert line(choice_rows=6).chance is None
    # A rule that adjusts for chance itself: guessing scores 0.
    assert line(score=1 / 3).chance == 0.0
    # Partial points for choices: the accuracy's chance is not the score's.
    assert line(score=0.9).chance is None


@pytest.mark.parametrize("value", [None, True, "0.5", float("nan"), float("inf"), [0.5], {}])
def test_what_is_no_number_is_none(value: Any) -> None:
    assert line(score=value).score is None
    assert line(refusal_share=value).refusals is None
    assert line(n=value).n is None


def test_the_spread_of_rules() -> None:
    lines = [Line("a", score=0.66), Line("b", score=0.36), Line("c", score=None)]
    assert spread(lines) == pytest.approx(0.30)
    assert spread(lines[:1]) is None


def test_numbers_are_written_alike_everywhere() -> None:
    assert [points(v) for v in (0.0, 1.0, 0.12345, -0.0001, None)] == [
        "0.0", "100.0", "12.3", "0.0", "–"
    ]  # fmt: skip
    assert [rate(v) for v in (0.0, 0.00001, 0.5)] == ["0", "0.001", "50.0"]
    assert [signed(v) for v in (0.1, -0.1, 0.0)] == ["+10.0", "−10.0", "0.0"]
    assert p_value(0.0) == "< 0.001"
