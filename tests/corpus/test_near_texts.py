"""Texts that add to a known one, or leave something out, are found; others are not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from sextant.corpus.duplicates import RESEMBLANCE
from sextant.corpus.near_texts import NearTexts
from sextant.corpus.question_prints import adds_only, resemblance, shingles, text_keys

LONG = (
    "Walk from the door to the window, turn around, and say how many of the chairs that you have "
    "passed stand on the left side of the table as it is seen from there."
)
KNOWN = [
    LONG,
    LONG.replace("chairs", "stools"),
    "How many chairs are here?",
    LONG + " In one word.",
]


def arrays(questions, options=None):
    return (
        pa.array(questions, pa.string()),
        pa.array(options or [None] * len(questions), pa.list_(pa.string())),
    )


def found(known, asked):
    matches = NearTexts(*(a.to_pylist() for a in known)).near(*asked)
    places = {key: k for k, key in enumerate(text_keys(*known).tolist())}
    return {
        (row, places[key]): alike
        for row, key, alike in zip(
            matches.row.tolist(), matches.key.tolist(), matches.resemblance.tolist(), strict=True
        )
    }


def test_what_was_added_or_left_out():
    asked = ["Other", LONG + " Answer briefly.", LONG.replace("door", "sofa"), KNOWN[2],
             LONG + " Answer briefly."]  # fmt: skip
    hits = found(arrays(KNOWN), arrays(asked))
    # Each of the equal texts has its hit; exchanged words and equal texts are none.
    assert set(hits) == {(1, 0), (4, 0)}
    assert all(RESEMBLANCE <= alike < 1 for alike in hits.values())


def test_other_options_make_another_question():
    known = arrays([LONG], [["one", "two", "three"]])
    asked = arrays([LONG] * 3, [["three", "two", "one"], ["one", "two"], ["one", "two", "four"]])
    assert set(found(known, asked)) == {(1, 0)}


def test_nothing_is_near_nothing():
    assert not found(arrays([]), arrays(["a"]))
    assert not found(arrays(["a"]), arrays([]))


@pytest.mark.parametrize("seed", range(3))
def test_as_comparing_every_pair_does(seed):
    rng = np.random.default_rng(seed)
    words = np.array("how far is the lamp from door sofa which one left right table".split())
    bases = [" ".join(words[rng.integers(0, len(words), 30)]) for _ in range(20)]
    known = arrays([b + " x" * (k % 3) for k, b in enumerate(bases)])
    asked = arrays([" ".join([*(["please"] * int(rng.integers(0, 2))), bases[k], "now"])
                    for k in rng.integers(0, 20, 60)])  # fmt: skip
    sets, alone = shingles(*known), shingles(*known, 1)
    mine, own = shingles(*asked), shingles(*asked, 1)
    near = {
        (q, i): resemblance(mine.of(q), sets.of(i))
        for q in range(60)
        for i in range(20)
        if adds_only(own.of(q), alone.of(i))
        and resemblance(mine.of(q), sets.of(i)) >= RESEMBLANCE
        and mine.of(q).tolist() != sets.of(i).tolist()
    }
    hits = found(known, asked)
    assert hits.items() <= near.items()
    # A pair at the limit shares no band once in 300 times.
    assert len(hits) >= 0.95 * len(near) > 10
