"""AdamW whose weights or moments are kept in bfloat16, rounded at random.

bfloat16 has 8 bits of precision: an update of less than 1/512 of a weight is lost if it is rounded
to the nearest, and a second moment that decays by 1/1000 a step never falls. Rounded up or down at
random, with the chance that its place between the two neighbours gives, a value is right on average
(stochastic rounding; Zamirai et al., arXiv 2010.06192, for weights in bfloat16).

The random bits of a number follow from the run's seed, the step, and the number's place: nothing
is drawn in order, so large weights are worked on in pieces, and a run that goes on rounds as the
one that was not stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.distributed.tensor import DTensor

from sextant.execution.seeds import seed_of
from sextant.training.placement import UPDATE_PIECE


class RoundedAdamW(torch.optim.AdamW):
    """``torch.optim.AdamW``, computed in float32 and stored as weights and moments are.

    Args:
        groups: As ``AdamW`` takes them.
        moments: Dtype of both moments.
        seed: Of the rounding.
        compiled: Let ``torch.compile`` make one kernel of the update: on a GPU it then takes as
            long as reading and writing weights and moments once.
        more: ``betas``, ``eps``.
    """

    def __init__(
        self, groups: list[dict[str, Any]], *, moments: torch.dtype, seed: int,
        compiled: bool = False, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(groups, **more)
        self.moments = moments
        self._seed = seed
        self._advance = torch.compile(advance, dynamic=True) if compiled else advance

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        """Update all weights that have a gradient; ``closure`` is not used."""
        place = 0
        for group in self.param_groups:
            for parameter in group["params"]:
                place += 1
                if parameter.grad is not None:
                    self._update(parameter, group, place)

    def _update(self, parameter: torch.Tensor, group: dict[str, Any], place: int) -> None:
        state = self.state[parameter]
        if not state:
            state.update(self.fresh_state(parameter))
        state["step"] += 1
        number = int(state["step"])
        (beta1, beta2), lr = group["betas"], group["lr"]
        numbers = [
            1 - beta1, 1 - beta2, 1 / (1 - beta2**number), group["eps"],
            1 - lr * group["weight_decay"], lr / (1 - beta1**number),
        ]  # fmt: skip
        whole = (parameter, parameter.grad, state["exp_avg"], state["exp_avg_sq"])
        mine = [_own(tensor) for tensor in whole]
        device = mine[0].device
        # Tensors, for they change from step to step, and what is compiled must not.
        given = torch.tensor(numbers, dtype=torch.float32).to(device, non_blocking=True)
        seeds = [seed_of("rounding", self._seed, number, place, k) % 2**31 for k in range(2)]
        for start, piece in _pieces(mine):
            words = torch.tensor([*seeds, start], dtype=torch.int64).to(device, non_blocking=True)
            weight, grad, first, second = piece
            self._advance(weight, grad, first, second, given, words)

    def fresh_state(self, parameter: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the state of a parameter before its first step."""
        return {
            "step": torch.zeros((), dtype=torch.float32),
            "exp_avg": torch.zeros_like(parameter, dtype=self.moments),
            "exp_avg_sq": torch.zeros_like(parameter, dtype=self.moments),
        }


def advance(
    weight: torch.Tensor, grad: torch.Tensor, first: torch.Tensor, second: torch.Tensor,
    numbers: torch.Tensor, words: torch.Tensor,
) -> None:  # fmt: skip
    """Make one step of AdamW in place.

    Args:
        weight: Any shape; may be a piece of a whole.
        grad: Its gradient.
        first: Moments.
        second: Likewise.
        numbers: (6,) float32: 1 - beta1, 1 - beta2, 1 / (1 - beta2^t), eps, 1 - lr * decay, and
            lr / (1 - beta1^t).
        words: (3,) int64: two seeds of the rounding, and the place of the first number.
    """
    slope = grad.float()
    mean = torch.lerp(first.float(), slope, numbers[0])
    square = torch.lerp(second.float(), slope * slope, numbers[1])
    root = (square * numbers[2]).sqrt() + numbers[3]
    fresh = weight.float() * numbers[4] - numbers[5] * (mean / root)
    if torch.bfloat16 in (weight.dtype, first.dtype):
        place = torch.arange(weight.numel(), device=weight.device) + words[2]
        one, two = mixed(place, words[0]), mixed(place, words[1])
        noise = [one & 0xFFFF, one >> 16, two & 0xFFFF]
        noise = [bits.view(weight.shape) for bits in noise]
        weight.copy_(rounded(fresh, weight.dtype, noise[0]))
        first.copy_(rounded(mean, first.dtype, noise[1]))
        second.copy_(rounded(square, second.dtype, noise[2]))
    else:
        weight.copy_(fresh)
        first.copy_(mean)
        second.copy_(square)


def mixed(place: torch.Tensor, seed: torch.Tensor | int) -> torch.Tensor:
    """Return 32 random bits for each place, int64.

    A bijective mixer of 32 bits whose output bits all depend on all input bits: shifts and
    multipliers 16 21f0aaad 15 735a2d97 15, found by search (C. Wellons, "Prospecting for hash
    functions", 2018). Products stay below 2^63.
    """
    bits = (place ^ seed) & 0xFFFFFFFF
    for shift, factor in ((16, 0x21F0AAAD), (15, 0x735A2D97)):
        bits = ((bits ^ (bits >> shift)) * factor) & 0xFFFFFFFF
    return bits ^ (bits >> 15)


def rounded(value: torch.Tensor, dtype: torch.dtype, noise: torch.Tensor) -> torch.Tensor:
    """Return float32 values in another dtype; in bfloat16 rounded at random, without bias.

    bfloat16 is the upper half of float32, so a random number of 16 bits is added to the lower half,
    which is then cut off. Infinities and what is no number stay as they are.

    Args:
        value: float32.
        dtype: Of the result.
        noise: Random numbers from 0 to 65535, of the shape of ``value``.
    """
    if dtype != torch.bfloat16:
        return value.to(dtype)
    bits = value.view(torch.int32) + noise.to(torch.int32)
    found = (bits & -65536).view(torch.float32)
    return torch.where(torch.isfinite(value), found, value).to(torch.bfloat16)


def _pieces(whole: list[torch.Tensor]) -> list[tuple[int, list[torch.Tensor]]]:
    # The float32 copies of a whole input table would need gigabytes.
    if not all(tensor.is_contiguous() for tensor in whole):
        return [(0, whole)]
    flat = [tensor.view(-1) for tensor in whole]  # one shape, so that it is compiled once
    starts = range(0, len(flat[0]), UPDATE_PIECE)
    return [(start, [tensor[start : start + UPDATE_PIECE] for tensor in flat]) for start in starts]


def _own(tensor: Any) -> torch.Tensor:
    found: torch.Tensor = tensor.to_local() if isinstance(tensor, DTensor) else tensor
    return found
