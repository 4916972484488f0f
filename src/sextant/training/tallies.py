"""What ranks find out in a step, and what it comes to for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from sextant.models.family import Packed, Shape
from sextant.training.flops import Load, load_of
from sextant.training.ready import ReadyPack, ReadySample
from sextant.training.steps import StepPlan


@dataclass(frozen=True, slots=True)
class SampleLoss:
    """A sample's part in the loss of its step.

    Attributes:
        id: Of the example.
        capability, source: What it is reported by.
        weight: Its v(n), see ``loss``.
        loss: Mean cross entropy over its supervised tokens.
    """

    id: str
    capability: str
    source: str
    weight: float
    loss: float


@dataclass(slots=True)
class Tally:
    """One rank's figures of one step; losses stay on their device until the step is over."""

    shape: Shape
    load: Load = field(default_factory=Load)
    waited_s: float = 0.0
    broken: list[tuple[str, str]] = field(default_factory=list)
    _packs: list[tuple[ReadyPack, torch.Tensor, torch.Tensor]] = field(default_factory=list)

    def add(self, pack: ReadyPack, packed: Packed, losses: torch.Tensor) -> None:
        """Take in a row: the cross entropy of its supervised tokens, (m,)."""
        self._packs.append((pack, losses.detach(), packed.sample))

    def waited(self, pack: ReadyPack) -> None:
        """Take in what is known of a row before it is run."""
        self.waited_s += pack.waited_s
        self.broken += [(b.id, b.reason) for b in pack.broken]
        for sample in pack.samples:
            self.load += _load(self.shape, sample)

    def samples(self) -> list[SampleLoss]:
        """Return each sample's loss; waits for the device."""
        found = []
        for pack, losses, sample in self._packs:
            own = sample.cpu().numpy()
            sums = np.bincount(
                own, weights=losses.double().cpu().numpy(), minlength=len(pack.samples)
            )
            counts = np.bincount(own, minlength=len(pack.samples))
            found += [
                SampleLoss(
                    ready.id, ready.capability, ready.source,
                    float(pack.plan.weights[ready.place]), float(total / max(1, count)),
                )
                for ready, total, count in zip(pack.samples, sums, counts, strict=False)
            ]  # fmt: skip
        return found


def message_of(tally: Tally, samples: Sequence[SampleLoss]) -> dict[str, Any]:
    """Return what a rank tells the others about its step, as JSON holds it."""
    return {
        "samples": len(samples),
        "capability": _sums((s.capability, s) for s in samples),
        "source": _sums((s.source, s) for s in samples),
        "load": [getattr(tally.load, name) for name in Load.__slots__],
        "waited_s": tally.waited_s,
        "broken": tally.broken,
    }


@dataclass(frozen=True, slots=True)
class StepFigures:
    """All ranks together.

    Attributes:
        samples: That were learned from.
        weight: Sum of their weights, what the loss is divided by.
        loss: Of the step.
        by_capability, by_source: The same, of parts of the step.
        load: Tokens, supervised tokens, patches, ...
        waited_s: Longest time that a rank waited for data.
        broken: (id, reason) of samples that were left out.
    """

    samples: int
    weight: float
    loss: float
    by_capability: Mapping[str, float]
    by_source: Mapping[str, float]
    load: Load
    waited_s: float
    broken: tuple[tuple[str, str], ...]


def figures_of(messages: Sequence[Mapping[str, Any]]) -> StepFigures:
    """Add up what all ranks say, in the order of ranks, so that all of them come to the same."""
    capability = _added(m["capability"] for m in messages)
    source = _added(m["source"] for m in messages)
    weight = sum(w for _, w in capability.values())
    load = Load()
    for message in messages:
        load += Load(*message["load"])
    return StepFigures(
        samples=sum(m["samples"] for m in messages),
        weight=weight,
        loss=sum(x for x, _ in capability.values()) / weight if weight else float("nan"),
        by_capability={k: x / w for k, (x, w) in sorted(capability.items()) if w},
        by_source={k: x / w for k, (x, w) in sorted(source.items()) if w},
        load=load,
        waited_s=max(m["waited_s"] for m in messages),
        broken=tuple((str(i), str(r)) for m in messages for i, r in m["broken"]),
    )


def idle_share(plan: StepPlan) -> float:
    """Return the share of token places in which a rank waits for the longest row of its round.

    This is the padding of packed training: within a row there is none.
    """
    places = sum(max(p.tokens for p in packs) * len(packs) for packs in plan.rounds)
    return 1.0 - float(plan.tokens.sum()) / places if places else 0.0


def _load(shape: Shape, sample: ReadySample) -> Load:
    rendered = sample.rendered
    return load_of(shape, len(rendered), int(rendered.targets.sum()), rendered.slots)


def _sums(named: Iterable[tuple[str, SampleLoss]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for name, sample in named:
        sums = found.setdefault(name, [0.0, 0.0])
        sums[0] += sample.weight * sample.loss
        sums[1] += sample.weight
    return found


def _added(tables: Iterable[Mapping[str, Sequence[float]]]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for table in tables:
        for name, (loss, weight) in table.items():
            old = found.get(name, (0.0, 0.0))
            found[name] = (old[0] + loss, old[1] + weight)
    return found
