"""Runs of one process: what a step comes to, resuming, stopping, what is written."""

from __future__ import annotations

import json
import math
import os
import signal
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

import tiny_runs  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tiny_family import WEIGHTS, TinyModel, TinyRenderer, write_base  # noqa: E402
from tiny_runs import (  # noqa: E402
    hash_of,
    job_of,
    metrics,
    plan_of,
    recipe_of,
    rendered_sample,
    run_alone,
)  # fmt: skip
from torch.nn import functional  # noqa: E402

from sextant.errors import InputError, OutputError, RecipeError  # noqa: E402
from sextant.training.distributed import joined_world  # noqa: E402
from sextant.training.loop import train  # noqa: E402
from sextant.training.step import Divergence  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def base(tmp_path):
    return write_base(tmp_path / "base")


def weights(run, folder="model"):
    return load_file(run / folder / WEIGHTS)


def farthest(one, other):
    return max(float((one[n] - other[n]).abs().max()) for n in one)


@pytest.mark.parametrize("weighting", ["token", "sample", "sqrt"])
def test_rows_do_not_change_what_is_learned(tmp_path, base, weighting):
    fits = {"max_tokens": 64}
    short = recipe_of(base, loss_weight=weighting)
    long = recipe_of(base, loss_weight=weighting, pack_tokens=1000, fit=fits)
    run_alone(tmp_path / "short", short)
    run_alone(tmp_path / "long", long)
    one, other = metrics(tmp_path / "short"), metrics(tmp_path / "long")
    assert one[0]["rounds"] > other[0]["rounds"] == 1
    for a, b in zip(one, other, strict=True):
        assert a["loss"] == pytest.approx(b["loss"], abs=1e-6)
        assert a["gradient_norm"] == pytest.approx(b["gradient_norm"], abs=1e-6)
    assert farthest(weights(tmp_path / "short"), weights(tmp_path / "long")) < 1e-5


@pytest.mark.parametrize("weighting", ["token", "sample", "sqrt"])
def test_first_step_is_that_of_the_formula(tmp_path, base, weighting):
    """One sample at a time, from the definition: weighted means over means, one AdamW step."""
    recipe = recipe_of(
        base, loss_weight=weighting, schedule={"kind": "constant", "warmup_steps": 0},
        optimizer={"lr": 0.01, "weight_decay": 0.1, "clip": 0.05},
    )  # fmt: skip
    run_alone(tmp_path / "run", recipe, steps=1)
    model = TinyModel()
    model.load_state_dict(load_file(base / WEIGHTS))
    plan = plan_of(recipe, 0, 1)
    total, divisor = torch.zeros(()), 0.0
    for row in plan.rows:
        packed = TinyRenderer().pack([rendered_sample(int(row))])
        mean = functional.cross_entropy(model(packed.inputs), packed.labels)
        n = len(packed.labels)
        weight = {"token": n, "sample": 1, "sqrt": math.sqrt(n)}[weighting]
        total, divisor = total + weight * mean, divisor + weight
    loss = total / divisor
    loss.backward()
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in model.parameters()))
    row = metrics(tmp_path / "run")[0]
    assert row["loss"] == pytest.approx(loss.item(), abs=1e-6)
    assert row["gradient_norm"] == pytest.approx(norm, abs=1e-6)
    assert row["clipped"]
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.05)
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
        lr=0.01,
    ).step()
    # Of a step of 0.01; where a gradient is about as small as Adam's epsilon, rounding shows.
    assert farthest(weights(tmp_path / "run"), model.state_dict()) < 5e-5


def test_loss_by_part_adds_up(tmp_path, base):
    recipe = recipe_of(base)
    run_alone(tmp_path / "run", recipe, steps=1)
    row = metrics(tmp_path / "run")[0]
    plan = plan_of(recipe, 0, 1)
    shares = {
        name: plan.weights[plan.rows % 3 == i].sum()
        for i, name in enumerate(("MM", "SR", "PT"))
    }  # fmt: skip
    mean = sum(row["capability"][n] * w for n, w in shares.items()) / plan.weight
    assert mean == pytest.approx(row["loss"], abs=1e-9)
    assert row["tokens"] == plan.tokens.sum()
    assert row["supervised_tokens"] == plan.supervised.sum()
    assert row["flops"] > 0


