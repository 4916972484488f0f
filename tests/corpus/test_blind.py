"""The audit finds planted shortcuts and nothing in what has none."""

from __future__ import annotations

import numpy as np
from test_selection import NAMES, make_row

from sextant.corpus.blind import audit_blind
from sextant.corpus.light_rows import light_row


def rows_of(count, draw, seed=0, n=4):
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(count):
        options = tuple(NAMES[i] for i in rng.choice(len(NAMES), n, replace=False))
        correct = draw(rng, options, k)
        rows.append(make_row(k, options=options, correct=correct, answer="ABCD"[correct]))
    return rows


def test_fair_rows_are_near_chance():
    (family,) = audit_blind(rows_of(2000, lambda rng, o, k: int(rng.integers(len(o)))))
    assert family.chance == 0.25
    assert abs(family.gap) < 0.05
    assert abs(family.words - 0.25) < 0.06
    assert family.problems() == []


def test_a_preferred_text_is_found():
    def draw(rng, options, k):
        return options.index("lamp") if "lamp" in options else int(rng.integers(len(options)))

    (family,) = audit_blind(rows_of(2000, draw))
    assert family.gap > 0.2
    assert any("majority" in p for p in family.problems())


def test_a_preferred_letter_is_found():
    draw = lambda rng, o, k: 0 if rng.random() < 0.6 else int(rng.integers(4))  # noqa: E731
    (family,) = audit_blind(rows_of(2000, draw))
    assert family.words > 0.45


def test_an_answer_that_follows_from_the_template_is_found():
    rows = [
        make_row(
            k, options=("left", "right"), correct=int(k % 12 >= 6), answer="AB"[int(k % 12 >= 6)],
        )
        for k in range(600)
    ]  # fmt: skip
    (family,) = audit_blind(rows)
    assert family.majority > 0.95


def test_heuristics_are_counted_with_their_own_chance():
    rows = [
        make_row(k, options=NAMES[:4], correct=k % 4, answer="ABCD"[k % 4],
                 heuristics={"pixel_size": "AB", "center_distance": "ABCD"[k % 4]})
        for k in range(400)
    ]  # fmt: skip
    (family,) = audit_blind(rows)
    n, accuracy, chance, defined = family.heuristics["pixel_size"]
    assert (n, chance, defined) == (400, 0.25, False)
    assert accuracy == 0.25
    assert family.heuristics["center_distance"][1] == 1.0
    assert any("center_distance" in p for p in family.problems())


def test_free_answers_are_skipped():
    assert audit_blind([make_row(0, answer_type="number", options=(), correct=-1)]) == []


def test_light_rows_read_the_stored_columns():
    row = light_row(
        {
            "id": "0" * 16, "capability": "SR", "task": "sr.proximity", "source": "x",
            "scene_id": "s", "difficulty": "easy", "answer_type": "boolean", "answer": "no",
            "answer_index": None, "options": None, "template": "sr.proximity/vsibench:near/3",
            "question": "?", "unit": None,
            "evidence": '{"proposed":["a","b"],"names":{"a":"bed","b":"lamp"},'
            '"heuristics":{"first_mentioned":"yes"}}',
        }
    )  # fmt: skip
    assert (row.options, row.correct, row.names) == (("yes", "no"), 1, ("bed", "lamp"))
    assert row.variant == "near"
