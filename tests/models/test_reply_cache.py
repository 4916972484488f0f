"""Nothing is paid for twice, whatever happens in between."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import CorruptInput, InputError, SextantError
from sextant.models.cache import OUTSTANDING, ReplyCache, cached_replies, key_of
from sextant.models.messages import Clip, Picture, Question, Reply, Request

HERE = Path(__file__).parent


class Echo:
    """Answers with the text it is sent, one by one or in batches; counts what it is asked."""

    name = "test:echo"

    def __init__(self, batch=1, failing=(), who="echo"):
        self.batch, self.failing, self.who = batch, set(failing), who
        self.asked = Counter()

    def identity(self):
        return {"who": self.who}

    def environment(self):
        return {}

    def close(self):
        pass

    def replies(self, requests):
        waiting = []
        for request in requests:
            waiting.append(request)
            if len(waiting) == self.batch:
                yield from self._answers(waiting)
        yield from self._answers(waiting)

    def _answers(self, waiting):
        for request in reversed(waiting):
            text = "".join(p if isinstance(p, str) else "*" for p in request.parts)
            self.asked[text] += 1
            if text in self.failing:
                yield Reply(request.id, None, "no")
            else:
                yield Reply(request.id, f"re: {text}", None, "stop", 3, 2, 0.5, 1)
        waiting.clear()


def ask(model, texts, cache):
    requests = (Request(f"{k}", (text,)) for k, text in enumerate(texts))
    return {r.id: r for r in cached_replies(model, requests, cache)}


@pytest.fixture
def cache(tmp_path):
    with ReplyCache(tmp_path / "deep" / "replies.sqlite") as opened:
        yield opened


@pytest.mark.parametrize("batch", [1, 7])
def test_the_second_run_asks_nothing(cache, batch):
    model, texts = Echo(batch), [f"q{k}" for k in range(50)]
    first, second = ask(model, texts, cache), ask(model, texts, cache)
    assert [first[str(k)].text for k in range(50)] == [f"re: q{k}" for k in range(50)]
    assert set(model.asked.values()) == {1}
    assert {k: replace(r, tries=1) for k, r in second.items()} == first
    assert {r.tries for r in second.values()} == {0}


def test_alike_requests_are_sent_once_within_a_run(cache):
    model = Echo(batch=8)
    replies = ask(model, ["a", "b", "a", "a", "b"], cache)
    assert model.asked == {"a": 1, "b": 1}
    assert [replies[str(k)].text for k in range(5)] == ["re: a", "re: b", "re: a", "re: a", "re: b"]
    assert sorted(r.tries for r in replies.values()) == [0, 0, 0, 1, 1]


def test_failures_are_asked_again(cache):
    model = Echo(batch=4, failing={"bad"})
    first = ask(model, ["good", "bad", "bad"], cache)
    assert [first[str(k)].error for k in range(3)] == [None, "no", "no"]
    assert len(cache) == 1
    model.failing.clear()
    assert ask(model, ["good", "bad"], cache)["1"].text == "re: bad"
    assert model.asked == {"good": 1, "bad": 2}


def test_another_model_is_another_answer(cache):
    ask(Echo(who="a"), ["x"], cache)
    other = Echo(who="b")
    ask(other, ["x"], cache)
    assert other.asked == {"x": 1}


def test_without_a_cache_the_model_is_asked_plainly():
    model = Echo()
    assert len(ask(model, ["x", "x"], None)) == 2
    assert model.asked == {"x": 2}


def test_baselines_answer_by_id_and_are_not_cached(cache):
    from sextant.models.blind import open_model
    from sextant.models.messages import ModelOptions

    model = open_model("chance", ModelOptions())
    model.study(
        Question(f"{k}", f"{k}", "t", "same text", tuple("pqrs"), "A", "choice") for k in range(60)
    )
    replies = ask(model, ["same text"] * 60, cache)
    assert {r.text for r in replies.values()} == set("ABCD")
    assert len(cache) == 0


def test_an_unreadable_picture_is_a_failed_reply(cache):
    def missing():
        raise InputError("not there", where="a.png")

    requests = [Request("a", (Picture("a.png", missing),)), Request("b", ("x",))]
    replies = {r.id: r for r in cached_replies(Echo(), requests, cache)}
    assert replies["a"].text is None
    assert "not there where: a.png" in replies["a"].error
    assert replies["b"].text == "re: x"


def test_pictures_are_read_once(cache):
    reads = Counter()

    def read():
        reads["a"] += 1
        return b"bytes"

    class Reading(Echo):
        def _answers(self, waiting):
            for request in waiting:
                assert request.parts[0].read() == b"bytes"
                assert request.parts[1].frames[0].read() == b"bytes"
            return super()._answers(waiting)

    parts = (Picture("a", read), Clip((Picture("b", read),), (0.0,)))
    list(cached_replies(Reading(), [Request("x", parts)], cache))
    assert reads["a"] == 2


def test_two_requests_of_one_id_are_refused(cache):
    with pytest.raises(InputError, match="same id"):
        list(cached_replies(Echo(9), [Request("a", ("x",)), Request("a", ("y",))], cache))


def test_errors_of_model_and_caller_come_through(cache):
    class Broken(Echo):
        def _answers(self, waiting):
            raise SextantError("the server is gone")

    def requests():
        yield Request("a", ("x",))
        raise ValueError("mine")

    with pytest.raises(SextantError, match="gone"):
        ask(Broken(), ["x"], cache)
    with pytest.raises(ValueError, match="mine"):
        list(cached_replies(Echo(), requests(), cache))


def test_a_model_that_swallows_requests_is_found_out(cache):
    class Lazy(Echo):
        def _answers(self, waiting):
            waiting[:] = [r for r in waiting if r.id != "1"]
            return super()._answers(waiting)

    replies = ask(Lazy(), ["a", "b", "c"], cache)
    assert replies["1"].error == "the model gave no reply"
    assert len(replies) == 3


def test_a_model_that_answers_twice_is_found_out(cache):
    class Eager(Echo):
        def _answers(self, waiting):
            yield from super()._answers(waiting * 2)
            waiting.clear()

    with pytest.raises(SextantError, match="not asked"):
        ask(Eager(), ["a", "b"], cache)


def test_leaving_early_ends_the_thread(cache):
    before = threading.active_count()
    endless = (Request(str(k), (f"q{k}",)) for k in iter(int, 1))
    with closing(cached_replies(Echo(), endless, cache)) as replies:
        next(replies)
    assert threading.active_count() == before


def test_requests_are_not_drawn_without_end(cache):
    drawn = 0

    def endless():
        nonlocal drawn
        while True:
            drawn += 1
            yield Request(str(drawn), (f"q{drawn % 7}",))

    with closing(cached_replies(Echo(), endless(), cache)) as replies:
        next(replies)
        time.sleep(1.0)
        assert drawn <= OUTSTANDING + 3


def test_replies_are_stored_although_nobody_takes_them(cache):
    with closing(
        cached_replies(Echo(), [Request(str(k), (f"q{k}",)) for k in range(9)], cache)
    ) as replies:
        next(replies)
        deadline = time.monotonic() + 10
        while len(cache) < 9 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(cache) == 9


texts = st.lists(st.text(max_size=4), max_size=4)


@given(texts, texts)
def test_keys_follow_what_is_joined(a, b):
    keys = [key_of({}, Request("x", tuple(parts))) for parts in (a, b)]
    assert (keys[0] == keys[1]) == ("".join(a) == "".join(b))


def picture(data, name="a"):
    return Picture(name, lambda: data)


BASE = Request("x", ("a", picture(b"1"), "b"))


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, parts=("a", picture(b"2"), "b")),
        replace(BASE, parts=("a", "b", picture(b"1"))),
        replace(BASE, parts=("a", Clip((picture(b"1"),), (0.0,)), "b")),
        replace(BASE, system=""),
        replace(BASE, max_new_tokens=9),
        replace(BASE, temperature=0.5),
    ],
)
def test_what_changes_the_key(other):
    assert key_of({}, other) != key_of({}, BASE)


def test_what_does_not_change_the_key():
    same = Request("other id", ("", "a", picture(b"1", "another name"), "b"), seed=9)
    assert key_of({"a": 1, "b": 2}, same) == key_of({"b": 2, "a": 1}, BASE)
    warm = replace(BASE, temperature=0.5)
    assert key_of({}, warm) != key_of({}, replace(warm, seed=1))


def test_clips_differ_by_times():
    clips = [Clip((picture(b"1"), picture(b"2")), times) for times in ((0.0, 1.0), (0.0, 2.0))]
    first, second = (key_of({}, Request("x", (clip,))) for clip in clips)
    assert first != second


@pytest.mark.parametrize("text", ["", "ä\x00\U0001f600", "lone \ud800 half", "x" * 100_000])
def test_any_text_is_kept(cache, text):
    key = key_of({}, Request("x", (text,)))
    cache.put(key, "m", Reply("x", text, finish="stop"))
    assert cache.get(key, "y") == Reply(
        "y", text.replace("\ud800", "\ufffd"), finish="stop", tries=0
    )


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "replies.sqlite"
    with ReplyCache(path) as cache:
        for k in range(500):
            cache.put(key_of({}, Request("x", (str(k),))), "m", Reply("x", "y" * 100))
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xaa" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(CorruptInput, match="damaged") as error:
        ReplyCache(path)
    assert str(path) in str(error.value)


def test_files_of_others_are_left_alone(tmp_path):
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE replies (key TEXT)")
    before = path.read_bytes()
    with pytest.raises(CorruptInput, match="not a response cache"):
        ReplyCache(path)
    assert path.read_bytes() == before
    path.write_text("no database at all, " * 100)
    with pytest.raises(CorruptInput, match="damaged"):
        ReplyCache(path)


def test_another_version_is_refused(tmp_path):
    path = tmp_path / "replies.sqlite"
    ReplyCache(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(CorruptInput, match="another version"):
        ReplyCache(path)


def test_two_may_write_at_a_time(tmp_path):
    path = tmp_path / "replies.sqlite"
    with ReplyCache(path) as a, ReplyCache(path) as b:
        both = [
            threading.Thread(target=ask, args=(Echo(), [f"{n}{k}" for k in range(200)], c))
            for n, c in (("a", a), ("b", b))
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert len(a) == 400


def test_a_client_killed_half_way_pays_nothing_twice(tmp_path):
    pytest.importorskip("httpx2", reason="needs the extra api")
    from stub_server import Answer, StubServer, echo

    count, until = 120, 60
    given = Counter()
    open_again = threading.Event()

    def behave(body, nth):
        if not open_again.is_set() and given["all"] >= until:
            return Answer(mode="hang")
        given["all"] += 1
        return echo(body, nth)

    def client(cache, out):
        return subprocess.Popen(
            [sys.executable, str(HERE / "killed_client.py"), server.base_url,
             str(tmp_path / cache), str(tmp_path / out), str(count)]
        )  # fmt: skip

    with StubServer(behave) as server:
        first = client("killed.sqlite", "killed.json")
        deadline = time.monotonic() + 60
        stored = 0
        while stored < until and time.monotonic() < deadline:
            time.sleep(0.02)
            if (tmp_path / "killed.sqlite").exists():
                with ReplyCache(tmp_path / "killed.sqlite") as cache:
                    stored = len(cache)
        assert stored == until
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert not (tmp_path / "killed.json").exists()
        open_again.set()
        assert client("killed.sqlite", "killed.json").wait(60) == 0
        assert set(server.answered.values()) == {1}
        assert client("whole.sqlite", "whole.json").wait(60) == 0
    killed, whole = (json.loads((tmp_path / f"{n}.json").read_text()) for n in ("killed", "whole"))
    assert killed == whole
    assert len(whole) == count
    assert all(error is None for _, error in whole.values())
