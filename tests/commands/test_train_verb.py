"""``sextant train`` on a tiny random Qwen3-VL and a handful of conversations."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("transformers", reason="the extra `train` is not installed")

sys.path.append(str(Path(__file__).parents[1] / "models" / "qwen3_vl"))

from tiny_qwen3_vl import write_checkpoint  # noqa: E402

from sextant.cli import app  # noqa: E402
from sextant.errors import MissingInput, RecipeError  # noqa: E402


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A base, pictures, and 20 conversations with none to two of them."""
    folder = tmp_path_factory.mktemp("train")
    write_checkpoint(folder / "base")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(20):
        pictures = []
        for place in range(number % 3):
            name = f"{number}_{place}.png"
            pixels = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name)
            pictures.append(name)
        rows.append(
            {
                "id": f"r{number}",
                "image": pictures,
                "conversations": [
                    {"from": "human", "value": "<image>" * len(pictures) + "left?"},
                    {"from": "gpt", "value": "the table"},
                ],
            }
        )
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def arguments(given, out, *more):
    settings = {
        "base": given / "base", "data.0.path": given / "data.jsonl", "global_batch": 4,
        "pack_tokens": 256, "fit.max_tokens": 256, "workers": 0, "dtype": "fp32", "save_every": 2,
        "held_out.0.path": given / "data.jsonl", "held_out_limit": 4, "eval_every": 5,
    }  # fmt: skip
    given_ = [word for pair in settings.items() for word in ("--set", "{}={}".format(*pair))]
    return ["train", "qwen3_vl_2b-paper", "--out", str(out), "--device", "cpu", *given_, *more]


def run(*words):
    return CliRunner().invoke(app, list(words), catch_exceptions=True)


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(given, tmp_path):
    done = run(*arguments(given, tmp_path / "run", "--dry-run"))
    assert done.exit_code == 0, done.output
    assert "20 samples an epoch, 5 steps of 4 samples" in done.output
    assert not (tmp_path / "run").exists()


def test_a_run_stops_goes_on_and_ends_with_a_model(given, tmp_path):
    out = tmp_path / "run"
    first = run(*arguments(given, out, "--limit", "2", "--peak", "0.1"))
    assert first.exit_code == 0, first.output
    assert "saved step 2 of 5" in first.output
    assert not (out / "model").exists()
    second = run(*arguments(given, out, "--quiet"))
    assert second.exit_code == 0, second.output
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0]["mfu"] > 0
    assert "mfu" not in rows[-1]
    assert rows[-1]["held_out"]["samples"] == 4
    assert rows[-1]["samples_seen"] == 20
    assert (out / "model/config.json").is_file()
    assert json.loads((out / "run.json").read_text())["recipe"]["family"] == "qwen3_vl"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ("optimizer.lrate=1", RecipeError, "lrate"),
        ("base=/nowhere", MissingInput, "no such checkpoint folder"),
        ("family=qwen", RecipeError, "unknown model family"),
        ("data.0.path=/nowhere.jsonl", MissingInput, "nowhere"),
        ("sharding.mode=hsdp --set sharding.shard_size=3", RecipeError, "shard groups"),
    ],
)
def test_what_cannot_be_meant_is_said(given, tmp_path, change, error, words):
    done = run(*arguments(given, tmp_path / "run", "--set", *change.split()))
    assert isinstance(done.exception, error)
    assert words in str(done.exception)


@pytest.mark.slow
def test_sigterm_saves_and_exits_with_zero(given, tmp_path):
    out = tmp_path / "run"
    words = [*arguments(given, out), "--set", "steps=2000", "--set", "eval_every=null"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sextant", *words], env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 100
    while not (out / "metrics.jsonl").is_file() or not (out / "metrics.jsonl").read_text():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "SIGTERM: saved step" in said
    assert "the same command goes on with it" in said
    saved = [p.name for p in (out / "checkpoints").iterdir()]
    assert any(f"{int(name[5:]):,} of 2,000" in said for name in saved)
