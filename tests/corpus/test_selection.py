"""Selection keeps every count near even, meets quotas, and says what it could not do."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from sextant.corpus.blind import audit_blind
from sextant.corpus.ledgers import entries
from sextant.corpus.light_rows import LightRow, bare, number_in
from sextant.corpus.selection import Selector
from sextant.samples.selection_rules import SelectionRules

NAMES = ("lamp", "sofa", "rug", "desk", "bed", "shelf", "chair", "plant")


def make_row(k: int, **changes: object) -> LightRow:
    fields: dict[str, object] = {
        "id": f"{k:016x}", "capability": "SR", "task": "sr.vertical_relation", "source": "test",
        "scene_id": f"s{k % 50}", "difficulty": "easy", "answer_type": "choice", "answer": "A",
        "template": f"sr.vertical_relation/choice_higher/{k % 12}", "question": "Which is higher?",
        "unit": None, "options": ("lamp", "rug"), "correct": 0, "names": ("lamp", "rug"),
        **changes,
    }  # fmt: skip
    return LightRow(**fields)


def biased_rows(count: int, seed: int = 0) -> list[LightRow]:
    """A world in which the earlier name of NAMES is mostly the higher thing."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(count):
        i, j = rng.choice(len(NAMES), 2, replace=False)
        higher = min(i, j) if rng.random() < 0.8 else max(i, j)
        options = (NAMES[i], NAMES[j])
        correct = options.index(NAMES[higher])
        guess = "AB"[correct] if rng.random() < 0.8 else "BA"[correct]
        rows.append(
            make_row(
                k, options=options, names=options, correct=correct, answer="AB"[correct],
                difficulty=("easy", "medium", "hard")[int(rng.integers(3))],
                heuristics={"vertical_position": guess},
            )
        )  # fmt: skip
    return rows


def kept_of(rows, rules=None, seed=0):
    selector = Selector(rules or SelectionRules(), seed)
    selector.add(rows)
    found = selector.select()
    return [r for r in rows if r.id not in found.rejected], found


def test_a_biased_world_is_evened_out():
    rows = biased_rows(4000)
    (before,) = audit_blind(rows)
    assert before.gap > 0.2
    assert before.heuristics["vertical_position"][1] > 0.75
    kept, found = kept_of(rows)
    (after,) = audit_blind(kept)
    assert abs(after.gap) <= 0.05
    assert abs(after.heuristics["vertical_position"][1] - 0.5) <= 0.1
    assert len(kept) == found.kept > 700  # of 1,600 at best: two rows per exception
    assert sum(found.reasons.values()) == len(rows) - len(kept) == len(found.rejected)


def test_counts_stay_within_their_tolerance():
    """An independent count over what was kept, not the selector's own ledger."""
    kept, _ = kept_of(biased_rows(4000))
    rules = SelectionRules()
    wins, shown = Counter(), Counter()
    for row in kept:
        wins[row.options[row.correct]] += 1
        shown.update(row.options)
    for name in NAMES:
        n, t = shown[name], rules.options
        allowed = t.rows + t.root * n**0.5 + t.share * n + 1
        assert abs(wins[name] - shown[name] / 2) <= allowed, name
    letters = Counter(row.answer for row in kept)
    n, t = len(kept), rules.letters
    assert abs(letters["A"] - letters["B"]) <= 2 * (t.rows + t.root * n**0.5 + t.share * n) + 2


def test_order_of_arrival_does_not_matter():
    rows = biased_rows(500)
    first = {r.id for r in kept_of(rows)[0]}
    assert {r.id for r in kept_of(rows[::-1])[0]} == first
    assert {r.id for r in kept_of(rows, seed=1)[0]} != first


def test_quotas_are_met_and_starved_ones_say_why():
    rows = biased_rows(4000)
    shares = {"difficulty": {"easy": 0.2, "medium": 0.3, "hard": 0.5}}
    kept, found = kept_of(rows, SelectionRules(shares=shares))
    counts = Counter(r.difficulty for r in kept)
    for level, share in shares["difficulty"].items():
        assert counts[level] == pytest.approx(share * len(kept), rel=0.06), level
    assert not any(q.starved for q in found.quotas)

    shares = {"difficulty": {"easy": 0.5, "impossible": 0.5}}
    _, found = kept_of(rows, SelectionRules(shares=shares))
    (line,) = [q for q in found.quotas if q.value == "impossible"]
    assert line.starved
    assert line.got == 0
    assert "0 candidates were generated" in line.why


def test_total_caps_the_corpus():
    kept, found = kept_of(biased_rows(2000), SelectionRules(total=100))
    assert len(kept) == 100
    assert found.reasons["selection: the corpus is full"] > 0


def test_total_with_shares_reports_what_is_missing():
    rules = SelectionRules(total=1000, shares={"answer_type": {"choice": 0.5, "number": 0.5}})
    kept, found = kept_of(biased_rows(4000), rules)
    lines = {q.value: q for q in found.quotas if q.dimension == "answer_type"}
    assert lines["choice"].wanted == lines["number"].wanted == 500
    assert lines["choice"].got == len(kept) == 500
    assert lines["number"].starved


def test_letters_and_answers_are_reported_against_even():
    _, found = kept_of(biased_rows(1000))
    lines = {(q.dimension, q.value): q for q in found.quotas}
    a, b = lines["letter", "A"], lines["letter", "B"]
    assert a.wanted == b.wanted
    assert abs(a.got - a.wanted) <= 0.02 * a.wanted + a.wanted**0.5


def test_disabled_definition_heuristics_are_left_alone():
    rows = [
        dataclasses.replace(
            r, heuristics={"horizontal_order": r.answer}, by_definition=("horizontal_order",)
        )
        for r in biased_rows(50)
    ]
    assert not any(e.kind == "heuristics" for r in rows for e in entries(r))


def test_changes_of_a_choice_sum_to_nothing_over_its_options():
    """What chance gives to all options together is what the truth takes: one answer."""
    row = make_row(0, options=("lamp", "rug", "bed"), correct=1)
    letters = [e.change for e in entries(row) if e.kind == "letters"]
    assert len(letters) == 3
    assert sum(letters) == pytest.approx(0.0)


def test_free_counts_are_capped():
    rows = [
        make_row(k, answer_type="number", options=(), correct=-1, answer="2" if k % 10 else "3")
        for k in range(500)
    ]
    kept, _ = kept_of(rows)
    counts = Counter(r.answer for r in kept)
    assert counts["3"] == 50
    assert counts["2"] <= 0.5 * len(kept) + 6


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.4 m", 1.4), ("35°", 35.0), ("-2", -2.0), ("sofa", None), ("2 chairs and 1 lamp", None)],
)
def test_numbers_in_options(text, value):
    assert number_in(text) == value


def test_marks_are_no_part_of_a_name():
    assert bare("Chair marked P") == "chair"


def test_options_told_apart_by_their_marks_alone_are_kept_even_by_letter():
    texts = ("object marked P", "object marked Q")
    row = make_row(0, options=texts, names=texts)
    assert any("object marked p" in e.key for e in entries(row))
