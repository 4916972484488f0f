"""The parts add up to the score, and each kind of model lands in its part."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from small_benchmark import always_a, as_video, listed, make_items, play, reader, seer

from sextant.evaluation.stress import open_stress
from sextant.evaluation.stress.verdict import verdict
from sextant.models.messages import Picture
from sextant.samples.sample import LETTERS

ALL = [open_stress(name) for name in ("circular", "no_images", "other_images")]


def parts_of(table, form="choice"):
    (found,) = [t for t in verdict(table)["tables"] if t["form"] == form]
    return {row["part"]: row for row in found["parts"]}, found


def guesser(seed=0):
    rng = np.random.default_rng(seed)
    return lambda parts: "ABCD"[int(rng.integers(len(listed(parts))))]


def refuser(parts):
    """A seer that says so where there is nothing to see."""
    return seer(parts) if any(isinstance(p, Picture) for p in parts) else "I cannot see a picture."


def looker(parts):
    """Takes the first option in the alphabet if shown any picture, else the last."""
    options = listed(parts)
    pick = min if any(isinstance(p, Picture) for p in parts) else max
    return pick(options, key=options.get)


@pytest.mark.parametrize("model", [always_a, seer, reader, refuser, looker, guesser()])
@pytest.mark.parametrize("tests", [ALL, ALL[:1], ALL[1:], ALL[:2], []])
def test_parts_add_up_to_the_score(model, tests):
    table, _ = play(model, make_items(60, counts=(2, 3, 4)), tests)
    parts, found = parts_of(table)
    assert sum(row["value"] for row in parts.values()) == pytest.approx(found["plain"]["score"])
    json.dumps(verdict(table), allow_nan=False)


def test_a_reader_knows_what_it_knows_from_language():
    """The reader stands by its pick: what is right beyond luck is language, the rest guesses."""
    table, _ = play(reader, make_items(120), ALL)
    parts, found = parts_of(table)
    score = found["plain"]["score"]
    assert found["levels"]["blind"]["difference"]["value"] == 0.0
    assert parts["language"]["value"] == pytest.approx(score - (1 - score) / 3)
    assert parts["guesses"]["value"] == pytest.approx((1 - score) / 3)
    assert {parts[k]["value"] for k in ("habit", "space")} == {0.0}


def knowing_text(items, share):
    """Knows the answers to a share of the items by heart, and stands by a random pick elsewhere."""
    rng = np.random.default_rng(11)
    picks = {}
    for k, item in enumerate(items):
        truth = item.options[LETTERS.index(item.answer)]
        known = k < share * len(items)
        picks[str(k)] = truth if known else item.options[int(rng.integers(4))]

    def model(parts):
        text = "".join(part for part in parts if isinstance(part, str))
        (number,) = re.findall(r"nearest to point (\d+)\?", text)
        pick = picks[number]
        return next(letter for letter, option in listed(parts).items() if option == pick)

    return model


@pytest.mark.parametrize("tests", [ALL, ALL[1:]])
def test_a_share_known_by_heart_is_found_whatever_the_rest(tests):
    items = make_items(1500)
    table, _ = play(knowing_text(items, 0.4), items, tests)
    parts, _ = parts_of(table)
    assert parts["language"]["value"] == pytest.approx(0.4, abs=0.03)
    assert parts["guesses"]["value"] == pytest.approx(0.15, abs=0.03)
    assert parts["space"]["value"] == parts["habit"]["value"] == 0.0
    table, _ = play(knowing_text(items, 0.0), items, tests)
    parts, _ = parts_of(table)
    assert parts["language"]["value"] == pytest.approx(0.0, abs=0.03)
    assert {row["share_of_score"] for row in parts.values()} == {None}


def test_a_refusing_seer_is_all_space_but_for_what_wrong_pictures_do():
    table, _ = play(refuser, make_items(200), ALL)
    parts, found = parts_of(table)
    assert found["plain"]["score"] == 1.0
    assert parts["guesses"]["value"] == 0.0
    # A refusal is worth a guess: the text gives it nothing, and takes nothing away.
    assert parts["language"]["value"] == pytest.approx(0.0)
    assert parts["space"]["value"] + parts["habit"]["value"] == pytest.approx(1.0)
    other = found["levels"]["other"]["score"]
    assert parts["space"]["value"] == pytest.approx((1 - other) / 0.75)
    assert parts["space"]["share_of_score"] == pytest.approx(parts["space"]["value"])
    assert parts["space"]["p_value_holm"] < 1e-6


@pytest.mark.parametrize("counts", [(2,), (3,), (4,)])
@pytest.mark.parametrize("tests", [ALL, ALL[1:]])
def test_a_guesser_only_guesses(counts, tests):
    table, _ = play(guesser(1), make_items(1200, counts=counts), tests)
    parts, found = parts_of(table)
    assert parts["guesses"]["value"] == pytest.approx(1 / counts[0], abs=0.09)
    assert abs(parts["space"]["value"]) < 0.09
    assert abs(parts["language"]["value"]) < 0.05
    assert abs(found["levels"]["blind"]["difference"]["value"]) < 0.07


def test_always_a_guesses_however_often_a_is_right():
    items = [item for item in make_items(200) if item.answer in "AB"]
    table, _ = play(always_a, items, ALL)
    parts, found = parts_of(table)
    assert parts["guesses"]["value"] == pytest.approx(found["plain"]["score"])
    assert found["plain"]["score"] > 0.4
    assert parts["space"]["value"] == parts["language"]["value"] == 0.0


def test_any_picture_at_all_is_habit():
    table, _ = play(looker, make_items(300), ALL)
    parts, found = parts_of(table)
    score = found["plain"]["score"]
    assert found["levels"]["other"]["difference"]["value"] == 0.0
    # Without pictures it always picks another option, so the text takes a third away.
    net = score - (1 - score) / 3
    assert parts["language"]["value"] == pytest.approx(-net / 3)
    assert parts["habit"]["value"] == pytest.approx(net * 4 / 3)
    assert parts["space"]["value"] == 0.0


def test_half_known_half_guessed_is_told_apart():
    """A model that sees half of the items and guesses the rest anew every time."""
    guess = guesser(3)

    def model(parts):
        shown = [p for p in parts if isinstance(p, Picture)]
        known = shown and int(shown[0].name.split("_")[-2]) % 2 == 0
        return seer(parts) if known else guess(parts)

    table, _ = play(model, make_items(800), ALL[:2])
    parts, found = parts_of(table)
    assert parts["space"]["value"] == pytest.approx(0.5, abs=0.04)
    assert parts["language"]["value"] == pytest.approx(0.0, abs=0.04)
    assert parts["guesses"]["value"] == pytest.approx(0.125, abs=0.04)
    assert found["missing"] == ["other"]


@pytest.mark.parametrize("rotated", [True, False])
def test_parts_by_brute_force(rotated):
    rng = np.random.default_rng(7)
    items = make_items(50, counts=(2, 3, 4))
    tests = ALL if rotated else ALL[1:]
    table, asked = play(lambda parts: "ABCDz"[int(rng.integers(5))], items, tests,
                        fail={"q3", "q5#circular:1", "q7#no_images:told"})  # fmt: skip
    row = {name: k for k, name in enumerate(table.ids)}
    sums = dict.fromkeys(("guesses", "language", "habit", "space"), 0.0)
    n = 0
    for item in items:
        if item.id in ("q3", "q7", *(["q5"] if rotated else [])):
            continue
        count = len(item.options)
        c = 1 / count
        said = {}
        for name, (variant, _, _) in asked.items():
            if variant.base.id == item.id:
                chosen = int(table.chosen[row[name]])
                said[name.removeprefix(item.id)] = (
                    None if chosen < 0 else variant.item.options[chosen]
                )
        truth = item.options[LETTERS.index(item.answer)]
        plain = said[""]
        turned = {text for name, text in said.items() if name == "" or "circular" in name}
        if turned == {truth}:
            s = 1.0
        else:
            s = -1 / (count - 1) if len(turned) == 1 and None not in turned else 0.0
        p = float(plain == truth)
        agree = {}
        for key in ("#no_images:told", "#other_images:all"):
            agree[key] = c if said[key] is None else float(said[key] == plain)
        b, h = agree.values()
        sums["guesses"] += p - s
        sums["language"] += s * (b - c) / (1 - c)
        sums["habit"] += s * (h - b) / (1 - c)
        sums["space"] += s * (1 - h) / (1 - c)
        n += 1
    parts, found = parts_of(table)
    assert (found["n"], found["items"]) == (n, 50)
    for name, total in sums.items():
        assert parts[name]["value"] == pytest.approx(total / n)


def test_yes_no_and_free_answers_have_their_own_tables():
    (item,) = make_items(1)
    boolean = [
        replace(item, id=f"b{k}", options=None, answer="yes", answer_type="boolean")
        for k in range(9)
    ]
    free = [
        replace(item, id=f"n{k}", options=None, answer="3", answer_type="number", value=3.0)
        for k in range(5)
    ]
    table, _ = play(lambda parts: "3", [*boolean, *free], [open_stress("no_images")])
    parts, found = parts_of(table, "boolean")
    assert parts["chance"]["value"] == 0.5
    parts, found = parts_of(table, "free")
    assert "chance" not in parts
    assert parts["language"]["value"] == 1.0
    assert parts["pictures"]["value"] == 0.0
    assert found["missing"] == ["other"]


def test_counter_heuristic_rows_are_read_alone():
    items = make_items(40)
    items = [replace(item, raw={"evidence": {"heuristics": {"pixel_size": "A"}}}) for item in items]
    table, _ = play(always_a, items, [*ALL, open_stress("counter_heuristic")])
    _, counter = parts_of(table, "choice, counter-heuristic rows")
    assert counter["items"] == sum(item.answer != "A" for item in items)
    assert counter["plain"]["score"] == 0.0
    assert "gap" in verdict(table)["beside"]["counter_heuristic"]


def test_videos_count_as_pictures():
    items = [as_video(item) for item in make_items(40)]
    table, _ = play(reader, items, ALL)
    parts, found = parts_of(table)
    assert found["n"] == 40
    assert parts["space"]["value"] == 0.0
