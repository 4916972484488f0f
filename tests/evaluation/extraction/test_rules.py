"""The registry of rules, and what is special about some of them."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from sextant.errors import InputError
from sextant.evaluation.extraction import (
    NUMBER_RULES,
    RULES,
    extract_choice,
    extract_number,
    find_choice,
    find_number,
)
from sextant.evaluation.extraction.peers import spar_bench
from sextant.evaluation.extraction.peers.lmms_reasoning import without_reasoning

BENCHMARKS = (
    "vsi_bench", "mmsi_bench", "mindcube", "viewspatial", "site_bench", "blink", "threedsrbench",
    "embspatial", "spar_bench", "mmbench_en",
)  # fmt: skip
HARNESSES = ("official", "vlmevalkit", "lmms-eval")


def test_every_benchmark_has_a_rule_of_every_harness() -> None:
    for harness in HARNESSES:
        assert RULES[harness] is RULES[f"{harness}/vsi_bench"]
        assert NUMBER_RULES[harness] is NUMBER_RULES[f"{harness}/vsi_bench"]
        for benchmark in BENCHMARKS:
            assert f"{harness}/{benchmark}" in RULES
        for benchmark in ("vsi_bench", "spar_bench", "spar_bench_mv"):
            assert f"{harness}/{benchmark}" in NUMBER_RULES or harness == "official"


def test_a_rule_wins_over_a_profile() -> None:
    assert find_choice("A chair", 4, "strict").value is None
    assert find_choice("A chair", 4, "strict", rule="official/viewspatial").value == "A"
    assert find_number("5 m by 4 m, so 20", "m2").value == 20.0
    assert find_number("5 m by 4 m, so 20", "m2", rule="lmms-eval/vsi_bench").value == 5.0


@pytest.mark.parametrize(
    ("name", "near"), [("lmms-eval/site", "lmms-eval/site_bench"), ("Strict", "strict")]
)
def test_an_unknown_rule_is_refused_with_the_nearest_one(name: str, near: str) -> None:
    with pytest.raises(InputError, match=near):
        find_choice("A", 2, rule=name)
    with pytest.raises(InputError, match="no extraction rule"):
        find_number("A", rule="official/blink")


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(InputError, match="no such unit"):
        find_number("3", "parsec")


@pytest.mark.parametrize("reply", [None, float("nan"), np.float64("nan"), "", "  \n"])
def test_nothing_is_empty_under_every_rule(reply: object) -> None:
    for rule in RULES:
        assert find_choice(reply, 4, rule=rule).status == "empty"
    for rule in NUMBER_RULES:
        assert find_number(reply, rule=rule).status == "empty"


def test_numbers_in_a_table_count_as_their_text() -> None:
    assert extract_number(3.5) == 3.5
    assert extract_number(7, "count") == 7.0
    assert extract_choice(2, ["1", "2", "3"]) == "B"


def test_sites_guess_is_repeatable_uniform_and_told_apart() -> None:
    letters = Counter()
    for k in range(4000):
        found = find_choice(f"no letter {k}", 4, rule="official/site_bench")
        assert found == find_choice(f"no letter {k}", 4, rule="lmms-eval/site_bench")
        assert found.status == "empty"
        letters[found.value] += 1
    # Four standard deviations of a binomial count.
    assert all(abs(letters[c] - 1000) < 4 * (4000 * 0.25 * 0.75) ** 0.5 for c in "ABCD")
    assert find_choice("(B)", 4, rule="official/site_bench").status == "answered"


def test_spar_bench_compares() -> None:
    right = {
        ("B", "B"), ("b", "B"), ("B.", "B"), ("because", "B"), ("", "B"), ("Answer: B", "A"),
        ("chair", "chair by the door"),
    }  # fmt: skip
    wrong = {("(B)", "B"), ("A", "B"), ("Answer: B", "B"), (" B", "B")}
    assert all(spar_bench.exact_match(*pair) for pair in right)
    assert not any(spar_bench.exact_match(*pair) for pair in wrong)
    for reply, answer in right | wrong:
        if reply and len(answer) == 1:
            letter = find_choice(reply, 4, rule="official/spar_bench").value
            assert (letter == answer) == spar_bench.exact_match(reply, answer)


def test_views_decide_which_number_spar_bench_takes() -> None:
    reply = "-2 and 3.5"
    assert find_number(reply, rule="lmms-eval/spar_bench").value == 2.0
    assert find_number(reply, rule="lmms-eval/spar_bench_mv").value == 3.5
    nothing = find_number("none", rule="lmms-eval/spar_bench_mv")
    assert (nothing.status, nothing.value) == ("empty", -1.0)


@pytest.mark.parametrize(
    ("reply", "left"),
    [
        ("<think>a</think> B ", "B"),
        ("a</think>B", "B"),
        ("<think>a", "<think>a"),
        ("<think>a</think>b<think>c</think>d", "bd"),
        ("<analysis>a</analysis>B", "B"),
        ("<think>a</think>b</think>c", "c"),
        ("</think>b<think>", "</think>b<think>"),
        ("B", "B"),
    ],
)
def test_what_lmms_eval_removes_first(reply: str, left: str) -> None:
    # Expected as lmms_eval.api.reasoning.strip_reasoning_tags gave it.
    assert without_reasoning(reply) == left


def test_extraction_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import sextant.evaluation.extraction; "
        "print([m for m in ('numba', 'torch', 'pandas', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
