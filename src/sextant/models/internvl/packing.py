"""Samples to one row.

The row has no mask. Positions start again with each sample, and wherever a position is not one more
than the last, transformers sees that a sample begins and lets none see another. This holds only as
long as no mask and no cache is given, and ``use_cache`` is False: its default is True, which turns
the separation off without a word. The model sets all three (``model``), so that no caller can
forget one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.models.family import Packed, Pixels, Rendered
from sextant.models.internvl.config import Config


def pack(samples: Sequence[tuple[Rendered, Pixels]], config: Config) -> Packed:
    """Put samples into one row.

    Args:
        samples: Ids and tiles of each.
        config: For tokens and pixels of a tile.

    Returns:
        With the inputs ``ids`` and ``position_ids`` (n,) int64, ``predict_at`` (m,) the places
        whose next token is a label, ``vision_at`` (v,) the places that vision tokens take, and
        ``tiles`` (t, tile, tile, 3) uint8, ``lengths`` (samples,) int64.

    Raises:
        ConventionError: If a sample's tiles are not those of its vision tokens, or its first token
            is to be predicted.
    """
    rows: dict[str, list[NDArray[Any]]] = {name: [] for name in _ROWS}
    start = 0
    for number, (rendered, pixels) in enumerate(samples):
        tiles = pixels["tiles"]
        shown = sum(slot.tokens for slot in rendered.slots)
        if len(tiles) * config.tokens_per_tile != shown:
            raise ConventionError("pixels of another sample", where=f"sample {number} of the pack")
        targets = np.flatnonzero(rendered.targets)
        if len(targets) and targets[0] == 0:
            raise ConventionError("nothing predicts a first token", where=f"sample {number}")
        rows["ids"].append(rendered.ids)
        rows["position_ids"].append(np.arange(len(rendered)))
        rows["predict_at"].append(start + targets - 1)
        rows["vision_at"].extend(
            np.arange(start + s.start, start + s.start + s.tokens) for s in rendered.slots
        )
        rows["labels"].append(rendered.ids[targets])
        rows["sample"].append(np.full(len(targets), number))
        rows["tiles"].append(tiles)
        start += len(rendered)
    made = {name: _tensor(parts) for name, parts in rows.items()}
    if not samples:
        made["tiles"] = torch.zeros((0, config.tile, config.tile, 3), dtype=torch.uint8)
    lengths = tuple(len(rendered) for rendered, _ in samples)
    made["lengths"] = torch.tensor(lengths, dtype=torch.int64)
    labels, sample = made.pop("labels"), made.pop("sample")
    return Packed(made, labels, sample, lengths)


_ROWS = ("ids", "position_ids", "predict_at", "vision_at", "labels", "sample", "tiles")


def _tensor(parts: Sequence[NDArray[Any]]) -> torch.Tensor:
    if not parts:
        return torch.zeros(0, dtype=torch.int64)
    return torch.from_numpy(np.concatenate(parts))
