"""A recipe's model made ready to learn: read, frozen, adapted, spread, with its optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from sextant.execution.seeds import seed_of
from sextant.models.family import Family
from sextant.training.checkpoint import Learner
from sextant.training.distributed import DTYPES, Spread, World, reads_base
from sextant.training.ema import MovingAverage
from sextant.training.families import settled
from sextant.training.lora import add_adapters
from sextant.training.optimizer import build_optimizer, freeze, part_of_each
from sextant.training.recipe import TrainRecipe


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """All that a step needs of the model.

    Attributes:
        spread: The model on all ranks.
        learner: What a checkpoint holds of it.
    """

    spread: Spread
    learner: Learner


def make_ready(family: Family, recipe: TrainRecipe, world: World) -> Ready:
    """Read the base and make it ready.

    Raises:
        InputError: If the base is not what it should be.
        RecipeError: If nothing is left to train, or the ranks do not fit the sharding.
        MissingDependency: If adapters are wanted and peft is not installed.
    """
    # Adapters are random at first, the same on all ranks.
    torch.manual_seed(seed_of("adapters", recipe.seed) % 2**63)
    stored, computed = DTYPES[recipe.master_dtype], DTYPES[recipe.dtype]
    read = stored if recipe.lora is None else computed
    attention = settled(recipe, family).attention
    model = family.load(
        dtype=read, attention=attention, meta=not reads_base(recipe.sharding, world)
    )
    freeze(model, recipe.freeze)
    if recipe.lora is not None:
        add_adapters(model, recipe.lora)
    module = cast(nn.Module, model).train()
    for parameter in module.parameters():
        # What is never updated needs no more digits than it is computed with.
        wanted = stored if parameter.requires_grad else computed
        parameter.data = parameter.data.to(wanted)
    parts = part_of_each(model)
    spread = Spread(model, recipe, world)
    optimizer = build_optimizer(
        spread.module, recipe.optimizer, parts, recipe.seed, compiled=recipe.compile
    )
    average = None if recipe.ema is None else MovingAverage(spread.module, recipe.ema)
    return Ready(spread, Learner(spread.module, optimizer, average))
