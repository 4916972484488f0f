"""Answers, token by token.

The prompt goes through in one pass, its pictures seeing themselves in both directions; each further
token sees all that stands before it. Both go through ``forward``, so a sharded model can answer:
its processes have to ask at the same time then, and for the same number of tokens (``end=-1`` keeps
them in step), as each pass is one of all.
"""

from __future__ import annotations

import torch
from transformers import DynamicCache

from sextant.models.bagel.model import BagelForUnderstanding
from sextant.models.family import Packed
from sextant.models.resharding import reshard


@torch.no_grad()
def generate_ids(
    model: BagelForUnderstanding,
    prompt: Packed,
    *,
    end: int,
    max_new_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> list[int]:
    """Return the ids of an answer, its end among them where it comes in time.

    Args:
        model: In any mode; it has no dropout.
        prompt: One sample, that ends with an opened turn.
        end: The id that ends an answer.
        max_new_tokens: Where it is cut off.
        temperature: 0 = greedy.
        seed: Of sampling.
    """
    device = model.language_model.lm_head.weight.device
    inputs = {name: tensor.to(device) for name, tensor in prompt.inputs.items()}
    inputs["predict_at"] = torch.tensor([len(inputs["ids"]) - 1], device=device)
    position = inputs["position_ids"][-1:]
    zero = torch.zeros(1, dtype=torch.int64, device=device)
    generator = torch.Generator(device).manual_seed(seed) if temperature > 0 else None
    cache = DynamicCache(config=model.language_model.config)
    found: list[int] = []
    try:
        while len(found) < max_new_tokens:
            logits = model(inputs, cache)[-1].float()
            if generator is None:
                chosen = logits.argmax(dim=-1, keepdim=True)
            else:
                chances = torch.softmax(logits / temperature, dim=-1)
                chosen = torch.multinomial(chances, 1, generator=generator)
            found.append(int(chosen))
            if found[-1] == end:
                break
            position = position + 1
            inputs = {"ids": chosen, "position_ids": position, "predict_at": zero}
    finally:
        reshard(model)
    return found
