"""Processes that decode samples; each has its own socket, and at most two jobs.

A worker that dies (out of memory, a decoder that crashes on a hostile file) is replaced. Its first
job is the suspect and is tried once more; a job that killed two workers is given up.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from sextant.errors import InputError, SextantError
from sextant.execution.stopping import follow_parent
from sextant.models.family import Rendered
from sextant.training._transport import layout_of, receive_block, send_block
from sextant.training.decoding import Decoded, DecoderSource, Job

JOBS_AHEAD = 2
"""Of one worker: the one it works on, and one that spares it the wait for the next."""

MAX_TRIES = 2

MAX_HOPELESS = 3
"""So many workers dead before the first result mean that none can live here."""

Tag = TypeVar("Tag")

Outcome = Decoded | str | BaseException
"""A sample; one line why it is broken; or an error that is not the data's."""


@dataclass(slots=True, eq=False)
class _Worker(Generic[Tag]):
    process: BaseProcess
    connection: Connection
    jobs: deque[tuple[Tag, Job]] = field(default_factory=deque)


class Workers(Generic[Tag]):
    """A pool of decoders for one thread.

    Args:
        source: Of the decoder.
        count: Number of processes.
    """

    def __init__(self, source: DecoderSource, count: int) -> None:
        self._source = source
        self._tries: dict[tuple[int, int], int] = {}
        self._succeeded = False
        self._deaths = 0
        self._workers: list[_Worker[Tag]] = []
        for _ in range(count):
            self._workers.append(self._started())

    @property
    def has_room(self) -> bool:
        """Whether another job can be handed out."""
        return any(len(worker.jobs) < JOBS_AHEAD for worker in self._workers)

    def submit(self, tag: Tag, job: Job) -> None:
        """Hand a job to the worker with the fewest."""
        worker = min(self._workers, key=lambda w: len(w.jobs))
        worker.jobs.append((tag, job))
        with suppress(OSError):  # it is dead, which ``collect`` notices
            worker.connection.send(job)

    def collect(
        self, on_done: Callable[[Tag, Job, Outcome], None], wake: Connection, timeout_s: float
    ) -> None:
        """Wait until something happens, and hand on all results that are there.

        Args:
            on_done: Told of each result.
            wake: Interrupts the wait; what it holds is the caller's to read.
            timeout_s: Longest wait.

        Raises:
            SextantError: If workers die before there is a single result.
        """
        by_handle: dict[Any, _Worker[Tag]] = {w.connection: w for w in self._workers}
        by_handle |= {w.process.sentinel: w for w in self._workers}
        handles = wait([*by_handle, wake], timeout=timeout_s)
        for worker in dict.fromkeys(by_handle[h] for h in handles if h is not wake):
            # Asked before the results are taken, so that none is lost that came meanwhile.
            is_dead = not worker.process.is_alive()
            while worker.jobs and self._receive(worker, on_done):
                pass
            if is_dead:
                self._replace(worker, on_done)

    def close(self) -> None:
        """End all processes, at once; a second call does nothing."""
        for worker in self._workers:
            worker.connection.close()
            worker.process.kill()  # it holds nothing that would have to be saved
        for worker in self._workers:
            worker.process.join()
        self._workers.clear()

    def _started(self) -> _Worker[Tag]:
        context = get_context("spawn")
        ours, theirs = context.Pipe(duplex=True)
        process = context.Process(
            target=_work, args=(theirs, self._source), name="decode", daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _receive(self, worker: _Worker[Tag], on_done: Callable[[Tag, Job, Outcome], None]) -> bool:
        """Take one result, if there is one."""
        try:
            if not worker.connection.poll():
                return False
            outcome = _received(worker.connection)
        except (EOFError, OSError):
            return False
        self._succeeded = True
        tag, job = worker.jobs.popleft()
        on_done(tag, job, outcome)
        return True

    def _replace(self, worker: _Worker[Tag], on_done: Callable[[Tag, Job, Outcome], None]) -> None:
        worker.process.join()
        worker.connection.close()
        self._deaths += 1
        if not self._succeeded and self._deaths >= MAX_HOPELESS:
            raise SextantError(
                "every process that decodes dies, not a single sample was decoded",
                got=f"exit code {worker.process.exitcode}",
                hint="try --set workers=0; a script needs `if __name__ == '__main__':`",
            )
        fresh = self._started()
        self._workers[self._workers.index(worker)] = fresh
        jobs = worker.jobs
        if jobs:
            tag, job = jobs[0]
            key = (job.entry, job.row)
            self._tries[key] = self._tries.get(key, 0) + 1
            if self._tries[key] >= MAX_TRIES:
                jobs.popleft()
                on_done(tag, job, f"decoding it killed {MAX_TRIES} processes (out of memory?)")
        for tag, job in jobs:
            fresh.jobs.append((tag, job))
            with suppress(OSError):
                fresh.connection.send(job)


def _received(connection: Connection) -> Outcome:
    message = connection.recv()
    if not isinstance(message, tuple):
        outcome: str | BaseException = message
        return outcome
    facts, layout, size = message
    name, capability, source, ids, targets, slots = facts
    pixels = receive_block(connection, layout, size) if size else {}
    for missing, dtype, shape, _ in layout:
        if missing not in pixels:  # arrays without an element, in a block without a byte
            import numpy as np

            pixels[missing] = np.empty(shape, dtype=dtype)
    return Decoded(name, capability, source, Rendered(ids, targets, slots), pixels)


def _work(connection: Connection, source: DecoderSource) -> None:
    """Decode until the parent is gone or hangs up."""
    follow_parent()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    decoder = None
    while True:
        try:
            job: Job = connection.recv()
        except (EOFError, OSError):
            return
        try:
            decoder = decoder or source.open()
            decoded = decoder.decode(job)
        except InputError as error:
            connection.send(str(error))
            continue
        except Exception as error:
            error.add_note(f"while decoding row {job.row} of data entry {job.entry}")
            connection.send(_portable(error))
            continue
        rendered = decoded.rendered
        facts = (
            decoded.id, decoded.capability, decoded.source,
            rendered.ids, rendered.targets, rendered.slots,
        )  # fmt: skip
        layout, size = layout_of(decoded.pixels)
        connection.send((facts, layout, size))
        if size:
            send_block(connection, decoded.pixels, layout, size)


def _portable(error: Exception) -> Exception:
    """Return an error that surely crosses to another process, with where it came from."""
    import traceback

    if isinstance(error, SextantError):
        return error
    lines = "".join(traceback.format_exception(error))
    return RuntimeError(f"{type(error).__name__}: {error}\n\n{lines[-4000:]}")
