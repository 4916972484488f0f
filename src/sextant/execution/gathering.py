"""What shards return, put together in their order: for work whose result is small."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sextant.errors import CorruptInput
from sextant.execution.engines import Workers, at_most
from sextant.execution.pool import run_shards

Result = TypeVar("Result")


def gathered(
    count: int,
    function: Callable[[int], Result],
    *,
    workers: Workers,
    where: object,
    on_done: Callable[[Result], object] = lambda result: None,
) -> list[Result]:
    """Return ``function(0)``, ``function(1)``, ... whichever engine worked them out.

    Args:
        count: Number of shards.
        function: A pure function of the shard's number; see ``run_shards``.
        workers: Number of processes, or workers of Ray.
        where: What is read, for the error.
        on_done: Called in this process with each result, in order of completion.

    Raises:
        CorruptInput: If a shard kills whatever process works on it.
    """
    results: dict[int, Result] = {}

    def done(index: int, result: Result) -> None:
        results[index] = result
        on_done(result)

    failed = run_shards(range(count), function, workers=at_most(workers, count), on_done=done)
    if failed:
        raise CorruptInput(
            "what is read kills the processes that read it", where=where,
            got=f"{len(failed)} of {count} portions; {failed[0].reason}",
            hint="use fewer --workers",
        )  # fmt: skip
    return [results.pop(index) for index in range(count)]
