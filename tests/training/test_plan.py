"""Plans of runs: rows, steps, time, remedies, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from real_shapes import internvl3, qwen3_vl
from typer.testing import CliRunner

from sextant.cli import app
from sextant.errors import RecipeError
from sextant.models.family import Shape, Slot
from sextant.training.flops import load_of, total
from sextant.training.machines import machine_of
from sextant.training.memory import memory_of
from sextant.training.packs import packed
from sextant.training.placement import placement_of
from sextant.training.plan import make_plan
from sextant.training.recipe import Lora, TrainRecipe
from sextant.training.remedies import remedies
from sextant.training.workload import Workload, rows_of, stated_workload, steps_of


def recipe_of(**values) -> TrainRecipe:
    return TrainRecipe(family="x", base="x", **values)


def workload_of(shape, lengths, samples=10_000, share=None) -> Workload:
    """Return samples of which all but 100 tokens are pictures'."""
    loads = tuple(load_of(shape, n, 5, [Slot(0, n - 100, (1, 1))]) for n in lengths)
    given = np.ones(len(loads)) if share is None else np.array(share, dtype=np.float64)
    return Workload(loads, given / given.sum(), samples, True, {})


class Tiles:
    """A renderer that shows every picture as 256 tokens."""

    def sizes(self, pictures):
        return tuple(Slot(0, 256, (448, 448)) for _ in pictures)


def published() -> Shape:
    """A shape of some size; made when first asked for, since it takes a second or two."""
    return internvl3("8b")


def test_a_stated_sample_is_the_studys():
    work = stated_workload(
        published(), Tiles(), samples=8_500_000, pictures=16, size=(640, 480), text_tokens=200,
        supervised=8,
    )  # fmt: skip
    assert work.tokens.tolist() == [4296]
    assert work.mean.patches == 16 * 1024
    recipe = recipe_of(freeze=("vision",))
    made = make_plan(published(), recipe, work, machine_of("h100", gpus=128), (0.25, 0.4))
    assert made.steps == 4151
    assert made.step_flops / 2048 / 1e15 == pytest.approx(0.205, abs=5e-4)
    # 13.3 and 8.3 s a step, 15 and 9.6 hours: training.md, section 6 (989 TFLOP/s there).
    busy = made.rows.busy
    assert made.times[0].step_s * busy == pytest.approx(13.3, abs=0.06)
    assert made.times[1].step_s * busy == pytest.approx(8.3, abs=0.06)
    assert made.times[1].hours * busy == pytest.approx(9.6, abs=0.06)
    assert made.fits


def test_learning_more_than_is_said():
    with pytest.raises(RecipeError, match="more is learned"):
        stated_workload(published(), Tiles(), samples=1, pictures=1, size=(1, 1), text_tokens=3,
                        supervised=4)  # fmt: skip


def test_twice_the_gpus_half_the_time():
    work = workload_of(published(), [4096])
    recipe = recipe_of()
    times = {}
    for gpus in (8, 16, 32):
        made = make_plan(published(), recipe, work, machine_of("h100", gpus=gpus))
        assert made.rows.busy == 1.0
        assert made.rows.rows == 512
        times[gpus] = made.times[0].hours
    assert times[8] == pytest.approx(2 * times[16]) == pytest.approx(4 * times[32])
    # More GPUs than rows do not help.
    many = make_plan(published(), recipe, work, machine_of("h100", gpus=4096))
    assert many.times[0].step_s * 2048 == pytest.approx(
        many.step_flops / (989.4e12 * 0.25) * 1, rel=1e-6
    )


def test_time_follows_peak_and_utilisation():
    work = workload_of(published(), [3000, 5000])
    slow = make_plan(
        published(), recipe_of(), work, machine_of("h100", peak_tflops=100), (0.2, 0.4)
    )
    fast = make_plan(published(), recipe_of(), work, machine_of("h100", peak_tflops=200), (0.2,))
    assert slow.times[0].hours == pytest.approx(2 * slow.times[1].hours)
    assert slow.times[0].hours == pytest.approx(2 * fast.times[0].hours)
    assert slow.times[0].samples_per_s * slow.times[0].step_s == pytest.approx(2048)
    for bad in (0.0, 1.5):
        with pytest.raises(RecipeError, match="utilisation"):
            make_plan(published(), recipe_of(), work, machine_of("h100"), (bad,))


