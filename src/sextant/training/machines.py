"""Machines that a plan is made for: how many devices, how much memory, how fast at best."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace

from sextant.errors import RecipeError

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Machine:
    """Devices that train together.

    Attributes:
        name: For reports.
        gpus: Devices in all (of a CPU machine: processes).
        memory_gib: Of one device, as torch sees it.
        peak_tflops: Of one device: dense matrix products in bfloat16, without sparsity.
        node: Devices that share a host.
        reserved_gib: What the driver, its libraries and communication take before a tensor is made.
    """

    name: str
    gpus: int
    memory_gib: float
    peak_tflops: float
    node: int = 8
    reserved_gib: float = 0.0

    @property
    def usable_bytes(self) -> float:
        """Bytes of a device that tensors can have."""
        return (self.memory_gib - self.reserved_gib) * GIB

    @property
    def flops(self) -> float:
        """Of all devices, a second, at best."""
        return self.gpus * self.peak_tflops * 1e12


def _cpu() -> Machine:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = 8.0
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    # Eight float32 a vector, two units, two operations, 2.5 GHz: an estimate, not a measurement.
    return Machine("cpu", 1, round(memory, 1), 0.08 * (cores or 1), node=1, reserved_gib=0.5)


# Peaks: NVIDIA's data sheets (SXM), dense BF16. Memory: what torch reports, not what the name says.
# The reserve is an assumption: CUDA context, cuBLAS workspaces, NCCL buffers.
PRESETS = {
    "h100": Machine("h100", 8, 79.1, 989.4, reserved_gib=2.0),
    "h200": Machine("h200", 8, 139.8, 989.4, reserved_gib=2.0),
    "a100": Machine("a100", 8, 79.1, 312.0, reserved_gib=2.0),
}


def machine_names() -> tuple[str, ...]:
    """Return the names that ``machine_of`` knows."""
    return (*sorted(PRESETS), "cpu")


def machine_of(
    name: str,
    *,
    gpus: int | None = None,
    memory_gib: float | None = None,
    peak_tflops: float | None = None,
) -> Machine:
    """Return a machine of a preset, some of its numbers changed.

    Args:
        name: One of ``machine_names``; ``cpu`` is the one this runs on.
        gpus: Devices in all.
        memory_gib: Of one device.
        peak_tflops: Of one device.

    Raises:
        RecipeError: For an unknown name, or a number that cannot be meant.
    """
    found = _cpu() if name == "cpu" else PRESETS.get(name)
    if found is None:
        raise RecipeError("no such machine", expected=", ".join(machine_names()), got=name)
    for value, where in ((gpus, "--gpus"), (memory_gib, "--memory"), (peak_tflops, "--peak")):
        if value is not None and not (0 < value < math.inf):
            raise RecipeError("a machine has more than nothing", where=where, got=value)
    made = replace(
        found,
        gpus=gpus or found.gpus,
        memory_gib=memory_gib or found.memory_gib,
        peak_tflops=peak_tflops or found.peak_tflops,
    )
    if made.memory_gib <= made.reserved_gib:
        raise RecipeError(
            "less memory than the driver takes", where="--memory",
            expected=f"> {made.reserved_gib} GiB", got=made.memory_gib,
        )  # fmt: skip
    return made
