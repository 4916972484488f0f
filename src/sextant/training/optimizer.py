"""Which weights are trained, at which rate, and the AdamW step over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import nn
from torch.distributed.tensor import DTensor

from sextant.errors import RecipeError
from sextant.models.family import PARTS, Part, Trainable
from sextant.training.distributed import DTYPES
from sextant.training.recipe import Optimizer
from sextant.training.rounded import RoundedAdamW


def part_of_each(model: Trainable) -> dict[str, Part]:
    """Return the part that each parameter belongs to, by the parameter's name.

    Raises:
        RecipeError: If a parameter belongs to no part; freezing could not reach it.
    """
    parts: dict[int, Part] = {}
    for part in PARTS:
        for parameter in model.part(part).parameters():
            parts.setdefault(id(parameter), part)
    found: dict[str, Part] = {}
    for name, parameter in cast(nn.Module, model).named_parameters():
        if id(parameter) not in parts:
            raise RecipeError(f"parameter {name!r} belongs to no part", expected=", ".join(PARTS))
        found[name] = parts[id(parameter)]
    return found


def freeze(model: Trainable, parts: Sequence[Part]) -> None:
    """Take parts out of training.

    Raises:
        RecipeError: If nothing would be left to train.
    """
    for part in parts:
        model.part(part).requires_grad_(False)
    if not any(p.requires_grad for p in cast(nn.Module, model).parameters()):
        raise RecipeError("all parts are frozen", got=", ".join(parts), hint="free one of them")


def trained(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that are trained, by name, in the model's order."""
    return {n: p for n, p in model.named_parameters() if p.requires_grad}


def build_optimizer(
    model: nn.Module, rules: Optimizer, parts: Mapping[str, Part], seed: int = 0, *,
    compiled: bool = False,
) -> torch.optim.AdamW:  # fmt: skip
    """Return AdamW over the trained parameters; each group notes its base rate as ``base_lr``.

    Args:
        model: Sharded already: the optimiser's state has the shape of what it finds.
        rules: Its values.
        parts: ``part_of_each`` of the model, taken before it was sharded.
        seed: Of rounding, where weights or moments are kept in bfloat16.
        compiled: Whether the update of these may be compiled.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in trained(model).items():
        rate = rules.lr_by_part.get(parts[name], rules.lr)
        decay = rules.weight_decay if rules.decay_all or parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    made = [
        {"params": params, "lr": rate, "base_lr": rate, "weight_decay": decay}
        for (rate, decay), params in groups.items()
    ]
    weights = {parameter.dtype for parameter in trained(model).values()}
    # One kernel for all weights, where there is one. On a CPU it rounds otherwise than the plain
    # update, which figures of upstream's code were made with.
    fused = all(parameter.is_cuda for parameter in trained(model).values())
    # Moments are no wider than the weights, as torch's own are.
    moments = torch.bfloat16 if torch.bfloat16 in weights else DTYPES[rules.state_dtype]
    if moments == torch.float32:
        return torch.optim.AdamW(made, betas=rules.betas, eps=rules.eps, fused=fused or None)
    return RoundedAdamW(
        made, moments=moments, seed=seed, compiled=compiled, betas=rules.betas, eps=rules.eps
    )


def set_rate(optimizer: torch.optim.Optimizer, factor: float) -> float:
    """Give every group its base rate times ``factor``; return the highest rate."""
    for group in optimizer.param_groups:
        group["lr"] = group["base_lr"] * factor
    return float(max(group["lr"] for group in optimizer.param_groups))


def gradients(model: nn.Module) -> list[torch.Tensor]:
    """Return the gradients that there are, in the model's order."""
    return [p.grad for p in model.parameters() if p.grad is not None]


def gradient_norm(model: nn.Module) -> float:
    """Return the 2-norm of the whole gradient, over all shards; all ranks call it together.

    Squares are added in float64 from one number a parameter, so the norm does not depend on how
    parameters are grouped.
    """
    total = 0.0
    by_mesh: dict[Any, list[torch.Tensor]] = {}
    for grad in gradients(model):
        mesh = grad.device_mesh if isinstance(grad, DTensor) else None
        local = grad.to_local() if isinstance(grad, DTensor) else grad
        norm = torch.linalg.vector_norm(local, dtype=torch.float32)
        by_mesh.setdefault(mesh, []).append(norm)
    for mesh, norms in by_mesh.items():
        # One number a mesh is waited for, not one a parameter.
        squares = torch.stack(norms).double().square().sum()
        if mesh is not None:
            # Replicas hold the same shards: only the last dimension of the mesh shards.
            torch.distributed.all_reduce(squares, group=mesh.get_group(mesh.ndim - 1))
        total += float(squares)
    return float(total**0.5)


def scale_gradients(model: nn.Module, factor: float) -> None:
    """Multiply all gradients by a number."""
    if factor == 1.0:
        return
    for grad in gradients(model):
        local = grad.to_local() if isinstance(grad, DTensor) else grad
        local.mul_(factor)


def clip_factor(norm: float, clip: float | None) -> float:
    """Return what gradients of a norm are multiplied by (``torch``'s rule, with its 1e-6)."""
    return 1.0 if clip is None else min(1.0, clip / (norm + 1e-6))
