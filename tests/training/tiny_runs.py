"""Runs of the tiny family on made-up samples; also a script for ``torchrun``.

torchrun --nproc-per-node 2 tiny_runs.py <run folder> '<json of settings>'
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from tiny_family import WEIGHTS, TinyFamily, TinyRenderer

from sextant.execution.seeds import generator_of
from sextant.models.family import Message, Rendered
from sextant.training.distributed import World, joined_world
from sextant.training.loop import TrainJob, TrainOutcome, train
from sextant.training.packs import rounds
from sextant.training.ready import BrokenSample, ReadyPack, ReadySample
from sextant.training.recipe import TrainRecipe
from sextant.training.steps import StepPlan, sample_weights

SAMPLES = 64
CAPABILITIES = ("MM", "SR", "PT")


def rendered_sample(number: int) -> tuple[Rendered, Mapping[str, np.ndarray]]:
    """A question of any length, with no picture (a third of them), one or two."""
    rng = generator_of("tiny", number)
    pictures = number % 3
    letters = "".join(chr(97 + c) for c in rng.integers(0, 26, int(rng.integers(1, 30))))
    turns = (
        Message("user", "<image>" * pictures + letters),
        Message("assistant", letters[: int(rng.integers(1, 6))], supervised=True),
    )
    rendered = TinyRenderer().render(turns, [(2, 2)] * pictures)
    return rendered, {"pixels": rng.random((2 * pictures, 4), dtype=np.float32)}


def plan_of(recipe: TrainRecipe, step: int, ranks: int) -> StepPlan:
    count = recipe.global_batch
    rows = generator_of("step", recipe.seed, step).permutation(SAMPLES)[:count]
    made = [rendered_sample(int(row))[0] for row in rows]
    lengths = [len(r) for r in made]
    supervised = np.array([int(r.targets.sum()) for r in made])
    return StepPlan(
        step, 0, np.zeros(count, np.int64), rows, np.array(lengths), supervised,
        sample_weights(recipe.loss_weight, supervised), rounds(lengths, recipe.pack_tokens, ranks),
    )  # fmt: skip


def packs_of(
    recipe: TrainRecipe, world: World, broken: frozenset[int] = frozenset(),
    text_rank: int | None = None, first: int = 0, last: int = 10**9,
) -> Iterator[ReadyPack]:  # fmt: skip
    """This rank's rows; ``broken`` rows fail, and ``text_rank`` is shown no pictures."""
    for step in range(first, last):
        plan = plan_of(recipe, step, world.size)
        for number, packs in enumerate(plan.rounds):
            samples, failed = [], []
            for place in packs[world.rank].samples:
                row = int(plan.rows[place])
                if row in broken:
                    failed.append(BrokenSample(place, f"s{row}", "picture.png: truncated"))
                    continue
                rendered, pixels = rendered_sample(row)
                if text_rank == world.rank:
                    rendered, pixels = without_pictures(rendered)
                capability = CAPABILITIES[row % 3]
                samples.append(
                    ReadySample(place, f"s{row}", capability, f"set{row % 2}", rendered, pixels)
                )
            yield ReadyPack(plan, number, tuple(samples), tuple(failed), 0.0)


def without_pictures(rendered: Rendered) -> tuple[Rendered, Mapping[str, np.ndarray]]:
    ids = np.where(rendered.ids == 1, 2, rendered.ids)
    return replace(rendered, ids=ids, slots=()), {"pixels": np.zeros((0, 4), np.float32)}


def recipe_of(base: Path, **changes: Any) -> TrainRecipe:
    fields: dict[str, Any] = {
        "family": "tiny", "base": str(base), "global_batch": 12, "pack_tokens": 64,
        "fit": {"max_tokens": 64}, "dtype": "fp32", "save_every": 2, "deterministic": True,
        "optimizer": {"lr": 0.01, "weight_decay": 0.1}, "schedule": {"warmup_share": 0.2},
    }  # fmt: skip
    return TrainRecipe.model_validate({**fields, **changes})


def job_of(
    out: Path, recipe: TrainRecipe, world: World, *, steps: int = 5, data: str = "data-1",
    stop_after: int | None = None, on_step: Callable[[int], None] | None = None, **packs: Any,
) -> TrainJob:  # fmt: skip
    @contextmanager
    def opened(first: int) -> Iterator[Iterator[ReadyPack]]:
        def rows() -> Iterator[ReadyPack]:
            for pack in packs_of(recipe, world, first=first, **packs):
                if on_step is not None and pack.round == 0:
                    on_step(pack.plan.step)
                yield pack

        yield rows()

    @contextmanager
    def held_out() -> Iterator[Iterator[ReadyPack]]:
        yield packs_of(recipe, world, first=100, last=101)

    return TrainJob(
        recipe, TinyFamily(Path(recipe.base)), out, steps, opened, data,
        held_out=held_out, stop_after=stop_after, quiet=True,
    )  # fmt: skip


def run_alone(out: Path, recipe: TrainRecipe, **more: Any) -> TrainOutcome:
    with joined_world("cpu") as world:
        return train(job_of(out, recipe, world, **more), world)


def hash_of(folder: Path) -> str:
    return blake2b((folder / WEIGHTS).read_bytes(), digest_size=8).hexdigest()


def metrics(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def main() -> None:
    torch.set_num_threads(1)
    out, settings = Path(sys.argv[1]), json.loads(sys.argv[2])
    kill_at, term_at = settings.pop("kill_at", None), settings.pop("term_at", None)
    job = settings.pop("job", {})
    recipe = recipe_of(out.parent / "base", **settings)

    def on_step(step: int) -> None:
        if step == kill_at and os.environ.get("RANK", "0") == "0":
            os.kill(os.getpid(), signal.SIGKILL)
        if step == term_at:
            os.kill(os.getpid(), signal.SIGTERM)

    with joined_world("cpu") as world:
        outcome = train(job_of(out, recipe, world, on_step=on_step, **job), world)
        if world.first:
            sys.stdout.write(json.dumps({"step": outcome.step, "signal": outcome.signal}) + "\n")


if __name__ == "__main__":
    main()