def test_epochs_and_steps():
    work = workload_of(published(), [1000], samples=5000)
    assert steps_of(recipe_of(), work) == 3
    assert steps_of(recipe_of(epochs=2), work) == 5
    assert steps_of(recipe_of(steps=7), work) == 7


def test_rows_are_those_of_training():
    lengths = [500, 1500, 4000, 9000]
    work = workload_of(published(), lengths)
    recipe = recipe_of(global_batch=256)
    rows = rows_of(recipe, work, 4)
    assert rows == rows_of(recipe, work, 4)
    fewest = packed([3750] * 256, 16384)
    assert len(fewest) * 0.8 < rows.rows < len(fewest) * 1.3
    assert rows.fullest.tokens <= recipe.pack_tokens
    assert rows.fullest.vision_tokens < rows.fullest.tokens
    assert 0.5 < rows.busy <= 1
    with pytest.raises(RecipeError, match="longer than a row"):
        rows_of(recipe_of(pack_tokens=16384), workload_of(published(), [20000]), 1)


def test_shares_decide_what_a_step_holds():
    work = workload_of(published(), [1000, 9000], share=[3, 1])
    assert work.mean.tokens == pytest.approx(3000)
    assert work.quantiles([0, 0.5, 0.74, 0.76, 1]) == [1000, 1000, 1000, 9000, 9000]
    bars = work.histogram(4)
    assert bars[0][0] == 1000
    assert bars[-1][1] == 9000
    assert sum(b[2] for b in bars) == pytest.approx(1)
    assert bars[0][2] == pytest.approx(0.75)


def test_histograms_cover_all_lengths_once():
    work = workload_of(published(), range(101, 160))
    bars = work.histogram(8)
    assert [low for low, _, _ in bars[1:]] == [high + 1 for _, high, _ in bars[:-1]]
    assert (bars[0][0], bars[-1][1]) == (101, 159)
    assert sum(share for _, _, share in bars) == pytest.approx(1)
    assert workload_of(published(), [300]).histogram() == [(300, 300, 1.0)]


@pytest.mark.parametrize(
    ("model", "machine", "gpus", "values", "helps"),
    [
        (partial(internvl3, "8b"), "h100", 1, {}, {"adapters", "GPUs"}),
        (partial(internvl3, "8b"), "h100", 8, {"sharding": {"mode": "ddp"}}, {"shard over all 8"}),
        (partial(qwen3_vl, "8b"), "h100", 8, {"checkpointing": False}, {"recompute"}),
        (partial(internvl3, "2b"), "h100", 8,
         {"pack_tokens": 1_048_576, "attention": "flex_attention"}, {"rows of"}),
    ],
)  # fmt: skip
def test_what_would_help_does_help(model, machine, gpus, values, helps):
    recipe, shape = recipe_of(**values), model()
    work = workload_of(shape, [4000, 5000])
    made = make_plan(shape, recipe, work, machine_of(machine, gpus=gpus))
    assert not made.fits
    found = remedies(made)
    assert all(r.total <= made.machine.usable_bytes for r in found)
    for word in helps:
        assert any(word in r.words for r in found), [r.words for r in found]


def test_a_remedy_is_what_its_options_say():
    recipe = recipe_of()
    work = workload_of(published(), [4000])
    made = make_plan(published(), recipe, work, machine_of("h100", gpus=1))
    by_words = {r.words: r for r in remedies(made)}
    adapters = by_words["low-rank adapters for the language model"]
    changed = recipe_of(lora=Lora())
    again = make_plan(published(), changed, work, made.machine)
    assert again.fits
    assert again.need.total == adapters.total
    (more,) = (r for words, r in by_words.items() if "GPUs that share" in words)
    gpus = int(more.options.removeprefix("--gpus "))
    machine = replace(made.machine, gpus=gpus)
    rows = rows_of(recipe, work, gpus)
    need = memory_of(published(), recipe, rows.fullest, placement_of(recipe, machine))
    assert need.total == more.total


def test_changes_add_up_where_no_single_one_is_enough():
    recipe = recipe_of(checkpointing=False, sharding={"mode": "none"})
    work = workload_of(published(), [4000])
    small = machine_of("a100", gpus=1, memory_gib=40)
    made = make_plan(published(), recipe, work, small)
    single = remedies(made)
    assert single
    assert all("GPUs" in r.words or " and " in r.words for r in single)
    nothing = machine_of("a100", gpus=1, memory_gib=4)
    assert remedies(make_plan(published(), recipe.model_copy(), work, nothing)) == []


