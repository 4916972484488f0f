"""A tiny random Qwen3-VL with all its files, as the published folders have them. No downloads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sextant.models.family import Message

DATA = Path(__file__).parents[3].parent / "shared" / "data"
GOLDEN = Path(os.environ.get("SEXTANT_TEST_DATA", DATA)).parent / "golden" / "models" / "qwen3_vl"

MARKS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
    "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
WORDS = ("<|fim_prefix|>", "<think>", "</think>")
"""Added tokens that the published tokenizer does not call special."""

TEXT = [
    "What is left of the chair? The table. Which image was taken closer to the wall?",
    "user assistant system Picture 1: the first, 12.5 m\n\n",
]

QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

CHAT = """
{%- set seen = namespace(pictures=0) %}
{%- for message in messages %}
    {{- '<|im_start|>' ~ message.role ~ '\n' }}
    {%- if message.content is string %}
        {{- message.content }}
    {%- else %}
        {%- for item in message.content %}
            {%- if item.type == 'image' %}
                {%- set seen.pictures = seen.pictures + 1 %}
                {%- if add_vision_id %}{{- 'Picture ' ~ seen.pictures ~ ': ' }}{% endif %}
                {{- '<|vision_start|><|image_pad|><|vision_end|>' }}
            {%- else %}
                {{- item.text }}
            {%- endif %}
        {%- endfor %}
    {%- endif %}
    {{- '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""
"""Our own words; the same strings as the published template for chats without tools."""


def write_tokenizer(folder: Path, chat: str | None = CHAT) -> dict[str, int]:
    """Write tokenizer files; return the ids of the marks."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, trainers
    from tokenizers import pre_tokenizers as pre

    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre.Sequence(
        [pre.Split(Regex(QWEN_SPLIT), "isolated"), pre.ByteLevel(False, use_regex=False)]
    )
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=310, initial_alphabet=pre.ByteLevel.alphabet(), show_progress=False
    )
    made.train_from_iterator(TEXT, trainer)
    made.add_special_tokens([AddedToken(m, special=True, normalized=False) for m in MARKS])
    made.add_tokens([AddedToken(w, special=False, normalized=False) for w in WORDS])
    made.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_end|>",
                "pad_token": "<|endoftext|>", "model_max_length": 4096}  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    if chat is not None:
        (folder / "chat_template.jinja").write_text(chat)
    return {mark: made.token_to_id(mark) for mark in (*MARKS, *WORDS)}


def config_of(ids: dict[str, int], *, tied: bool = False) -> dict[str, Any]:
    return {
        "architectures": ["Qwen3VLForConditionalGeneration"],
        "model_type": "qwen3_vl",
        "dtype": "float32",
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "tie_word_embeddings": tied,
        "text_config": {
            "model_type": "qwen3_vl_text", "vocab_size": 336, "hidden_size": 32,
            "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 4096,
            "tie_word_embeddings": tied, "use_cache": True,
            "rope_parameters": {"rope_type": "default", "rope_theta": 5e6,
                                "mrope_section": [2, 1, 1], "mrope_interleaved": True},
        },
        "vision_config": {
            "model_type": "qwen3_vl_vision", "depth": 3, "hidden_size": 16,
            "intermediate_size": 24, "num_heads": 2, "out_hidden_size": 32, "patch_size": 16,
            "spatial_merge_size": 2, "temporal_patch_size": 2, "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0, 2],
        },
    }  # fmt: skip


def write_checkpoint(
    folder: Path, *, tied: bool = False, chat: str | None = CHAT, shard: str | None = None
) -> Path:
    """Write a whole folder; weights large enough that answers hang on the pictures."""
    import torch
    from transformers import GenerationConfig, Qwen3VLConfig, Qwen3VLForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    ids = write_tokenizer(folder, chat)
    config = Qwen3VLConfig(**config_of(ids, tied=tied))
    model = Qwen3VLForConditionalGeneration(config)
    draws = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            wide = 0.35 if parameter.ndim > 1 else 0.1
            parameter.normal_(1.0 if "norm" in name else 0.0, wide, generator=draws)
    model.generation_config = GenerationConfig(
        eos_token_id=[ids["<|im_end|>"], ids["<|endoftext|>"]], pad_token_id=ids["<|endoftext|>"],
        do_sample=True, temperature=0.7, top_k=20, top_p=0.8,
    )  # fmt: skip
    sharding = {} if shard is None else {"max_shard_size": shard}
    model.save_pretrained(folder, **sharding)
    (folder / "config.json").write_text(json.dumps(config_of(ids, tied=tied)))
    pictures = {
        "image_processor_type": "Qwen2VLImageProcessorFast", "patch_size": 16, "merge_size": 2,
        "temporal_patch_size": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        "size": {"shortest_edge": 1024, "longest_edge": 16384},
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    return folder


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def asked(pictures: int, question: str, answer: str | None = None) -> list[Message]:
    """One question with pictures first, and its answer to be learned."""
    messages = [Message("user", "<image>" * pictures + question)]
    if answer is not None:
        messages.append(Message("assistant", answer, supervised=True))
    return messages
