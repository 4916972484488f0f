"""A moving average of the trained weights, kept in float32 beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from sextant.training.optimizer import trained


class MovingAverage:
    """average <- decay * average + (1 - decay) * weights, after every step.

    Args:
        model: Sharded already; each rank averages its own shards.
        decay: Close to 1; BAGEL's trainer uses 0.9999.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.values = {n: p.detach().float().clone() for n, p in trained(model).items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the weights as they are now."""
        for name, parameter in trained(model).items():
            self.values[name].lerp_(parameter.detach().float(), 1.0 - self.decay)

    @contextmanager
    def in_place(self, model: nn.Module) -> Iterator[None]:
        """Give the model the averaged weights inside the block, and its own back afterwards."""
        parameters = trained(model)
        own = {n: p.detach().clone() for n, p in parameters.items()}
        try:
            with torch.no_grad():
                for name, parameter in parameters.items():
                    parameter.copy_(self.values[name])
            yield
        finally:
            with torch.no_grad():
                for name, parameter in parameters.items():
                    parameter.copy_(own[name])
