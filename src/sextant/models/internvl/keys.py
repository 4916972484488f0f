"""The names of a weight: in OpenGVLab's files, in transformers' files, and in the module.

Everything is said by the module's names ("names"); a file's are "keys". OpenGVLab's vision encoder
holds queries, keys and values of a layer in one tensor, rows above each other, so that one key may
stand for three names.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sextant.models.internvl.config import Layout


class Source(NamedTuple):
    """Where a weight is stored.

    Attributes:
        key: In the file.
        third: Which third of its rows; None = the whole of it.
    """

    key: str
    third: int | None = None


_FUSED = ("q_proj", "k_proj", "v_proj")

_BEGINNINGS = (
    ("language_model.lm_head.", "lm_head."),
    ("language_model.model.", "model.language_model."),
    ("mlp1.0.", "model.multi_modal_projector.layer_norm."),
    ("mlp1.1.", "model.multi_modal_projector.linear_1."),
    ("mlp1.3.", "model.multi_modal_projector.linear_2."),
    ("vision_model.embeddings.class_embedding", "model.vision_tower.embeddings.cls_token"),
    (
        "vision_model.embeddings.patch_embedding.",
        "model.vision_tower.embeddings.patch_embeddings.projection.",
    ),
    (
        "vision_model.embeddings.position_embedding",
        "model.vision_tower.embeddings.position_embeddings",
    ),
)
"""OpenGVLab's key: the module's name."""

_LAYER_KEY = re.compile(r"vision_model\.encoder\.layers\.(\d{1,4})\.(.+)", re.DOTALL)
_LAYER_NAME = re.compile(r"model\.vision_tower\.encoder\.layer\.(\d{1,4})\.(.+)", re.DOTALL)

_IN_LAYER = (
    ("attn.proj.", "attention.projection_layer."),
    ("attn.q_norm.", "attention.q_norm."),
    ("attn.k_norm.", "attention.k_norm."),
    ("ls1", "lambda_1"),
    ("ls2", "lambda_2"),
    ("mlp.fc1.", "mlp.fc1."),
    ("mlp.fc2.", "mlp.fc2."),
    ("norm1.", "layernorm_before."),
    ("norm2.", "layernorm_after."),
)

_HF_BEGINNINGS = (
    ("language_model.lm_head.", "lm_head."),
    ("language_model.model.", "model.language_model."),
    ("multi_modal_projector.", "model.multi_modal_projector."),
    ("vision_tower.", "model.vision_tower."),
)
"""Key in files of transformers: the module's name."""


def names_of(key: str, layout: Layout) -> tuple[str, ...]:
    """Return the names of the weights that a key holds, in order of rows; empty if it is unknown.

    Files of transformers may also have been written with the module's own names.
    """
    if layout == "hf":
        found = _replaced(key, _HF_BEGINNINGS)
        if found is None and key.startswith(("model.", "lm_head.")):
            found = key
        return () if found is None else (found,)
    layer = _LAYER_KEY.fullmatch(key)
    if layer is None:
        found = _replaced(key, _BEGINNINGS)
        return () if found is None else (found,)
    prefix = f"model.vision_tower.encoder.layer.{layer[1]}."
    if layer[2].startswith("attn.qkv."):
        kind = layer[2].removeprefix("attn.qkv.")
        return tuple(f"{prefix}attention.{part}.{kind}" for part in _FUSED)
    found = _replaced(layer[2], _IN_LAYER)
    return () if found is None else (prefix + found,)


def source_of(name: str, layout: Layout) -> Source | None:
    """Return where a weight is stored; None if this model has none of that name."""
    if layout == "hf":
        found = _replaced(name, [(new, old) for old, new in _HF_BEGINNINGS])
        return None if found is None else Source(found)
    layer = _LAYER_NAME.fullmatch(name)
    if layer is None:
        found = _replaced(name, [(new, old) for old, new in _BEGINNINGS])
        return None if found is None else Source(found)
    prefix = f"vision_model.encoder.layers.{layer[1]}."
    for third, part in enumerate(_FUSED):
        if layer[2].startswith(f"attention.{part}."):
            kind = layer[2].removeprefix(f"attention.{part}.")
            return Source(f"{prefix}attn.qkv.{kind}", third)
    found = _replaced(layer[2], [(new, old) for old, new in _IN_LAYER])
    return None if found is None else Source(prefix + found)


def _replaced(text: str, table: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> str | None:
    for old, new in table:
        # An entry that ends with a dot is a beginning; any other is the whole.
        if text == old or (old.endswith(".") and text.startswith(old)):
            return new + text[len(old) :]
    return None
