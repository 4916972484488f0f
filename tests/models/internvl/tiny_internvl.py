"""A tiny random InternVL with all its files, in both layouts, made without any code under test."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[3].parent / "shared" / "data"
GOLDEN = Path(os.environ.get("SEXTANT_TEST_DATA", DATA)).parent / "golden" / "models" / "internvl"

SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<img>", "</img>",
    "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>",
)  # fmt: skip
NOT_SPECIAL = ("<tool_call>", "</tool_call>", "<|fim_prefix|>")

QWEN2_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def tokenizer() -> Any:
    """A byte-level BPE built as Qwen2's is."""
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        trainers,
    )

    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2_WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = ["system user assistant the chair is left of the table", "Image-1: Image-2:", "\n\n"]
    made.train_from_iterator(texts, trainer)
    made.add_special_tokens([AddedToken(mark, normalized=False) for mark in SPECIAL[:4]])
    made.add_tokens([AddedToken(mark, normalized=False) for mark in NOT_SPECIAL])
    made.add_special_tokens([AddedToken(mark, normalized=False) for mark in SPECIAL[4:]])
    return made


def opengvlab_config(vocabulary: int, **more: Any) -> dict[str, Any]:
    return {
        "architectures": ["InternVLChatModel"], "model_type": "internvl_chat",
        "downsample_ratio": 0.5, "dynamic_image_size": True, "force_image_size": 32,
        "max_dynamic_patch": 12, "min_dynamic_patch": 1, "pad2square": False, "ps_version": "v2",
        "select_layer": -1, "template": "internvl2_5", "torch_dtype": "float32",
        "use_thumbnail": True,
        "llm_config": {
            "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": vocabulary,
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-6, "rope_theta": 1e6, "eos_token_id": 0, "hidden_act": "silu",
            "rope_scaling": {"factor": 2.0, "rope_type": "dynamic", "type": "dynamic"},
            "torch_dtype": "float32",
        },
        "vision_config": {
            "architectures": ["InternVisionModel"], "model_type": "intern_vit_6b",
            "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
            "num_attention_heads": 2, "image_size": 32, "patch_size": 8, "qkv_bias": True,
            "qk_normalization": False, "norm_type": "layer_norm",
        },
        **more,
    }  # fmt: skip


def network(vocabulary: int, seed: int = 7, **vision: Any) -> Any:
    """Random weights large enough that answers hang on the prompt."""
    import torch
    from transformers import InternVLConfig, InternVLForConditionalGeneration

    config = InternVLConfig(
        text_config={
            "model_type": "qwen2", "vocab_size": vocabulary, "hidden_size": 32,
            "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "max_position_embeddings": 4096,
            "rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e6},
        },
        vision_config={
            "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
            "num_attention_heads": 2, "image_size": [32, 32], "patch_size": [8, 8],
            "attention_bias": True, **vision,
        },
        image_seq_length=4, tie_word_embeddings=False,
    )  # fmt: skip
    made = InternVLForConditionalGeneration(config).eval()
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for _, parameter in sorted(made.named_parameters()):
            noise = torch.randn(parameter.shape, generator=draws)
            parameter.copy_(0.4 * noise if parameter.ndim > 1 else 0.5 + 0.1 * noise)
    return made


def opengvlab_weights(made: Any) -> dict[str, Any]:
    """The weights under OpenGVLab's names."""
    import torch

    words = [
        (r"^model\.language_model", "language_model.model"),
        (r"^lm_head", "language_model.lm_head"),
        (r"^model\.vision_tower", "vision_model"), (r"encoder\.layer\.", "encoder.layers."),
        ("cls_token", "class_embedding"), ("position_embeddings", "position_embedding"),
        (r"patch_embeddings\.projection", "patch_embedding"), ("lambda_", "ls"),
        (r"attention\.projection_layer", "attn.proj"), (r"attention\.([qk]_norm)", r"attn.\1"),
        ("layernorm_before", "norm1"), ("layernorm_after", "norm2"),
        (r"^model\.multi_modal_projector\.layer_norm", "mlp1.0"),
        (r"^model\.multi_modal_projector\.linear_1", "mlp1.1"),
        (r"^model\.multi_modal_projector\.linear_2", "mlp1.3"),
    ]  # fmt: skip
    weights, found = made.state_dict(), {}
    for name, tensor in weights.items():
        key = name
        for old, new in words:
            key = re.sub(old, new, key)
        if match := re.search(r"vision_tower.*attention\.([qkv])_proj", name):
            if match[1] == "q":
                parts = [weights[name.replace("q_proj", f"{part}_proj")] for part in "qkv"]
                found[re.sub(r"attention\.q_proj", "attn.qkv", key)] = torch.cat(parts)
            continue
        found[key] = tensor.clone()
    return found


def opengvlab_folder(folder: Path, dtype: Any = None, **vision: Any) -> Path:
    """A folder as OpenGVLab publishes them."""
    from safetensors.torch import save_file

    tokens = tokenizer()
    size = tokens.get_vocab_size() + 3
    made = network(size, **vision)
    folder.mkdir(parents=True)
    tokens.save(str(folder / "tokenizer.json"))
    config = opengvlab_config(size)
    if vision:
        config["vision_config"] |= {
            "qk_normalization": vision["use_qk_norm"], "norm_type": vision["norm_type"],
            "qkv_bias": vision["attention_bias"],
        }  # fmt: skip
    weights = opengvlab_weights(made)
    if dtype is not None:
        weights = {key: tensor.to(dtype) for key, tensor in weights.items()}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_end|>",
                    "pad_token": "<|endoftext|>"})
    )  # fmt: skip
    (folder / "modeling_internvl_chat.py").write_text("raise SystemExit('never run')\n")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def picture(seed: int, size: tuple[int, int] = (40, 30)) -> Any:
    import numpy as np
    from PIL import Image

    draws = np.random.default_rng(seed)
    return Image.fromarray(draws.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def sample(renderer: Any, pictures: int, answer: str = "the table", seed: int = 0) -> Any:
    """A question about so many pictures, rendered, with its pixels."""
    from sextant.models.family import Message

    shown = [picture(seed + k, (40 + 30 * k, 30)) for k in range(pictures)]
    messages = [Message("user", "<image>\n" * pictures + f"Where is the chair {seed}?"),
                Message("assistant", answer, supervised=True)]  # fmt: skip
    rendered = renderer.render(messages, [p.size for p in shown])
    return rendered, renderer.pixels(shown, rendered)
