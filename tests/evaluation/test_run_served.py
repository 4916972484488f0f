"""``sextant evaluate`` against a real server with a tiny model, killed half-way and resumed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra serve")
pytest.importorskip("fastapi", reason="needs the extra serve")

from stub_server import Answer, StubServer
from test_run import stable, write_table
from test_served import _forwarded, folder, port  # noqa: F401  (fixtures)

from sextant.models.cache import ReplyCache

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

COUNT, UNTIL = 30, 12


def evaluate(data: Path, out: Path, model: Path, base_url: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "sextant", "evaluate", "--benchmark", "tsv", "--data", str(data),
         "--model", f"api:{model}", "--base-url", base_url, "--out", str(out), "--prompts",
         "vlmevalkit", "--stress", "circular", "--max-new-tokens", "6", "--concurrency", "4",
         "--quiet"]
    )  # fmt: skip


def test_killed_half_way_and_resumed(folder, port, tmp_path):  # noqa: F811
    """The door counts what is answered, and holds the second half back until the kill."""
    data = write_table(tmp_path / "t.tsv", COUNT)
    out = tmp_path / "killed"
    passed = 0
    open_again = threading.Event()

    def behave(body, nth):
        nonlocal passed
        if passed >= UNTIL and not open_again.is_set():
            return Answer(mode="hang")
        passed += 1
        return _forwarded(port, body)

    with StubServer(behave) as door:
        first = evaluate(data, out, folder, door.base_url)
        deadline, stored = time.monotonic() + 240, 0
        while stored < UNTIL and time.monotonic() < deadline:
            time.sleep(0.05)
            if (out / "replies.sqlite").exists():
                with ReplyCache(out / "replies.sqlite") as cache:
                    stored = len(cache)
        assert stored == UNTIL
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert not (out / "predictions.jsonl").exists()
        open_again.set()
        assert evaluate(data, out, folder, door.base_url).wait(240) == 0
        # Four rotations of each question; every prompt was answered once in both runs together.
        assert len(door.answered) == 4 * COUNT
        assert set(door.answered.values()) == {1}
        assert evaluate(data, tmp_path / "whole", folder, door.base_url).wait(240) == 0
    assert stable(out) == stable(tmp_path / "whole")
    for name in ("scores.parquet", "summary.json"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
