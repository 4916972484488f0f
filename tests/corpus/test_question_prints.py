"""Texts that read the same have the same key, whatever surrounds the words."""

from __future__ import annotations

import pyarrow as pa
import pytest

from sextant.corpus.question_prints import (
    adds_only,
    resemblance,
    sequence_keys,
    set_keys,
    shingles,
    text_keys,
)


def keys(*rows):
    questions = pa.array([q for q, _ in rows], pa.string())
    options = pa.array([o for _, o in rows], pa.list_(pa.string()))
    return text_keys(questions, options).tolist()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (("How far is it?", None), ("  how FAR, is\nit ", None)),
        (("<image>\nHow far?", None), ("How far? <image>", None)),
        (("Which?", ["lamp", "sofa"]), ("which", ["Sofa", "lamp."])),
        (("Wie groß ist das Café?", None), ("wie groß ist das café", None)),
        (("1.5 m or 2 m", None), ("1.5 M or 2 m.", None)),
    ],
)
def test_the_same(a, b):
    first, second = keys(a, b)
    assert first == second


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (("How far is the lamp?", None), ("How far is the sofa?", None)),
        (("1.5 m", None), ("15 m", None)),
        (("1.5 m", None), ("1 5 m", None)),
        (("the lamp the sofa", None), ("the sofa the lamp", None)),
        (("Which?", ["lamp", "sofa"]), ("Which?", ["lamp", "rug"])),
        (("Which?", None), ("Which?", ["lamp"])),
        (("Which?", ["a", "a"]), ("Which?", [])),
    ],
)
def test_not_the_same(a, b):
    first, second = keys(a, b)
    assert first != second


def test_batches_cut_anywhere_give_the_same_keys():
    rows = [(f"question {k} é" if k % 3 else "", [str(k)] * (k % 4) or None) for k in range(40)]
    questions = pa.array([q for q, _ in rows], pa.string())
    options = pa.array([o for _, o in rows], pa.list_(pa.string()))
    whole = text_keys(questions, options).tolist()
    cut = [text_keys(questions.slice(k, 7), options.slice(k, 7)).tolist() for k in range(0, 40, 7)]
    assert [key for part in cut for key in part] == whole
    sets = shingles(questions, options)
    part = shingles(questions.slice(11, 5), options.slice(11, 5))
    assert all((sets.of(11 + k) == part.of(k)).all() for k in range(5))
    assert set_keys(options.slice(3, 9)).tolist() == set_keys(options).tolist()[3:12]


def test_sets_and_sequences():
    lists = pa.array([["a", "b"], ["b", "a"], [], ["a", "b", "b"]], pa.list_(pa.string()))
    one, other, none, more = set_keys(lists).tolist()
    assert one == other != more
    assert none == 0
    in_order = sequence_keys(lists).tolist()
    assert in_order[0] != in_order[1]


def test_resemblance_and_additions():
    text = "walk to the door turn left and say how many chairs you have passed on the way"
    questions = pa.array([text, text + " please", text.replace("chairs", "tables")], pa.string())
    none = pa.nulls(3, pa.list_(pa.string()))
    three, one = shingles(questions, none), shingles(questions, none, 1)
    assert resemblance(three.of(0), three.of(1)) > 0.9
    assert adds_only(one.of(0), one.of(1))
    assert not adds_only(one.of(0), one.of(2))


def test_hostile_texts():
    long = "a" * 1_000_000 + " b" * 100_000
    assert len(set(keys((long, None), (long + "c", None), ("\u202e\x00", None), ("", None)))) == 4
