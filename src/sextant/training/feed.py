"""The rows of a process, one after the other, decoded ahead in bounded memory.

A thread hands samples to worker processes in the order in which they will be learned from, and
puts rows together as results come in; the loop takes them in order. So what is learned does not
depend on which worker was faster. The thread stops handing out while what waits, and what is being
decoded, would fill ``prefetch_mb``; only samples of the row that comes next are never held back.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import Pipe
from types import TracebackType

from sextant.errors import CorruptInput, InputError
from sextant.training._workers import Outcome, Workers
from sextant.training.data import TrainingData
from sextant.training.decoding import Decoded, Job
from sextant.training.ready import BrokenSample, ReadyPack, ReadySample
from sextant.training.steps import StepPlan

FIRST_GUESS_BYTES = 24_576
"""Pixels of a token before any was seen: Qwen3-VL, 2x2 patches of 2x16x16x3 float32."""

MIN_SAMPLES_TO_JUDGE = 200
"""A few broken samples at the beginning are no large share yet."""


@dataclass(slots=True, eq=False)
class _Row:
    """A row that is being put together."""

    plan: StepPlan
    round: int
    jobs: tuple[Job, ...]
    samples: dict[int, ReadySample] = field(default_factory=dict)
    broken: dict[int, BrokenSample] = field(default_factory=dict)
    bytes: int = 0

    @property
    def is_whole(self) -> bool:
        return len(self.samples) + len(self.broken) == len(self.jobs)


class Feed:
    """Rows of a process. A context manager; leaving it ends all processes and threads.

    Args:
        data: All data of the run.
        rank, ranks: Which process this is, of how many.
        first_step, last_step: Steps from the first to below the last; None = all of the run.
        workers: Processes that decode; 0 decodes when a row is asked for.
        prefetch_mb: Most pixels that wait, 10^6 bytes.
    """

    def __init__(
        self,
        data: TrainingData,
        *,
        rank: int = 0,
        ranks: int = 1,
        first_step: int = 0,
        last_step: int | None = None,
        workers: int = 4,
        prefetch_mb: int = 2048,
    ) -> None:
        self._data = data
        self._rank, self._ranks = rank, ranks
        self._steps = range(first_step, data.steps if last_step is None else last_step)
        self._seen = self._lost = 0
        self._ahead = (
            _Ahead(data, self._rows(), workers, prefetch_mb * 1_000_000) if workers else None
        )

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes and threads; a second call does nothing."""
        if self._ahead is not None:
            self._ahead.close()

    def steps(self) -> Iterator[tuple[StepPlan, Iterator[ReadyPack]]]:
        """Yield the plan of each step, and its rows; call it once.

        The rows of a step need not all be taken; those that are left are passed over.

        Raises:
            CorruptInput: From the rows: if more samples are broken than the recipe allows.
            SextantError: From the rows: if decoding fails for a reason that is not the data's.
        """
        rows = self._waited_for() if self._ahead is not None else self._decoded_here()
        packs = iter(rows)
        for first in packs:
            taken = _chained(first, islice(packs, len(first.plan.rounds) - 1))
            yield first.plan, taken
            for _rest in taken:
                pass

    def _rows(self) -> Iterator[_Row]:
        for step in self._steps:
            plan = self._data.plan(step, self._ranks)
            for number, pack in enumerate(plan.of_rank(self._rank)):
                jobs = tuple(self._data.job(plan, place) for place in pack.samples)
                yield _Row(plan, number, jobs)

    def _waited_for(self) -> Iterator[ReadyPack]:
        assert self._ahead is not None
        while True:
            start = time.perf_counter()
            row = self._ahead.take()
            if row is None:
                return
            yield self._handed_on(row, time.perf_counter() - start)

    def _decoded_here(self) -> Iterator[ReadyPack]:
        decoder = self._data.source.open()
        for row in self._rows():
            start = time.perf_counter()
            for job in row.jobs:
                try:
                    _put(row, job, decoder.decode(job))
                except InputError as error:
                    _put(row, job, str(error))
            yield self._handed_on(row, time.perf_counter() - start)

    def _handed_on(self, row: _Row, waited_s: float) -> ReadyPack:
        self._seen += len(row.jobs)
        self._lost += len(row.broken)
        allowed = self._data.recipe.max_broken_share
        if self._lost > allowed * max(self._seen, MIN_SAMPLES_TO_JUDGE):
            last = list(row.broken.values())[-1]
            raise CorruptInput(
                "too many samples cannot be decoded", where=last.id or None,
                expected=f"at most {allowed:.0%} of them",
                got=f"{self._lost} of {self._seen}; the last one: {last.reason}",
                hint="max_broken_share of the recipe allows more",
            )  # fmt: skip
        return ReadyPack(
            plan=row.plan,
            round=row.round,
            samples=tuple(row.samples[j.place] for j in row.jobs if j.place in row.samples),
            broken=tuple(row.broken[j.place] for j in row.jobs if j.place in row.broken),
            waited_s=waited_s,
        )


