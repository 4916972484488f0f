"""Weights from and to the layout that transformers reads and the published folders have."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration
from transformers.utils import logging

from sextant.errors import CorruptInput, OutputError, RecipeError
from sextant.execution.atomic import atomic_folder
from sextant.models.qwen3_vl.config import Config
from sextant.models.qwen3_vl.model import PREFIX, Qwen3VL
from sextant.models.qwen3_vl.stored import INDEX, Stored, check_stored, read_stored
from sextant.models.segments import register

HEAD = "lm_head.weight"
TABLE = "model.language_model.embed_tokens.weight"

_KEPT = ("*.json", "*.jinja", "*.txt", "*.model", "LICENSE*", "NOTICE*")
_DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def load_model(
    folder: Path, config: Config, *, dtype: torch.dtype, attention: str, meta: bool
) -> Qwen3VL:
    """Return the module that is trained; see ``Family.load``.

    Raises:
        MissingInput: If there are no weights.
        CorruptInput: If they are cut off, missing, unexpected, or of another shape.
        RecipeError: If there is no such attention.
    """
    register()
    shapes = _made(folder, dtype, attention)
    if meta:
        return Qwen3VL(shapes, config)
    stored = read_stored(folder)
    wanted = {key: tuple(value.shape) for key, value in shapes.state_dict().items()}
    check_stored(stored, wanted, folder, optional=(HEAD,) if config.tied else ())
    if odd := sorted({v.dtype for v in stored.values()} - set(_DTYPES)):
        raise CorruptInput(
            "weights of a kind that cannot be trained",
            where=folder,
            expected=", ".join(_DTYPES),
            got=", ".join(odd),
            hint="quantised checkpoints are for answering only",
        )
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # ours are the only ones, and a log wants none
    try:
        hf = Qwen3VLForConditionalGeneration.from_pretrained(
            folder, dtype=dtype, attn_implementation=attention, use_safetensors=True,
            local_files_only=True,
        )  # fmt: skip
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
        raise CorruptInput("cannot read the weights", where=folder, got=_short(error)) from error
    finally:
        if bars:
            logging.enable_progress_bar()
    if (hf.lm_head.weight is hf.model.language_model.embed_tokens.weight) != config.tied:
        raise CorruptInput(
            "output layer and input table are not what the config says",
            where=folder,
            expected="one table for both" if config.tied else "a table for each",
        )
    return Qwen3VL(hf, config)


def save_model(
    weights: Mapping[str, torch.Tensor], source: Path, folder: Path, config: Config
) -> None:
    """Write a folder like the one that was opened.

    The same tensors in the same files and of the same dtypes as there, so that whatever read that
    folder reads this one. A checkpoint stored as bfloat16 is stored as bfloat16 again; to go on
    training, use the training checkpoint.

    Args:
        weights: The trained module's ``state_dict``, complete.
        source: The folder that was opened.
        folder: New.
        config: Of the source.

    Raises:
        CorruptInput: If the weights are not those of the model, or not finite.
        OutputError: If the folder is taken or cannot be written; nothing is left there then.
    """
    named = {key.removeprefix(PREFIX): value for key, value in weights.items()}
    if config.tied:
        named.setdefault(HEAD, named.get(TABLE, torch.empty(0)))
    stored = read_stored(source)
    offered = {k: Stored("", "", tuple(v.shape)) for k, v in named.items()}
    optional = (HEAD,) if config.tied and HEAD not in stored else ()
    wanted = {key: value.shape for key, value in stored.items()}
    wanted |= {key: tuple(named[key].shape) for key in optional}
    check_stored(offered, wanted, folder)
    files: dict[str, list[str]] = {}
    for key, value in stored.items():
        files.setdefault(value.file, []).append(key)
    with atomic_folder(folder) as temporary:
        for path in sorted({path for pattern in _KEPT for path in source.glob(pattern)}):
            if path.is_file() and path.name != INDEX:
                shutil.copyfile(path, temporary / path.name)
        for file, keys in sorted(files.items()):
            _write(temporary / file, {k: _as_stored(k, named[k], stored[k]) for k in keys})
        if (source / INDEX).is_file():
            shutil.copyfile(source / INDEX, temporary / INDEX)


def _made(folder: Path, dtype: torch.dtype, attention: str) -> Any:
    """Return the model without memory for its weights."""
    try:
        made = Qwen3VLConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # a config is checked by some ten libraries' rules
        raise CorruptInput("cannot read the config", where=folder, got=_short(error)) from error
    try:
        with torch.device("meta"):
            return Qwen3VLForConditionalGeneration._from_config(
                made, dtype=dtype, attn_implementation=attention
            )
    except (ValueError, ImportError) as error:
        raise RecipeError(
            "Qwen3-VL has no such attention here",
            expected="segments, sdpa, eager, or flash_attention_2 where that is installed",
            got=f"{attention}: {_short(error)}",
        ) from error


def _as_stored(key: str, value: torch.Tensor, stored: Stored) -> torch.Tensor:
    if not bool(torch.isfinite(value).all()):
        raise CorruptInput("a weight that is no number", where=key, expected="finite values")
    # A copy: tensors that share memory cannot be written.
    return value.detach().to(_DTYPES[stored.dtype], copy=True).contiguous()


def _write(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    try:
        save_file(tensors, path, metadata={"format": "pt"})
    except SafetensorError as error:
        raise OutputError(
            "cannot write the weights",
            where=path.parent,
            got=_short(error),
            hint="free some space and run the same command again: finished work is kept",
        ) from error


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
