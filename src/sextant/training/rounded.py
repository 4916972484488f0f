"""AdamW whose weights or moments are kept in bfloat16, rounded at random.

bfloat16 has 8 bits of precision: an update of less than 1/512 of a weight is lost if it is rounded
to the nearest, and a second moment that decays by 1/1000 a step never falls. Rounded up or down at
random, with the chance that its place between the two neighbours gives, a value is right on average
(stochastic rounding; Zamirai et al., arXiv 2010.06192, for weights in bfloat16).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.distributed.tensor import DTensor

from sextant.execution.seeds import seed_of


class RoundedAdamW(torch.optim.AdamW):
    """``torch.optim.AdamW``, computed in float32 and stored as weights and moments are.

    Args:
        groups: As ``AdamW`` takes them.
        moments: Dtype of both moments.
        seed: Of the rounding; the bits of a step depend on it, the step's number and the
            parameter's place, so a run that goes on rounds as the one that was not stopped.
        more: ``betas``, ``eps``.
    """

    def __init__(
        self, groups: list[dict[str, Any]], *, moments: torch.dtype, seed: int, **more: Any
    ) -> None:
        super().__init__(groups, **more)
        self.moments = moments
        self._seed = seed
        self._generators: dict[torch.device, torch.Generator] = {}

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
        (beta1, beta2), weight, grad = group["betas"], _own(parameter), _own(parameter.grad).float()
        first, second = _own(state["exp_avg"]), _own(state["exp_avg_sq"])
        mean = first.float().lerp_(grad, 1 - beta1)
        square = second.float().mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        root = (square / (1 - beta2**number)).sqrt_().add_(group["eps"])
        fresh = weight.float().mul_(1 - group["lr"] * group["weight_decay"])
        fresh.addcdiv_(mean, root, value=-group["lr"] / (1 - beta1**number))
        generator = self._generator(weight.device, number, place)
        for stored, value in ((weight, fresh), (first, mean), (second, square)):
            stored.copy_(rounded(value, stored.dtype, generator))

    def fresh_state(self, parameter: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the state of a parameter before its first step."""
        return {
            "step": torch.zeros((), dtype=torch.float32),
            "exp_avg": torch.zeros_like(parameter, dtype=self.moments),
            "exp_avg_sq": torch.zeros_like(parameter, dtype=self.moments),
        }

    def _generator(self, device: torch.device, number: int, place: int) -> torch.Generator:
        found = self._generators.get(device)
        if found is None:
            found = self._generators[device] = torch.Generator(device)
        return found.manual_seed(seed_of("rounding", self._seed, number, place) % 2**63)


def rounded(
    value: torch.Tensor, dtype: torch.dtype, generator: torch.Generator | None
) -> torch.Tensor:
    """Return float32 values in another dtype; in bfloat16 rounded at random, without bias.

    bfloat16 is the upper half of float32, so a random number of 16 bits is added to the lower half,
    which is then cut off. Infinities and what is no number stay as they are.
    """
    if dtype != torch.bfloat16:
        return value.to(dtype)
    bits = value.view(torch.int32)
    noise = torch.randint(
        0, 1 << 16, bits.shape, device=bits.device, dtype=torch.int32, generator=generator
    )
    found = ((bits + noise) & -65536).view(torch.float32)
    return torch.where(torch.isfinite(value), found, value).to(torch.bfloat16)


def _own(tensor: Any) -> torch.Tensor:
    found: torch.Tensor = tensor.to_local() if isinstance(tensor, DTensor) else tensor
    return found