def test_goes_on_bit_for_bit(tmp_path, base):
    recipe = recipe_of(base, ema=0.9)
    run_alone(tmp_path / "straight", recipe)
    outcome = run_alone(tmp_path / "halted", recipe, stop_after=3)
    assert outcome.step == 3
    assert outcome.model is None
    outcome = run_alone(tmp_path / "halted", recipe)
    assert outcome.model == tmp_path / "halted/model"
    for folder in ("model", "model-average"):
        assert hash_of(tmp_path / "straight" / folder) == hash_of(tmp_path / "halted" / folder)
    timeless = [
        [
            {k: v for k, v in row.items() if k in ("step", "loss", "lr", "samples_seen")}
            for row in rows
        ]
        for rows in (metrics(tmp_path / "straight"), metrics(tmp_path / "halted"))
    ]
    assert timeless[0] == timeless[1]
    again = run_alone(tmp_path / "halted", recipe)  # Nothing is left to do.
    assert again.step == 5


def test_metrics_of_steps_that_are_made_again_are_taken_out(tmp_path, base):
    recipe = recipe_of(base)
    run_alone(tmp_path / "run", recipe, stop_after=2)
    path = tmp_path / "run/metrics.jsonl"
    path.write_text(path.read_text() + '{"step": 3, "loss": 1}\n{"step": 4, "lo')
    run_alone(tmp_path / "run", recipe)
    assert [row["step"] for row in metrics(tmp_path / "run")] == [1, 2, 3, 4, 5]
    assert all("lr" in row for row in metrics(tmp_path / "run"))


@pytest.mark.parametrize(
    ("changes", "more", "named"),
    [
        ({"optimizer": {"lr": 0.02}}, {}, "optimizer.lr"),
        ({"global_batch": 8}, {}, "global_batch"),
        ({"loss_weight": "sqrt"}, {}, "loss_weight"),
        ({}, {"data": "data-2"}, "the data have changed"),
        ({}, {"steps": 6}, "number of steps"),
    ],
)
def test_another_run_is_refused_by_name(tmp_path, base, changes, more, named):
    run_alone(tmp_path / "run", recipe_of(base), stop_after=2)
    before = (tmp_path / "run/metrics.jsonl").read_bytes()
    with pytest.raises(RecipeError, match=named):
        run_alone(tmp_path / "run", recipe_of(base, **changes), **more)
    assert (tmp_path / "run/metrics.jsonl").read_bytes() == before


def test_another_base_is_refused(tmp_path, base):
    run_alone(tmp_path / "run", recipe_of(base), stop_after=2)
    other = write_base(tmp_path / "other", seed=1)
    with pytest.raises(RecipeError, match="base model has changed"):
        run_alone(tmp_path / "run", recipe_of(other))


def test_what_does_not_change_learning_may_change(tmp_path, base):
    run_alone(tmp_path / "straight", recipe_of(base))
    run_alone(tmp_path / "run", recipe_of(base), stop_after=2)
    base = base.rename(tmp_path / "moved")
    run_alone(tmp_path / "run", recipe_of(base, save_every=1, keep=1, spike=9.0, workers=0))
    assert hash_of(tmp_path / "run/model") == hash_of(tmp_path / "straight/model")


def test_foreign_folder_is_left_alone(tmp_path, base):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/thesis.tex").write_text("x")
    with pytest.raises(OutputError, match="something else"):
        run_alone(tmp_path / "run", recipe_of(base))


def test_sigterm_saves_and_the_run_goes_on(tmp_path, base):
    recipe = recipe_of(base, save_every=100)
    run_alone(tmp_path / "straight", recipe)

    def ask(step):
        if step == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    outcome = run_alone(tmp_path / "run", recipe, on_step=ask)
    assert (outcome.step, outcome.signal) == (3, signal.SIGTERM)
    assert [p.name for p in (tmp_path / "run/checkpoints").iterdir()] == ["step-00000003"]
    run_alone(tmp_path / "run", recipe)
    assert hash_of(tmp_path / "run/model") == hash_of(tmp_path / "straight/model")


