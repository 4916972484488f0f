"""A run from the command line: asked, scored, written, killed, and gone on with."""

from __future__ import annotations

import csv
import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fixtures.layouts import vsi_bench
from PIL import Image
from stub_server import Answer, StubServer, completion, prompt_text

from sextant.commands import evaluate_options
from sextant.commands.evaluate import run
from sextant.errors import OutputError, RecipeError
from sextant.evaluation.run_folder import read_predictions
from sextant.evaluation.score_table import ScoreTable

COUNT = 120
FOLDER = ("predictions.jsonl", "scores.parquet", "summary.json", "manifest.json", "report.html",
          "tables.md", "tables.tex")  # fmt: skip


def write_table(path: Path, count: int, broken: int = 0) -> Path:
    """A VLMEvalKit table; the right option's text ends with a full stop."""
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    picture = b64encode(buffer.getvalue()).decode()
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(["index", "image", "question", "A", "B", "C", "D", "answer", "category"])
        for k in range(count):
            options = [f"thing {j}" + ("." if j == k % 4 else "") for j in range(4)]
            shown = b64encode(b"no picture" * 90).decode() if k < broken else picture
            category = f"kind {k % 3}"
            writer.writerow([k, shown, f"Question {k}?", *options, "ABCD"[k % 4], category])
    return path


def job(data: Path, out: Path, server: StubServer | None, **changes: Any):
    told: dict[str, Any] = {
        "benchmark": "tsv", "data": str(data), "out": out, "prompts": "vlmevalkit",
        "model": "api:tiny" if server else "blind:chance", "profile": "strict",
        "base_url": server.base_url if server else None, "stress": None, "frame_path": "images",
        "frames": None, "sampling": None, "fps": None, "placement": "inline", "tasks": None,
        "limit": None, "max_new_tokens": 16, "max_failed": 0.01, "concurrency": 8, "timeout": 20.0,
        "retries": 0, "requests_per_minute": None, "images": "base64", "url_prefix": "",
        "api_key_env": "NO_KEY", "extra": None, "price": None, "batch_size": 8,
        "device": None, "dtype": None, "attention": None,
        "max_side": None, "cache": None, "frame_cache": None, "page": True, "seed": 0,
    }  # fmt: skip
    return evaluate_options.job(**{**told, **changes})


def see(body: dict[str, Any], nth: int) -> Answer:
    """The letter of the option that ends with a full stop."""
    return completion(re.findall(r"([A-D])\. thing \d\.", prompt_text(body))[0])


def always_a(body: dict[str, Any], nth: int) -> Answer:
    return completion("A")


def stable(out: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in read_predictions(out)]


def test_a_run_leaves_a_folder_that_says_everything(tmp_path):
    """Scores by hand: always A is right in every fourth row; a seer in all of them."""
    data = write_table(tmp_path / "t.tsv", 12)
    with StubServer(always_a) as server:
        assert run(job(data, tmp_path / "run", server, price="2,4"), quiet=True)
        sent = len(server.bodies)
    assert sent == 12
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["headline"]["score"] == pytest.approx(0.25)
    assert summary["n"] == summary["counted"] == 12
    assert set(summary["profiles"]) >= {"strict", "vlmevalkit"}
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["model"] == "api:tiny"
    assert manifest["rules"] == "strict"
    assert manifest["prompts"] == "vlmevalkit"
    assert manifest["replies"]["prompt_tokens"] == 12 * 7
    assert manifest["cost"] == pytest.approx((12 * 7 * 2 + 12 * 3 * 4) / 1e6)
    assert manifest["versions"]["python"]
    assert all((tmp_path / "run" / name).stat().st_size > 0 for name in FOLDER)
    table = ScoreTable.read(tmp_path / "run" / "scores.parquet")
    assert table.points.sum() == 3
    assert set(table.tasks.names) == {"kind 0", "kind 1", "kind 2"}


def test_the_same_command_again_sends_nothing_and_writes_the_same_bytes(tmp_path):
    """Replies come from the cache."""
    data = write_table(tmp_path / "t.tsv", 12)
    with StubServer(see) as server:
        assert run(job(data, tmp_path / "run", server), quiet=True)
        first = {n: (tmp_path / "run" / n).read_bytes() for n in FOLDER if n != "manifest.json"}
        assert run(job(data, tmp_path / "run", server), quiet=True)
        assert len(server.bodies) == 12
    for name, data_before in first.items():
        if name != "report.html":  # it tells how long the run took
            assert (tmp_path / "run" / name).read_bytes() == data_before, name
    summary = json.loads(first["summary.json"])
    assert summary["headline"]["score"] == 1.0


def test_stress_tests_run_beside_the_plain_questions(tmp_path):
    """Who always says A is right in one rotation of four; who sees is right in all."""
    data = write_table(tmp_path / "t.tsv", 8)
    found = {}
    for name, behave in (("a", always_a), ("seer", see)):
        with StubServer(behave) as server:
            made = job(data, tmp_path / name, server, stress="circular no_images")
            assert run(made, quiet=True)
        summary = json.loads((tmp_path / name / "summary.json").read_text())
        found[name] = {result["stress"]: result for result in summary["stress"]}
        assert summary["verdict"]["tables"]
    assert found["a"]["circular"]["vanilla"]["score"] == pytest.approx(0.25)
    assert found["a"]["circular"]["soft"]["score"] == pytest.approx(0.25)
    assert found["a"]["circular"]["hard"]["score"] == 0.0
    assert found["a"]["circular"]["position_bias"]["p_value"] < 0.01
    assert found["seer"]["circular"]["hard"]["score"] == 1.0
    assert {p["difference"]["value"] for p in found["seer"]["no_images"]["settings"]} == {0.0}


