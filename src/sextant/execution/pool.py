"""Run a shard function over shards: in this process, on a pool of local processes, or on Ray.

The pool starts its workers with *spawn*: a fork of a process that has started threads (numba,
Arrow and BLAS all do) may inherit a lock that nobody will ever release. The price is one import
of the package per worker, paid once. A script that calls this with ``workers > 1`` needs the usual
``if __name__ == "__main__":``.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeVar

from sextant.errors import RecipeError, SextantError
from sextant.execution.engines import RayWorkers, Workers
from sextant.execution.stopping import (
    StopRequest,
    follow_parent,
    noticing_stops,
    terminating_softly,
)

Summary = TypeVar("Summary")

STOP_CHECK_S = 0.2
"""How often a waiting pool looks whether it was asked to stop."""

MAX_HOPELESS = 3
"""So many shards given up before the first success mean that workers cannot run here at all."""

_THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


@dataclass(frozen=True, slots=True)
class FailedShard:
    """A shard whose worker died every time, and why it was given up."""

    index: int
    reason: str


def run_shards(
    shard_indices: Iterable[int],
    function: Callable[[int], Summary],
    *,
    workers: Workers,
    on_done: Callable[[int, Summary], object],
    warm_up: Callable[[], object] | None = None,
    retries: int = 2,
) -> tuple[FailedShard, ...]:
    """Call ``function`` on every shard and hand each summary to ``on_done``.

    Args:
        shard_indices: The shards, in the order in which they are started.
        function: Called as ``function(index)``; with more than one worker it and its summary must
            be picklable. It commits its shard itself, so that nothing is lost between the two.
        workers: Number of processes; 1 runs everything in this one. ``RayWorkers`` runs it on Ray.
        on_done: Called in this process as ``on_done(index, summary)``, in order of completion.
        warm_up: Called once here before workers start, so that compiled code is in the disk cache
            and is not compiled by every worker at the same time.
        retries: How often a shard whose worker was killed (mostly by lack of memory) is tried
            again, each time alone in a fresh process.

    Returns:
        The shards that were given up, by index. Empty if all went well.

    Raises:
        RecipeError: If ``workers`` is less than 1.
        MissingDependency: If Ray is asked for and not installed.
        SextantError: If no worker process survives at all, or no Ray cluster can be joined.
        KeyboardInterrupt, SystemExit: After SIGINT or SIGTERM (exit code 143); workers are gone
            within a second, committed shards are kept.
        Exception: Whatever ``function`` raised; the other workers are stopped first.
    """
    count = workers.count if isinstance(workers, RayWorkers) else workers
    if count < 1:
        raise RecipeError("at least one worker is needed", expected=">= 1", got=count)
    pending = deque(shard_indices)
    if workers == 1:
        with terminating_softly():
            while pending:
                index = pending.popleft()
                with _naming(index):
                    summary = function(index)
                on_done(index, summary)
        return ()
    if not pending:
        return ()
    if warm_up is not None:
        warm_up()
    if isinstance(workers, RayWorkers):
        return _on_ray(pending, function, workers, on_done, retries)
    with noticing_stops() as stop, _one_thread_per_worker():

        def run(
            shards: deque[int], processes: int, done: Callable[[int, Summary], object]
        ) -> list[int]:
            return _run_pool(shards, function, processes, done, stop)

        return _until_done(pending, run, count, on_done, retries)


Run = Callable[[deque[int], int, Callable[[int, Summary], object]], list[int]]
"""Works on shards with so many workers until none is left or a worker dies, and returns those
shards whose worker may be the one that died."""


def _until_done(
    pending: deque[int],
    run: Run[Summary],
    workers: int,
    on_done: Callable[[int, Summary], object],
    retries: int,
) -> tuple[FailedShard, ...]:
    """Run shards; those whose worker may have died are tried again, each alone."""
    failed: list[FailedShard] = []
    succeeded = 0

    def count_and_hand_on(index: int, summary: Summary) -> None:
        nonlocal succeeded
        succeeded += 1
        on_done(index, summary)

    while pending:
        # A broken pool does not tell whose worker died: every shard that was running is tried
        # again alone, where a hungry one has all the memory and an innocent one just succeeds.
        for index in run(pending, workers, count_and_hand_on):
            if all(run(deque([index]), 1, count_and_hand_on) for _attempt in range(retries)):
                reason = f"its worker process was killed {retries + 1} times (out of memory?)"
                failed.append(FailedShard(index, reason))
            if not succeeded and len(failed) == MAX_HOPELESS:
                raise SextantError(
                    "every worker process dies, not a single shard was finished",
                    got=f"{failed[-1].reason}, shards {[shard.index for shard in failed]}",
                    hint="try --workers 1; a script needs `if __name__ == '__main__':`",
                )
    return tuple(sorted(failed, key=lambda shard: shard.index))


def _on_ray(
    pending: deque[int],
    function: Callable[[int], Summary],
    workers: RayWorkers,
    on_done: Callable[[int, Summary], object],
    retries: int,
) -> tuple[FailedShard, ...]:
    from sextant.execution.ray_engine import Outcome, ray_cluster

    limits = dict.fromkeys(_THREAD_LIMITS, "1")
    # Ray sets a handler of its own for SIGTERM when it is started: ours are set after it, and the
    # outer one puts back what stood before.
    with (
        terminating_softly(),
        _one_thread_per_worker(),
        ray_cluster(workers, function, limits) as cluster,
        noticing_stops() as stop,
    ):

        def run(
            shards: deque[int], count: int, done: Callable[[int, Summary], object]
        ) -> list[int]:
            def hand_on(index: int, outcome: Outcome[Summary]) -> None:
                with _naming(index):
                    summary = outcome.result()
                done(index, summary)

            return cluster.run(
                shards, count, hand_on, stop, check_s=STOP_CHECK_S, hopeless=MAX_HOPELESS
            )

        return _until_done(pending, run, workers.count, on_done, retries)


def _run_pool(
    pending: deque[int],
    function: Callable[[int], Summary],
    workers: int,
    on_done: Callable[[int, Summary], object],
    stop: StopRequest,
) -> list[int]:
    """Work on ``pending`` until it is empty or a worker dies; return the shards to suspect."""
    running: dict[Future[Summary], int] = {}
    suspects: list[int] = []
    broken = False
    executor = ProcessPoolExecutor(
        min(workers, len(pending)), mp_context=get_context("spawn"), initializer=follow_parent
    )
    finished_well = False
    try:
        while running or (pending and not broken):
            # No more than one shard per worker is handed out, so few are suspected when one dies.
            while pending and not broken and len(running) < workers:
                try:
                    running[executor.submit(function, pending[0])] = pending[0]
                    pending.popleft()
                except BrokenProcessPool:
                    broken = True
            finished, _ = wait(running, timeout=STOP_CHECK_S, return_when=FIRST_COMPLETED)
            stop.raise_if_set()
            for future in finished:
                index = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    broken = True
                    suspects.append(index)
                    continue
                with _naming(index):
                    summary = future.result()
                on_done(index, summary)
        finished_well = not broken
    finally:
        if not finished_well:
            _kill_workers(executor)
        executor.shutdown(wait=True, cancel_futures=True)
    return sorted(suspects)


def _kill_workers(executor: ProcessPoolExecutor) -> None:
    # Python 3.14 has executor.kill_workers(); before, the processes are only known here.
    for process in list((getattr(executor, "_processes", None) or {}).values()):
        process.kill()


@contextmanager
def _naming(index: int) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"in shard {index}")
        raise


@contextmanager
def _one_thread_per_worker() -> Iterator[None]:
    """Let workers inherit one thread each, unless the user decided otherwise."""
    added = [name for name in _THREAD_LIMITS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
