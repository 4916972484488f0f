"""Answers during training are those of the model that comes out, scored by the same rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("transformers", reason="the extra `train` is not installed")

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "models" / "qwen3_vl"), str(TESTS / "training")]

from tiny_qwen3_vl import write_checkpoint  # noqa: E402
from toy_data import corpus, picture  # noqa: E402

from sextant.cli import app  # noqa: E402
from sextant.errors import RecipeError  # noqa: E402


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examination")
    write_checkpoint(folder / "base")
    for name, first in (("practice", 0), ("exam", 100)):
        rows = []
        for number in range(first, first + 12):
            right = 0 if number % 3 else 1
            rows.append(
                {
                    "id": f"{number:016x}", "scene_id": f"{name}{number % 4}",
                    "question": "Which is closest?", "pictures": [picture(number)],
                    "answer": "AB"[right], "answer_index": right,
                    "capability": "SR" if number % 2 else "MM",
                }
            )  # fmt: skip
        corpus(folder / name, [rows])
    return folder


def train(given, out, *more):
    settings = {
        "base": given / "base", "data.0.path": given / "practice", "global_batch": 12,
        "pack_tokens": 512, "fit.max_tokens": 512, "workers": 0, "dtype": "fp32", "steps": 8,
        "held_out.0.path": given / "exam", "eval_every": 4, "held_out_answers": 100,
        "optimizer.lr": 0.003, "save_every": 100,
    }  # fmt: skip
    words = [word for pair in settings.items() for word in ("--set", "{}={}".format(*pair))]
    words = ["train", "qwen3_vl_2b-paper", "--out", str(out), "--device", "cpu", *words, *more]
    return CliRunner().invoke(app, words)


def test_the_score_is_that_of_the_finished_model(given, tmp_path):
    done = train(given, tmp_path / "run")
    assert done.exit_code == 0, done.output
    rows = [json.loads(x) for x in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "answers" in row] == [4, 8]
    last = rows[-1]["answers"]
    assert last["answered"] == 12
    assert last["score"] > 0.5  # it has learned that A is right more often
    done = CliRunner().invoke(app, [
        "evaluate", "--model", f"qwen3_vl:{tmp_path / 'run/model'}", "--benchmark",
        "sextant_corpus_all", "--data", str(given / "exam"), "--out", str(tmp_path / "asked"),
    ])  # fmt: skip
    assert done.exit_code == 0, done.output
    summary = json.loads((tmp_path / "asked/summary.json").read_text())
    assert last["score"] == summary["micro"]["score"]
    assert last["interval"] == [summary["micro"]["low"], summary["micro"]["high"]]
    by_name = {line["name"]: line["score"] for line in summary["groups"]["capability"]}
    assert last["capability"] == by_name
    assert set(by_name) == {"MM", "SR"}


def test_only_so_many_are_asked_and_the_same_ones(given, tmp_path):
    done = train(given, tmp_path / "run", "--set", "held_out_answers=5", "--set", "eval_every=1")
    assert done.exit_code == 0, done.output
    rows = [json.loads(x) for x in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [row["answers"]["answered"] for row in rows] == [5] * 8


def test_answers_need_a_corpus(given, tmp_path):
    (tmp_path / "rows.jsonl").write_text(
        json.dumps({"id": "a", "image": [], "conversations": [
            {"from": "human", "value": "left?"}, {"from": "gpt", "value": "A"}]}) + "\n"
    )  # fmt: skip
    rows = tmp_path / "rows.jsonl"
    done = train(given, tmp_path / "run", "--set", f"held_out.0.path={rows}")
    assert isinstance(done.exception, RecipeError)
    assert "held_out_answers=0" in str(done.exception)
    done = train(given, tmp_path / "run", "--set", "eval_every=null")
    assert isinstance(done.exception, RecipeError)
    assert "held_out_answers needs" in str(done.exception)
