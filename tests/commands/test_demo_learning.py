"""What the demo says of its tiny model: figures, its section of the page, and gaps."""

from __future__ import annotations

import io
import json
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from sextant.cli import app
from sextant.commands import demo, demo_learning, learning_tables, tiny_stage
from sextant.commands.learning_figures import Contender, figures, loss_curve
from sextant.errors import CorruptInput, MissingDependency, SextantError
from sextant.evaluation.benchmark import Scored
from sextant.evaluation.items import Item
from sextant.evaluation.run_folder import SCORES
from sextant.evaluation.table_builder import ScoreTableBuilder
from sextant.report.learning import learning_section
from sextant.training.feed import Feed

QUESTIONS = 90
ROOMS = 6
CAPABILITIES = ("MM", "MR", "SR")


def write_run(folder: Path, ease: float, seed: int, stress: bool = False) -> np.ndarray:
    """Scores of made-up answers, and with ``stress`` half as good ones without pictures."""
    rng = np.random.default_rng(seed)
    builder = ScoreTableBuilder(["base", "capability", "stress"])
    right = rng.random(QUESTIONS) < ease
    for form, hits in (("plain", right), ("no_images", right & (rng.random(QUESTIONS) < 0.5))):
        if form != "plain" and not stress:
            continue
        for k, hit in enumerate(hits.tolist()):
            capability = CAPABILITIES[k % 3]
            item = Item(
                f"q{k}", f"{capability.lower()}.task", "?", "A", "choice", ("a", "b"),
                cluster=f"room {k % ROOMS}", groups={"capability": capability},
            )  # fmt: skip
            builder.add(
                item, Scored(float(hit), "answered", "A" if hit else "B"),
                row_id=f"q{k}" if form == "plain" else f"q{k}#{form}",
                groups={"base": f"q{k}", "stress": form},
            )  # fmt: skip
    folder.mkdir()
    builder.done().write(folder / SCORES)
    return right


@pytest.fixture
def found(tmp_path):
    right = {
        "blind": write_run(tmp_path / "blind", 0.4, 1),
        "trained": write_run(tmp_path / "trained", 0.8, 2, stress=True),
    }
    contenders = [
        Contender("blind", tmp_path / "blind"),
        Contender("trained", tmp_path / "trained"),
        Contender("trained, no pictures", tmp_path / "trained", "no_images"),
    ]
    return figures(contenders, "blind", "trained", 0, ablated="trained, no pictures"), right


def test_scores_and_differences_are_means_over_the_same_questions(found):
    made, right = found
    place = np.arange(QUESTIONS) % 3
    for number, capability in enumerate(CAPABILITIES):
        mine = place == number
        for model in made["models"][:2]:
            line = model["capabilities"][capability]
            assert line["n"] == QUESTIONS // 3
            assert line["score"] == pytest.approx(right[model["label"]][mine].mean())
            assert line["low"] <= line["score"] <= line["high"]
        row = next(r for r in made["differences"] if r["name"] == capability)
        difference = right["trained"][mine].mean() - right["blind"][mine].mean()
        assert row["difference"] == pytest.approx(difference)
        assert row["low"] < row["difference"] < row["high"]
    whole = made["differences"][-1]
    assert whole["name"] == "all"
    assert whole["n"] == QUESTIONS
    assert whole["difference"] == pytest.approx(right["trained"].mean() - right["blind"].mean())


def test_a_stress_test_is_a_line_of_its_own(found):
    made, right = found
    plain, ablated = (m["capabilities"]["all"] for m in made["models"][1:])
    assert plain["score"] == pytest.approx(right["trained"].mean())
    assert ablated["n"] == QUESTIONS
    assert ablated["score"] < plain["score"]
    assert made["without_pictures"][-1]["difference"] == pytest.approx(
        plain["score"] - ablated["score"]
    )


