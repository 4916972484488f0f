"""Five AdamW steps of the three families through the real loop, against upstream's own curves."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("transformers", reason="the extra `train` is not installed")

from PIL import Image  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from tiny_runs import metrics  # noqa: E402

from sextant.models.family import Message  # noqa: E402
from sextant.training.distributed import joined_world  # noqa: E402
from sextant.training.families import open_family  # noqa: E402
from sextant.training.loop import TrainJob, train  # noqa: E402
from sextant.training.packs import Pack  # noqa: E402
from sextant.training.ready import ReadyPack, ReadySample  # noqa: E402
from sextant.training.recipe import TrainRecipe  # noqa: E402
from sextant.training.steps import StepPlan, sample_weights  # noqa: E402

for folder in ("qwen3_vl", "bagel"):
    sys.path.append(str(Path(__file__).parents[1] / "models" / folder))

from tiny_bagel import golden_rules, golden_sample  # noqa: E402
from tiny_qwen3_vl import GOLDEN, asked  # noqa: E402

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.skipif(
        not (GOLDEN / "golden.npz").is_file(),
        reason=f"no golden data in {GOLDEN} (set SEXTANT_TEST_DATA)",
    ),
]

ALL = {"bagel": "all_understanding_parameters"}
FROZEN = {
    # Upstream's "vision encoder" of Qwen3-VL holds its mergers.
    "qwen3_vl": ["vision", "projector"], "internvl": ["vision"], "bagel": ["vision"],
}  # fmt: skip
TOLERANCE = 1e-4
"""Stated beside the curves."""


def qwen3_vl(family, said, arrays):
    renderer = family.renderer("train")
    for case in said["cases"].values():
        pictures = [Image.fromarray(arrays[f"raw.{image}"]) for image in case["images"]]
        messages = asked(len(pictures), case["user"], case["answer"])
        rendered = renderer.render(messages, [p.size for p in pictures])
        yield rendered, renderer.pixels(pictures, rendered)


def internvl(family, said, arrays):
    for case in said["cases"].values():
        pictures = [Image.fromarray(arrays[f"raw.{image}"]) for image in case["images"]]
        most = max(case["max_num"], default=1)
        renderer = family.renderer("train", tiles=most, total_tiles=most * max(1, len(pictures)))
        messages = [Message("user", case["user"]), Message("assistant", case["answer"], True)]
        rendered = renderer.render(messages, [p.size for p in pictures])
        yield rendered, renderer.pixels(pictures, rendered)


def bagel(family, said, _arrays):
    renderer = family.renderer("train", **golden_rules(said))
    for name in "abc":
        yield golden_sample(renderer, said["plans"][name])


SAMPLES = {"qwen3_vl": qwen3_vl, "internvl": internvl, "bagel": bagel}


def step_of(samples, number, *, one_row):
    counts = np.array([int(r.targets.sum()) for r, _ in samples])
    lengths = np.array([len(r) for r, _ in samples])
    places = range(len(samples))
    rows = [tuple(places)] if one_row else [(place,) for place in places]
    plan = StepPlan(
        number, 0, np.zeros(len(samples), np.int64), np.arange(len(samples)), lengths, counts,
        sample_weights("token", counts),
        tuple((Pack(row, int(lengths[list(row)].sum())),) for row in rows),
    )  # fmt: skip
    for round_, row in enumerate(rows):
        ready = tuple(ReadySample(p, f"case {p}", "GENERAL", "golden", *samples[p]) for p in row)
        yield ReadyPack(plan, round_, ready, (), 0.0)


@pytest.mark.parametrize("one_row", [True, False], ids=["one row", "a row each"])
@pytest.mark.parametrize("frozen", [False, True], ids=["all", "frozen"])
@pytest.mark.parametrize("name", SAMPLES)
def test_five_steps_are_those_of_upstream(tmp_path, name, frozen, one_row):
    base = GOLDEN.parent / name
    training = json.loads((base / "training.json").read_text())
    wanted = training["curves"][
        "vision_encoder_frozen" if frozen else ALL.get(name, "all_parameters")
    ]
    rules = training["optimizer"]
    recipe = TrainRecipe.model_validate(
        {
            "family": name, "base": str(base), "global_batch": 3, "dtype": "fp32",
            "freeze": FROZEN[name] if frozen else [], "eval_every": 5,
            "optimizer": {
                "lr": rules["lr"], "betas": rules["betas"], "eps": rules["eps"],
                "weight_decay": rules["weight_decay"], "decay_all": True, "clip": None,
            },
            "schedule": {"kind": "constant", "warmup_steps": 0},
        }
    )  # fmt: skip
    family = open_family(name, base)
    with np.load(base / "golden.npz") as arrays:
        said = json.loads((base / "golden.json").read_text())
        samples = list(SAMPLES[name](family, said, arrays))

    @contextmanager
    def packs(first):
        yield (p for n in range(first, 5) for p in step_of(samples, n, one_row=one_row))

    @contextmanager
    def held_out():
        yield step_of(samples, 0, one_row=one_row)

    with joined_world("cpu") as world:
        job = TrainJob(
            recipe, family, tmp_path / "run", 5, packs, "golden", held_out=held_out, quiet=True
        )
        train(job, world)
    rows = metrics(tmp_path / "run")
    losses = [row["loss"] for row in rows] + [rows[-1]["held_out"]["loss"]]
    norms = [row["gradient_norm"] for row in rows]
    assert losses == pytest.approx(
        wanted["loss_before_step_1_to_5_and_after_step_5"], abs=TOLERANCE
    )
    assert norms == pytest.approx(wanted["grad_norm_at_each_of_these"][:5], rel=TOLERANCE)
    assert not (tmp_path / "run/stopped.json").exists()
    weights = {p.name: load_file(p) for p in (tmp_path / "run/model").glob("*.safetensors")}
    stored = {p.name: load_file(p) for p in base.glob("*.safetensors")}
    assert weights.keys() == stored.keys()
    for file, tensors in stored.items():
        assert {n: t.shape for n, t in tensors.items()} == {
            n: t.shape for n, t in weights[file].items()
        }
