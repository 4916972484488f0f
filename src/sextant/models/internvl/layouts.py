"""A config in one layout as a config in the other.

The values are those that upstream's and transformers' own converters map to each other (InternVL:
``configuration_internvl_chat.py``; transformers: ``convert_internvl_weights_to_hf.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.models.internvl.config import wrong

_SAME_OF_LANGUAGE = (
    "attention_dropout", "bos_token_id", "eos_token_id", "hidden_act", "hidden_size",
    "initializer_range", "intermediate_size", "max_position_embeddings", "max_window_layers",
    "num_attention_heads", "num_hidden_layers", "num_key_value_heads", "rms_norm_eps",
    "use_sliding_window", "vocab_size",
)  # fmt: skip
"""Names that both layouts have. ``sliding_window`` and ``use_cache`` follow from the rest."""

_SAME_OF_VISION = (
    "attention_dropout", "hidden_act", "hidden_size", "intermediate_size", "layer_norm_eps",
    "norm_type", "num_attention_heads", "num_channels", "num_hidden_layers",
)  # fmt: skip

_RENAMED_OF_VISION = {
    "qkv_bias": "attention_bias",
    "qk_normalization": "use_qk_norm",
    "initializer_factor": "layer_scale_init_value",
    "dropout": "hidden_dropout_prob",
}
"""OpenGVLab's name: transformers' name."""

_VISION_DEFAULTS: Mapping[str, Any] = {
    "attention_dropout": 0.0, "dropout": 0.0, "hidden_act": "gelu", "hidden_size": 3200,
    "image_size": 224, "initializer_factor": 0.1, "intermediate_size": 12_800,
    "layer_norm_eps": 1e-6, "norm_type": "rms_norm", "num_attention_heads": 25, "num_channels": 3,
    "num_hidden_layers": 48, "patch_size": 14, "qk_normalization": True, "qkv_bias": False,
}  # fmt: skip
"""Of ``InternVisionConfig`` upstream: what a config without these means."""


def to_hf(raw: Mapping[str, Any], image_token: int, end_token: int, where: Path) -> dict[str, Any]:
    """Return a config of OpenGVLab's as one of transformers'.

    Args:
        raw: Content of ``config.json``.
        image_token: Id of ``<IMG_CONTEXT>``.
        end_token: Id of ``<|im_end|>``. Configs of InternVL3 state another one, which upstream's
            ``chat`` overrides.
        where: The file, for messages.

    Raises:
        CorruptInput: If it describes a model that transformers' class is not.
    """
    language = _part(raw, "llm_config", where)
    vision = {**_VISION_DEFAULTS, **_part(raw, "vision_config", where)}
    stated = language.get("architectures") or ["Qwen2ForCausalLM"]
    if stated != ["Qwen2ForCausalLM"]:
        raise wrong(where, "llm_config.architectures", "['Qwen2ForCausalLM']", stated)
    for name, value, missing in (
        ("select_layer", -1, -1), ("ps_version", "v2", "v1"), ("pad2square", False, False),
        ("use_backbone_lora", 0, 0), ("use_llm_lora", 0, 0),
    ):  # fmt: skip
        if raw.get(name, missing) != value:
            raise wrong(where, name, repr(value), raw.get(name, missing))
    tile = raw.get("force_image_size") or vision["image_size"]
    if vision["image_size"] != tile:
        raise wrong(where, "vision_config.image_size", f"force_image_size = {tile}", vision)
    tied = language.get("tie_word_embeddings", False)
    patch, ratio = vision["patch_size"], raw.get("downsample_ratio", 0.5)
    made_vision = {name: vision[name] for name in _SAME_OF_VISION}
    made_vision |= {new: vision[old] for old, new in _RENAMED_OF_VISION.items()}
    made_vision |= {
        "model_type": "internvl_vision", "image_size": [tile, tile], "patch_size": [patch, patch],
        "projection_dropout": vision["dropout"], "use_absolute_position_embeddings": True,
        "use_mask_token": False, "use_mean_pooling": True, "initializer_range": 0.02,
    }  # fmt: skip
    made_language = {name: language[name] for name in _SAME_OF_LANGUAGE if name in language}
    made_language |= {
        "model_type": "qwen2", "eos_token_id": end_token, "tie_word_embeddings": tied,
        "rope_parameters": _rope_of(language), "sliding_window": None, "use_cache": True,
    }  # fmt: skip
    return {
        "architectures": ["InternVLForConditionalGeneration"],
        "model_type": "internvl",
        "dtype": language.get("torch_dtype") or raw.get("torch_dtype") or raw.get("dtype"),
        "downsample_ratio": ratio,
        "image_seq_length": int((tile // patch) ** 2 * ratio**2),
        "image_token_id": image_token,
        "projector_hidden_act": "gelu",
        "text_config": made_language,
        "tie_word_embeddings": tied,
        "vision_config": made_vision,
        "vision_feature_layer": -1,
        "vision_feature_select_strategy": "default",
    }


def to_opengvlab(raw: Mapping[str, Any], where: Path) -> dict[str, Any]:
    """Return a complete config of transformers' as one of OpenGVLab's.

    ``auto_map`` names upstream's remote files as their own checkpoints do; the files are not ours
    to write.

    Args:
        raw: As ``InternVLConfig.to_dict`` gives it, without gaps.
        where: The file, for messages.
    """
    language, vision = _part(raw, "text_config", where), _part(raw, "vision_config", where)
    dtype = raw.get("dtype") or "bfloat16"
    tied = raw.get("tie_word_embeddings", False)
    rope = dict(language["rope_parameters"])
    made_language = {name: language[name] for name in _SAME_OF_LANGUAGE if name in language}
    made_language |= {
        "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "sliding_window": None,
        "rope_theta": rope.pop("rope_theta"), "tie_word_embeddings": tied, "torch_dtype": dtype,
        "use_cache": True,
    }  # fmt: skip
    if rope.get("rope_type", "default") != "default":
        made_language["rope_scaling"] = {**rope, "type": rope["rope_type"]}
    made_vision = {name: vision[name] for name in _SAME_OF_VISION}
    made_vision |= {old: vision[new] for old, new in _RENAMED_OF_VISION.items()}
    tile = vision["image_size"][0]
    made_vision |= {
        "architectures": ["InternVisionModel"], "model_type": "intern_vit_6b", "image_size": tile,
        "patch_size": vision["patch_size"][0], "drop_path_rate": 0.0, "use_flash_attn": False,
        "initializer_range": vision["initializer_range"], "torch_dtype": dtype,
    }  # fmt: skip
    chat = "modeling_internvl_chat.InternVLChatModel"
    return {
        "architectures": ["InternVLChatModel"],
        "auto_map": {
            "AutoConfig": "configuration_internvl_chat.InternVLChatConfig",
            "AutoModel": chat,
            "AutoModelForCausalLM": chat,
        },
        "downsample_ratio": raw["downsample_ratio"],
        "dynamic_image_size": True,
        "force_image_size": tile,
        "llm_config": made_language,
        "max_dynamic_patch": 12,
        "min_dynamic_patch": 1,
        "model_type": "internvl_chat",
        "pad2square": False,
        "ps_version": "v2",
        "select_layer": -1,
        "template": "internvl2_5",
        "tie_word_embeddings": tied,
        "torch_dtype": dtype,
        "use_backbone_lora": 0,
        "use_llm_lora": 0,
        "use_thumbnail": True,
        "vision_config": made_vision,
    }


def _part(raw: Mapping[str, Any], name: str, where: Path) -> Mapping[str, Any]:
    found = raw.get(name)
    if not isinstance(found, Mapping):
        raise wrong(where, name, "an object", found)
    return found


def _rope_of(language: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rotary settings in the one form that transformers 5 has for them."""
    scaling = dict(language.get("rope_scaling") or {})
    kind = scaling.pop("type", None)
    scaling.setdefault("rope_type", kind or "default")
    return {"rope_theta": float(language.get("rope_theta", 10_000.0)), **scaling}
