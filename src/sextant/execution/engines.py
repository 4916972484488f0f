"""Who does the work: this process, a pool of processes of this machine, or a Ray cluster."""

from __future__ import annotations

from dataclasses import dataclass

from sextant.errors import RecipeError

ENGINES = ("pool", "ray")


@dataclass(frozen=True, slots=True)
class RayWorkers:
    """Workers of a Ray cluster; ``run_shards`` takes it in place of a number of processes.

    Attributes:
        count: Shards in flight at a time, each on one CPU of the cluster.
        address: Of a running cluster (``auto``, ``10.0.0.1:6379``); None starts one of ``count``
            CPUs on this machine, for the time of the run.
    """

    count: int
    address: str | None = None


Workers = int | RayWorkers
"""A number of processes, 1 being this one, or the workers of a cluster."""


def workers_of(engine: str, count: int, ray_address: str | None = None) -> Workers:
    """Return the workers that the options ``--engine``, ``--workers``, ``--ray-address`` describe.

    Raises:
        RecipeError: For an engine that is not known, or an address that no engine asks for.

    >>> workers_of("pool", 4)
    4
    >>> workers_of("ray", 64, "auto")
    RayWorkers(count=64, address='auto')
    """
    if engine not in ENGINES:
        raise RecipeError("no such engine", expected=" or ".join(ENGINES), got=engine)
    if engine == "ray":
        return RayWorkers(count, ray_address)
    if ray_address is not None:
        raise RecipeError(
            "an address of a Ray cluster, and no Ray asked for", got=ray_address,
            hint="add --engine ray",
        )  # fmt: skip
    return count


def at_most(workers: Workers, shards: int) -> Workers:
    """Return no more workers than there are shards, but one at least."""
    count = max(1, shards)
    if isinstance(workers, RayWorkers):
        return RayWorkers(min(workers.count, count), workers.address)
    return min(workers, count)
