"""Carrying out an import: shards on a pool, resumed, and stopped where too much is broken."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Any

from sextant.corpus.importing.job import ImportJob, ImportShard
from sextant.errors import InputError, SextantError
from sextant.execution.engines import Workers, at_most
from sextant.execution.partition import select_shards
from sextant.execution.pool import run_shards
from sextant.execution.progress import Progress
from sextant.samples.shard import ShardSummary
from sextant.samples.writer import CorpusWriter


@dataclass(slots=True)
class _Watch:
    job: ImportJob
    sound: int = 0
    broken: int = 0
    worst: list[int] = field(default_factory=list)

    def count(self, index: int, summary: ShardSummary) -> None:
        self.sound += summary.samples
        self.broken += summary.quarantined
        if summary.quarantined:
            self.worst.append(index)
        if self.sound + self.broken >= 1000:
            self.refuse_if_broken()

    def refuse_if_broken(self) -> None:
        total = self.sound + self.broken
        if not self.broken or self.broken <= self.job.max_broken * total:
            return
        raise InputError(
            "too many records are broken",
            where=f"{self.broken} of {total} records of {self.job.root}",
            expected=f"at most {self.job.max_broken:.0%}",
            hint="is it this set? `sextant import --dry-run` shows what its first rows become; "
            "raise --max-broken if it is meant",
        )


def import_set(
    job: ImportJob,
    *,
    workers: Workers = 1,
    part: tuple[int, int] | None = None,
    quiet: bool = False,
) -> dict[str, Any] | None:
    """Import a set, or go on with an import that was interrupted.

    Args:
        job: What to import.
        workers: Number of processes, or workers of Ray; the bytes do not depend on it.
        part: ``(i, N)``: do only every N-th shard, starting with the i-th, for cluster arrays.
        quiet: Show no progress.

    Returns:
        The manifest; None if this part is done but others are still missing.

    Raises:
        InputError: If the set cannot be read, or too large a share of its records is broken.
        OutputError: If the folder is taken or cannot be written.
    """
    existed = job.out.exists()
    writer = CorpusWriter(job.out, job.head())
    done = writer.committed()
    shards = range(len(job.shards)) if part is None else select_shards(len(job.shards), *part)
    todo = [i for i in shards if i not in done]
    watch = _Watch(job)
    try:
        with Progress("import", len(shards), done=len(shards) - len(todo), quiet=quiet) as progress:

            def on_done(index: int, summary: ShardSummary) -> None:
                watch.count(index, summary)
                progress.advance(1, rows=summary.samples, broken=summary.quarantined)

            failed = run_shards(
                todo, ImportShard(job, writer), workers=at_most(workers, len(todo)),
                on_done=on_done,
            )  # fmt: skip
        if failed:
            raise SextantError(
                "some shards could not be imported",
                got="; ".join(f"shard {f.index}: {f.reason}" for f in failed[:5]),
                hint="run the same command again with fewer workers",
            )
        if len(writer.committed()) < len(job.shards):
            return None
        watch.refuse_if_broken()
    except InputError:
        # A run that gave nothing leaves nothing.
        if not existed and not watch.sound:
            shutil.rmtree(job.out, ignore_errors=True)
        raise
    return writer.finish()
