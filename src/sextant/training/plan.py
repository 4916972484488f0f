"""What a training run will take: steps, rows, FLOPs, memory, time, files; and whether it fits.

From a recipe, the lengths of its samples and a machine; the model's config is all that is read of
it. Times are those of a stated utilisation, which a plan cannot know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sextant.errors import RecipeError
from sextant.models.family import PARTS, Shape
from sextant.training.adapters import adapter_parameters
from sextant.training.flops import Costs, count, nominal
from sextant.training.machines import Machine
from sextant.training.memory import Need, memory_of
from sextant.training.placement import (
    Placement,
    checkpoint_bytes,
    export_bytes,
    loading_bytes,
    placement_of,
)
from sextant.training.recipe import TrainRecipe
from sextant.training.workload import Rows, Workload, rows_of, steps_of

MARGIN = 0.1
"""What a memory plan may be off by; what does not fit with it is called tight."""


@dataclass(frozen=True, slots=True)
class Time:
    """How long a run takes at a utilisation.

    Attributes:
        mfu: Share of the machine's peak.
        step_s: Seconds a step.
        hours: Of all steps.
        tokens_per_s: Of one GPU.
        samples_per_s: Of all.
        pictures_per_s: That must be decoded for it, of all.
    """

    mfu: float
    step_s: float
    hours: float
    tokens_per_s: float
    samples_per_s: float
    pictures_per_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All that is known of a run beforehand.

    Attributes:
        shape: Of the model.
        recipe: What is learned.
        machine: What learns.
        workload: The samples.
        placement: How the model lies on the GPUs.
        rows: How samples fall into rows; None if a sample is longer than one.
        steps: Of the run.
        costs: FLOPs of a step, part by part.
        step_flops: Of a step, by the convention of MFU.
        need: Memory of one GPU.
        times: At the stated utilisations.
        checkpoint, export, loading: Bytes of a checkpoint, of the finished model, and of a node's
            host memory while the base is read.
    """

    shape: Shape
    recipe: TrainRecipe
    machine: Machine
    workload: Workload
    placement: Placement
    rows: Rows
    steps: int
    costs: Costs
    step_flops: float
    need: Need
    times: tuple[Time, ...]
    checkpoint: int
    export: int
    loading: int

    @property
    def fits(self) -> bool:
        """Whether a GPU has the memory."""
        return self.need.total <= self.machine.usable_bytes

    @property
    def tight(self) -> bool:
        """Whether it fits by less than a plan may be off."""
        return self.fits and self.need.total * (1 + MARGIN) > self.machine.usable_bytes


def make_plan(
    shape: Shape, recipe: TrainRecipe, workload: Workload, machine: Machine,
    mfu: Sequence[float] = (0.25, 0.4),
) -> Plan:  # fmt: skip
    """Plan a run.

    Raises:
        RecipeError: If a sample is longer than a row, or the sharding does not go with the GPUs.
    """
    placement = placement_of(recipe, machine)
    rows = rows_of(recipe, workload, machine.gpus)
    adapters = adapter_parameters(shape, recipe.lora)
    trained = [p for p in PARTS if p not in recipe.freeze and p not in adapters]
    load = workload.mean * recipe.global_batch
    costs = count(shape, load, trained, adapters=adapters, checkpointing=recipe.checkpointing)
    step_flops = nominal(shape, load, trained, tuple(adapters))
    steps = steps_of(recipe, workload)
    times = []
    for share in mfu:
        if not 0 < share <= 1:
            raise RecipeError("a utilisation is a share", where="--mfu", expected="0..1", got=share)
        seconds = step_flops / (machine.flops * share * rows.busy)
        tokens = load.tokens / seconds
        times.append(
            Time(
                mfu=share,
                step_s=seconds,
                hours=seconds * steps / 3600,
                tokens_per_s=tokens / machine.gpus,
                samples_per_s=recipe.global_batch / seconds,
                pictures_per_s=load.pictures / seconds,
            )
        )
    return Plan(
        shape, recipe, machine, workload, placement, rows, steps, costs, step_flops,
        memory_of(shape, recipe, rows.fullest, placement), tuple(times),
        checkpoint_bytes(shape, recipe), export_bytes(shape, recipe),
        loading_bytes(shape, recipe, machine),
    )  # fmt: skip
