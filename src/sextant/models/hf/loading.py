"""Weights and generation settings of a checkpoint."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, RecipeError
from sextant.models.hf.processors import is_image_text
from sextant.models.messages import ModelOptions

FURTHER = ("chat_template", "generation", "processor")
"""What ``options.extra`` may hold: arguments for each of these, e.g. ``{"processor":
{"crop_to_patches": false}}`` or ``{"chat_template": {"enable_thinking": false}}``."""

DTYPES = ("auto", "float32", "bfloat16", "float16")


def check_options(options: ModelOptions) -> None:
    """Refuse what cannot be meant.

    Raises:
        RecipeError: With the option.
    """
    if options.batch_size < 1:
        raise RecipeError("an option must be positive", where="batch_size", got=options.batch_size)
    if options.max_side is not None and options.max_side < 1:
        raise RecipeError("an option must be positive", where="max_side", got=options.max_side)
    if options.dtype is not None and options.dtype not in DTYPES:
        raise RecipeError(
            "unknown dtype", where="dtype", expected=" or ".join(DTYPES), got=repr(options.dtype)
        )
    if unknown := sorted(set(options.extra) - set(FURTHER)):
        raise RecipeError(
            "a model in this process has no such further arguments",
            where="extra",
            expected=" or ".join(FURTHER),
            got=", ".join(unknown),
        )


def load_model(folder: Path, options: ModelOptions) -> tuple[Any, Any]:
    """Return (config, model) of a checkpoint, on its device and ready to answer.

    Raises:
        CorruptInput: If it cannot be loaded with these options.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText
    from transformers.utils import logging

    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # ours are the only ones, and a log wants none
    try:
        config = AutoConfig.from_pretrained(folder)
        auto = AutoModelForImageTextToText if is_image_text(config) else AutoModelForCausalLM
        arguments: dict[str, Any] = {"dtype": options.dtype or "auto", "use_safetensors": True}
        if options.attention is not None:
            arguments["attn_implementation"] = options.attention
        if device == "auto":
            arguments["device_map"] = "auto"
        model = auto.from_pretrained(folder, **arguments)
        if device != "auto":
            model = model.to(device)
    except Exception as error:  # a wrong file, dtype, device or attention: all are named in it
        raise CorruptInput(
            "cannot load the model",
            where=folder,
            got=f"{type(error).__name__}: {' '.join(str(error).split())[:500]}",
        ) from error
    finally:
        if bars:
            logging.enable_progress_bar()
    return config, model.eval()


def greedy(config: Any, tokenizer: Any, more: Mapping[str, Any]) -> Any:
    """Return the checkpoint's generation settings without its sampling.

    What else it sets is kept, e.g. the repetition penalty that some families were released with:
    it belongs to the model as its authors evaluate it.
    """
    made = copy.deepcopy(config)
    made.do_sample = False
    made.num_beams = 1
    for name in ("temperature", "top_p", "top_k", "min_p", "typical_p", "max_length"):
        setattr(made, name, None)
    if made.eos_token_id is None:
        made.eos_token_id = tokenizer.eos_token_id
    if made.pad_token_id is None:
        made.pad_token_id = tokenizer.pad_token_id
    for name, value in more.items():
        if not hasattr(made, name):
            raise RecipeError("no such setting of generation", where="extra", got=name)
        setattr(made, name, value)
    return made


def ends_of(generation: Any) -> set[int]:
    """Return the tokens that end an answer."""
    ends = generation.eos_token_id
    return set(ends) if isinstance(ends, (list, tuple)) else {ends}


def plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return generation settings as JSON, sorted."""
    kept = (int, float, str, bool, list, type(None))
    left_out = {"transformers_version", "_from_model_config"}
    return {k: v for k, v in sorted(settings.items()) if k not in left_out and isinstance(v, kept)}
