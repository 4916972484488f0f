"""Low-rank adapters (LoRA, arXiv 2106.09685) through peft, put in before and merged after training.

W x  becomes  W x + (alpha / r) B A x        A (r, in) random, B (out, r) zero at the start
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import nn

from sextant.errors import MissingDependency, RecipeError
from sextant.models.family import Part, Trainable
from sextant.training.recipe import Lora

ADAPTER = "default"
_BASE = ".base_layer."
_LOW = f".lora_A.{ADAPTER}.weight"
_HIGH = f".lora_B.{ADAPTER}.weight"


def add_adapters(model: Trainable, rules: Lora) -> int:
    """Put adapters beside linear layers; the weights of their parts are frozen. Return how many.

    Raises:
        MissingDependency: If peft is not installed.
        RecipeError: If no layer has one of the names.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError:
        raise MissingDependency.extra("peft", "lora", "a recipe with lora") from None
    module = cast(nn.Module, model)
    inside = {id(m) for part in rules.parts for m in model.part(part).modules()}
    linear = [n for n, m in module.named_modules() if isinstance(m, nn.Linear) and id(m) in inside]
    targets = [name for name in linear if name.rpartition(".")[2] in rules.targets]
    if not targets:
        raise RecipeError(
            "no linear layer has a name for adapters",
            where="lora.targets",
            expected=", ".join(sorted({n.rpartition(".")[2] for n in linear})),
            got=", ".join(rules.targets),
        )
    # peft freezes all else in the whole model; only parts with adapters shall be.
    before = {name: p.requires_grad for name, p in module.named_parameters()}
    config = LoraConfig(
        r=rules.r,
        lora_alpha=rules.alpha,  # type: ignore[arg-type]
        lora_dropout=rules.dropout,
        target_modules=targets,
    )
    inject_adapter_in_model(config, module, adapter_name=ADAPTER)
    frozen = {id(p) for part in rules.parts for p in model.part(part).parameters()}
    for name, parameter in module.named_parameters():
        if ".lora_" in name:
            parameter.requires_grad_(True)
            parameter.data = parameter.data.float()
        elif id(parameter) in frozen:
            parameter.requires_grad_(False)
        else:
            parameter.requires_grad_(before[name])
    return len(targets)


def adapted_parts(rules: Lora | None) -> tuple[Part, ...]:
    """Return the parts that have adapters."""
    return () if rules is None else rules.parts


def merge_adapters(weights: Mapping[str, torch.Tensor], rules: Lora) -> dict[str, torch.Tensor]:
    """Return weights under the names they had before, adapters added in.

    Args:
        weights: Complete state of a model with adapters, on the CPU.
        rules: As given to ``add_adapters``.
    """
    merged: dict[str, torch.Tensor] = {}
    for name, tensor in weights.items():
        if ".lora_" in name:
            continue
        plain = name.replace(_BASE, ".")
        if plain != name and plain.endswith(".weight"):
            layer = plain.removesuffix(".weight")
            low, high = weights[layer + _LOW].float(), weights[layer + _HIGH].float()
            tensor = (tensor.float() + rules.alpha / rules.r * (high @ low)).to(tensor.dtype)
        merged[plain] = tensor
    return merged
