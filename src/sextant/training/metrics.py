"""The figures of a step as one row of ``metrics.jsonl``, and as a line for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from sextant.models.family import PARTS, Shape
from sextant.training.distributed import World
from sextant.training.flops import nominal
from sextant.training.lora import adapted_parts
from sextant.training.recipe import TrainRecipe
from sextant.training.step import StepOutcome
from sextant.training.tallies import idle_share

MOST_BROKEN = 20
"""Broken samples that a row names; the others are counted."""


def row_of(
    outcome: StepOutcome,
    step: int,
    samples_seen: int,
    shape: Shape,
    recipe: TrainRecipe,
    world: World,
    peak_flops: float | None,
) -> dict[str, Any]:
    """Return the row of a step; documented in docs/training.md.

    Args:
        outcome: Of the step.
        step: Its number, from 1.
        samples_seen: Since the run began.
        shape: Decides the FLOPs of a token.
        recipe: Says which parts are trained.
        world: How many devices shared the work.
        peak_flops: Of one device, a second; None leaves MFU out.
    """
    figures, seconds = outcome.figures, max(outcome.seconds, 1e-9)
    row: dict[str, Any] = {
        "step": step,
        "epoch": outcome.plan.epoch,
        "samples_seen": samples_seen,
        "loss": figures.loss,
        "capability": dict(figures.by_capability),
        "source": dict(figures.by_source),
        "lr": outcome.lr,
        "gradient_norm": outcome.gradient_norm,
        "clipped": outcome.clipped,
        "samples": figures.samples,
        "tokens": int(figures.load.tokens),
        "supervised_tokens": int(figures.load.supervised),
        "rounds": len(outcome.plan.rounds),
        "seconds": seconds,
        "samples_per_s": figures.samples / seconds,
        "tokens_per_s": figures.load.tokens / seconds,
        "supervised_tokens_per_s": figures.load.supervised / seconds,
        "padding_share": idle_share(outcome.plan),
        "wait_share": min(1.0, figures.waited_s / seconds),
    }
    adapted = adapted_parts(recipe.lora)
    trained = [part for part in PARTS if part not in recipe.freeze and part not in adapted]
    flops = nominal(shape, figures.load, trained, adapted)
    row["flops"] = flops
    if peak_flops is not None:
        row["mfu"] = flops / seconds / (peak_flops * world.size)
    if world.device.type == "cuda":
        row["peak_memory_gib"] = torch.cuda.max_memory_allocated(world.device) / 2**30
    if figures.broken:
        row["broken"] = len(figures.broken)
        row["broken_samples"] = [list(b) for b in figures.broken[:MOST_BROKEN]]
    return row


def short_line(row: Mapping[str, Any]) -> str:
    """Return what a progress line says of a step."""
    parts = [
        f"loss {row['loss']:.4f}",
        f"lr {row['lr']:.3g}",
        f"{row['samples_per_s']:.3g} samples/s",
        f"{row['tokens_per_s']:,.0f} tokens/s",
        f"{row['wait_share']:.0%} waiting",
    ]
    if "mfu" in row:
        parts.append(f"MFU {row['mfu']:.0%}")
    held = row.get("held_out")
    if held and held["loss"] is not None and math.isfinite(held["loss"]):
        parts.append(f"held-out {held['loss']:.4f}")
    score = (row.get("answers") or {}).get("score")
    if score is not None:
        parts.append(f"{score:.1%} of answers right")
    if row.get("broken"):
        parts.append(f"{row['broken']} broken")
    return ", ".join(parts)
