"""The training run: from its last checkpoint to its last step, and the finished model's folder.

<run>/run.json           what the run is: recipe, data, base, versions
<run>/metrics.jsonl      one row a step
<run>/checkpoints/       to go on from
<run>/model/             the trained model in its family's layout, at the end
<run>/model-average/     the moving average of its weights, where the recipe wants one
<run>/stopped.json       samples of a step that went wrong
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sextant.execution.atomic import write_text
from sextant.execution.progress import Progress
from sextant.execution.seeds import seed_of
from sextant.execution.stopping import StopRequest, noticing_stops
from sextant.models.family import Family
from sextant.training.checkpoint import Checkpoints
from sextant.training.distributed import Spread, World
from sextant.training.export import export
from sextant.training.held_out import held_out_loss
from sextant.training.identity import base_fingerprint, check_same_run, identity_of, versions
from sextant.training.learner import Ready, make_ready
from sextant.training.metrics import row_of, short_line
from sextant.training.ready import ReadyPack
from sextant.training.recipe import TrainRecipe
from sextant.training.run_folder import claim
from sextant.training.step import Divergence, Stepper, companion_of
from sextant.training.trackers import Tracker, open_trackers
from sextant.training.watch import LossWatch

STOPPED, MODEL, AVERAGE = "stopped.json", "model", "model-average"

OpenPacks = Callable[[int], AbstractContextManager[Iterator[ReadyPack]]]
"""Given the first step, this rank's rows from there on, in order; closing it ends its workers."""

Examine = Callable[[Spread], dict[str, Any]]
"""Lets the model answer held-out questions, on all ranks together, and returns figures."""

OpenHeldOut = Callable[[], AbstractContextManager[Iterator[ReadyPack]]]
"""This rank's rows of the held-out samples, as many on every rank."""


@dataclass(frozen=True, slots=True)
class TrainJob:
    """A run.

    Attributes:
        recipe: What is learned.
        family: The base, opened.
        out: Folder of the run; the same job goes on with it.
        steps: Of the whole run.
        packs: Where rows come from.
        data: Fingerprint of the example sets.
        held_out: Where held-out rows come from.
        examine: Scores answers to held-out questions.
        trackers: Services besides ``metrics.jsonl``.
        peak_flops: Of one device, for MFU; None = not known.
        stop_after: Save and stop after so many steps of this process; None = go to the end.
        quiet: Show nothing.
    """

    recipe: TrainRecipe
    family: Family
    out: Path
    steps: int
    packs: OpenPacks
    data: str
    held_out: OpenHeldOut | None = None
    examine: Examine | None = None
    trackers: Sequence[str] = ()
    peak_flops: float | None = None
    stop_after: int | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class TrainOutcome:
    """How a run ended.

    Attributes:
        step: Steps done, of ``steps``.
        steps: Of the whole run.
        signal: That asked it to stop; None if none did.
        model: Folder of the trained model, where the run is finished.
    """

    step: int
    steps: int
    signal: int | None
    model: Path | None


def train(job: TrainJob, world: World) -> TrainOutcome:
    """Carry out a run, or go on with it. All ranks call it together.

    Raises:
        Divergence: If a loss is no number, or leaps; ``stopped.json`` names the step's samples.
        RecipeError: If the folder holds a run of another recipe, other data, or another base.
        OutputError: If something cannot be written.
        InputError: If base, data or a checkpoint are not what they should be.
    """
    recipe = job.recipe
    with _determinism(recipe.deterministic), noticing_stops() as request:
        identity = identity_of(recipe, job.data, base_fingerprint(Path(recipe.base)), job.steps)
        claim(job.out, identity, world)
        renderer = job.family.renderer("train", **recipe.vision)
        ready = make_ready(job.family, recipe, world)
        checkpoints = Checkpoints(job.out / "checkpoints", world, keep=recipe.keep)
        known = world.agree(checkpoints.steps())
        state = _restore(checkpoints, known, ready, identity) if known else {}
        trackers = _open(job, identity, known, world)
        stepper = Stepper(
            ready, recipe, job.steps, renderer, job.family.shape,
            LossWatch(recipe.spike, state.get("recent_losses", ())), world, companion_of(renderer),
        )  # fmt: skip
        run = _Run(job, world, ready, stepper, checkpoints, identity, trackers)
        run.step, run.samples = state.get("step", 0), state.get("samples_seen", 0)
        try:
            signal = run.go(request)
        finally:
            for tracker in trackers:
                tracker.close()
        if run.step < job.steps:
            return TrainOutcome(run.step, job.steps, signal, None)
        export(ready.spread.module, job.family, recipe, job.out / MODEL, world)
        if ready.learner.average is not None:
            with ready.learner.average.in_place(ready.spread.module):
                export(ready.spread.module, job.family, recipe, job.out / AVERAGE, world)
        return TrainOutcome(run.step, job.steps, signal, job.out / MODEL)


