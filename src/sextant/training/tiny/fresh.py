"""A Qwen3-VL of half a million parameters with fresh weights, as a folder in its layout."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.execution.atomic import atomic_folder
from sextant.execution.seeds import seed_of
from sextant.training.tiny.tokenizer import write_tokenizer

WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class TinySizes:
    """Sizes of the model.

    Attributes:
        vocabulary: Entries of the tokenizer.
        hidden, layers, heads, intermediate: Of the language model.
        vision_hidden, vision_layers, vision_heads, vision_intermediate: Of the vision encoder.
        patch: Side of a patch in pixels; 2 x 2 patches are a token.
        places: Learned positions along one side of a picture.
        pixels: Most and fewest pixels of a picture.
    """

    vocabulary: int = 1536
    hidden: int = 96
    layers: int = 3
    heads: int = 2
    intermediate: int = 256
    vision_hidden: int = 64
    vision_layers: int = 3
    vision_heads: int = 2
    vision_intermediate: int = 192
    patch: int = 16
    places: int = 8
    pixels: int = 160 * 128


def write_fresh(
    folder: Path, texts: Iterable[str], seed: int = 0, sizes: TinySizes | None = None
) -> None:
    """Write a checkpoint folder with random weights; the same arguments give the same bytes.

    Args:
        folder: New.
        texts: From which the tokenizer learns its words.
        seed: Of the weights.
        sizes: Of the model; None = those that the package's base has.

    Raises:
        OutputError: If the folder is taken or cannot be written.
    """
    sizes = sizes or TinySizes()
    with atomic_folder(folder) as made:
        ids = write_tokenizer(made, texts, sizes.vocabulary)
        config = config_of(sizes, ids)
        _write_json(made / "config.json", config)
        _write_json(
            made / "generation_config.json",
            {"eos_token_id": [ids["<|im_end|>"]], "pad_token_id": ids["<|endoftext|>"],
             "do_sample": False},
        )  # fmt: skip
        _write_json(made / "preprocessor_config.json", _pictures_of(sizes))
        _write_weights(made, config, seed)


def write_untrained(base: Path, out: Path, seed: int = 0) -> None:
    """Write a tiny model's folder again, with fresh weights.

    Raises:
        OutputError: If the folder is taken or cannot be written.
    """
    with atomic_folder(out) as made:
        for path in sorted(base.iterdir()):
            if path.name != WEIGHTS and path.is_file():
                shutil.copyfile(path, made / path.name)
        _write_weights(made, json.loads((base / "config.json").read_text("utf-8")), seed)


def config_of(sizes: TinySizes, ids: dict[str, int]) -> dict[str, Any]:
    """Return ``config.json`` as transformers writes it for Qwen3-VL."""
    head = sizes.hidden // sizes.heads
    height = width = head // 6
    return {
        "architectures": ["Qwen3VLForConditionalGeneration"],
        "model_type": "qwen3_vl",
        "dtype": "float32",
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "tie_word_embeddings": True,
        "text_config": {
            "model_type": "qwen3_vl_text", "vocab_size": sizes.vocabulary,
            "hidden_size": sizes.hidden, "intermediate_size": sizes.intermediate,
            "num_hidden_layers": sizes.layers, "num_attention_heads": sizes.heads,
            "num_key_value_heads": sizes.heads, "head_dim": head,
            "max_position_embeddings": 4096, "tie_word_embeddings": True, "use_cache": True,
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 10_000.0, "mrope_interleaved": True,
                "mrope_section": [head // 2 - height - width, height, width],
            },
        },
        "vision_config": {
            "model_type": "qwen3_vl_vision", "depth": sizes.vision_layers,
            "hidden_size": sizes.vision_hidden, "intermediate_size": sizes.vision_intermediate,
            "num_heads": sizes.vision_heads, "out_hidden_size": sizes.hidden,
            "patch_size": sizes.patch, "spatial_merge_size": 2, "temporal_patch_size": 2,
            "num_position_embeddings": sizes.places**2, "deepstack_visual_indexes": [1],
        },
    }  # fmt: skip


def _pictures_of(sizes: TinySizes) -> dict[str, Any]:
    return {
        "image_processor_type": "Qwen2VLImageProcessorFast", "patch_size": sizes.patch,
        "merge_size": 2, "temporal_patch_size": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        "size": {"shortest_edge": sizes.pixels // 2, "longest_edge": sizes.pixels},
    }  # fmt: skip


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n")


def _write_weights(folder: Path, config: dict[str, Any], seed: int) -> None:
    """Draw the weights; gains are 1, biases 0.

    Matrices have a standard deviation of 1 / sqrt(fan in): the usual 0.02 is right for models of
    thousands of channels; here it would let nothing through. What is added to the stream of
    tokens is smaller, so that a few layers of noise do not drown which word a token is; positions
    are as large as what stands there, or places would be learned last.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    model = Qwen3VLForConditionalGeneration(Qwen3VLConfig(**config))
    draws = torch.Generator().manual_seed(seed_of("tiny", seed) % 2**63)
    weights = {}
    for name, parameter in sorted(model.named_parameters()):
        value = torch.zeros(parameter.shape)
        if parameter.ndim > 1:
            value.normal_(0.0, _spread_of(name, parameter[0].numel()), generator=draws)
        elif "norm" in name and name.endswith("weight"):
            value.fill_(1.0)
        weights[name] = value
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


_ADDED = ("o_proj.weight", "down_proj.weight", "attn.proj.weight", "linear_fc2.weight")
"""Ends of names of matrices whose output is added to the stream."""


def _spread_of(name: str, fan_in: int) -> float:
    if "pos_embed" in name:
        return 1.0
    added = name.endswith(_ADDED) and "merger" not in name
    return float(fan_in**-0.5) * (0.4 if added else 1.0)
