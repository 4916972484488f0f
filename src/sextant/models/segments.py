"""Attention of packed rows without a mask: each sample by itself.

With a mask, attention costs the square of the row's length, and no fast kernel takes it. Here each
sample of the row is attended causally by itself, which costs the sum of the squares: for a row of
16,384 tokens made of four equal samples an eighth, for the diagonal's upper half is left out as
well. On a GPU that is one call of flash attention for the whole row (``varlen_attn``, part of
PyTorch), elsewhere one call of PyTorch's own kernels for each sample.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

SEGMENTS = "segments"
"""Name of this attention, as ``Family.load`` is told it."""

_WIDEST_HEAD = 256  # of flash attention

# torch 2.11 takes grouped heads without being asked to, 2.13 wants a word.
_GROUPED = {"enable_gqa": True} if "enable_gqa" in inspect.signature(varlen_attn).parameters else {}


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Where the samples of a row are.

    Attributes:
        lengths: Tokens of each.
        starts: (samples + 1,) int32, on the row's device: where each begins, and the row's end.
        longest: Of ``lengths``.
    """

    lengths: tuple[int, ...]
    starts: torch.Tensor
    longest: int


def segments_of(lengths: Sequence[int], row: torch.Tensor) -> Segments:
    """Return the segments of a row.

    Args:
        lengths: Tokens of each sample, in the row's order.
        row: (..., L) its ids.

    Raises:
        ValueError: If these are not the samples of the row.
    """
    if sum(lengths) != row.shape[-1]:
        raise ValueError(f"samples of {sum(lengths)} tokens in a row of {row.shape[-1]}")
    starts = torch.tensor([0, *accumulate(lengths)], dtype=torch.int32)
    return Segments(tuple(lengths), starts.to(row.device, non_blocking=True), max(lengths))


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
    segments: Segments | None = None,
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
        segments: Of the row; None where this is no packed row (a picture, a step of an answer):
            then it is transformers' ``sdpa``.
        scaling: Of the scores.
        dropout: 0 in all published models.
        more: Of ``sdpa``.
    """
    if segments is None:
        found, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **more
        )
        return found, None
    dtype = None if dropout else flash_dtype(query, query.shape[-1])
    if dtype is not None:
        rows = [tensor[0].transpose(0, 1).to(dtype) for tensor in (query, key, value)]
        starts, longest = segments.starts, segments.longest
        together: Any = varlen_attn(
            *rows, starts, starts, longest, longest, scale=scaling, window_size=(-1, 0), **_GROUPED
        )
        return together[None], None
    return _one_by_one(query, key, value, segments.lengths, scaling, dropout), None


def flash_dtype(tensor: torch.Tensor, head: int) -> torch.dtype | None:
    """Return what flash attention computes tensors like this in; None if it cannot.

    Args:
        tensor: On its device; float32 counts as what autocast would make of it.
        head: Width of a head.
    """
    if not tensor.is_cuda or head > _WIDEST_HEAD or head % 8:
        return None
    dtype = tensor.dtype
    if dtype == torch.float32 and torch.is_autocast_enabled("cuda"):
        dtype = torch.get_autocast_dtype("cuda")
    return dtype if dtype in (torch.bfloat16, torch.float16) else None


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _one_by_one(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    lengths: tuple[int, ...],
    scaling: float | None,
    dropout: float,
) -> torch.Tensor:
    pieces = [
        scaled_dot_product_attention(
            q, k, v, dropout_p=dropout, scale=scaling, is_causal=True, enable_gqa=True
        )
        for q, k, v in zip(
            *(tensor.split(lengths, dim=2) for tensor in (query, key, value)), strict=True
        )
    ]
    return torch.cat(pieces, dim=2).transpose(1, 2).contiguous()


def _no_mask(*_: Any, **__: Any) -> None:
    return None
