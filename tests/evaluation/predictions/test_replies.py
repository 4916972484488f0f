"""Replies are found by id or by position, and a question has one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.errors import ConventionError, InputError
from sextant.evaluation.items import Item
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.prediction import Prediction
from sextant.evaluation.predictions.replies import Replies
from sextant.evaluation.predictions.texts import TextStore
from sextant.evaluation.predictions.truths import agrees


def item(name, answer="A", options=("chair", "table"), value=None):
    kind = "number" if options is None else "choice"
    return Item(str(name), "t", "?", answer, kind, options=options, value=value)


def store(*predictions, files=1):
    replies = Replies(Notes())
    for _ in range(files):
        replies.add_file(predictions)
    return replies


def test_by_id():
    replies = store(
        Prediction(("1",), "one"), Prediction(("0",), "zero"), Prediction(("x",), "unknown")
    )
    items = [item(0), item(1), item(2)]
    replies.settle(items)
    found = [replies.find(it, k) for k, it in enumerate(items)]
    assert [a and a.reply for a in found] == ["zero", "one", None]
    assert replies.unused() == (1, ["x"])


def test_by_position_where_ids_are_of_another_kind():
    replies = store(Prediction(("u7",), "b", position=1), Prediction(("u9",), "a", position=0))
    items = [item("s0"), item("s1")]
    replies.settle(items)
    assert replies.by_position
    assert [replies.find(it, k).reply for k, it in enumerate(items)] == ["a", "b"]


def test_own_ids_beat_positions():
    replies = store(Prediction(("b",), "B", position=0), Prediction(("a",), "A", position=1))
    items = [item("a"), item("b")]
    replies.settle(items)
    assert [replies.find(it, k).reply for k, it in enumerate(items)] == ["A", "B"]


def test_ids_that_repeat_between_positions_tell_nothing_apart():
    replies = store(Prediction(("a",), "A", position=0), Prediction(("a",), "B", position=1))
    items = [item("a"), item("b")]
    replies.settle(items)
    assert replies.by_position


def test_positions_of_several_files_need_ids():
    rows = (Prediction((), "A", position=0),)
    replies = store(*rows, files=2)
    with pytest.raises(InputError, match="cannot be told apart"):
        replies.settle([item("a")])


def test_several_files_with_ids():
    replies = Replies(Notes())
    replies.add_file([Prediction(("a",), "A", position=0)])
    replies.add_file([Prediction(("b",), "B", position=0)])
    items = [item("a"), item("b")]
    replies.settle(items)
    assert [replies.find(it, k).reply for k, it in enumerate(items)] == ["A", "B"]


def test_whole_numbers_that_pandas_made_floats():
    replies = store(Prediction(("0.0",), "zero"), Prediction(("1.0",), "one"))
    replies.settle([item(0), item(1)])
    assert replies.find(item(1), 1).reply == "one"


@pytest.mark.parametrize(("ids", "known", "found"), [
    ([("0", "mp3d_0"), ("1", "mp3d_1")], {"mp3d_0", "mp3d_1"}, "mp3d_1"),
    ([("0", "mp3d_0"), ("1", "mp3d_1")], {"0", "1"}, "1"),
    ([("0", "video_0"), ("1", "video_1")], {"image_0", "image_1"}, "video_1"),
    ([("", "a"), ("", "b")], {"x"}, "b"),
    ([("a", "b"), ("c", "d")], set(), "c"),
])  # fmt: skip
def test_the_field_that_holds_the_ids_is_the_one_with_known_ones(ids, known, found):
    replies = Replies(Notes())
    replies.add_file([Prediction(row, "A") for row in ids], known)
    assert replies._ids[1] == found


def test_duplicates():
    replies = Replies(Notes())
    same = [Prediction(("a",), "x\ud800"), Prediction(("a",), "x\ud800"), Prediction(("b",), None),
            Prediction(("b",), "Failed to obtain answer via API.")]  # fmt: skip
    replies.add_file(same)
    assert len(replies) == 2
    assert replies._notes.counts["identical_duplicates"] == 2
    with pytest.raises(ConventionError, match=r"contradict(.|\n)*got: a, b"):
        replies.add_file(
            [Prediction(("a",), "y"), Prediction(("b",), "z"), Prediction(("a",), "w")]
        )


def test_failures_are_failures():
    replies = store(
        Prediction(("a",), "Failed to obtain answer via API."),
        Prediction(("b",), None),
        Prediction(("c",), None, "HTTP 429"),
        Prediction(("d",), ""),
    )
    items = [item(name) for name in "abcd"]
    replies.settle(items)
    found = [replies.find(it, k) for k, it in enumerate(items)]
    assert [a.error for a in found] == ["Failed to obtain answer via API.", "no reply", "HTTP 429",
                                        None]  # fmt: skip
    assert [a.reply for a in found] == [None, None, None, ""]
    assert replies._notes.counts["failed_replies"] == 3


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(max_size=50), max_size=30), order=st.randoms(use_true_random=False))
def test_texts_come_back(texts, order):
    kept = TextStore()
    numbers = [kept.add(text) for text in texts]
    assert numbers == list(range(len(texts)))
    order.shuffle(numbers)
    for n in numbers:
        assert kept.get(n) == texts[n].encode("utf-8", "replace").decode()
    kept.add("more")
    assert kept.get(len(kept) - 1) == "more"
    kept.close()


@pytest.mark.parametrize("ahead", [1, 300, 64 << 10])
def test_many_texts_go_through_the_file(monkeypatch, ahead):
    monkeypatch.setattr("sextant.evaluation.predictions.texts.AHEAD", ahead)
    monkeypatch.setattr("sextant.evaluation.predictions.texts.BUFFER", 100)
    rng = np.random.default_rng(0)
    texts = ["é" * int(n) for n in rng.integers(0, 200, 300)]
    kept = TextStore()
    for k, text in enumerate(texts):
        assert kept.add(text) == k
        assert kept.get(k // 2) == texts[k // 2]
    assert [kept.get(k) for k in range(300)] == texts
    assert [kept.get(k) for k in range(0, 300, 2)] == texts[::2]
    assert [kept.get(k) for k in reversed(range(300))] == texts[::-1]


@pytest.mark.parametrize(("truth", "same"), [
    ("B", True), ("b", True), ("(B)", True), ("B. table", True), ("B: table", True),
    ("table", True), (" Table ", True), ("1", True), ("A", False), ("(A)", False),
    ("A. chair", False), ("chair", False), ("0", False), ("", None), ("nan", None), ("None", None),
    ("a chair", None), ("sofa", None), ("9", None), ("9" * 5000, None), ("²", None),
])  # fmt: skip
def test_truths_of_a_choice(truth, same):
    assert agrees(truth, item(0, "B")) is same


@pytest.mark.parametrize(("truth", "same"), [
    ("2.5", True), ("2.50", True), ("2.5001", True), ("2.6", False), ("inf", False), ("B", False),
    ("", None), ("nan", None),
])  # fmt: skip
def test_truths_of_a_number(truth, same):
    assert agrees(truth, item(0, "2.5", None, 2.5)) is same
    assert agrees(truth, item(0, "2.5", None)) is same