def test_the_tables_and_the_section_say_the_same(found, tmp_path):
    made, right = found
    made["loss"] = [(1, 3.0), (2, 1.0)]
    made["models"][0]["label"] = "<script>blind"
    path = tmp_path / "learning.json"
    path.write_text(json.dumps(made))
    html = str(learning_section(path))
    assert "<script>" not in html
    assert "&lt;script&gt;blind" in html
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(learning_tables.scores(made))
    for table in learning_tables.differences(made):
        console.print(table)
    text = console.export_text()
    said = f"{100 * right['trained'].mean():.1f}"
    assert said in text
    assert said in html
    difference = 100 * (right["trained"].mean() - right["blind"].mean())
    assert f"{difference:+.1f}" in text
    assert f"{difference:+.1f}" in html


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"models": [{"label": 1}]}', "nonsense"])
def test_damaged_figures_are_refused(tmp_path, text):
    (tmp_path / "learning.json").write_text(text)
    with pytest.raises(CorruptInput, match=r"learning\.json"):
        learning_section(tmp_path / "learning.json")


def test_the_loss_is_told_in_stretches(tmp_path):
    rows = [{"step": k, "loss": 10.0 / k} for k in range(1, 101)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    curve = loss_curve(tmp_path, points=10)
    assert [step for step, _ in curve] == list(range(10, 101, 10))
    assert curve[0][1] == pytest.approx(np.mean([10.0 / k for k in range(1, 11)]))
    assert len(loss_curve(tmp_path, points=1000)) == 100


def test_without_torch_nothing_is_begun_and_the_demo_goes_on(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependency, match="train"):
        demo_learning.run(demo_learning.LearnJob(tmp_path / "learning", 1, 1, True))
    assert not (tmp_path / "learning").exists()
    console = Console(record=True, width=200, file=io.StringIO())
    job = demo.DemoJob(tmp_path, 1, 1, 1, None)
    assert demo.learned(job, console, quiet=True) is None
    assert "no model is trained" in console.export_text()


def test_a_dry_run_says_what_it_would_do(tmp_path):
    with_model = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "d"), "--dry-run"])
    without = CliRunner().invoke(
        app, ["demo", "--out", str(tmp_path / "d"), "--dry-run", "--no-train"]
    )
    assert "tiny model" in with_model.output
    assert "tiny model" not in without.output
    assert with_model.exit_code == without.exit_code == 0
    assert not (tmp_path / "d").exists()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Two rooms to practise on, two for the exam, three steps."""
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    pytest.importorskip("transformers", reason="the extra `train` is not installed")
    out = tmp_path_factory.mktemp("demo") / "learning"
    job = demo_learning.LearnJob(
        out, 7, 1, True, practice=(2, 3), exam=(2, 3),
        overrides=("steps=3", "global_batch=4", "schedule.warmup_steps=1"),
    )  # fmt: skip
    return job, demo_learning.run(job)


def plain(found):
    return json.loads(json.dumps(found))


def test_a_small_model_is_examined_beside_those_that_learned_nothing(small):
    job, found = small
    assert [model["label"] for model in found["models"]] == [
        "blind prior", "untrained", "base", "trained", "trained, no pictures",
        "trained, pictures of another question",
    ]  # fmt: skip
    asked = {model["capabilities"]["all"]["n"] for model in found["models"]}
    assert len(asked) == 1
    assert plain(found) == json.loads((job.out / demo_learning.FIGURES).read_text())
    assert [step for step, _ in found["loss"]] == [1, 2, 3]
    assert len({part["seed"] for part in found["rooms"].values()}) == 3
    assert "What a tiny model learned" in str(learning_section(job.out / demo_learning.FIGURES))


def test_the_same_again_finds_everything_done(small):
    job, found = small
    weights = job.out / "run" / "model" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    assert plain(demo_learning.run(job)) == plain(found)
    assert weights.stat().st_mtime_ns == before


def test_another_seed_in_the_same_folder_is_refused(small):
    job, _ = small
    with pytest.raises(SextantError, match="practice"):
        demo_learning.run(replace(job, seed=8))


def test_ctrl_c_saves_and_the_same_again_goes_on(small, tmp_path, monkeypatch):
    job, found = small
    again = replace(job, out=tmp_path / "learning")
    for name in ("practice", "exam"):
        shutil.copytree(job.out / name, again.out / name)

    class Interrupted(Feed):
        def steps(self):
            for number, found in enumerate(super().steps()):
                if number == 1:
                    signal.raise_signal(signal.SIGINT)
                yield found

    with monkeypatch.context() as patch:
        patch.setattr(tiny_stage, "Feed", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            demo_learning.run(again)
    assert list((again.out / "run" / "checkpoints").iterdir())
    assert demo_learning.run(again)["models"] == found["models"]
