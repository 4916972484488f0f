"""One optimiser step: rows forward and backward, what ranks tell each other, the update."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from sextant.errors import InputError, TrainingError
from sextant.execution.stopping import StopRequest
from sextant.models.family import Message, Packed, Pixels, Rendered, Renderer, Shape
from sextant.training.distributed import Spread, World
from sextant.training.learner import Ready
from sextant.training.loss import token_losses, token_weights
from sextant.training.optimizer import clip_factor, gradient_norm, scale_gradients, set_rate
from sextant.training.ready import ReadyPack
from sextant.training.recipe import TrainRecipe
from sextant.training.schedule import rate_factor
from sextant.training.steps import StepPlan
from sextant.training.tallies import SampleLoss, StepFigures, Tally, figures_of, message_of
from sextant.training.watch import LossWatch


class Divergence(TrainingError):
    """A step that must not be applied; ``samples`` are all that were in it, worst first."""

    def __init__(self, problem: str, step: int, samples: list[dict[str, Any]]) -> None:
        worst = ", ".join(s["id"] for s in samples[:5])
        super().__init__(
            f"step {step} is not applied: {problem}",
            got=f"{len(samples)} samples, those of the highest loss first: {worst}",
            hint="stopped.json lists them; the last checkpoint is from before",
        )
        self.step = step
        self.problem = problem
        self.samples = samples


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """A step that was applied.

    Attributes:
        plan: Of the step.
        figures: Of all ranks.
        lr: Highest rate of the step.
        gradient_norm: Before clipping.
        clipped: Whether it was clipped.
        seconds: It took.
        stop: The highest number of a signal that asked a rank to stop; 0 = none did.
    """

    plan: StepPlan
    figures: StepFigures
    lr: float
    gradient_norm: float
    clipped: bool
    seconds: float
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class Stepper:
    """What steps are made with."""

    ready: Ready
    recipe: TrainRecipe
    steps: int
    renderer: Renderer
    shape: Shape
    watch: LossWatch
    world: World
    companion: tuple[Rendered, Pixels]

    def step(self, packs: Iterator[ReadyPack], number: int, request: StopRequest) -> StepOutcome:
        """Make a step.

        Args:
            packs: Rows of this rank, in order; those of the step are taken from it.
            number: Of the step, from 0.
            request: May ask this rank to stop.

        Raises:
            Divergence: If the loss is no number, or leaps; the weights are those before.
            InputError: If no sample of the step could be read.
        """
        began = time.monotonic()
        plan, tally = self._backward(packs, number)
        samples = tally.samples()
        messages = self.world.gather({**message_of(tally, samples), "stop": request.signal or 0})
        figures = figures_of(messages)
        if not figures.samples:
            raise InputError(
                f"no sample of step {number + 1} can be read", got="; ".join(figures.broken[0])
            )
        module = self.ready.spread.module
        # Gradients were divided by the weight of all samples of the plan; some may be broken.
        scale_gradients(module, plan.weight / figures.weight)
        norm = gradient_norm(module)
        problem = self.watch.problem(figures.loss, norm)
        if problem is not None:
            raise Divergence(problem, number + 1, self._all_samples(samples))
        clip = clip_factor(norm, self.recipe.optimizer.clip)
        scale_gradients(module, clip)
        optimizer = self.ready.learner.optimizer
        rate = set_rate(optimizer, rate_factor(self.recipe.schedule, number, self.steps))
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if self.ready.learner.average is not None:
            self.ready.learner.average.update(module)
        self.watch.note(figures.loss)
        return StepOutcome(
            plan, figures, rate, norm, clip < 1.0, time.monotonic() - began,
            max(m["stop"] for m in messages),
        )  # fmt: skip

    def _backward(self, packs: Iterator[ReadyPack], number: int) -> tuple[StepPlan, Tally]:
        tally = Tally(self.shape)
        pack = _next(packs, number)
        plan, rounds = pack.plan, len(pack.plan.rounds)
        for place in range(rounds):
            if place:
                pack = _next(packs, number)
            if pack.plan.step != number or pack.round != place:
                raise TrainingError(
                    "rows come in another order than planned",
                    expected=f"step {number}, round {place}",
                    got=f"step {pack.plan.step}, round {pack.round}",
                )
            tally.waited(pack)
            packed = pack_of(pack, self.renderer, self.companion, self.world)
            with self.ready.spread.accumulating(last=place == rounds - 1):
                losses = row_losses(self.ready.spread, packed)
                share = losses * weights_of(pack, packed)
                # Ranks' gradients are averaged, and a step's loss is their sum.
                (share.sum() * (self.world.size / plan.weight)).backward()
            if pack.samples:
                tally.add(pack, packed, losses)
        return plan, tally

    def _all_samples(self, own: list[SampleLoss]) -> list[dict[str, Any]]:
        rows = [
            {"id": s.id, "capability": s.capability, "source": s.source, "loss": repr(s.loss)}
            for s in own
        ]
        every = [row for rank in self.world.gather(rows) for row in rank]
        return sorted(every, key=_worst_first)


def _next(packs: Iterator[ReadyPack], number: int) -> ReadyPack:
    pack = next(packs, None)
    if pack is None:
        raise TrainingError(f"the data end before step {number + 1}")
    return pack


def _worst_first(row: Mapping[str, Any]) -> tuple[bool, float, str]:
    loss = float(row["loss"])
    known = math.isfinite(loss)
    return known, -loss if known else 0.0, row["id"]


def companion_of(renderer: Renderer) -> tuple[Rendered, Pixels]:
    """Return the short sample without pictures that a rank runs when it has nothing to learn."""
    turns = (Message("user", "a"), Message("assistant", "b", supervised=True))
    rendered = renderer.render(turns, ())
    return rendered, renderer.pixels((), rendered)


def pack_of(
    pack: ReadyPack, renderer: Renderer, companion: tuple[Rendered, Pixels], world: World
) -> Packed:
    """Return a row as tensors on this rank's device."""
    samples = [(s.rendered, s.pixels) for s in pack.samples] or [companion]
    packed = renderer.pack(samples)
    device = world.device
    return Packed(
        {name: tensor.to(device, non_blocking=True) for name, tensor in packed.inputs.items()},
        packed.labels.to(device, non_blocking=True),
        packed.sample.to(device, non_blocking=True),
        packed.lengths,
    )


def row_losses(spread: Spread, packed: Packed) -> torch.Tensor:
    """Return the cross entropy at all supervised places of a row, (m,) float32."""
    return token_losses(spread(dict(packed.inputs)), packed.labels)


def weights_of(pack: ReadyPack, packed: Packed) -> torch.Tensor:
    """Return the weight of each supervised place of a row, (m,); 0 in a row of nothing."""
    if not pack.samples:
        return torch.zeros_like(packed.sample, dtype=torch.float32)
    plan = pack.plan
    return token_weights(
        packed.sample,
        [float(plan.weights[s.place]) for s in pack.samples],
        [int(s.rendered.targets.sum()) for s in pack.samples],
    )
