"""What would let a run fit that does not: changes of the recipe or the machine, each tried out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sextant.errors import RecipeError
from sextant.training.machines import Machine
from sextant.training.memory import memory_of
from sextant.training.placement import placement_of, trained_parameters
from sextant.training.plan import Plan
from sextant.training.recipe import Lora, TrainRecipe
from sextant.training.workload import rows_of

MOST_GPUS = 4096
FEWEST_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change with which the run fits.

    Attributes:
        words: What is changed.
        options: How to say it on the command line.
        total: Bytes that a GPU needs then, driver not counted.
    """

    words: str
    options: str
    total: float


@dataclass(frozen=True, slots=True)
class _Change:
    words: str
    options: str
    recipe: TrainRecipe
    machine: Machine


def remedies(plan: Plan) -> list[Remedy]:
    """Return single changes that let a plan fit; if there is none, the fewest of them together."""
    found = []
    for change in _single(plan):
        total = _total(plan, change)
        if total is not None and total <= plan.machine.usable_bytes:
            found.append(Remedy(change.words, change.options, total))
    return found or _together(plan)


def _total(plan: Plan, change: _Change) -> float | None:
    """Return the bytes of a GPU after a change; None if it cannot be made."""
    try:
        placement = placement_of(change.recipe, change.machine)
        rows = plan.rows
        if (change.recipe.pack_tokens, change.machine.gpus) != (
            plan.recipe.pack_tokens, plan.machine.gpus
        ):  # fmt: skip
            rows = rows_of(change.recipe, plan.workload, change.machine.gpus)
    except RecipeError:
        return None
    return memory_of(plan.shape, change.recipe, rows.fullest, placement).total


def _single(plan: Plan) -> Iterator[_Change]:
    start = _Change("", "", plan.recipe, plan.machine)
    for make in (_checkpointing, _sharding, _frozen_vision, _stored, _adapters):
        change = make(plan, start)
        if change is not None:
            yield change
    yield from _shorter_rows(plan, start)
    yield from _more_gpus(plan, start)


def _together(plan: Plan) -> list[Remedy]:
    """Add up changes, the least painful first, until it fits."""
    so_far = _Change("", "", plan.recipe, plan.machine)
    for make in (_checkpointing, _sharding, _frozen_vision, _adapters):
        change = make(plan, so_far)
        if change is None:
            continue
        so_far = _joined(so_far, change)
        for last in (so_far, *(_joined(so_far, c) for c in _shorter_rows(plan, so_far))):
            total = _total(plan, last)
            if total is not None and total <= plan.machine.usable_bytes:
                return [Remedy(last.words, last.options, total)]
    return []


def _joined(first: _Change, then: _Change) -> _Change:
    if not first.words:
        return then
    words = f"{first.words} and {then.words}"
    return replace(then, words=words, options=f"{first.options} {then.options}")


def _changed(start: _Change, words: str, options: str, **fields: object) -> _Change:
    return replace(
        start, words=words, options=options, recipe=start.recipe.model_copy(update=fields)
    )


def _checkpointing(plan: Plan, start: _Change) -> _Change | None:
    if start.recipe.checkpointing:
        return None
    words = "recompute activations"
    return _changed(start, words, "--set checkpointing=true", checkpointing=True)


def _sharding(plan: Plan, start: _Change) -> _Change | None:
    gpus = start.machine.gpus
    if gpus == 1 or placement_of(start.recipe, start.machine).shards == gpus:
        return None
    sharding = start.recipe.sharding.model_copy(update={"mode": "fsdp", "shard_size": None})
    words = f"shard over all {gpus} GPUs"
    return _changed(start, words, "--set sharding.mode=fsdp", sharding=sharding)


def _frozen_vision(plan: Plan, start: _Change) -> _Change | None:
    if not trained_parameters(plan.shape, start.recipe)["vision"]:
        return None
    freeze = tuple(sorted({*start.recipe.freeze, "vision"}))
    if set(freeze) >= {"vision", "projector", "language"}:
        return None
    options = f"--set 'freeze=[{', '.join(freeze)}]'"
    lora = start.recipe.lora
    if lora is not None and "vision" in lora.parts:
        return None
    return _changed(start, "freeze the vision encoder", options, freeze=freeze)


def _stored(plan: Plan, start: _Change) -> _Change | None:
    if start.recipe.master_dtype == "bf16" or start.recipe.dtype == "fp32":
        return None
    words = "weights, gradients and moments in bfloat16 (small updates are lost)"
    return _changed(start, words, "--set master_dtype=bf16", master_dtype="bf16")


def _adapters(plan: Plan, start: _Change) -> _Change | None:
    if start.recipe.lora is not None or "language" in start.recipe.freeze:
        return None
    words = "low-rank adapters for the language model"
    return _changed(start, words, "--set 'lora={r: 64}'", lora=Lora())


def _shorter_rows(plan: Plan, start: _Change) -> Iterator[_Change]:
    """Yield rows half as long, a quarter, ... that hold the longest sample, until one fits."""
    tokens, longest = start.recipe.pack_tokens // 2, int(plan.workload.tokens.max())
    while tokens >= max(FEWEST_TOKENS, longest):
        options = f"--set pack_tokens={tokens}"
        if start.recipe.fit.max_tokens > tokens:
            options += f" --set fit.max_tokens={tokens}"
        fit = start.recipe.fit.model_copy(
            update={"max_tokens": min(start.recipe.fit.max_tokens, tokens)}
        )
        words = f"rows of {tokens:,} tokens"
        change = _changed(start, words, options, pack_tokens=tokens, fit=fit)
        yield change
        total = _total(plan, change)
        if total is not None and total <= plan.machine.usable_bytes:
            return
        tokens //= 2


def _more_gpus(plan: Plan, start: _Change) -> Iterator[_Change]:
    """Yield the fewest GPUs, doubled, that share one copy and have room for the same rows."""
    named = start.recipe.sharding.mode != "auto"
    sharding = start.recipe.sharding.model_copy(update={"mode": "fsdp", "shard_size": None})
    recipe = start.recipe.model_copy(update={"sharding": sharding})
    gpus = 2 * start.machine.gpus
    while gpus <= MOST_GPUS:
        machine = replace(start.machine, gpus=gpus)
        need = memory_of(plan.shape, recipe, plan.rows.fullest, placement_of(recipe, machine))
        if need.total <= machine.usable_bytes:
            options = f"--gpus {gpus}" + (" --set sharding.mode=fsdp" if named else "")
            yield _Change(f"{gpus} GPUs that share one copy", options, recipe, machine)
            return
        gpus *= 2