@dataclass(slots=True)
class _Run:
    """A run under way."""

    job: TrainJob
    world: World
    ready: Ready
    stepper: Stepper
    checkpoints: Checkpoints
    identity: dict[str, Any]
    trackers: list[Tracker]
    step: int = 0
    samples: int = 0

    def go(self, request: StopRequest) -> int | None:
        """Make steps until the last one, or until somebody asks to stop; return by which signal."""
        job, recipe, began = self.job, self.job.recipe, self.step
        if self.step >= job.steps:
            return None
        last = job.steps if job.stop_after is None else min(job.steps, began + job.stop_after)
        signal = 0
        progress = Progress(
            "train", job.steps, done=began, unit="steps", quiet=job.quiet or not self.world.first
        )
        with job.packs(began) as packs, progress:
            while self.step < last and not signal:
                self._seed()
                try:
                    outcome = self.stepper.step(packs, self.step, request)
                except Divergence as error:
                    self._note_divergence(error)
                    raise
                self.step += 1
                self.samples += outcome.figures.samples
                signal = outcome.stop
                row = row_of(
                    outcome, self.step, self.samples, job.family.shape, recipe, self.world,
                    job.peak_flops,
                )  # fmt: skip
                if self._due(recipe.eval_every):
                    row |= self._evaluated()
                for tracker in self.trackers:
                    tracker.log(row)
                progress.advance(1, note=short_line(row))
                self.checkpoints.poll()
                if self._due(recipe.save_every) or self.step == last or signal:
                    self._save()
            self.checkpoints.finish()
        return signal or None

    def _due(self, every: int | None) -> bool:
        return every is not None and (self.step % every == 0 or self.step == self.job.steps)

    def _seed(self) -> None:
        lora = self.job.recipe.lora
        if lora is not None and lora.dropout:
            seed = seed_of("dropout", self.job.recipe.seed, self.step, self.world.rank)
            torch.manual_seed(seed % 2**63)

    def _evaluated(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.job.held_out is not None:
            found["held_out"] = self._held_out(self.job.held_out)
        if self.job.examine is not None:
            began = time.monotonic()
            answers = self.job.examine(self.ready.spread)
            found["answers"] = {**answers, "seconds": time.monotonic() - began}
        return found

    def _held_out(self, held_out: OpenHeldOut) -> dict[str, Any]:
        began = time.monotonic()
        with held_out() as packs:
            stepper = self.stepper
            found = held_out_loss(
                self.ready.spread, packs, stepper.renderer, stepper.companion, stepper.shape,
                self.world,
            )  # fmt: skip
        return {**found, "seconds": time.monotonic() - began}

    def _save(self) -> None:
        self.checkpoints.save(
            self.ready.learner,
            {
                **self.identity,
                "step": self.step,
                "samples_seen": self.samples,
                "seed": self.job.recipe.seed,
                "recent_losses": self.stepper.watch.recent,
                "ranks": self.world.size,
                "mode": self.ready.spread.mode,
                "versions": versions(),
            },
        )

    def _note_divergence(self, error: Divergence) -> None:
        self.checkpoints.finish()
        if self.world.first:
            report = {"step": error.step, "problem": error.problem, "samples": error.samples}
            write_text(self.job.out / STOPPED, json.dumps(report, indent=1) + "\n")


def _restore(
    checkpoints: Checkpoints, known: list[int], ready: Ready, identity: dict[str, Any]
) -> dict[str, Any]:
    step = known[-1]
    where = checkpoints.folder / f"step-{step:08d}"
    check_same_run(checkpoints.state(step), identity, where)
    return checkpoints.load(step, ready.learner)


def _open(job: TrainJob, identity: dict[str, Any], known: list[int], world: World) -> list[Tracker]:
    if not world.first:
        return []
    return open_trackers(job.trackers, job.out, identity, known[-1] if known else 0)


class _determinism:  # noqa: N801
    """Ask torch for the same bits from the same input inside the block."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._before = False

    def __enter__(self) -> None:
        self._before = torch.are_deterministic_algorithms_enabled()
        if self._wanted:
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            torch.use_deterministic_algorithms(True)

    def __exit__(self, *_: object) -> None:
        torch.use_deterministic_algorithms(self._before)
