"""Shapes of the published models: counted on transformers' classes, built without memory."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from transformers import (
    InternVLConfig,
    InternVLForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)

from sextant.models.family import Shape

QWEN3_VL = {
    "8b": (36, 4096, 32, 8, 12288, 27, 1152, 4304, (8, 16, 24), False),
    "4b": (36, 2560, 32, 8, 9728, 24, 1024, 4096, (5, 11, 17), True),
    "2b": (28, 2048, 16, 8, 6144, 24, 1024, 4096, (5, 11, 17), True),
}


def numbers_of(*modules: torch.nn.Module) -> int:
    """Return how many different parameters modules have."""
    return sum(p.numel() for p in {id(p): p for m in modules for p in m.parameters()}.values())


@cache
def qwen3_vl(size: str) -> Shape:
    layers, hidden, heads, pairs, inner, *vision, deepstack, tied = QWEN3_VL[size]
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": 151936, "hidden_size": hidden, "intermediate_size": inner,
            "num_hidden_layers": layers, "num_attention_heads": heads,
            "num_key_value_heads": pairs, "head_dim": 128, "tie_word_embeddings": tied,
        },
        vision_config={
            "depth": vision[0], "hidden_size": vision[1], "intermediate_size": vision[2],
            "num_heads": 16, "patch_size": 16, "out_hidden_size": hidden,
            "deepstack_visual_indexes": list(deepstack), "num_position_embeddings": 2304,
        },
        tie_word_embeddings=tied,
    )  # fmt: skip
    with torch.device("meta"):
        model = Qwen3VLForConditionalGeneration(config)
    visual, language = model.model.visual, model.model.language_model
    mergers = numbers_of(visual.merger, visual.deepstack_merger_list)
    table = numbers_of(language.embed_tokens)
    return Shape(
        parameters={
            "vision": numbers_of(visual) - mergers,
            "projector": mergers,
            "language": numbers_of(language) if tied else numbers_of(language, model.lm_head),
        },
        embedding_parameters=0 if tied else table,
        head_parameters=table,
        layers=layers, hidden=hidden, heads=heads, key_value_heads=pairs, intermediate=inner,
        vocabulary=151936, vision_layers=vision[0], vision_hidden=vision[1],
        vision_intermediate=vision[2], patch=16, patches_per_token=4,
    )  # fmt: skip


@cache
def internvl3(size: str) -> Shape:
    layers, hidden, heads, pairs, inner = {
        "8b": (28, 3584, 28, 4, 18944), "2b": (28, 1536, 12, 2, 8960)
    }[size]  # fmt: skip
    text: dict[str, Any] = {
        "model_type": "qwen2", "vocab_size": 151674, "hidden_size": hidden,
        "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads,
        "num_key_value_heads": pairs, "tie_word_embeddings": False,
    }  # fmt: skip
    vision = {
        "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
        "num_attention_heads": 16, "image_size": [448, 448], "patch_size": [14, 14],
        "attention_bias": True,
    }  # fmt: skip
    config = InternVLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False)
    with torch.device("meta"):
        model = InternVLForConditionalGeneration(config)
    inner_model = model.model
    table = numbers_of(inner_model.language_model.embed_tokens)
    return Shape(
        parameters={
            "vision": numbers_of(inner_model.vision_tower),
            "projector": numbers_of(inner_model.multi_modal_projector),
            "language": numbers_of(inner_model.language_model, model.lm_head),
        },
        embedding_parameters=table,
        head_parameters=numbers_of(model.lm_head),
        layers=layers, hidden=hidden, heads=heads, key_value_heads=pairs, intermediate=inner,
        vocabulary=151674, vision_layers=24, vision_hidden=1024, vision_intermediate=4096,
        patch=14, patches_per_token=4,
    )  # fmt: skip
