"""Tiny random models with all their files, as checkpoints on disk have them. No downloads.

Their answers are gibberish, but of the right form: a chat template, image tokens, an end of turn.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

SEED = 7

CHAT = (
    "{% for message in messages %}<|{{ message.role }}|>"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content %}{% if part.type == 'image' %}IMAGE"
    "{% elif part.type == 'video' %}VIDEO{% else %}{{ part.text }}{% endif %}{% endfor %}"
    "{% endif %}"
    "<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

ROLES = ["<|user|>", "<|system|>", "<|assistant|>", "<|end|>", "<|pad|>"]


def tokenizer(*special: str, **named: Any) -> Any:
    """A byte-level BPE with a few merges."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=[*ROLES, *special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(["The chair is left of the table. Answer: A", "1.5 m"], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|end|>", pad_token="<|pad|>", **named
    )


def _text_config(size: int, **more: Any) -> dict[str, Any]:
    return {
        "vocab_size": size, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 4096, **more,
    }  # fmt: skip


def _finish(model: Any, tokens: Any, folder: Path, processor: Any = None) -> Path:
    from transformers import GenerationConfig

    model.generation_config = GenerationConfig(
        eos_token_id=tokens.convert_tokens_to_ids("<|end|>"),
        pad_token_id=tokens.convert_tokens_to_ids("<|pad|>"),
    )
    model.save_pretrained(folder)
    (processor or tokens).save_pretrained(folder)
    return folder


def _grown(model: Any) -> Any:
    """Random weights large enough that answers hang on the prompt."""
    import torch

    torch.manual_seed(SEED)
    with torch.no_grad():
        for _, parameter in sorted(model.named_parameters()):
            if parameter.ndim > 1:
                parameter.normal_(0.0, 0.4)
    return model.eval()


def llama(folder: Path) -> Path:
    """Text alone."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokens = tokenizer(chat_template=CHAT)
    config = LlamaConfig(**_text_config(len(tokens)))
    return _finish(_grown(LlamaForCausalLM(config)), tokens, folder)


def llava(folder: Path) -> Path:
    from transformers import (
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    tokens = tokenizer("<image>", extra_special_tokens={"image_token": "<image>"})
    vision = CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        image_size=32, patch_size=8, projection_dim=16,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=vision,
        text_config=LlamaConfig(**_text_config(len(tokens))),
        image_token_index=tokens.convert_tokens_to_ids("<image>"),
        image_seq_length=16,
    )
    processor = LlavaProcessor(
        image_processor=CLIPImageProcessorPil(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        ),
        tokenizer=tokens,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT.replace("IMAGE", "<image>"),
    )
    return _finish(_grown(LlavaForConditionalGeneration(config)), tokens, folder, processor)


def qwen3_vl(folder: Path) -> Path:
    from transformers import (
        Qwen2VLImageProcessorPil,
        Qwen3VLConfig,
        Qwen3VLForConditionalGeneration,
        Qwen3VLProcessor,
    )

    marks = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    tokens = tokenizer(*marks)
    start, end, image, video = tokens.convert_tokens_to_ids(list(marks))
    config = Qwen3VLConfig(
        text_config=_text_config(
            len(tokens), head_dim=8,
            rope_parameters={"rope_type": "default", "rope_theta": 5e6,
                             "mrope_section": [2, 1, 1], "mrope_interleaved": True},
        ),
        vision_config={"depth": 2, "hidden_size": 16, "intermediate_size": 32, "num_heads": 2,
                       "out_hidden_size": 32, "patch_size": 16, "spatial_merge_size": 2,
                       "temporal_patch_size": 2, "num_position_embeddings": 64,
                       "deepstack_visual_indexes": [0, 1]},
        image_token_id=image, video_token_id=video,
        vision_start_token_id=start, vision_end_token_id=end,
    )  # fmt: skip
    pictures = Qwen2VLImageProcessorPil(
        patch_size=16, merge_size=2, temporal_patch_size=2, image_mean=[0.5] * 3,
        image_std=[0.5] * 3, size={"shortest_edge": 32 * 32, "longest_edge": 96 * 96},
    )  # fmt: skip
    chat = CHAT.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    chat = chat.replace("VIDEO", "<|vision_start|><|video_pad|><|vision_end|>")
    processor = _without_videos(Qwen3VLProcessor)(
        image_processor=pictures, tokenizer=tokens, chat_template=chat
    )
    return _finish(_grown(Qwen3VLForConditionalGeneration(config)), tokens, folder, processor)


def internvl(folder: Path) -> Path:
    from transformers import (
        GotOcr2ImageProcessorPil,
        InternVLConfig,
        InternVLForConditionalGeneration,
        InternVLProcessor,
        Qwen2Config,
    )

    marks = {
        "start_image_token": "<img>", "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>", "video_token": "<video>",
    }  # fmt: skip
    tokens = tokenizer(*marks.values(), extra_special_tokens=marks)
    config = InternVLConfig(
        vision_config={"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
                       "num_attention_heads": 2, "image_size": [32, 32], "patch_size": [8, 8]},
        text_config=Qwen2Config(**_text_config(len(tokens))),
        image_token_id=tokens.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4, downsample_ratio=0.5,
    )  # fmt: skip
    processor = _without_videos(InternVLProcessor)(
        image_processor=GotOcr2ImageProcessorPil(size={"height": 32, "width": 32}),
        tokenizer=tokens,
        image_seq_length=4,
        chat_template=CHAT.replace("IMAGE", "<IMG_CONTEXT>\n").replace("VIDEO", "<video>\n"),
    )
    return _finish(_grown(InternVLForConditionalGeneration(config)), tokens, folder, processor)


FAMILIES: dict[str, Callable[[Path], Path]] = {
    "llava": llava,
    "qwen3_vl": qwen3_vl,
    "internvl": internvl,
}
"""Those that see pictures."""


def _without_videos(cls: Any) -> Any:
    """The processor without its part for videos, which cannot be made without torchvision."""
    kept = [name for name in cls.get_attributes() if "video" not in name]
    return type(cls.__name__, (cls,), {"get_attributes": classmethod(lambda _: kept)})
