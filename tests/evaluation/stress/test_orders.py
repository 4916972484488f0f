"""What may be put in another order, and where options stand in a text."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_benchmark import always_a, make_items, play, reader, seer

from sextant.evaluation.stress import open_stress
from sextant.evaluation.stress._options import find_blocks, replace_blocks
from sextant.evaluation.stress._orders import refers_to_options
from sextant.samples.sample import LETTERS

CASES = json.loads((Path(__file__).parent / "option_cases.json").read_text())
CIRCULAR, SHUFFLE = open_stress("circular"), open_stress("shuffle")


@pytest.mark.parametrize("options", CASES["refer"])
def test_options_that_refer_to_options(options):
    assert refers_to_options(options)


@pytest.mark.parametrize("options", CASES["stand_alone"])
def test_options_that_stand_alone(options):
    assert not refers_to_options(options)


@pytest.mark.parametrize(("text", "options", "expected"), CASES["found"])
def test_blocks_are_found_and_only_their_texts_change(text, options, expected):
    (block,) = find_blocks(text, options)
    assert block.marker.format("A") == expected[0]
    assert replace_blocks(text, [block], options) == text
    assert replace_blocks(text, [block], options[::-1]) == expected[1]


@pytest.mark.parametrize(("text", "options"), CASES["not_found"])
def test_what_is_no_block_is_left_alone(text, options):
    assert find_blocks(text, options) == []


TEXTS = st.text(
    st.characters(codec="ascii", exclude_characters="\x00"), min_size=1, max_size=8
).map(str.strip)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(TEXTS.filter(bool), min_size=2, max_size=6, unique=True),
    st.sampled_from(["{}. ", "({}) ", "{}: "]),
    st.sampled_from(["\n", ", ", " "]),
)
def test_any_written_block_is_read_back(options, marker, joint):
    text = (
        "Q\n" + joint.join(marker.format(LETTERS[k]) + t for k, t in enumerate(options)) + "\nend"
    )
    blocks = find_blocks(text, options)
    assert blocks
    turned = options[1:] + options[:1]
    moved = replace_blocks(text, blocks, turned)
    assert moved == text.replace(
        joint.join(marker.format(LETTERS[k]) + t for k, t in enumerate(options)),
        joint.join(marker.format(LETTERS[k]) + t for k, t in enumerate(turned)),
    )


def reasons(items, profile="rendered", test=CIRCULAR):
    skipped = Counter()
    play(always_a, items, [test], profile, skipped=skipped)
    return {reason for (_, reason), count in skipped.items() if count}


@pytest.mark.parametrize("test", [CIRCULAR, SHUFFLE])
def test_items_without_movable_options_are_counted_with_a_reason(test):
    (item,) = make_items(1)
    boolean = replace(item, options=None, answer="yes", answer_type="boolean")
    number = replace(item, options=None, answer="3", answer_type="number", value=3.0)
    cases = {
        "a yes/no question has no options to move": boolean,
        "the answer is free": number,
        "two options read the same": replace(item, options=("lamp", "Lamp ", "mug", "door")),
        "options are pictures": replace(
            item, options=("<image>", "x", "y", "z"), question="Q <image>"
        ),
        "an option refers to other options": replace(
            item, options=("left", "right", "both A and B", "none")
        ),
        "the right answer is no letter of an option": replace(item, answer="E"),
        "fewer than two options, or one without text": replace(item, options=("x", ""), answer="A"),
        "the question refers to an option by its letter": replace(
            item, question="If option B were right, which is it?"
        ),
        "the question lists options that are not the item's": replace(
            item, question="Which? A. lamp, B. chair of oak"
        ),
    }
    for reason, case in cases.items():
        if "pictures" in reason:
            case = replace(case, options=("<image> one", *case.options[1:]))
            context_parts = reasons_of(case, test)
            assert context_parts == reason
            continue
        assert reasons_of(case, test) == reason


def reasons_of(item, test, profile="rendered"):
    from small_benchmark import SmallBenchmark

    from sextant.evaluation.variants import Context

    benchmark = SmallBenchmark([item])
    context = Context({item.id: item}, lambda i: benchmark.prompt(i, profile))
    return test.applies(item, context)


def test_a_prompt_that_lists_no_options_is_not_rotated():
    assert reasons(make_items(3), "unlisted") == {
        "the prompt does not list the options with letters"
    }


def test_sets_that_store_rotations_are_not_rotated_again():
    (item,) = make_items(1)
    rotated = [
        replace(item, id=f"q{k}", groups={"circular": "base", "rotation": str(k)}) for k in range(4)
    ]
    assert reasons(rotated) == {"the set brings its own rotations"}
    assert reasons(rotated[:1]) == set()


def test_shuffles_are_other_orders_each_once_and_the_same_again():
    items = make_items(12, counts=(2, 3, 4))
    many = SHUFFLE.choose(("1", "2", "3", "4", "5", "6", "7"))
    _, asked = play(seer, items, [many])
    _, again = play(seer, items[::-1], [many])
    _, other = play(seer, items, [many], seed=1)
    text = lambda run: {k: v[1].text for k, v in run.items()}  # noqa: E731
    assert text(asked) == text(again)
    assert text(asked) != text(other)
    for item in items:
        orders = [v.item.options for v, _, _ in asked.values() if v.base.id == item.id]
        assert len(set(orders)) == len(orders) == min(8, len(list(permutations(item.options))))
        for variant, _, _ in asked.values():
            right = variant.base.options[LETTERS.index(variant.base.answer)]
            assert variant.item.options[LETTERS.index(variant.item.answer)] == right


def test_shuffle_tells_steady_from_unsteady_models():
    items = make_items(60)
    for model, unsteady in ((seer, 0.0), (reader, 0.0), (always_a, None)):
        table, asked = play(model, items, [SHUFFLE])
        found = SHUFFLE.read(table)
        assert found["items"] == found["spread_items"] == 60
        assert [row["setting"] for row in found["settings"]] == ["1", "2", "3"]
        if unsteady is None:
            points = dict(zip(table.ids, table.points.tolist(), strict=True))
            by_hand = [
                len({points[k] for k, (v, _, _) in asked.items() if v.base.id == i.id}) > 1
                for i in items
            ]
            assert found["unsteady"] == pytest.approx(np.mean(by_hand))
            assert found["unsteady"] > 0.5
            assert found["spread"] > 0
        else:
            assert (found["unsteady"], found["spread"]) == (unsteady, 0.0)


def test_unknown_tests_and_settings_are_refused_by_name():
    from sextant.errors import RecipeError

    with pytest.raises(RecipeError, match="circular"):
        open_stress("circulr")
    for wanted in ("shuffle:0", "shuffle:x", "frames:0", "no_images:loud", "grey:", "circular:1"):
        with pytest.raises(RecipeError):
            open_stress(wanted)
    assert open_stress("frames:4, 16,4").settings == ("4", "16")
