"""Letters: the table of nasty replies, under every rule."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.evaluation.extraction.cases import table

from sextant.evaluation.extraction import RULES, extract_choice, find_choice

CASES = table("choice_cases")
PEERS = sorted({rule for case in CASES for rule in case["peers"]})


def test_the_table_is_large_and_holds_every_verdict() -> None:
    statuses = Counter(case["strict"][0] for case in CASES)
    assert len(CASES) >= 200
    assert min(statuses[s] for s in ("answered", "refused", "ambiguous", "empty")) >= 20
    assert len({(c["reply"], tuple(c["options"])) for c in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case["reply"])[:60])
def test_strict(case: dict[str, Any]) -> None:
    found = find_choice(case["reply"], case["options"])
    assert [found.status, found.value] == case["strict"]
    assert extract_choice(case["reply"], case["options"]) == case["strict"][1]
    if found.span is not None:
        start, end = found.span
        assert 0 <= start < end <= len(case["reply"])
    if found.value is not None:
        assert found.span is not None


@pytest.mark.parametrize("rule", PEERS)
def test_peers_give_what_their_own_code_gave(rule: str) -> None:
    wrong = []
    for case in CASES:
        if rule in case["peers"]:
            found = find_choice(case["reply"], case["options"], rule=rule)
            value = None if found.status == "empty" else found.value
            if value != case["peers"][rule]:
                wrong.append((case["reply"], case["options"], case["peers"][rule], found))
    assert wrong == []


def test_every_rule_has_a_case_that_tells_it_from_strict() -> None:
    told = {
        rule
        for case in CASES
        for rule, value in case["peers"].items()
        if value != case["strict"][1]
    }
    assert told == set(PEERS)


def test_every_rule_follows_code_that_is_in_the_table() -> None:
    tested = {RULES[name] for name in PEERS} | {RULES["strict"]}
    by_comparison = {RULES["official/spar_bench"]}  # it extracts nothing; see test_rules
    assert set(RULES.values()) - tested == by_comparison
