"""Numbers: the table of nasty replies, under every rule."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.evaluation.extraction.cases import table

from sextant.evaluation.extraction import NUMBER_RULES, extract_number, find_number

CASES = table("number_cases")
PEERS = sorted({rule for case in CASES for rule in case["peers"]})


def test_the_table_is_large_and_holds_every_verdict_and_unit() -> None:
    statuses = Counter(case["strict"][0] for case in CASES)
    assert len(CASES) >= 120
    assert min(statuses[s] for s in ("answered", "refused", "ambiguous", "empty")) >= 15
    assert {case["unit"] for case in CASES} == {None, "m", "cm", "m2", "deg", "count"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case["reply"])[:60])
def test_strict(case: dict[str, Any]) -> None:
    status, value = case["strict"]
    found = find_number(case["reply"], case["unit"])
    assert found.status == status
    assert found.value == (None if value is None else pytest.approx(value, rel=1e-6))
    assert extract_number(case["reply"], case["unit"]) == found.value
    if found.span is not None:
        start, end = found.span
        assert 0 <= start < end <= len(case["reply"])


@pytest.mark.parametrize("rule", PEERS)
def test_peers_give_what_their_own_code_gave(rule: str) -> None:
    wrong = []
    for case in CASES:
        found = find_number(case["reply"], rule=rule)
        if found.value != case["peers"][rule]:
            wrong.append((case["reply"], case["peers"][rule], found))
    assert wrong == []


def test_every_rule_follows_code_that_is_in_the_table() -> None:
    assert set(NUMBER_RULES.values()) == {NUMBER_RULES[name] for name in (*PEERS, "strict")}
