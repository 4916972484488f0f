"""What a sharded model needs after a pass without gradients."""

from __future__ import annotations

import torch
from torch.distributed.fsdp import FSDPModule


def reshard(model: torch.nn.Module) -> None:
    """Give gathered weights back; call it after every pass without gradients.

    FSDP keeps the root's weights gathered after a forward pass, for the backward pass that usually
    follows. Without one they would stay, and the next forward pass would go on using them after an
    optimizer's step has changed their shards: no error, wrong losses.
    """
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()
