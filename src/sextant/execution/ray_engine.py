"""Shards on a Ray cluster: the same shard function, called in workers of Ray.

Only indices and summaries travel. A shard reads its inputs and commits its files itself, so all
nodes of a cluster see the same folders (docs/cluster.md). Ray is imported when it is asked for.
"""

from __future__ import annotations

import os
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

from sextant.errors import MissingDependency, SextantError
from sextant.execution.engines import RayWorkers
from sextant.execution.stopping import StopRequest

Summary = TypeVar("Summary")

OBJECT_STORE_BYTES = 128 << 20
"""Shared memory of a cluster of our own: what travels is small, and Ray would take a third."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Summary]):
    """What a worker sends back; an error as a value, because Ray wraps it in one of its own."""

    summary: Summary | None = None
    error: Exception | None = None
    trace: str = ""

    def result(self) -> Summary:
        """Return the summary, or raise the error."""
        if self.error is not None:
            if not isinstance(self.error, SextantError):
                self.error.add_note(f"in a worker of Ray:\n{self.trace}")
            raise self.error
        return cast(Summary, self.summary)


def _carry_out(
    boxed: list[Any], index: int, thread_limits: dict[str, str], path: list[str]
) -> Outcome[Any]:
    """Call the shard function; runs in a worker of Ray."""
    import sys

    import ray

    # Before the function is unpickled, which imports numba and BLAS: these look once.
    for name, value in thread_limits.items():
        os.environ.setdefault(name, value)
    sys.path += [folder for folder in path if folder not in sys.path]
    function = ray.get(boxed[0])
    try:
        return Outcome(summary=function(index))
    except Exception as error:
        return Outcome(error=error, trace=traceback.format_exc())


class RayCluster:
    """Runs shards on a cluster that was joined, or started; made by ``ray_cluster``."""

    def __init__(
        self,
        ray: ModuleType,
        function: Callable[[int], Any],
        limits: dict[str, str],
        path: list[str],
    ) -> None:
        self._ray = ray
        self._boxed = [ray.put(function)]
        self._limits = limits
        self._path = path
        # Who is tried again, and how often, is decided by run_shards.
        self._task = ray.remote(num_cpus=1, max_retries=0)(_carry_out)
        exceptions = ray.exceptions
        self._deaths = (
            exceptions.WorkerCrashedError,
            exceptions.OutOfMemoryError,
            exceptions.NodeDiedError,
            exceptions.LocalRayletDiedError,
            exceptions.ObjectLostError,
            exceptions.TaskUnschedulableError,
        )
        self._anything_done = False

    def run(
        self,
        pending: deque[int],
        workers: int,
        on_done: Callable[[int, Outcome[Any]], object],
        stop: StopRequest,
        *,
        check_s: float,
        hopeless: int,
    ) -> list[int]:
        """Work on ``pending``; return the shards whose worker died.

        Others go on when one dies: Ray, unlike a pool, tells whose worker it was. Only where not
        one shard was done yet and ``hopeless`` workers died, the rest is not tried.
        """
        running: dict[Any, int] = {}
        suspects: list[int] = []
        try:
            while running or pending:
                while pending and len(running) < workers:
                    if not self._anything_done and len(suspects) >= hopeless:
                        break
                    index = pending.popleft()
                    running[self._task.remote(self._boxed, index, self._limits, self._path)] = index
                if not running:
                    break
                finished, _ = self._ray.wait(list(running), num_returns=1, timeout=check_s)
                stop.raise_if_set()
                for reference in finished:
                    index = running.pop(reference)
                    try:
                        outcome = self._ray.get(reference)
                    except self._deaths:
                        suspects.append(index)
                        continue
                    except self._ray.exceptions.RayError as error:
                        raise SextantError(
                            "Ray could not carry out a shard",
                            where=f"shard {index}",
                            got=str(error).strip().splitlines()[-1:],
                            hint="is this package, in the same version, installed on every node?",
                        ) from error
                    self._anything_done = True
                    on_done(index, outcome)
        finally:
            for reference in running:
                with suppress(Exception):
                    self._ray.cancel(reference, force=True)
        return sorted(suspects)


@contextmanager
def ray_cluster(
    workers: RayWorkers, function: Callable[[int], Any], limits: dict[str, str]
) -> Iterator[RayCluster]:
    """Join a cluster, or start one on this machine, and leave it as it was found.

    Args:
        workers: Whose.
        function: The shard function.
        limits: Environment of workers, where they have no other: one numeric thread each.

    Raises:
        MissingDependency: If Ray is not installed.
        SextantError: If no cluster answers at the address, or none can be started.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingDependency.extra("ray", "ray", "--engine ray") from error
    # A library may have joined a cluster already: then it is that one, and stays.
    ours = not ray.is_initialized()
    try:
        if ours:
            _join(ray, workers)
        # Workers of a cluster of our own find the modules that this process finds.
        path = _search_path() if ours and workers.address is None else []
        yield RayCluster(ray, function, limits, path)
    finally:
        if ours:
            ray.shutdown()


def _join(ray: ModuleType, workers: RayWorkers) -> None:
    options: dict[str, Any] = {"address": workers.address}
    if workers.address is None:
        # "local", so that no RAY_ADDRESS of the environment leads anywhere else.
        options = {
            "address": "local",
            "num_cpus": workers.count,
            "num_gpus": 0,
            "object_store_memory": OBJECT_STORE_BYTES,
            "include_dashboard": False,
        }
    try:
        ray.init(**options, log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError, TimeoutError) as error:
        there = workers.address is not None
        raise SextantError(
            "cannot join the Ray cluster" if there else "cannot start Ray on this machine",
            where=workers.address,
            got=(str(error).strip().splitlines() or [type(error).__name__])[0],
            hint="`ray status` says whether one runs there, in the same version"
            if there
            else "--engine pool does the same work without it",
        ) from error


def _search_path() -> list[str]:
    import sys

    return [os.path.abspath(folder) for folder in sys.path]
