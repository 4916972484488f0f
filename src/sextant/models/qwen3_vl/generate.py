"""Greedy answers, one conversation at a time, through the module that is trained."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import torch
from transformers import DynamicCache

from sextant.models.family import Packed
from sextant.models.qwen3_vl.model import Qwen3VL
from sextant.models.resharding import reshard


@torch.no_grad()
def generate_ids(
    model: Qwen3VL, prompt: Packed, *, ends: Collection[int], max_new_tokens: int
) -> list[int]:
    """Return the ids of the greedy answer, with the one that ends it where there is one.

    Each step goes through the module's ``forward``, so a sharded model answers too, if all of its
    ranks take the same number of steps.

    Args:
        model: Trained or loaded.
        prompt: One conversation without supervised tokens.
        ends: Ids that end an answer.
        max_new_tokens: Where it is cut off.
    """
    device = model.hf.lm_head.weight.device
    inputs = {name: value.to(device) for name, value in prompt.inputs.items()}
    row, places = inputs["input_ids"], inputs["position_ids"]
    inputs["keep"] = torch.tensor([row.shape[1] - 1], device=device)
    # Answers count on behind the prompt, by tokens in row 0, by places elsewhere; a prompt ends
    # with text, so there are no places beyond its last.
    after = places[:, 0, -1] + 1
    cache = DynamicCache(config=model.hf.config.text_config)
    none = {name: inputs[name][:0] for name in ("vision_places", "patches", "grid_thw", "lengths")}
    found: list[int] = []
    was_training = model.training
    model.eval()
    try:
        while len(found) < max_new_tokens:
            token = model(inputs, cache=cache)[0].float().argmax()
            found.append(int(token))
            if found[-1] in ends:
                break
            inputs = {
                "input_ids": token.view(1, 1),
                "position_ids": (after + len(found) - 1).view(4, 1, 1),
                "keep": torch.zeros(1, dtype=torch.int64, device=device),
                **none,
            }
    finally:
        model.train(was_training)
        reshard(model)
    return found


def ends_of(folder: Path, end: int) -> frozenset[int]:
    """Return the ids that end an answer: that of a turn, and what the checkpoint states.

    Args:
        folder: Of the checkpoint; ``generation_config.json`` may be missing.
        end: Id of the end of a turn.
    """
    path = folder / "generation_config.json"
    try:
        stated = json.loads(path.read_text("utf-8")).get("eos_token_id")
    except (OSError, ValueError, AttributeError, RecursionError):
        stated = None
    many = stated if isinstance(stated, list) else [stated]
    return frozenset({end, *(token for token in many if type(token) is int)})