def test_another_plan_needs_another_folder(tmp_path):
    """What is in the folder stays as it is."""
    data = write_table(tmp_path / "t.tsv", 8)
    with StubServer(see) as server:
        assert run(job(data, tmp_path / "run", server), quiet=True)
        before = (tmp_path / "run" / "predictions.jsonl").read_bytes()
        with pytest.raises(OutputError, match="another run"):
            run(job(data, tmp_path / "run", server, limit=4), quiet=True)
        assert (tmp_path / "run" / "predictions.jsonl").read_bytes() == before


def test_failed_requests_are_neither_right_nor_wrong(tmp_path):
    """Above the stated share there is no headline; the next run asks them again."""
    data = write_table(tmp_path / "t.tsv", 8)

    def down(body: dict[str, Any], nth: int) -> Answer:
        bad = "Question 3?" in prompt_text(body) and nth == 0
        return Answer("no", status=500) if bad else see(body, nth)

    with StubServer(down) as server:
        assert not run(job(data, tmp_path / "run", server), quiet=True)
        summary = json.loads((tmp_path / "run" / "summary.json").read_text())
        assert summary["headline"] is None
        assert "1 of 8" in summary["headline_withheld"]
        assert summary["counted"] == 7
        assert run(job(data, tmp_path / "run", server), quiet=True)
        assert len(server.bodies) == 9
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["headline"]["score"] == 1.0


def test_a_picture_that_is_none_fails_its_row_only(tmp_path):
    """Nothing is sent for it, and the manifest says why."""
    data = write_table(tmp_path / "t.tsv", 40, broken=1)
    with StubServer(see) as server:
        assert run(job(data, tmp_path / "run", server, max_failed=0.05), quiet=True)
        assert len(server.bodies) == 39
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["n"], summary["counted"]) == (40, 39)
    assert summary["headline"]["score"] == 1.0
    errors = json.loads((tmp_path / "run" / "manifest.json").read_text())["replies"]["errors"]
    assert any("not a picture" in error for error in errors)


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    """SIGKILL half-way: the same result as undisturbed, and no stored reply is paid for twice."""
    data = write_table(tmp_path / "t.tsv", COUNT)

    def slow(body: dict[str, Any], nth: int) -> Answer:
        answer = see(body, nth)
        answer.delay_s = 0.03
        return answer

    with StubServer(slow) as server:
        assert run(job(data, tmp_path / "whole", server), quiet=True)
        assert len(server.bodies) == COUNT
    with StubServer(slow) as server:
        out = tmp_path / "killed"
        command = [
            sys.executable, "-m", "sextant", "evaluate", "--benchmark", "tsv", "--data", str(data),
            "--model", "api:tiny", "--base-url", server.base_url, "--out", str(out), "--prompts",
            "vlmevalkit", "--max-new-tokens", "16", "--concurrency", "4", "--quiet",
        ]  # fmt: skip
        child = subprocess.Popen(command)
        deadline = time.monotonic() + 60
        while server.answered.total() < COUNT // 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        sent = len(server.bodies)
        assert COUNT // 3 <= sent < COUNT
        with sqlite3.connect(out / "replies.sqlite") as store:
            (stored,) = store.execute("SELECT count(*) FROM replies").fetchone()
        assert 0 < stored <= sent
        assert not (out / "predictions.jsonl").exists()
        assert subprocess.run(command, check=False).returncode == 0
        # What was stored is not asked again; only what was under way at the kill is.
        assert len(server.bodies) - sent == COUNT - stored
        assert max(server.seen.values()) <= 2
    assert stable(out) == stable(tmp_path / "whole")
    for name in ("scores.parquet", "summary.json"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_videos_are_shown_as_the_run_says(tmp_path):
    """Eight pictures, or one video of eight frames; the manifest says which."""
    pytest.importorskip("av")
    vsi_bench(tmp_path / "data", videos=True)
    for path in ("images", "video"):
        with StubServer(always_a) as server:
            made = job(
                tmp_path / "data", tmp_path / path, server, benchmark="vsi_bench",
                prompts="official", frames=8, sampling="uniform", frame_path=path,
            )  # fmt: skip
            assert run(made, quiet=True)
            content = server.bodies[0]["messages"][-1]["content"]
        kinds = [part["type"] for part in content if part["type"] != "text"]
        assert kinds == (["image_url"] * 8 if path == "images" else ["video_url"])
        manifest = json.loads((tmp_path / path / "manifest.json").read_text())
        assert manifest["frame_path"] == path
        assert manifest["frames"] == {"count": 8, "method": "uniform", "fps": None}


@pytest.mark.parametrize(
    "changes",
    [{"benchmark": "vsi_bnech"}, {"profile": "offical"}, {"stress": "circle"}, {"tasks": "kind 9"},
     {"frame_path": "gif"}, {"extra": "[1]"}, {"price": "cheap"}, {"sampling": "fps"}],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(tmp_path, changes):
    """With the nearest known name where there is one."""
    data = write_table(tmp_path / "t.tsv", 4)
    with StubServer(see) as server:
        with pytest.raises((RecipeError, Exception)) as caught:
            run(job(data, tmp_path / "run", server, **changes), quiet=True)
        assert type(caught.value).__module__ == "sextant.errors"
        assert not server.bodies
    assert not (tmp_path / "run").exists()
