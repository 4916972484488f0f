"""Attention of the vision encoder on a GPU: all pictures of a row in one call of flash attention.

Transformers' class attends one picture after the other, and waits for the device in every layer to
learn their sizes: with the 48 pictures of a long row that is 1,152 calls for each pass. Parameters
and their names stay as they are; where flash attention cannot be had it is transformers' way.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.attention.varlen import varlen_attn
from transformers.models.qwen3_vl.modeling_qwen3_vl import (
    Qwen3VLVisionAttention,
    apply_rotary_pos_emb_vision,
)

from sextant.models.segments import Segments, flash_dtype, segments_of


def look_together(visual: nn.Module) -> None:
    """Let a vision encoder attend all pictures at once; it is told them as ``segments``."""
    for block in visual.blocks:
        # Another class for the same module: names of parameters stay as they are, and one layer's
        # compiled code serves all, which an attribute of each instance would prevent.
        block.attn.__class__ = _Together


def pictures_of(grid_thw: torch.Tensor, patches: torch.Tensor) -> Segments | None:
    """Return the segments of a row's patches, one a picture; None off the GPU.

    Args:
        grid_thw: (pictures, 3) int64: (1, rows, columns) of patches.
        patches: (p, ...).
    """
    if not patches.is_cuda:
        return None
    # The one wait for the device in a row, instead of one in each layer.
    return segments_of(grid_thw.prod(1).tolist(), patches[:, 0])


class _Together(Qwen3VLVisionAttention):
    def forward(
        self, hidden_states: torch.Tensor, *args: Any, segments: Segments | None = None, **more: Any
    ) -> torch.Tensor:
        dtype = flash_dtype(hidden_states, self.head_dim)
        if segments is None or dtype is None:
            found: torch.Tensor = super().forward(hidden_states, *args, **more)
            return found
        heads = self.qkv(hidden_states).unflatten(-1, (3, self.num_heads, -1))
        query, key, value = heads.unbind(1)
        query, key = apply_rotary_pos_emb_vision(query, key, *more["position_embeddings"])
        starts, longest = segments.starts, segments.longest
        rows = [tensor.to(dtype) for tensor in (query, key, value)]
        seen: Any = varlen_attn(*rows, starts, starts, longest, longest, scale=self.scaling)
        projected: torch.Tensor = self.proj(seen.flatten(1))
        return projected
