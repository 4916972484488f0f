"""The loss of a pack as its share of the loss of a whole step.

    L = sum over samples i of  v(n_i) * mean over its supervised tokens of CE   /   sum_i v(n_i)

with n_i the supervised tokens of sample i and v(n) = n (``token``), 1 (``sample``) or the square
root of n (``sqrt``; InternVL's "square" reduction). The divisor belongs to the step, not to the
pack, so the sum over packs is the same however the samples are packed, accumulated, or spread over
ranks. It is known before the step: n_i follows from the text.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

CHUNK = 2048
"""Rows of logits that are turned into float32 at a time: 1.2 GB at 152k words."""


def token_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the cross entropy at each place, (m,) float32.

    Long rows are done in pieces that are computed again on the way back, so that the float32 copy
    of all logits never stands in memory.
    """
    if len(labels) <= CHUNK:
        return _cross_entropy(logits, labels)
    pieces = zip(logits.split(CHUNK), labels.split(CHUNK), strict=True)
    return torch.cat([checkpoint(_cross_entropy, x, y, use_reentrant=False) for x, y in pieces])


def _cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(logits.float(), labels, reduction="none")


def token_weights(
    sample: torch.Tensor, weights: Sequence[float], counts: Sequence[int]
) -> torch.Tensor:
    """Return the weight of each supervised token, (m,) float32, beside its sample's number.

    Args:
        sample: (m,) which sample of the pack a token belongs to.
        weights: v(n_i) by sample; 0 for a sample that only fills its place.
        counts: n_i by sample.
    """
    each = [w / n if n else 0.0 for w, n in zip(weights, counts, strict=True)]
    return torch.tensor(each, dtype=torch.float32, device=sample.device)[sample]
