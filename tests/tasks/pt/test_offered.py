"""Words offered next to the true one, and answers that take turns."""

from __future__ import annotations

from collections import Counter

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.pt._offered import matched_others
from sextant.tasks.pt._turns import in_turns

SHARES = {"left": 0.3, "right": 0.3, "front": 0.25, "back": 0.1, "up": 0.05}


@pytest.mark.parametrize("count", [1, 2])
def test_every_word_offered_is_right_equally_often(build, count):
    rng = build.rng(1)
    right: Counter[str] = Counter()
    offered: Counter[str] = Counter()
    beats: Counter[tuple[str, str]] = Counter()
    for word, share in SHARES.items():
        for _ in range(round(8000 * share)):
            others = matched_others(word, SHARES, count, rng)
            assert word not in others
            assert len(set(others)) == count
            right[word] += 1
            offered.update([word, *others])
            beats.update((word, o) for o in others)
    for word in SHARES:
        assert right[word] / offered[word] == pytest.approx(1 / (count + 1), abs=0.05)
    for a, b in (("left", "front"), ("front", "back"), ("right", "up")):
        share = beats[a, b] / (beats[a, b] + beats[b, a])
        assert share == pytest.approx(0.5, abs=0.09), (a, b)


class Listed:
    """A family whose label stands in the ask."""

    def measure(self, ctx, ask):
        label = ask.detail["label"]
        return Drop("nothing") if label is None else Fact(ask, quantity="x", label=label)


def test_rare_answers_come_early_and_nothing_is_lost(build):
    labels = ["a"] * 20 + [None] + ["b"] * 2 + ["a"] * 50 + ["c"]
    asks = [Ask(detail={"label": w, "k": k}) for k, w in enumerate(labels)]
    out = list(in_turns(Listed(), None, iter(asks), build.rng()))
    assert sorted(a.detail["k"] for a in out) == list(range(len(labels)))
    told = [a.detail["label"] for a in out if a.detail["label"]]
    assert told[:4].count("b") == 2
    assert out[0].detail["label"] is None
    again = list(in_turns(Listed(), None, iter(asks), build.rng()))
    assert again == out