def test_frozen_costs_less():
    work = workload_of(published(), [4000])
    plain = make_plan(published(), recipe_of(), work, machine_of("h100"))
    frozen = make_plan(published(), recipe_of(freeze=("vision",)), work, machine_of("h100"))
    assert total(frozen.costs) < total(plain.costs)
    assert frozen.step_flops < plain.step_flops
    assert frozen.checkpoint < plain.checkpoint
    assert frozen.export == plain.export


# The command


@pytest.fixture
def folder(tmp_path):
    from medium_models import medium

    medium("qwen3_vl", tmp_path)
    return tmp_path / "qwen3_vl"


def run(*arguments: object):
    return CliRunner().invoke(app, ["plan", *map(str, arguments)])


def test_the_command_states_a_plan(folder, tmp_path):
    out = tmp_path / "plan.json"
    result = run(
        "qwen3_vl_2b-paper", "--set", f"base={folder}", "--samples", 100_000, "--pictures", 4,
        "--gpus", 2, "--mfu", "0.3", "--json", out,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "49 steps of 2,048 samples" in result.output
    assert "fits" in result.output
    made = json.loads(out.read_text())
    assert made["format"] == "sextant.plan/1"
    assert made["steps"] == 49
    assert made["fits"] is True
    assert made["machine"]["gpus"] == 2
    assert [t["mfu"] for t in made["times"]] == [0.3]
    assert made["memory"]["total"] == pytest.approx(sum(made["memory"]["parts"].values()))


def test_the_command_says_no(folder):
    result = run(
        "qwen3_vl_2b-paper", "--set", f"base={folder}", "--samples", 100_000, "--gpus", 1,
        "--memory", 3, "--set", "checkpointing=false",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "does not fit" in result.output
    assert "would fit: " in result.output
    assert "--set" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--machine", "abacus"), "no such machine"),
        (("--mfu", "fast"), "utilisations"),
        (("--size", "big"), "WIDTHxHEIGHT"),
        (("--set", "bass=1"), "did you mean"),
    ],
)
def test_the_command_names_what_is_wrong(arguments, said):
    result = run("qwen3_vl_2b-paper", *arguments)
    assert result.exit_code != 0
    assert said in str(result.exception) + result.output


def test_without_a_checkpoint_it_says_what_is_needed():
    result = run("qwen3_vl_2b-paper", "--set", "base=nowhere", "--samples", 10)
    assert result.exit_code != 0
    assert "not its weights" in str(result.exception)


def test_a_dry_run_measures_nothing(folder):
    result = run("qwen3_vl_2b-paper", "--set", f"base={folder}", "--samples", 10, "--dry-run")
    assert result.exit_code == 0
    assert "would plan qwen3_vl_2b-paper" in result.output


def test_measuring_a_file_of_conversations(folder, tmp_path):
    from PIL import Image

    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    rows = [
        {
            "id": str(i), "image": ["a.png"] * (i % 3 + 1),
            "conversations": [
                {"from": "human", "value": "<image>" * (i % 3 + 1) + "where? " * (i + 1)},
                {"from": "gpt", "value": "left"},
            ],
        }
        for i in range(30)
    ]  # fmt: skip
    rows.append({**rows[0], "id": "lost", "image": ["b.png"]})
    (tmp_path / "qa.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    shared = (
        "qwen3_vl_2b-paper", "--set", f"base={folder}", "--set",
        f"data.0.path={tmp_path / 'qa.jsonl'}", "--set", "global_batch=8", "--machine", "cpu",
        "--quiet",
    )  # fmt: skip
    out = tmp_path / "plan.json"
    result = run(*shared, "--json", out)
    assert result.exit_code == 0, result.output + str(result.exception)
    whole = json.loads(out.read_text())
    assert whole["samples"]["exact"] is True
    assert whole["samples"]["epoch"] == 30
    assert whole["steps"] == 4
    assert whole["samples"]["mean"]["pictures"] == pytest.approx(2)
    (facts,) = whole["samples"]["entries"].values()
    assert facts["a picture is missing"] == 1
    # A part of it gives about the same.
    result = run(*shared, "--limit", 12, "--json", out)
    assert result.exit_code == 0
    part = json.loads(out.read_text())
    assert part["samples"]["exact"] is False
    assert 20 <= part["samples"]["epoch"] <= 31
    assert "measured on a part" in result.output
