"""``sextant audit``: what a corpus says twice, gives away, or should not have seen."""

from __future__ import annotations

import json

from rich.console import Console

from sextant.commands import audit_against
from sextant.commands.audit_findings import Findings
from sextant.commands.audit_job import AuditJob, check
from sextant.corpus.id_lists import LISTS, write_ids
from sextant.corpus.leaving_out import write_without
from sextant.execution.atomic import write_bytes, write_text
from sextant.samples.layout import encode_table
from sextant.samples.store import CorpusStore

FILE_WIDTH = 130
"""Columns of what goes into a file or a pipe: the widest table's own width."""

FORMAT = "sextant.audit/1"


def run(job: AuditJob) -> bool:
    """Carry out ``sextant audit``; see its ``--help``.

    Returns:
        False if ``strict`` and something exceeds its limit.

    Raises:
        RecipeError: If the job looks for nothing or contradicts itself.
        InputError: If the corpus or a benchmark cannot be read.
    """
    check(job)
    store = CorpusStore.open(job.corpus)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=FILE_WIDTH)
    if job.dry_run:
        count = min(store.count, job.limit or store.count)
        console.print(f"would audit {count} of {store.count} questions")
        if job.against:
            console.print(audit_against.plan_line(store, job.against), markup=False)
        return True
    figures = {"format": FORMAT, "corpus": str(job.corpus), "rows": store.count}
    findings = Findings(job, store, console, figures)
    findings.look()
    _write(findings)
    return not (job.strict and findings.problems)


def _write(findings: Findings) -> None:
    job, store, console = findings.job, findings.store, findings.console
    rejected = findings.rejected
    if job.rows is not None:
        for name, table in findings.tables.items():
            write_bytes(job.rows / f"{name}.parquet", encode_table(table))
            console.print(f"wrote {len(table)} rows to {job.rows / name}.parquet", markup=False)
    if job.out is not None:
        write_text(job.out, json.dumps(findings.figures, indent=1) + "\n")
    if job.drop is None:
        return
    if job.drop.suffix in LISTS:
        write_ids(job.drop, rejected)
        console.print(f"wrote {len(rejected)} ids to leave out to {job.drop}", markup=False)
        return
    why = {
        "duplicates": job.duplicates, "against": [n.partition("=")[0] for n in job.against],
        "drop_by": list(job.drop_by), "radius": job.radius, "prune_to": job.prune_to,
    }  # fmt: skip
    manifest = write_without(store, job.drop, rejected, why, workers=job.workers, quiet=job.quiet)
    console.print(
        f"wrote {manifest['samples']} of {store.count} rows to {job.drop}; "
        f"{len(rejected)} left out",
        markup=False,
    )
