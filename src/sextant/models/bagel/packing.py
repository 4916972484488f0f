"""Samples to one row, and who sees whom in it.

All tokens of a picture, its two marks among them, share one rotary position; the next piece goes on
with the next one. Text sees what stands before it in its sample; the tokens of a picture see each
other as well. So neither positions nor a causal flag tell the samples of a row apart (positions
repeat inside pictures): the row carries, for each token, its sample and its picture, and the mask
is made of these where the model is, dense or in blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.attention.flex_attention import BlockMask, create_block_mask

from sextant.errors import ConventionError
from sextant.models.family import Packed, Pixels, Rendered

TEXT = -1
"""Number of the picture of a token that belongs to none."""


def pack(samples: Sequence[tuple[Rendered, Pixels]], patch_values: int) -> Packed:
    """Put samples into one row.

    Args:
        samples: Ids and patches of each.
        patch_values: Numbers in a patch, for rows without any.

    Returns:
        With the inputs ``ids``, ``position_ids``, ``sample_ids``, ``picture_ids`` (n,) int64,
        ``predict_at`` (m,) the places whose next token is a label, ``vision_at`` (p,) the places
        that vision tokens take, and of the pictures ``patches`` (p, values) uint8,
        ``patch_positions`` (p,), ``picture_tokens`` (pictures,).

    Raises:
        ConventionError: If a sample's patches are not as many as its vision tokens.
    """
    rows: dict[str, list[NDArray[Any]]] = {name: [] for name in _ROWS}
    start = pictures = 0
    for number, (rendered, pixels) in enumerate(samples):
        said = [slot.tokens for slot in rendered.slots]
        if pixels["tokens"].tolist() != said or len(pixels["patches"]) != sum(said):
            raise ConventionError("pixels of another sample", where=f"sample {number} of the pack")
        picture_ids = np.full(len(rendered), TEXT, np.int64)
        vision = [np.arange(s.start, s.start + s.tokens) for s in rendered.slots]
        for k, slot in enumerate(rendered.slots):
            picture_ids[slot.start - 1 : slot.start + slot.tokens + 1] = pictures + k
        targets = np.flatnonzero(rendered.targets)
        rows["ids"].append(rendered.ids)
        rows["position_ids"].append(positions_of(picture_ids))
        rows["sample_ids"].append(np.full(len(rendered), number))
        rows["picture_ids"].append(picture_ids)
        rows["vision_at"].extend(start + places for places in vision)
        rows["predict_at"].append(start + targets - 1)
        rows["patches"].append(pixels["patches"])
        rows["patch_positions"].append(pixels["positions"])
        rows["picture_tokens"].append(pixels["tokens"])
        rows["labels"].append(rendered.ids[targets])
        rows["sample"].append(np.full(len(targets), number))
        start += len(rendered)
        pictures += len(rendered.slots)
    made = {name: _tensor(parts) for name, parts in rows.items()}
    if not pictures:
        made["patches"] = torch.zeros((0, patch_values), dtype=torch.uint8)
    labels, sample = made.pop("labels"), made.pop("sample")
    return Packed(made, labels, sample, tuple(len(rendered) for rendered, _ in samples))


_ROWS = (
    "ids", "position_ids", "sample_ids", "picture_ids", "vision_at", "predict_at",
    "patches", "patch_positions", "picture_tokens", "labels", "sample",
)  # fmt: skip


def positions_of(picture_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rotary positions of a sample: one more at each token, but not inside a picture.

    Args:
        picture_ids: (n,) number of the picture, ``TEXT`` where there is none.
    """
    inside = (picture_ids[1:] == picture_ids[:-1]) & (picture_ids[1:] != TEXT)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(~inside)])[: len(picture_ids)]


def dense_mask(sample_ids: torch.Tensor, picture_ids: torch.Tensor) -> torch.Tensor:
    """Return (n, n) bool: whether the token of a row sees the token of a column."""
    places = torch.arange(len(sample_ids), device=sample_ids.device)
    rule = _rule(sample_ids, picture_ids)
    return rule(0, 0, places[:, None], places[None, :])


def block_mask(sample_ids: torch.Tensor, picture_ids: torch.Tensor) -> BlockMask:
    """Return the same for flex attention, which never holds n x n entries on a GPU."""
    n, device = len(sample_ids), sample_ids.device
    rule = _rule(sample_ids, picture_ids)
    on_gpu = device.type == "cuda"
    return create_block_mask(rule, None, None, n, n, device=str(device), _compile=on_gpu)


def _rule(sample_ids: torch.Tensor, picture_ids: torch.Tensor) -> Callable[..., torch.Tensor]:
    def seen(_batch: Any, _head: Any, query: Any, key: Any) -> torch.Tensor:
        together = (picture_ids[query] == picture_ids[key]) & (picture_ids[query] != TEXT)
        return (sample_ids[query] == sample_ids[key]) & ((query >= key) | together)

    return seen


def _tensor(parts: Sequence[NDArray[Any]]) -> torch.Tensor:
    if not parts:
        return torch.zeros(0, dtype=torch.int64)
    return torch.from_numpy(np.concatenate(parts))