class _Ahead:
    """The thread that keeps workers busy."""

    def __init__(self, data: TrainingData, rows: Iterator[_Row], workers: int, budget: int) -> None:
        self._rows, self._budget = rows, budget
        self._waiting: deque[_Row] = deque()
        self._jobs: deque[tuple[_Row, Job]] = deque()
        self._in_flight = self._held = 0
        self._bytes_per_token = float(FIRST_GUESS_BYTES)
        self._measured = False
        self._is_over = self._stopping = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._listen, self._wake = Pipe(duplex=False)
        self._workers: Workers[_Row] = Workers(data.source, workers)
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()

    def take(self) -> _Row | None:
        """Return the next row, when it is whole; None after the last."""
        with self._changed:
            while True:
                if self._stopping:
                    return None
                if self._error is not None:
                    raise self._error
                if self._waiting and self._waiting[0].is_whole:
                    row = self._waiting.popleft()
                    self._held -= row.bytes
                    self._wake.send(None)
                    return row
                if self._is_over and not self._waiting:
                    return None
                self._changed.wait()

    def close(self) -> None:
        with self._changed:
            if self._stopping:
                return
            self._stopping = True
            self._wake.send(None)
            self._changed.notify_all()
        self._thread.join()
        self._workers.close()
        self._wake.close()
        self._listen.close()

    def _run(self) -> None:
        try:
            while not self._stopping:
                with self._changed:
                    self._hand_out()
                    self._changed.notify_all()
                self._workers.collect(self._done, self._listen, timeout_s=1.0)
                while self._listen.poll():
                    self._listen.recv()
        except BaseException as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _hand_out(self) -> None:
        while self._workers.has_room and self._next_job():
            row, job = self._jobs[0]
            expected = self._bytes_per_token * (self._in_flight + job.tokens)
            if row is not self._waiting[0] and self._held + expected > self._budget:
                return
            self._jobs.popleft()
            self._in_flight += job.tokens
            self._workers.submit(row, job)

    def _next_job(self) -> bool:
        """Make sure that there is a job to hand out, if there is any left."""
        while not self._jobs and not self._is_over:
            if len(self._waiting) >= 64:  # rows without samples cost nothing, but are not endless
                return False
            row = next(self._rows, None)
            if row is None:
                self._is_over = True
                break
            self._waiting.append(row)
            self._jobs.extend((row, job) for job in row.jobs)
        return bool(self._jobs)

    def _done(self, row: _Row, job: Job, outcome: Outcome) -> None:
        if isinstance(outcome, BaseException):
            raise outcome
        with self._changed:
            size = _put(row, job, outcome)
            self._in_flight -= job.tokens
            self._held += size
            per_token = size / job.tokens
            if not self._measured or per_token > self._bytes_per_token:
                self._bytes_per_token = per_token
                self._measured = True
            self._changed.notify_all()


def _put(row: _Row, job: Job, outcome: Decoded | str) -> int:
    """Add a result to its row; return the bytes of its pixels."""
    if isinstance(outcome, str):
        row.broken[job.place] = BrokenSample(job.place, "", outcome)
        return 0
    row.samples[job.place] = ReadySample(
        job.place, outcome.id, outcome.capability, outcome.source, outcome.rendered, outcome.pixels
    )
    size = sum(array.nbytes for array in outcome.pixels.values())
    row.bytes += size
    return size


def _chained(first: ReadyPack, rest: Iterator[ReadyPack]) -> Iterator[ReadyPack]:
    yield first
    yield from rest
