"""Rotations are a cyclic group, and what is read from them is what brute force counts."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_benchmark import (
    WORDS,
    SmallBenchmark,
    always_a,
    listed,
    make_items,
    play,
    reader,
    seer,
)

from sextant.evaluation.stress import open_stress
from sextant.evaluation.stress._orders import moved
from sextant.evaluation.stress.circular import hard_chance, rotation_bias
from sextant.evaluation.variants import Context
from sextant.samples.sample import LETTERS

CIRCULAR = open_stress("circular")
PROFILES = [("rendered", False), ("inline", True), ("example", False)]


def context_of(items, profile="rendered"):
    benchmark = SmallBenchmark(items)
    return Context({i.id: i for i in items}, lambda item: benchmark.prompt(item, profile))


def test_plain_is_asked_once_and_every_rotation_once():
    items = make_items(6, counts=(2, 3, 4))
    _, asked = play(seer, items, [CIRCULAR])
    by_base = Counter(variant.base.id for variant, _, _ in asked.values())
    assert all(by_base[item.id] == len(item.options) for item in items)
    assert {"q0", "q0#circular:1", "q2#circular:3"} <= set(asked)
    assert "q0#circular:0" not in asked


@pytest.mark.parametrize(("profile", "inline"), PROFILES)
def test_rotations_show_every_option_in_every_place_once(profile, inline):
    items = make_items(9, counts=(2, 4, 5), inline=inline)
    _, asked = play(seer, items, [CIRCULAR], profile)
    places = Counter()
    for variant, _, parts in asked.values():
        shown = listed(parts)
        item = variant.item
        assert list(shown) == list(LETTERS[: len(item.options)])
        assert tuple(shown.values()) == item.options
        assert len(set(shown.values())) == len(shown)
        assert sorted(item.options) == sorted(variant.base.options)
        # The right letter moves with the right text.
        truth = variant.base.options[LETTERS.index(variant.base.answer)]
        assert shown[item.answer] == truth
        places.update((variant.base.id, k, text) for k, text in shown.items())
    assert set(places.values()) == {1}


@pytest.mark.parametrize(("profile", "inline"), PROFILES)
def test_only_the_options_differ_between_prompts(profile, inline):
    items = make_items(4, inline=inline)
    _, asked = play(seer, items, [CIRCULAR], profile)
    for variant, prompt, parts in asked.values():
        plain = asked[variant.base.id]
        assert (prompt.system, prompt.max_new_tokens) == (plain[1].system, plain[1].max_new_tokens)
        blank = lambda text: "".join("_" if w in WORDS else w for w in split(text))  # noqa: E731
        assert blank(prompt.text) == blank(plain[1].text)
        assert [p for p in parts if not isinstance(p, str)] == list(variant.base.pictures)
    assert "'A. Above B. Under" in asked["q0#circular:1"][1].text or profile != "example"


def split(text):
    return re.split(r"(\w+)", text)


def test_an_edited_prompt_is_what_the_benchmark_makes_of_the_altered_item():
    items = make_items(8, counts=(2, 3, 4))
    context = context_of(items)
    for item in items:
        for variant in CIRCULAR.variants(item, 0, context):
            assert variant.prompt(context.render) == context.render(variant.item)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(2, 6), a=st.integers(0, 12), b=st.integers(0, 12), seed=st.integers(0, 99),
    profile=st.sampled_from(PROFILES),
)  # fmt: skip
def test_rotations_form_a_cyclic_group(n, a, b, seed, profile):
    (item,) = make_items(1, seed, counts=(n,), inline=profile[1])
    context = context_of([item], profile[0])

    def turned(item, shift):
        return moved(item, [(k - shift) % n for k in range(n)], "circular", str(shift))

    once, twice = turned(item, a % n), turned(turned(item, a % n).item, b % n)
    both = turned(item, (a + b) % n)
    assert twice.item == both.item
    assert twice.prompt(context.render) == both.prompt(context.render)
    back = turned(once.item, -a % n)
    assert back.item == item
    assert back.prompt(context.render) == context.render(item)


def test_the_benchmarks_own_examples_stay():
    items = make_items(1)
    (item,) = items
    item = replace(item, options=("Above", "Under", "Front", "Behind"), answer="B")
    context = context_of([item], "example")
    (first, *_) = CIRCULAR.variants(item, 0, context)
    text = first.prompt(context.render).text
    assert "from 'A. Above B. Under C. Front D. Behind'" in text
    assert text.endswith("A. Behind B. Above C. Under D. Front")
    assert first.item.answer == "C"


def test_always_a_is_vanilla_as_often_as_a_is_right_and_never_hard():
    items = make_items(60, counts=(2, 3, 4))
    table, _ = play(always_a, items, [CIRCULAR])
    found = CIRCULAR.read(table)
    assert found["vanilla"]["score"] == pytest.approx(np.mean([i.answer == "A" for i in items]))
    assert found["hard"]["score"] == 0.0
    # Every option is in place A once, so the mean over rotations is exactly chance.
    assert found["soft"]["score"] == pytest.approx(found["soft"]["chance"])
    assert found["consistent"] == 0.0
    assert found["position_bias"]["p_value"] < 1e-12


def test_a_seer_is_right_in_all():
    table, _ = play(seer, make_items(40, counts=(2, 4)), [CIRCULAR])
    found = CIRCULAR.read(table)
    assert [found[k]["score"] for k in ("vanilla", "soft", "hard")] == [1.0, 1.0, 1.0]
    assert found["consistent"] == 1.0
    bias = found["position_bias"]
    assert (bias["degrees_of_freedom"], bias["p_value"]) == (0, 1.0)
    for row in bias["by_options"]:
        assert len(set(row["chosen"])) == 1
        assert row["accuracy_by_place_of_answer"] == [1.0] * row["options"]


def test_a_reader_is_as_good_hard_as_vanilla():
    table, _ = play(reader, make_items(60), [CIRCULAR])
    found = CIRCULAR.read(table)
    assert found["hard"]["score"] == found["vanilla"]["score"] == found["soft"]["score"]
    assert 0 < found["hard"]["score"] < 1
    assert found["consistent"] == 1.0


def test_reading_equals_counting_by_hand():
    items = make_items(30, counts=(2, 3, 4), seed=3)
    rng = np.random.default_rng(5)
    table, asked = play(lambda parts: "ABCDZ"[int(rng.integers(5))], items, [CIRCULAR],
                        fail={"q4#circular:1"})  # fmt: skip
    found = CIRCULAR.read(table)
    points = dict(zip(table.ids, table.points.tolist(), strict=True))
    vanilla, soft, hard = [], [], []
    for item in items:
        rows = [name for name, (variant, _, _) in asked.items() if variant.base.id == item.id]
        if item.id == "q4":
            continue
        vanilla.append(points[item.id])
        soft.append(sum(points[r] for r in rows) / len(rows))
        hard.append(float(all(points[r] for r in rows)))
    assert (found["items"], found["incomplete"]) == (29, 1)
    for name, values in (("vanilla", vanilla), ("soft", soft), ("hard", hard)):
        assert found[name]["score"] == pytest.approx(sum(values) / len(values))
    chances = [1 / len(i.options) for i in items if i.id != "q4"]
    assert found["soft"]["chance"] == pytest.approx(sum(chances) / len(chances))
    assert found["hard"]["chance"] == pytest.approx(
        sum(c ** round(1 / c) for c in chances) / len(chances)
    )


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_chance_levels_by_enumeration(n):
    # Every way of answering n rotations, each as likely: the right letters are 0..n-1 in turn.
    ways = list(itertools.product(range(n), repeat=n))
    hits = [[letter == shift for shift, letter in enumerate(way)] for way in ways]
    assert np.mean([all(h) for h in hits]) == pytest.approx(hard_chance(np.array([n]))[0])
    assert np.mean([np.mean(h) for h in hits]) == pytest.approx(1 / n)


def test_position_bias_agrees_with_turning_every_item_at_random():
    rng = np.random.default_rng(2)
    n, items = 4, 40
    lean = np.array([0.34, 0.26, 0.22, 0.18])
    letters = rng.choice(n, (items, n), p=lean)
    right = np.tile(np.arange(n), (items, 1))
    found = rotation_bias({n: letters}, {n: right})

    counts = np.stack([(letters == k).sum(axis=1) for k in range(n)], axis=1)
    waves = np.fft.fft(counts, axis=1)[:, 1:]
    spread = (np.abs(waves) ** 2).sum(axis=0)

    def statistic(c):
        return float((np.abs(np.fft.fft(c.sum(axis=0))[1:]) ** 2 / spread).sum())

    turns = rng.integers(n, size=(4000, items))
    drawn = []
    for turn in turns:
        index = (np.arange(n) - turn[:, None]) % n
        drawn.append(statistic(np.take_along_axis(counts, index, axis=1)))
    assert found["statistic"] == pytest.approx(statistic(counts))
    share = np.mean(np.array(drawn) >= found["statistic"] - 1e-9)
    assert found["p_value"] == pytest.approx(share, abs=0.03)
    # Its mean under turning is the number of degrees of freedom.
    assert np.mean(drawn) == pytest.approx(n - 1, rel=0.06)


def test_no_position_bias_is_rarely_called_one():
    rng = np.random.default_rng(9)
    right = np.tile(np.arange(4), (50, 1))
    p_values = [
        rotation_bias({4: rng.integers(0, 4, (50, 4))}, {4: right})["p_value"] for _ in range(400)
    ]
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.085
    assert 0.4 < np.mean(p_values) < 0.6


def test_a_table_without_variants_is_refused():
    from sextant.errors import InputError
    from sextant.evaluation.table_builder import ScoreTableBuilder

    with pytest.raises(InputError, match="no variants"):
        CIRCULAR.read(ScoreTableBuilder().done())
