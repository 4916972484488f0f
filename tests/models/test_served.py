"""A tiny model behind ``transformers serve``: a real server, and clients that are killed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("httpx2", reason="needs the extra api")
pytest.importorskip("torch", reason="needs the extra serve")
pytest.importorskip("transformers", reason="needs the extra serve")
pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("uvicorn", reason="needs the extra serve")
pytest.importorskip("openai", reason="needs the extra serve")

import killed_client
import tiny_models
from stub_server import Answer, StubServer

from sextant.models.cache import ReplyCache
from sextant.models.messages import ModelOptions
from sextant.models.registry import open_model

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

COUNT, TOKENS = 40, 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_models.llava(tmp_path_factory.mktemp("served") / "llava")


@pytest.fixture(scope="module")
def port(folder, tmp_path_factory):
    """The port of a server that has loaded the model."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    log = (tmp_path_factory.mktemp("log") / "serve.log").open("w+")
    command = [
        str(Path(sys.executable).with_name("transformers")), "serve", str(folder),
        "--host", "127.0.0.1", "--port", str(free), "--device", "cpu",
    ]  # fmt: skip
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        deadline = time.monotonic() + 180
        while not _healthy(free):
            if server.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                pytest.fail(f"the server did not start:\n{log.read()[-3000:]}")
            time.sleep(0.3)
        yield free
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _healthy(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
    except OSError:
        return False


def _forwarded(port: int, body: dict) -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        headers = {"content-type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        response = connection.getresponse()
        return Answer(response.read(), response.status)


def test_served_and_in_process_answers_are_the_same(folder, port):
    asked = killed_client.requests(COUNT, TOKENS)
    options = ModelOptions(base_url=f"http://127.0.0.1:{port}/v1", concurrency=8)
    found = []
    for spec in (f"api:{folder}", f"hf:{folder}"):
        with closing(open_model(spec, options)) as model:
            replies = {r.id: r for r in model.replies(asked)}
        assert all(r.error is None for r in replies.values())
        found.append({id: (r.text, r.finish, r.prompt_tokens) for id, r in replies.items()})
    assert found[0] == found[1]
    assert len({text for text, *_ in found[0].values()}) > COUNT / 2


def test_killed_half_way_and_resumed(folder, port, tmp_path):
    """A door in front of the server counts what is answered, and holds the second half back."""
    asked = killed_client.requests(COUNT, TOKENS)
    distinct = len({(len(r.parts), r.parts[-1]) for r in asked})
    assert distinct < COUNT
    until = 15
    passed = 0
    open_again = threading.Event()

    def behave(body, nth):
        nonlocal passed
        if passed >= until and not open_again.is_set():
            return Answer(mode="hang")
        passed += 1
        return _forwarded(port, body)

    def client(name):
        return subprocess.Popen(
            [sys.executable, str(Path(killed_client.__file__)), door.base_url,
             str(tmp_path / f"{name}.sqlite"), str(tmp_path / f"{name}.json"), str(COUNT),
             str(folder), str(TOKENS)]
        )  # fmt: skip

    with StubServer(behave) as door:
        first = client("killed")
        deadline, stored = time.monotonic() + 120, 0
        while stored < until and time.monotonic() < deadline:
            time.sleep(0.05)
            if (tmp_path / "killed.sqlite").exists():
                with ReplyCache(tmp_path / "killed.sqlite") as cache:
                    stored = len(cache)
        assert stored == until
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert not (tmp_path / "killed.json").exists()
        open_again.set()
        assert client("killed").wait(120) == 0
        assert set(door.answered.values()) == {1}
        assert len(door.answered) == distinct
        assert client("whole").wait(120) == 0
    killed, whole = (json.loads((tmp_path / f"{n}.json").read_text()) for n in ("killed", "whole"))
    assert killed == whole
    assert len(whole) == COUNT
    assert all(error is None for _, error in whole.values())
