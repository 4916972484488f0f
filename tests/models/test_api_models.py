"""Servers that answer well, badly, slowly or never, over real sockets."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing

import pytest

pytest.importorskip("httpx2", reason="needs the extra api")

from io import BytesIO

from PIL import Image
from stub_server import Answer, StubServer, completion, prompt_text

from sextant.errors import CorruptInput, RecipeError, SextantError
from sextant.models.api.client import STOP_AFTER, ApiModel
from sextant.models.messages import Clip, ModelOptions, Picture, Request


def model_of(server, *, first_wait_s=0.001, **options):
    options = {"timeout_s": 5.0, "retries": 3, **options}
    return ApiModel(
        "m", ModelOptions(base_url=server.base_url, **options), first_wait_s=first_wait_s
    )


def ask(server, *texts, **options):
    with closing(model_of(server, **options)) as model:
        found = {r.id: r for r in model.replies(Request(t, (t,)) for t in texts or ("hello",))}
    return [found[t] for t in texts or ("hello",)]


def png(size=(8, 6), color=(200, 30, 40), **save):
    buffer = BytesIO()
    Image.new("RGB", size, color).save(buffer, save.pop("format", "PNG"), **save)
    return buffer.getvalue()


def picture(data=None, name="a.png"):
    return Picture(name, lambda: data or png())


def test_each_request_gets_its_reply():
    with StubServer() as server:
        replies = ask(server, *(f"q{k}" for k in range(300)))
    assert [r.text for r in replies] == [f"re: q{k}" for k in range(300)]
    assert {(r.finish, r.prompt_tokens, r.completion_tokens, r.tries) for r in replies} == {
        ("stop", 7, 3, 1)
    }


def test_64_are_in_flight_and_never_more():
    def behave(body, nth):
        # None is answered before 64 stand in line; the last ones have nobody to wait for.
        return Answer(completion("x").body, delay_s=0.4)

    with StubServer(behave) as server:
        ask(server, *(f"q{k}" for k in range(200)), concurrency=64)
        assert server.most_in_flight == 64
        assert server.connections <= 64


def test_requests_are_drawn_no_faster_than_they_are_answered():
    drawn = []

    def requests():
        for k in range(50):
            drawn.append(k)
            yield Request(str(k), (f"q{k}",))

    with StubServer() as server, closing(model_of(server, concurrency=4)) as model:
        replies = model.replies(requests())
        assert drawn == []
        for taken in range(1, 51):
            next(replies)
            assert len(drawn) <= taken + 3
        assert next(replies, None) is None


def html(body, nth):
    return Answer("<html><body>Bad gateway</body></html>", kind="text/html; charset=utf-8")


BAD = {
    "web page": html,
    "500": lambda b, n: Answer('{"error": {"message": "out of\\nmemory"}}', 500),
    "503": lambda b, n: Answer("busy", 503, "text/plain"),
    "429": lambda b, n: Answer('{"message": "slow down"}', 429, headers={"retry-after": "0.01"}),
    "nothing": lambda b, n: Answer(""),
    "reset": lambda b, n: Answer(mode="reset"),
    "half": lambda b, n: Answer(completion("x" * 100).body, mode="half"),
    "half json": lambda b, n: Answer('{"choices": [{"mess'),
    "no choices": lambda b, n: Answer('{"id": "x"}'),
    "empty choices": lambda b, n: Answer('{"choices": []}'),
    "a list": lambda b, n: Answer("[1, 2]"),
    "null message": lambda b, n: Answer('{"choices": [{"message": null}]}'),
    "null content": lambda b, n: completion(None),
    "content is a number": lambda b, n: completion(3),
    "deep": lambda b, n: Answer("[" * 100_000),
    "error with 200": lambda b, n: Answer('{"error": {"message": "overloaded"}}'),
    "not utf-8": lambda b, n: Answer(b"\xff\xfe{"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_may_pass_is_tried_again(kind):
    with StubServer(lambda b, n: BAD[kind](b, n) if n < 2 else completion("well")) as server:
        (reply,) = ask(server)
    assert (reply.text, reply.error, reply.tries) == ("well", None, 3)


@pytest.mark.parametrize("kind", BAD)
def test_what_does_not_pass_is_a_failed_reply(kind):
    with StubServer(BAD[kind]) as server:
        (reply,) = ask(server, retries=2)
        assert server.seen["hello"] == 3
    assert reply.text is None
    assert reply.tries == 3
    assert "(3 tries)" in reply.error
    assert len(reply.error) < 400
    assert reply.error.isprintable()


def test_messages_say_what_came():
    with StubServer(BAD["web page"]) as server:
        assert "text/html, not JSON: <html><body>Bad gateway" in ask(server, retries=0)[0].error
    with StubServer(BAD["500"]) as server:
        assert ask(server, retries=0)[0].error == "HTTP 500: out of memory"


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_a_server_that_does_not_get_to_an_end_is_left(mode):
    with StubServer(lambda b, n: Answer(completion("x" * 400).body, mode=mode)) as server:
        begun = time.monotonic()
        (reply,) = ask(server, timeout_s=0.3, retries=1)
    assert time.monotonic() - begun < 5
    assert reply.error == "no answer within 0.3 s (2 tries)"


def test_nobody_listens():
    model = ApiModel(
        "m", ModelOptions(base_url="http://127.0.0.1:9/v1", retries=1), first_wait_s=0.001
    )
    with closing(model):
        (reply,) = model.replies([Request("a", ("x",))])
    assert reply.error.startswith("connection lost: ConnectError")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_is_wrong_with_a_request_is_not_tried_again(status):
    def behave(body, nth):
        if prompt_text(body) == "bad":
            return Answer(json.dumps({"error": {"message": "too \x1b[31mlong\x00" * 90}}), status)
        return completion("x")

    with StubServer(behave) as server:
        good, bad = ask(server, "good", "bad")
        assert server.seen["bad"] == 1
    assert good.text == "x"
    assert bad.error.startswith(f"HTTP {status}: too [31mlong too")
    assert len(bad.error) <= 320
    assert bad.error.isprintable()


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "SOME_KEY"), (403, "SOME_KEY"), (404, "the model 'm'")]
)
def test_a_wrong_key_or_model_stops_the_run(status, hint, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "sk-secret-123")
    refusal = Answer('{"error": {"message": "no: sk-secret-123"}}', status)
    with StubServer(lambda b, n: refusal) as server:
        texts = [f"q{k}" for k in range(1000)]
        with pytest.raises(SextantError) as error:
            ask(server, *texts, api_key_env="SOME_KEY", concurrency=8)
        assert sum(server.seen.values()) <= 8
    assert hint in str(error.value)
    assert "no: ***" in str(error.value)
    assert "sk-secret" not in str(error.value)


def test_a_refusal_amid_answers_is_one_failed_reply():
    def behave(body, nth):
        return Answer("{}", 403) if prompt_text(body) == "q7" else completion("x")

    with StubServer(behave) as server:
        replies = ask(server, *(f"q{k}" for k in range(20)), concurrency=1)
    assert [r.id for r in replies if r.error] == ["q7"]


def test_a_server_that_is_gone_for_good_stops_the_run():
    with StubServer(lambda b, n: Answer("down", 503)) as server:
        with pytest.raises(SextantError, match="asking on is no use"):
            ask(server, *(f"q{k}" for k in range(1000)), retries=0)
        assert STOP_AFTER <= sum(server.seen.values()) <= STOP_AFTER + 64


def test_retry_after_holds_everybody_back():
    times = []

    def behave(body, nth):
        times.append(time.monotonic())
        return (
            Answer("", 429, headers={"retry-after": "0.5"}) if len(times) == 1 else completion("x")
        )

    with StubServer(behave) as server:
        replies = ask(server, *(f"q{k}" for k in range(6)), concurrency=1)
    assert all(r.text == "x" for r in replies)
    assert times[1] - times[0] >= 0.5


def test_the_rate_is_kept():
    times = []

    def behave(body, nth):
        times.append(time.monotonic())
        return completion("x")

    with StubServer(behave) as server:
        ask(server, *(f"q{k}" for k in range(8)), requests_per_minute=60 / 0.05)
    assert times[-1] - times[0] >= 7 * 0.05 * 0.9


def test_the_key_is_sent_and_nowhere_shown(monkeypatch):
    monkeypatch.setenv("SOME_KEY", " sk-secret-123\n")
    with StubServer() as server, closing(model_of(server, api_key_env="SOME_KEY")) as model:
        list(model.replies([Request("a", ("x",))]))
        assert server.headers[0]["authorization"] == "Bearer sk-secret-123"
        shown = repr((model.identity(), model.environment(), model._server, vars(model)))
    assert "sk-secret" not in shown


def test_without_a_key_none_is_sent(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with StubServer() as server:
        ask(server)
        assert "authorization" not in server.headers[0]


def test_the_body_in_full():
    with StubServer() as server, closing(model_of(server)) as model:
        list(model.replies([Request("a", ("one ", "two"), system="be brief", max_new_tokens=16)]))
        assert server.bodies == [
            {
                "model": "m",
                "messages": [
                    {"role": "system", "content": "be brief"},
                    {"role": "user", "content": "one two"},
                ],
                "max_tokens": 16,
                "temperature": 0.0,
                "stream": False,
            }
        ]


def test_seed_only_where_it_samples_and_extras_add_or_take_away():
    with (
        StubServer() as server,
        closing(model_of(server, extra={"top_p": 0.5, "temperature": None})) as model,
    ):
        list(model.replies([Request("a", ("x",), temperature=0.7, seed=5)]))
    (body,) = server.bodies
    assert body["seed"] == 5
    assert body["top_p"] == 0.5
    assert "temperature" not in body


def test_pictures_lie_where_the_prompt_has_them():
    data = png()
    parts = ("before ", picture(data), "between", " and", picture(data), "after")
    with StubServer() as server, closing(model_of(server)) as model:
        list(model.replies([Request("a", parts)]))
    content = server.bodies[0]["messages"][0]["content"]
    assert [p["type"] for p in content] == ["text", "image_url", "text", "image_url", "text"]
    assert [p["text"] for p in content if "text" in p] == ["before ", "between and", "after"]
    import base64

    url = content[1]["image_url"]["url"]
    assert url == "data:image/png;base64," + base64.b64encode(data).decode()


def test_pictures_by_address():
    request = Request("a", (picture(name="x/ä b.png"),))
    with StubServer() as server:
        options = {"images": "url", "url_prefix": "http://files/images/"}
        with closing(model_of(server, **options)) as model:
            list(model.replies([request]))
            (bad,) = model.replies([Request("b", (picture(name="../key"),))])
    url = server.bodies[0]["messages"][0]["content"][0]["image_url"]["url"]
    assert url == "http://files/images/x/%C3%A4%20b.png"
    assert "leads out of its folder" in bad.error
    assert len(server.bodies) == 1


def test_a_clip_is_jpeg_frames_and_keeps_all_of_them():
    frames = tuple(picture(png(color=(k, 0, 0)), f"f{k}") for k in range(40))
    clip = Clip(frames, tuple(0.5 * k for k in range(40)))
    with StubServer() as server, closing(model_of(server)) as model:
        list(model.replies([Request("a", ("look", clip))]))
    (body,) = server.bodies
    url = body["messages"][0]["content"][1]["video_url"]["url"]
    head, _, tail = url.partition(";base64,")
    assert head == "data:video/jpeg"
    assert len(tail.split(",")) == 40
    assert body["media_io_kwargs"] == {"video": {"num_frames": -1, "fps": 2.0}}


def test_an_image_that_is_none_fails_alone():
    def missing():
        raise CorruptInput("gone", where="b.png")

    requests = [
        Request("html", (Picture("a.png", lambda: b"<!DOCTYPE html><p>404"),)),
        Request("gone", (Picture("b.png", missing),)),
        Request("good", ("x",)),
    ]
    with StubServer() as server, closing(model_of(server)) as model:
        found = {r.id: r for r in model.replies(requests)}
    assert "a web page" in found["html"].error
    assert found["html"].tries == 0
    assert "gone where: b.png" in found["gone"].error
    assert found["good"].text == "re: x"


@pytest.mark.parametrize(
    ("answer", "text", "finish"),
    [
        (completion("a", "length"), "a", "length"),
        (completion(None, "length", reasoning_content="hm" * 500), "", "length"),
        (completion("B", reasoning_content="A? no."), "B", "stop"),
        (completion(None, refusal="I cannot help."), "I cannot help.", "stop"),
        (completion(None, "content_filter"), "", "content_filter"),
        (completion(""), "", "stop"),
        (completion([{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]), "xy", "stop"),
        (completion("half \ud800 pair"), "half \ufffd pair", "stop"),
        (Answer('{"choices":[{"message":{"content":"C"}}],"usage":{"prompt_tokens":-3}}'), "C", ""),
    ],
)  # fmt: skip
def test_kinds_of_answers(answer, text, finish):
    with StubServer(lambda b, n: answer) as server:
        (reply,) = ask(server)
    assert (reply.text, reply.finish, reply.error) == (text, finish, None)
    assert reply.prompt_tokens >= 0


def test_newer_models_want_the_other_name_of_the_limit():
    def behave(body, nth):
        if "max_tokens" in body:
            message = "'max_tokens' is not supported, use 'max_completion_tokens' instead."
            return Answer(json.dumps({"error": {"message": message}}), 400)
        return completion(str(body["max_completion_tokens"]))

    with StubServer(behave) as server:
        replies = ask(server, *(f"q{k}" for k in range(30)), concurrency=5)
    assert {r.text for r in replies} == {"1024"}


def test_a_huge_answer_is_cut_short(monkeypatch):
    monkeypatch.setattr("sextant.models.api.sending.MAX_ANSWER_BYTES", 1000)
    with StubServer(lambda b, n: completion("x" * 5000)) as server:
        (reply,) = ask(server)
    assert "more than 1000 bytes" in reply.error


def test_closing_from_another_thread_ends_the_wait():
    with StubServer(lambda b, n: Answer(mode="hang")) as server, closing(model_of(server)) as model:
        replies = model.replies(Request(str(k), (str(k),)) for k in range(10))
        threading.Timer(0.3, replies.close).start()
        begun = time.monotonic()
        assert list(replies) == []
        assert time.monotonic() - begun < 3


def test_closing_the_model_ends_its_thread_and_it_can_be_used_again():
    before = threading.active_count()
    with StubServer() as server:
        model = model_of(server)
        list(model.replies([Request("a", ("x",))]))
        model.close()
        assert threading.active_count() == before + 1  # the server's
        assert [r.text for r in model.replies([Request("a", ("y",))])] == ["re: y"]
        model.close()


def test_an_error_of_the_caller_s_iterator_comes_through():
    def requests():
        yield Request("a", ("x",))
        raise ValueError("mine")

    with StubServer() as server, closing(model_of(server)) as model:
        with pytest.raises(ValueError, match="mine"):
            list(model.replies(requests()))


def test_costs_are_counted():
    with StubServer() as server, closing(model_of(server, price_per_million=(2.0, 10.0))) as model:
        list(model.replies(Request(str(k), (str(k),)) for k in range(10)))
        used = model.environment()["used"]
    assert used == {
        "requests": 10, "prompt_tokens": 70, "completion_tokens": 30,
        "cost": pytest.approx((70 * 2 + 30 * 10) / 1e6),
    }  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "localhost:8000"},
        {"base_url": "ftp://x/v1"},
        {"base_url": "http://user:pw@host/v1"},
        {"base_url": "http://host:99999/v1"},
        {"base_url": "http://host/v1?key=1"},
        {"base_url": "http://h/v1", "concurrency": 0},
        {"base_url": "http://h/v1", "timeout_s": float("nan")},
        {"base_url": "http://h/v1", "retries": -1},
        {"base_url": "http://h/v1", "images": "ftp"},
        {"base_url": "http://h/v1", "images": "url"},
        {"base_url": "http://h/v1", "images": "url", "url_prefix": "http://f", "max_side": 9},
        {"base_url": "http://h/v1", "extra": {"messages": []}},
        {"base_url": None, "api_key_env": "NOT_SET_ANYWHERE"},
    ],
)
def test_options_that_cannot_be_meant(options):
    with pytest.raises(RecipeError) as error:
        ApiModel("m", ModelOptions(**options))
    assert "pw" not in str(error.value)
