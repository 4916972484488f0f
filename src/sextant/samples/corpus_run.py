"""One run that writes a corpus: what is there is not done again, and too much broken stops it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sextant.errors import InputError, SextantError
from sextant.execution.engines import Workers, at_most
from sextant.execution.partition import select_shards
from sextant.execution.pool import run_shards
from sextant.execution.progress import Progress
from sextant.samples.shard import ShardSummary
from sextant.samples.writer import CorpusWriter


class CorpusJob(Protocol):
    """What a run is about; a pure function of it gives the corpus' bytes."""

    @property
    def out(self) -> Path:
        """The corpus folder."""

    @property
    def shards(self) -> Sequence[object]:
        """What every shard is made of."""

    def head(self) -> dict[str, Any]:
        """Return what identifies the run in the corpus' manifest."""


@dataclass(slots=True)
class BrokenWatch:
    """Stops a run in which too much of the input is broken.

    Attributes:
        share: Share of the broken up to which a run goes on.
        early: So many things, sound or broken, are enough to refuse before the end.
        refusal: Makes the error of what was seen.
        count: Returns how many things a shard found sound.
        sound: Number of things that were found sound, in this run or before it.
        broken: Number of things that were found broken in this run.
        last_shard: The last shard to come in that held a broken one; None before that.
    """

    share: float
    early: int
    refusal: Callable[[BrokenWatch], InputError]
    count: Callable[[ShardSummary], int]
    sound: int = 0
    broken: int = field(default=0, init=False)
    last_shard: int | None = field(default=None, init=False)

    @property
    def total(self) -> int:
        """Number of things that were seen."""
        return self.sound + self.broken

    def see(self, summary: ShardSummary) -> None:
        """Count a shard that was committed.

        Raises:
            InputError: If enough was seen, and too much of it is broken.
        """
        self.sound += self.count(summary)
        self.broken += summary.quarantined
        if summary.quarantined:
            self.last_shard = summary.index
        if self.total >= self.early:
            self.refuse_if_broken()

    def refuse_if_broken(self) -> None:
        """Stop the run if too much of what was seen is broken.

        Raises:
            InputError: If so.
        """
        if self.broken and self.broken > self.share * self.total:
            raise self.refusal(self)


@dataclass(frozen=True, slots=True)
class ShardWork:
    """What is done to every shard, and how it is told.

    Attributes:
        verb: Name of the progress bar.
        done: What is done to a shard, for the error that some could not be.
        make: Makes a shard by its number, and commits it; picklable.
        figures: Returns what the bar says of a shard that was committed.
        watch: Counts what is broken.
        warm_up: Called once before worker processes start, see ``run_shards``.
    """

    verb: str
    done: str
    make: Callable[[int], ShardSummary]
    figures: Callable[[ShardSummary], Mapping[str, int]]
    watch: BrokenWatch | None = None
    warm_up: Callable[[], object] | None = None


class CorpusRun:
    """Starts a corpus folder, or goes on with it, and does the shards that are missing.

    Args:
        job: What to make.
        part: ``(i, N)``: do only every N-th shard, starting with the i-th, for cluster arrays.

    Attributes:
        writer: Of the folder.
        before: Number of shards that were there already.

    Raises:
        OutputError: If the folder is taken or cannot be written.
    """

    def __init__(self, job: CorpusJob, part: tuple[int, int] | None = None) -> None:
        self._existed = job.out.exists()
        self.writer = CorpusWriter(job.out, job.head())
        done = self.writer.committed()
        self.before = len(done)
        count = self.writer.shards
        self._mine = range(count) if part is None else select_shards(count, *part)
        self._todo = [index for index in self._mine if index not in done]

    def carry_out(self, work: ShardWork, *, workers: Workers = 1, quiet: bool = False) -> bool:
        """Do what is missing of this part; return whether the corpus now has all of its shards.

        Args:
            work: What to do.
            workers: Number of processes, or workers of Ray; the bytes do not depend on it.
            quiet: Show no progress.

        Raises:
            InputError: If too much is broken. A new folder that holds nothing sound is removed.
            SextantError: If the workers of a shard died every time.
        """
        watch = work.watch
        try:
            self._do(work, workers, quiet)
            if len(self.writer.committed()) < self.writer.shards:
                return False
            if watch is not None:
                watch.refuse_if_broken()
        except InputError:
            # A run that gave nothing leaves nothing.
            if watch is not None and not self._existed and not watch.sound:
                shutil.rmtree(self.writer.root, ignore_errors=True)
            raise
        return True

    def _do(self, work: ShardWork, workers: Workers, quiet: bool) -> None:
        total, todo = len(self._mine), self._todo
        with Progress(work.verb, total, done=total - len(todo), quiet=quiet) as progress:

            def on_done(_index: int, summary: ShardSummary) -> None:
                if work.watch is not None:
                    work.watch.see(summary)
                progress.advance(1, note="", **work.figures(summary))

            failed = run_shards(
                todo, work.make, workers=at_most(workers, len(todo)),
                on_done=on_done, warm_up=work.warm_up,
            )  # fmt: skip
        if failed:
            raise SextantError(
                f"some shards could not be {work.done}",
                got="; ".join(f"shard {f.index}: {f.reason}" for f in failed[:5]),
                hint="run the same command again with fewer workers",
            )
