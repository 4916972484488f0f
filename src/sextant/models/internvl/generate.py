"""Answers, one at a time or in batches.

One at a time, the prompt and each further token go through ``forward``, so a sharded model answers
as it is trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import DynamicCache, GenerationConfig

from sextant.models.family import Packed
from sextant.models.internvl.model import InternVL
from sextant.models.resharding import reshard


@torch.no_grad()
def generate_ids(model: InternVL, prompt: Packed, *, end: int, max_new_tokens: int) -> list[int]:
    """Return the ids of the greedy answer, its end among them where it comes in time.

    Args:
        model: In any mode; its parts are back in theirs afterwards.
        prompt: One sample, that ends with an opened turn.
        end: The id that ends an answer.
        max_new_tokens: Where it is cut off.
    """
    device = model.network.lm_head.weight.device
    inputs = {name: tensor.to(device) for name, tensor in prompt.inputs.items()}
    inputs["predict_at"] = torch.tensor([len(inputs["ids"]) - 1], device=device)
    position = inputs["position_ids"][-1:]
    zero = torch.zeros(1, dtype=torch.int64, device=device)
    cache = DynamicCache(config=model.network.config.text_config)
    found: list[int] = []
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        while len(found) < max_new_tokens:
            chosen = model(inputs, cache)[-1].argmax(dim=-1, keepdim=True)
            found.append(int(chosen))
            if found[-1] == end:
                break
            position = position + 1
            inputs = {"ids": chosen, "position_ids": position, "predict_at": zero}
    finally:
        for module, mode in modes:
            module.training = mode
        reshard(model)
    return found


@torch.no_grad()
def generate_batch(
    model: InternVL, prompts: Sequence[Packed], *, end: int, max_new_tokens: int,
    temperature: float = 0.0, seed: int = 0,
) -> list[list[int]]:  # fmt: skip
    """Return the ids of several answers, each with its end where it comes in time.

    Prompts are padded on the left and go through transformers' own ``generate``.

    Args:
        model: Whole, in evaluation mode.
        prompts: One sample each, that ends with an opened turn.
        end: The id that ends an answer.
        max_new_tokens: Where they are cut off.
        temperature: 0 = greedy.
        seed: Of sampling; a batch that samples is one prompt.
    """
    device = model.network.lm_head.weight.device
    longest = max(prompt.lengths[0] for prompt in prompts)
    ids = torch.full((len(prompts), longest), end, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        begin = longest - prompt.lengths[0]
        ids[row, begin:] = prompt.inputs["ids"]
        mask[row, begin:] = 1
    tiles = torch.cat([prompt.inputs["tiles"] for prompt in prompts]).to(device)
    embedded = model.network.get_input_embeddings()(ids.to(device))
    if len(tiles):
        features = model.tile_features(tiles).flatten(0, 1).to(embedded.dtype)
        at = [
            row * longest + longest - prompt.lengths[0] + prompt.inputs["vision_at"]
            for row, prompt in enumerate(prompts)
        ]
        flat = embedded.flatten(0, 1).index_copy(0, torch.cat(at).to(device), features)
        embedded = flat.view_as(embedded)
    sampling = {"do_sample": True, "temperature": temperature, "top_k": 0}
    settings = GenerationConfig(
        max_new_tokens=max_new_tokens,
        eos_token_id=end,
        pad_token_id=end,
        **(sampling if temperature > 0 else {"do_sample": False}),
    )
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices, enabled=temperature > 0):
        if temperature > 0:
            torch.manual_seed(seed)
        # With embeddings alone, what comes back is what was made, without the prompt.
        found = model.network.generate(
            inputs_embeds=embedded, attention_mask=mask.to(device), generation_config=settings
        )
    answers = []
    for row in found.tolist():
        length = row.index(end) + 1 if end in row else len(row)
        answers.append(row[:length])
    return answers
