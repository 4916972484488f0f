"""The parts add up to the score, and each kind of model lands in its part."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from small_benchmark import always_a, as_video, listed, make_items, play, reader, seer

from sextant.evaluation.stress import open_stress
from sextant.evaluation.stress.verdict import verdict
from sextant.models.messages import Picture

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


def test_a_reader_is_all_language():
    table, _ = play(reader, make_items(120), ALL)
    parts, found = parts_of(table)
    assert found["levels"]["blind"]["difference"]["value"] == 0.0
    assert parts["language"]["value"] == pytest.approx(found["plain"]["score"])
    assert {parts[k]["value"] for k in ("unsteady", "habit", "space")} == {0.0}


def test_a_refusing_seer_is_all_space_but_for_what_wrong_pictures_do():
    table, _ = play(refuser, make_items(200), ALL)
    parts, found = parts_of(table)
    assert found["plain"]["score"] == 1.0
    assert parts["unsteady"]["value"] == 0.0
    # A refusal is worth a guess: the text gives it nothing, and takes nothing away.
    assert parts["language"]["value"] == pytest.approx(0.0)
    assert parts["space"]["value"] + parts["habit"]["value"] == pytest.approx(1.0)
    assert parts["space"]["value"] == pytest.approx((1 - found["levels"]["other"]["score"]) / 0.75)
    assert parts["space"]["share_of_score"] == pytest.approx(parts["space"]["value"])
    assert parts["space"]["p_value_holm"] < 1e-6


def test_a_guesser_is_unsteady():
    table, _ = play(guesser(1), make_items(400), ALL)
    parts, found = parts_of(table)
    assert parts["unsteady"]["value"] == pytest.approx(found["of_guessing"]["unsteady"], abs=0.07)
    assert abs(parts["space"]["value"]) < 0.03
    assert abs(parts["language"]["value"]) < 0.03
    # What is not above chance has no shares.
    assert {row["share_of_score"] for row in parts.values()} == {None}


def test_always_a_is_unsteady_however_often_a_is_right():
    items = [item for item in make_items(200) if item.answer in "AB"]
    table, _ = play(always_a, items, ALL)
    parts, found = parts_of(table)
    assert parts["unsteady"]["value"] == pytest.approx(found["plain"]["score"])
    assert found["plain"]["score"] > 0.4
    assert parts["space"]["value"] == parts["language"]["value"] == 0.0


def test_any_picture_at_all_is_habit():
    table, _ = play(looker, make_items(300), ALL)
    parts, found = parts_of(table)
    score = found["plain"]["score"]
    assert found["levels"]["other"]["difference"]["value"] == 0.0
    assert parts["space"]["value"] == 0.0
    assert parts["habit"]["value"] + parts["language"]["value"] == pytest.approx(score)
    assert parts["habit"]["value"] > score / 2


def test_half_known_half_guessed_is_told_apart():
    """A model that knows half of the items: language 0, space near a half, the rest unsteady."""
    guess = guesser(3)

    def model(parts):
        shown = [p for p in parts if isinstance(p, Picture)]
        known = shown and int(shown[0].name.split("_")[-2]) % 2 == 0
        return seer(parts) if known else guess(parts)

    table, _ = play(model, make_items(600), ALL[:2])
    parts, found = parts_of(table)
    assert parts["space"]["value"] == pytest.approx(0.5, abs=0.04)
    assert parts["language"]["value"] == pytest.approx(0.0, abs=0.04)
    assert parts["unsteady"]["value"] == pytest.approx(0.125, abs=0.04)
    assert found["of_guessing"]["unsteady"] == pytest.approx(0.125, abs=0.01)
    assert found["missing"] == ["other"]


def test_parts_by_brute_force():
    rng = np.random.default_rng(7)
    items = make_items(50, counts=(2, 3, 4))
    table, asked = play(lambda parts: "ABCDz"[int(rng.integers(5))], items, ALL,
                        fail={"q3", "q5#circular:1", "q7#no_images:told"})  # fmt: skip
    row = {name: k for k, name in enumerate(table.ids)}
    sums = dict.fromkeys(("unsteady", "language", "habit", "space"), 0.0)
    n = 0
    for item in items:
        if item.id in ("q3", "q7", "q5"):
            continue
        c = 1 / len(item.options)
        value = {}
        for name, (variant, _, _) in asked.items():
            if variant.base.id == item.id:
                k = row[name]
                silent = table.status[k] != 1 and variant.stress in ("no_images", "other_images")
                value[name.removeprefix(item.id)] = c if silent else table.points[k]
        p, b, h = value[""], value["#no_images:told"], value["#other_images:all"]
        s = min(v for k, v in value.items() if k == "" or "circular" in k)
        sums["unsteady"] += p - s
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
    assert found["of_guessing"] is None


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
