"""The trained weights as a folder of the family's own layout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn
from torch.distributed.tensor import DTensor

from sextant.errors import OutputError
from sextant.models.family import Family
from sextant.training.distributed import DTYPES, World
from sextant.training.lora import merge_adapters
from sextant.training.recipe import TrainRecipe


def whole_weights(module: nn.Module, world: World) -> dict[str, torch.Tensor]:
    """Return the complete state of a spread model on the CPU of the first rank, {} elsewhere.

    All ranks call it together; they hold one whole tensor at a time.
    """
    found: dict[str, torch.Tensor] = {}
    for name, tensor in module.state_dict().items():
        whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
        if world.first:
            found[name] = whole.detach().to("cpu", copy=True)
    return found


def export(
    module: nn.Module, family: Family, recipe: TrainRecipe, folder: Path, world: World
) -> None:
    """Write the model for whoever reads the family's checkpoints; nothing if it is there already.

    Raises:
        OutputError: If it cannot be written; all ranks raise it.
    """
    if world.agree(folder.exists()):
        return
    weights = whole_weights(module, world)
    problem = None
    if world.first:
        try:
            family.save(_finished(weights, recipe), folder)
        except OutputError as error:
            problem = [error.what, error.where, error.got, error.hint]
    problem = world.agree(problem)
    if problem is not None:
        what, where, got, hint = problem
        raise OutputError(what, where=where, got=got, hint=hint)


def _finished(weights: Mapping[str, torch.Tensor], recipe: TrainRecipe) -> dict[str, torch.Tensor]:
    """Merge adapters and round to what the model is computed with."""
    merged = dict(weights) if recipe.lora is None else merge_adapters(weights, recipe.lora)
    dtype = DTYPES[recipe.dtype]
    return {n: t.to(dtype) if t.is_floating_point() else t for n, t in merged.items()}
