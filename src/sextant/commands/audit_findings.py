"""The steps of ``sextant audit``: each looks, prints its table, and keeps what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from sextant.commands import audit_against, audit_blind, audit_tables
from sextant.commands.audit_job import AuditJob
from sextant.corpus.blind import audit_blind as blind_families
from sextant.corpus.blind_prior import Prior, prior_of
from sextant.corpus.corpus_looks import look_again, looks_of
from sextant.corpus.debias import Debiased, debias
from sextant.corpus.drift import drift_between
from sextant.corpus.duplicates import repeated_questions, table_of
from sextant.corpus.light_rows import COLUMNS, LightRow, light_row
from sextant.corpus.picture_copies import copies_of
from sextant.execution.progress import Progress
from sextant.execution.seeds import seed_of
from sextant.samples.store import CorpusStore


@dataclass(slots=True)
class Findings:
    """What has been found so far.

    Attributes:
        job: What to look for, and how.
        store: The corpus.
        console: Where tables are printed.
        figures: For ``--out``.
        tables: Rows by the name of their file, for ``--rows``.
        rejected: Rows to leave out, by id, with the reason.
        problems: What exceeds its limit.
    """

    job: AuditJob
    store: CorpusStore
    console: Console
    figures: dict[str, Any]
    tables: dict[str, pa.Table] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Take all steps that the job asks for."""
        job = self.job
        if job.blind:
            self.blind()
        if job.duplicates:
            self.duplicates()
        if job.copies:
            self.copies()
        if job.against:
            self.leaks()
        if job.prior or job.prune_to is not None:
            self.prior()
        if job.compare is not None:
            self.drift(job.compare)

    def blind(self) -> None:
        """Quick predictors that see the text alone, and 2D heuristics."""
        rows = list(self.drawn_rows())
        families = blind_families(rows, self.job.seed)
        self.problems += audit_blind.show(families, len(rows), self.console)
        self.figures["blind"] = [audit_blind.as_json(family) for family in families]

    def duplicates(self) -> None:
        """Questions that are asked twice, or answered in two ways."""
        store = self.store
        table = table_of(store, repeated_questions(store, workers=self.job.workers))
        self.tables["duplicates"] = table
        self.console.print(audit_tables.duplicates(table, store.count))
        names, hows, same = (table[c].to_pylist() for c in ("id", "how", "same_answer"))
        counts = Counter(
            how if alike else "contradiction" for how, alike in zip(hows, same, strict=True)
        )
        self.figures["duplicates"] = dict(sorted(counts.items()))
        for name, how in zip(names, hows, strict=True):
            self.rejected.setdefault(name, f"{how} duplicate")
        if len(table):
            self.problems.append(f"{len(table)} questions repeat earlier ones")

    def copies(self) -> None:
        """Pictures that are there twice."""
        job, store = self.job, self.store
        with Progress("look", None, unit="pictures", quiet=job.quiet) as progress:
            looks = looks_of(store, workers=job.workers, on_done=progress.advance)
        table = copies_of(store, looks, partial(look_again, store), radius=job.radius)
        self.tables["copies"] = table
        self.figures["copies"] = audit_tables.copy_figures(table, looks)
        self.console.print(audit_tables.copies(self.figures["copies"]))

    def leaks(self) -> None:
        """Rows that a benchmark asks about."""
        job = self.job
        leaks = audit_against.compare(
            self.store, job.against, radius=job.radius, frames=job.frames, workers=job.workers,
            names_only=job.names_only, quiet=job.quiet,
        )  # fmt: skip
        self.tables["leaks"] = leaks.table
        figures = self.figures["leaks"] = audit_tables.leak_figures(leaks, self.store.count)
        self.console.print(audit_tables.leaks(figures))
        for line in audit_tables.leak_notes(leaks):
            self.console.print(line, markup=False)
        names, hows, benchmarks = (leaks.table[c].to_pylist() for c in ("id", "how", "benchmark"))
        before = len(self.rejected)
        hit = set()
        for name, how, benchmark in zip(names, hows, benchmarks, strict=True):
            if how in job.drop_by:
                hit.add(name)
                self.rejected.setdefault(name, f"{how} of {benchmark}")
        figures["dropped_by"] = list(job.drop_by)
        figures["rows_dropped"] = len(self.rejected) - before
        if hit:
            self.problems.append(f"{len(hit)} rows are in a benchmark")

    def prior(self) -> None:
        """What a linear model gets from the text alone; with ``prune_to`` brought to a level."""
        job = self.job
        rows = [row for row in self.drawn_rows() if row.id not in self.rejected]
        prior: Prior = prior_of(rows, seed=job.seed)
        self.console.print(audit_tables.prior(prior.tasks))
        self.figures["prior"] = [task.as_json() for task in prior.tasks]
        self.tables["prior"] = prior.table()
        if job.prune_to is None:
            self.problems += [
                f"{t.task}: {problem}" for t in prior.tasks if (problem := t.problem()) is not None
            ]
            return
        result: Debiased = debias(rows, job.prune_to / 100, seed=job.seed, weigh=job.weights)
        self.console.print(audit_tables.debiased(result, job.prune_to))
        for line in audit_tables.cost_lines(result):
            self.console.print(line, markup=False)
        self.figures["pruned"] = result.as_json()
        self.tables["weights"] = result.weights_table()
        for name in result.removed:
            self.rejected[name] = "blind prior"
        self.problems += [
            f"{t.task}: not brought to the level" for t in result.tasks if not t.reached
        ]

    def drift(self, other: Path) -> None:
        """How another corpus differs."""
        drift = drift_between(self.store, CorpusStore.open(other), seed=self.job.seed)
        self.console.print(audit_tables.drift(drift, self.job.corpus.name, other.name))
        self.figures["drift"] = [line.as_json() for line in drift]

    def drawn_rows(self) -> Iterator[LightRow]:
        """Yield all rows, or about ``limit`` of them drawn by their ids."""
        limit, seed = self.job.limit, self.job.seed
        share = 1.0 if limit is None else min(1.0, limit / max(1, self.store.count))
        for row in self.store.rows(columns=COLUMNS):
            if share >= 1.0 or seed_of(seed, "audit", row["id"]) < share * 2.0**64:
                yield light_row(row)
