"""Where a recipe's model lies: on how many GPUs a copy is spread, what learns, what files hold."""

from __future__ import annotations

from dataclasses import dataclass

from sextant.errors import RecipeError
from sextant.models.family import PARTS, Part, Shape
from sextant.training.adapters import adapter_parameters
from sextant.training.machines import Machine
from sextant.training.recipe import TrainRecipe

BYTES = {"fp32": 4, "bf16": 2}

UPDATE_PIECE = 1 << 24
"""Numbers of a weight in bfloat16 that are updated at a time."""


@dataclass(frozen=True, slots=True)
class Placement:
    """How the model lies on the GPUs.

    Attributes:
        mode: ``none``, ``ddp``, ``fsdp`` or ``hsdp``.
        ranks: GPUs in all.
        shards: GPUs that share one copy of weights, gradients and state.
    """

    mode: str
    ranks: int
    shards: int


def placement_of(recipe: TrainRecipe, machine: Machine) -> Placement:
    """Return how a recipe lies on a machine, by the rules of ``training.distributed``.

    Raises:
        RecipeError: If the recipe's sharding does not go with the number of GPUs.
    """
    mode, gpus = recipe.sharding.mode, machine.gpus
    if mode == "auto":
        mode = "none" if gpus == 1 else "fsdp"
    if mode == "none" and gpus > 1:
        raise RecipeError(
            "sharding.mode none is for one process", got=f"{gpus} GPUs", hint="use ddp or fsdp"
        )
    if mode in ("none", "ddp"):
        return Placement(mode, gpus, 1)
    shards = gpus
    if mode == "hsdp":
        shards = recipe.sharding.shard_size or min(gpus, machine.node)
        if gpus % shards:
            raise RecipeError(
                "processes do not divide into shard groups", where="sharding.shard_size",
                expected=f"a divisor of {gpus}", got=shards,
            )  # fmt: skip
    return Placement(mode, gpus, shards)


def trained_parameters(shape: Shape, recipe: TrainRecipe) -> dict[Part, int]:
    """Return how many weights learn, by part; adapters stand for a part that has them."""
    adapters = adapter_parameters(shape, recipe.lora)
    return {
        part: adapters[part] if part in adapters
        else 0 if part in recipe.freeze
        else shape.parameters[part]
        for part in PARTS
    }  # fmt: skip


def moment_bytes(recipe: TrainRecipe) -> int:
    """Return the bytes of a number in one of the two moments: no more than those of a weight."""
    return min(BYTES[recipe.master_dtype], BYTES[recipe.optimizer.state_dtype])


def checkpoint_bytes(shape: Shape, recipe: TrainRecipe) -> int:
    """Return the size of a checkpoint: what learns, its two moments, its average."""
    each = BYTES[recipe.master_dtype] + 2 * moment_bytes(recipe) + (4 if recipe.ema else 0)
    return sum(trained_parameters(shape, recipe).values()) * each


def export_bytes(shape: Shape, recipe: TrainRecipe) -> int:
    """Return the size of the finished model's weights."""
    return sum(shape.parameters.values()) * BYTES[recipe.dtype]


def loading_bytes(shape: Shape, recipe: TrainRecipe, machine: Machine) -> int:
    """Return the host memory of the first node while the base is read."""
    read = recipe.master_dtype if recipe.lora is None else recipe.dtype
    sharded = placement_of(recipe, machine).mode in ("fsdp", "hsdp")
    readers = 1 if sharded else min(machine.node, machine.gpus)
    return readers * sum(shape.parameters.values()) * BYTES[read]