def test_a_broken_picture_only_takes_its_sample_out(tmp_path, base):
    recipe = recipe_of(base, loss_weight="sample", optimizer={"lr": 0.01, "clip": None})
    rows = [int(r) for r in plan_of(recipe, 0, 1).rows]
    run_alone(tmp_path / "run", recipe, steps=1, broken=frozenset(rows[:2]))
    row = metrics(tmp_path / "run")[0]
    assert row["broken"] == 2
    assert row["samples"] == len(rows) - 2
    assert {b[0] for b in row["broken_samples"]} == {f"s{r}" for r in rows[:2]}
    model = TinyModel()
    model.load_state_dict(load_file(base / WEIGHTS))
    means = []
    for number in rows[2:]:
        packed = TinyRenderer().pack([rendered_sample(number)])
        means.append(functional.cross_entropy(model(packed.inputs), packed.labels))
    torch.stack(means).mean().backward()
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in model.parameters()))
    assert row["gradient_norm"] == pytest.approx(norm, rel=1e-5)


def test_a_step_of_broken_pictures_only_is_an_error(tmp_path, base):
    with pytest.raises(InputError, match="no sample of step 1"):
        run_alone(tmp_path / "run", recipe_of(base), broken=frozenset(range(1000)))


def test_nan_stops_before_it_reaches_the_weights(tmp_path, base):
    recipe = recipe_of(base, save_every=1, optimizer={"lr": 1.0, "clip": None})
    poisoned = load_file(base / WEIGHTS)
    poisoned["language.head.weight"][5] = float("nan")
    save_file(poisoned, base / WEIGHTS)
    with pytest.raises(Divergence, match="the loss is nan") as caught:
        run_alone(tmp_path / "run", recipe)
    stopped = json.loads((tmp_path / "run/stopped.json").read_text())
    assert stopped["step"] == caught.value.step == 1
    assert {s["id"] for s in stopped["samples"]} == {f"s{r}" for r in plan_of(recipe, 0, 1).rows}
    assert not list((tmp_path / "run/checkpoints").iterdir())


def test_a_leap_of_the_loss_stops_with_the_worst_samples_first(tmp_path, base, monkeypatch):
    """A base that expects small letters, and from step 10 on answers that are something else."""
    state = load_file(base / WEIGHTS)
    state["language.norm.bias"][0] = 5.0
    state["language.head.weight"][:, 0] = -2.0
    small = [0, *(2 + ord(letter) % 94 for letter in "abcdefghijklmnopqrstuvwxyz")]
    state["language.head.weight"][small, 0] = 2.0
    save_file(state, base / WEIGHTS)
    recipe = recipe_of(
        base, spike=1.5, save_every=3, optimizer={"lr": 1e-6},
        schedule={"kind": "constant", "warmup_steps": 0},
    )  # fmt: skip
    honest, now = tiny_runs.rendered_sample, {"step": 0}

    def render(number):
        rendered, pixels = honest(number)
        if now["step"] >= 10 and number % 2:
            ids = np.where(rendered.targets, 40, rendered.ids)
            rendered = replace(rendered, ids=ids)
        return rendered, pixels

    monkeypatch.setattr(tiny_runs, "rendered_sample", render)
    with pytest.raises(Divergence, match="leaps to"):
        run_alone(tmp_path / "run", recipe, steps=12, on_step=lambda s: now.update(step=s))
    stopped = json.loads((tmp_path / "run/stopped.json").read_text())
    losses = [float(s["loss"]) for s in stopped["samples"]]
    assert stopped["step"] == 11
    assert losses == sorted(losses, reverse=True)
    assert int(stopped["samples"][0]["id"][1:]) % 2
    # The checkpoint is from before.
    assert max(p.name for p in (tmp_path / "run/checkpoints").iterdir()) == "step-00000009"


