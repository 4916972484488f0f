"""What is done to a model's layers before it is spread: fused, and forgotten until the way back."""

from __future__ import annotations

from functools import partial

import torch
from torch.utils.checkpoint import checkpoint

from sextant.models.family import Trainable


def prepare_blocks(model: Trainable, *, checkpointing: bool, compiled: bool = False) -> None:
    """Compile and recompute layers one by one.

    Args:
        model: Its layers change in place.
        checkpointing: Keep what goes into a layer and nothing else; run it again on the way back.
        compiled: Let ``torch.compile`` fuse a layer's operators. Without checkpointing it keeps
            what matrix products give, and computes what lies between them again.
    """
    for block in model.blocks():
        forward = block.forward
        if compiled:
            # Rows differ in length. One layer's code serves all.
            forward = torch.compile(forward, dynamic=True)
        if checkpointing:
            forward = partial(checkpoint, forward, use_reentrant=False)
        # An attribute of the instance, so that names of parameters stay as they are.
        block.forward = forward
