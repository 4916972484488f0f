"""Attention of packed rows without a mask: each sample by itself.

With a mask, attention costs the square of the row's length, and no fast kernel takes it. Here the
row is cut where its samples meet, and each is attended causally by PyTorch's own kernels, which
costs the sum of the squares: for a row of 16,384 tokens made of four equal samples an eighth, for
the diagonal's upper half is left out as well.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

SEGMENTS = "segments"
"""Name of this attention, as ``Family.load`` is told it."""


def register() -> None:
    """Make transformers know it; twice does no harm."""
    AttentionInterface.register(SEGMENTS, attend)
    AttentionMaskInterface.register(SEGMENTS, _no_mask)


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    segments: tuple[int, ...] | None = None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Return (1, L, heads, size) attended values, as transformers wants them.

    Args:
        module: Whose attention it is.
        query: (1, heads, L, size).
        key: (1, key-value heads, L, size).
        value: Likewise.
        attention_mask: None.
        segments: Tokens of each sample of a row; None where this is no packed row (a picture, a
            step of an answer): then it is transformers' ``sdpa``.
        scaling: Of the scores.
        dropout: 0 in all published models.
        more: Of ``sdpa``.
    """
    if segments is None:
        found, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **more
        )
        return found, None
    if sum(segments) != query.shape[2] or query.shape[2] != key.shape[2]:
        raise ValueError(f"samples of {sum(segments)} tokens in a row of {query.shape[2]}")
    pieces = [
        scaled_dot_product_attention(
            q, k, v, dropout_p=dropout, scale=scaling, is_causal=True, enable_gqa=True
        )
        for q, k, v in zip(
            *(tensor.split(segments, dim=2) for tensor in (query, key, value)), strict=True
        )
    ]
    return torch.cat(pieces, dim=2).transpose(1, 2).contiguous(), None


def _no_mask(*_: Any, **__: Any) -> None:
    return None
