"""Carrying out an import: shards on a pool, resumed, and stopped where too much is broken."""

from __future__ import annotations

from typing import Any

from sextant.corpus.importing.job import ImportJob, ImportShard
from sextant.errors import InputError
from sextant.execution.engines import Workers
from sextant.samples.corpus_run import BrokenWatch, CorpusRun, ShardWork

EARLY_RECORDS = 1000
"""So many records are enough to say that too many are broken."""


def too_broken(job: ImportJob, watch: BrokenWatch) -> InputError:
    """Return the error of a run in which too many records are broken."""
    return InputError(
        "too many records are broken",
        where=f"{watch.broken} of {watch.total} records of {job.root}",
        expected=f"at most {watch.share:.0%}",
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
    run = CorpusRun(job, part)
    watch = BrokenWatch(
        job.max_broken, EARLY_RECORDS, lambda seen: too_broken(job, seen),
        lambda summary: summary.samples,
    )  # fmt: skip
    work = ShardWork(
        "import", "imported", ImportShard(job, run.writer),
        lambda summary: {"rows": summary.samples, "broken": summary.quarantined}, watch,
    )  # fmt: skip
    return run.writer.finish() if run.carry_out(work, workers=workers, quiet=quiet) else None