def test_held_out_loss_is_that_of_the_weights_as_they_are(tmp_path, base):
    run_alone(tmp_path / "run", recipe_of(base, eval_every=2), steps=5)
    rows = metrics(tmp_path / "run")
    assert [r["step"] for r in rows if "held_out" in r] == [2, 4, 5]
    held = rows[-1]["held_out"]
    plan = plan_of(recipe_of(base), 100, 1)
    model = TinyModel()
    model.load_state_dict(weights(tmp_path / "run"))
    total = 0.0
    for row, weight in zip(plan.rows, plan.weights, strict=True):
        packed = TinyRenderer().pack([rendered_sample(int(row))])
        with torch.no_grad():
            total += weight * float(functional.cross_entropy(model(packed.inputs), packed.labels))
    assert held["loss"] == pytest.approx(total / plan.weight, abs=1e-6)
    assert held["samples"] == len(plan)
    # Looking does not change learning.
    run_alone(tmp_path / "blind", recipe_of(base), steps=5)
    assert hash_of(tmp_path / "run/model") == hash_of(tmp_path / "blind/model")


def test_only_the_last_checkpoints_are_kept(tmp_path, base):
    run_alone(tmp_path / "run", recipe_of(base, save_every=1, keep=2), steps=5)
    names = sorted(p.name for p in (tmp_path / "run/checkpoints").iterdir())
    assert names == ["step-00000004", "step-00000005"]


@pytest.mark.parametrize("part", ["vision", "projector", "language"])
def test_frozen_parts_stay_as_they_are(tmp_path, base, part):
    run_alone(tmp_path / "run", recipe_of(base, freeze=[part]), steps=3)
    before, after = load_file(base / WEIGHTS), weights(tmp_path / "run")
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"vision", "projector", "language"} - {part}


def test_parts_have_rates_of_their_own(tmp_path, base):
    optimizer = {"lr": 0.01, "lr_by_part": {"vision": 1e-9}}
    run_alone(tmp_path / "run", recipe_of(base, optimizer=optimizer), steps=3)
    before, after = load_file(base / WEIGHTS), weights(tmp_path / "run")
    moved = {n: float((before[n] - after[n]).abs().max()) for n in before}
    assert max(v for n, v in moved.items() if n.startswith("vision")) < 1e-7
    assert min(v for n, v in moved.items() if n.startswith("projector")) > 1e-3


def test_moving_average_is_the_sum_it_is_defined_as(tmp_path, base):
    decay = 0.8
    recipe = recipe_of(base, ema=decay, schedule={"kind": "constant", "warmup_steps": 0})
    runs = []
    for step in range(1, 4):
        # The weights after each step, from runs that stop there and are told nothing else.
        with joined_world("cpu") as world:
            run = tmp_path / f"run{step}"
            train(job_of(run, recipe, world, steps=step), world)
        runs.append(weights(run))
    average = load_file(base / WEIGHTS)
    for state in runs:
        average = {n: decay * average[n] + (1 - decay) * state[n] for n in average}
    assert farthest(weights(tmp_path / "run3", "model-average"), average) < 1e-6


def test_recomputing_activations_changes_nothing(tmp_path, base):
    run_alone(tmp_path / "with", recipe_of(base, checkpointing=True))
    run_alone(tmp_path / "without", recipe_of(base, checkpointing=False))
    assert hash_of(tmp_path / "with/model") == hash_of(tmp_path / "without/model")


def test_bf16_computes_close_by_and_keeps_its_weights_in_fp32(tmp_path, base):
    run_alone(tmp_path / "fp32", recipe_of(base))
    run_alone(tmp_path / "bf16", recipe_of(base, dtype="bf16"))
    for a, b in zip(metrics(tmp_path / "fp32"), metrics(tmp_path / "bf16"), strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=0.02)
    stored = load_file(next((tmp_path / "bf16/checkpoints/step-00000005").glob("*.safetensors")))
    assert {t.dtype for n, t in stored.items() if n.startswith("model.")} == {torch.float32}
    assert {t.dtype for t in weights(tmp_path / "bf16").values()} == {torch.bfloat16}


def test_loss_falls(tmp_path, base):
    recipe = recipe_of(base, global_batch=32, schedule={"kind": "constant"})
    run_alone(tmp_path / "run", recipe, steps=25)
    losses = [row["loss"] for row in metrics(tmp_path / "run")]
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:5])
    assert all(b > a for a, b in pairwise(r["samples_seen"] for r in metrics(tmp_path / "run")))
