"""Habits fail where heuristics mislead; the gap is that within families."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_benchmark import make_items, play

from sextant.evaluation.stress import open_stress
from sextant.evaluation.stress._evidence import evidence_of
from sextant.evaluation.stress.counter_heuristic import LABEL, gap_within, heuristics_label
from sextant.samples.sample import LETTERS
from sextant.samples.subsets import is_counter_heuristic, is_pro_heuristic

TEST = open_stress("counter_heuristic")


def with_evidence(item, **heuristics):
    return replace(item, raw={"evidence": {"heuristics": heuristics}})


def other(item):
    return LETTERS[(LETTERS.index(item.answer) + 1) % len(item.options)]


def habitual_items(count=80):
    """Half of the rows are pro, half counter; the question tells the heuristic's answer."""
    items = []
    for k, item in enumerate(make_items(count)):
        guess = item.answer if k % 4 < 2 else other(item)
        item = with_evidence(item, pixel_size=guess, vertical_position=guess)
        items.append(replace(item, question=f"Guess{guess}: which is nearest?"))
    return items


def habit(parts):
    text = "".join(part for part in parts if isinstance(part, str))
    return text.partition("Guess")[2][:1]


def test_a_habit_is_right_with_the_heuristics_and_wrong_against_them():
    items = habitual_items()
    table, asked = play(habit, items, [TEST])
    assert len(asked) == len(items)  # no request is added
    found = TEST.read(table)
    assert found["subsets"]["pro"]["score"] == 1.0
    assert found["subsets"]["counter"]["score"] == 0.0
    assert found["gap"]["value"] == 1.0
    assert found["gap"]["p_value"] == 0.0
    assert (found["gap"]["n"], found["gap"]["families"]) == (80, 2)


def test_labels_are_the_subsets_of_a_corpus():
    (item,) = make_items(1)
    right, wrong = item.answer, other(item)
    cases = {
        "pro": {"pixel_size": right, "center_distance": right},
        "counter": {"pixel_size": wrong, "first_mentioned": right},
        "mixed": {"pixel_size": right, "vertical_position": wrong},
        "": {"first_mentioned": right},
    }
    for label, heuristics in cases.items():
        case = with_evidence(item, **heuristics)
        assert heuristics_label(case) == label
        sample = _Row(item.answer, case.raw["evidence"])
        assert is_counter_heuristic(sample) == (label == "counter")
        assert is_pro_heuristic(sample) == (label == "pro")
    # A heuristic that cannot choose between options is half right.
    assert heuristics_label(with_evidence(item, pixel_size=right + wrong)) == "mixed"
    defined = replace(
        item, raw={"evidence": {"heuristics": {"horizontal_order": right},
                                "by_definition": ["horizontal_order"]}}
    )  # fmt: skip
    assert heuristics_label(defined) == "defined"
    assert heuristics_label(item) == ""


class _Row:
    def __init__(self, answer, evidence):
        self.answer, self.evidence = answer, evidence

    def evidence_dict(self):
        return self.evidence


def test_reasons_are_given():
    (item,) = make_items(1)
    assert "no evidence" in TEST.applies(item, None)
    assert "no picture heuristic" in TEST.applies(with_evidence(item), None)
    assert TEST.applies(with_evidence(item, pixel_size="A"), None) is None


@pytest.mark.parametrize(
    "stored",
    [{"a": 1}, '{"a": 1}', lambda: {"a": 1}, lambda: '{"a": 1}'],
    ids=["mapping", "text", "later mapping", "later text"],
)
def test_evidence_may_be_stored_or_made(stored):
    (item,) = make_items(1)
    assert evidence_of(replace(item, raw={"evidence": stored})) == {"a": 1}


@pytest.mark.parametrize("stored", ["{", "[]", None, 3])
def test_no_evidence_is_none(stored):
    (item,) = make_items(1)
    assert evidence_of(replace(item, raw={"evidence": stored})) is None


def test_the_gap_does_not_confuse_families_with_habits():
    # Family 0 is easy and mostly pro, family 1 hard and mostly counter; neither has a gap.
    rng = np.random.default_rng(0)
    family = np.repeat([0, 1], 4000)
    pro = (rng.random(8000) < np.where(family == 0, 0.9, 0.1)).astype(float)
    score = (rng.random(8000) < np.where(family == 0, 0.9, 0.3)).astype(float)
    raw = score[pro == 1].mean() - score[pro == 0].mean()
    found = gap_within(score, pro, family.astype(np.int32), np.arange(8000, dtype=np.int32))
    assert raw > 0.4
    assert abs(found["value"]) < 0.05
    assert found["p_value"] > 0.01


def test_the_gap_is_the_weighted_mean_it_says_and_its_error_that_of_a_regression():
    rng = np.random.default_rng(1)
    n = 400
    family = rng.integers(0, 6, n).astype(np.int32)
    cluster = rng.integers(0, 30, n).astype(np.int32)
    pro = (rng.random(n) < 0.2 + 0.1 * family).astype(float)
    score = (rng.random(n) < 0.4 + 0.3 * pro).astype(float)
    found = gap_within(score, pro, family, cluster)
    top = bottom = 0.0
    for t in range(6):
        p, c = score[(family == t) & (pro == 1)], score[(family == t) & (pro == 0)]
        w = len(p) * len(c) / (len(p) + len(c))
        top, bottom = top + w * (p.mean() - c.mean()), bottom + w
    assert found["value"] == pytest.approx(top / bottom)
    # Least squares with a column per family, sandwich by cluster.
    X = np.column_stack([pro, *(family == t for t in range(6))]).astype(float)
    bread = np.linalg.inv(X.T @ X)
    e = score - X @ (bread @ X.T @ score)
    meat = sum(
        np.outer(g, g) for k in np.unique(cluster) for g in [X[cluster == k].T @ e[cluster == k]]
    )
    error = np.sqrt((bread @ meat @ bread)[0, 0] * 30 / 29)
    assert found["standard_error"] == pytest.approx(error)


def test_one_kind_of_rows_only_gives_no_gap():
    items = [with_evidence(i, pixel_size=i.answer) for i in make_items(6)]
    table, _ = play(habit, items, [TEST])
    found = TEST.read(table)
    assert found["gap"]["value"] is None
    assert found["subsets"]["pro"]["n"] == 6
    assert found["subsets"]["counter"]["score"] is None
    assert LABEL in table.groups


def test_a_benchmark_without_evidence_has_empty_subsets():
    table, _ = play(habit, make_items(4), [TEST])
    found = TEST.read(table)
    assert {row["n"] for row in found["subsets"].values()} == {0}
