"""``sextant audit``: what a corpus says twice, gives away, or should not have seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from sextant.commands import audit_against, audit_blind, audit_tables
from sextant.corpus.blind import audit_blind as blind_families
from sextant.corpus.blind_prior import Prior, prior_of
from sextant.corpus.corpus_looks import look_again, looks_of
from sextant.corpus.debias import LEVEL_MAX, Debiased, debias
from sextant.corpus.drift import drift_between
from sextant.corpus.duplicates import repeated_questions, table_of
from sextant.corpus.id_lists import LISTS, write_ids
from sextant.corpus.leaks import DROPPED, HOWS, RADIUS
from sextant.corpus.leaving_out import write_without
from sextant.corpus.light_rows import COLUMNS, LightRow, light_row
from sextant.corpus.picture_copies import copies_of
from sextant.errors import RecipeError
from sextant.execution.atomic import write_bytes, write_text
from sextant.execution.engines import Workers
from sextant.execution.progress import Progress
from sextant.execution.seeds import seed_of
from sextant.samples.layout import encode_table
from sextant.samples.store import CorpusStore

FILE_WIDTH = 130
"""Columns of what goes into a file or a pipe: the widest table's own width."""

FORMAT = "sextant.audit/1"


@dataclass(frozen=True, slots=True)
class AuditJob:
    """What ``sextant audit`` shall do; see its ``--help``.

    Attributes:
        corpus: Folder.
        blind: The quick predictors and the 2D heuristics.
        prior: The linear text-only predictor.
        prune_to: Points above chance that the prior is brought to; None = it is measured only.
        weights: Give rows weights instead of leaving them out.
        duplicates: Questions that are asked twice.
        copies: Pictures that are there twice.
        against: Benchmarks, ``NAME=PATH``.
        names_only: Compare names and texts, read no picture.
        frames: Frames of each benchmark video that are compared as pictures.
        radius: Differing bits of 256 up to which pictures look the same.
        compare: Another corpus.
        drop: List of ids (``.txt``, ``.parquet``) or folder of a new corpus.
        drop_by: Kinds of hits that are left out.
        rows: Folder for the tables of rows.
        out: JSON file for the figures.
        limit, seed, workers: Of rows for the predictors; of everything random; processes, or
            workers of Ray.
        strict: Whether findings make the command fail.
        dry_run, quiet: As everywhere.
    """

    corpus: Path
    blind: bool = False
    prior: bool = False
    prune_to: float | None = None
    weights: bool = False
    duplicates: bool = False
    copies: bool = False
    against: tuple[str, ...] = ()
    names_only: bool = False
    frames: int = 0
    radius: int = RADIUS
    compare: Path | None = None
    drop: Path | None = None
    drop_by: tuple[str, ...] = DROPPED
    rows: Path | None = None
    out: Path | None = None
    limit: int | None = None
    seed: int = 0
    workers: Workers = 1
    strict: bool = False
    dry_run: bool = False
    quiet: bool = True


def run(job: AuditJob) -> bool:
    """Carry out ``sextant audit``; see its ``--help``.

    Returns:
        False if ``strict`` and something exceeds its limit.
    """
    _check(job)
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
    found: dict[str, Any] = {"format": FORMAT, "corpus": str(job.corpus), "rows": store.count}
    tables: dict[str, pa.Table] = {}
    rejected: dict[str, str] = {}
    problems: list[str] = []
    if job.blind:
        rows = list(_rows(store, job.limit, store.count, job.seed))
        families = blind_families(rows, job.seed)
        problems += audit_blind.show(families, len(rows), console)
        found["blind"] = [audit_blind.as_json(family) for family in families]
    if job.duplicates:
        problems += _duplicates(job, store, console, found, tables, rejected)
    if job.copies:
        _copies(job, store, console, found, tables)
    if job.against:
        problems += _leaks(job, store, console, found, tables, rejected)
    if job.prior or job.prune_to is not None:
        problems += _prior(job, store, console, found, tables, rejected)
    if job.compare is not None:
        drift = drift_between(store, CorpusStore.open(job.compare), seed=job.seed)
        console.print(audit_tables.drift(drift, job.corpus.name, job.compare.name))
        found["drift"] = [line.as_json() for line in drift]
    _write(job, store, console, found, tables, rejected)
    return not (job.strict and problems)


def _check(job: AuditJob) -> None:
    prior = job.prior or job.prune_to is not None
    asked = (job.blind, prior, job.duplicates, job.copies, job.against, job.compare)
    if not any(asked):
        raise RecipeError(
            "audit needs to know what to look for",
            hint="add --blind, --prior, --duplicates, --copies, --against NAME=PATH or "
            "--compare CORPUS",
        )
    wrong = [how for how in job.drop_by if how not in HOWS]
    if wrong:
        raise RecipeError("no such kind of hit", expected=", ".join(HOWS), got=", ".join(wrong))
    if job.prune_to is not None and not 0 <= job.prune_to <= LEVEL_MAX:
        raise RecipeError(
            "not a level", expected=f"0..{LEVEL_MAX} points above chance", got=job.prune_to
        )
    if job.prune_to is not None and job.limit is not None:
        raise RecipeError("all rows are needed to prune", hint="leave --limit out")
    if job.weights and job.rows is None:
        raise RecipeError("weights go into a table", hint="add --rows FOLDER")
    for text in job.against:
        audit_against.parse_against(text)


def _duplicates(
    job: AuditJob,
    store: CorpusStore,
    console: Console,
    found: dict[str, Any],
    tables: dict[str, pa.Table],
    rejected: dict[str, str],
) -> list[str]:
    table = tables["duplicates"] = table_of(store, repeated_questions(store, workers=job.workers))
    console.print(audit_tables.duplicates(table, store.count))
    counts = Counter(
        (how if same else "contradiction")
        for how, same in zip(
            table["how"].to_pylist(), table["same_answer"].to_pylist(), strict=True
        )
    )
    found["duplicates"] = dict(sorted(counts.items()))
    for name, how in zip(table["id"].to_pylist(), table["how"].to_pylist(), strict=True):
        rejected.setdefault(name, f"{how} duplicate")
    if not len(table):
        return []
    return [f"{len(table)} questions repeat earlier ones"]


def _copies(
    job: AuditJob,
    store: CorpusStore,
    console: Console,
    found: dict[str, Any],
    tables: dict[str, pa.Table],
) -> None:
    with Progress("look", None, unit="pictures", quiet=job.quiet) as progress:
        looks = looks_of(store, workers=job.workers, on_done=progress.advance)
    table = copies_of(store, looks, partial(look_again, store), radius=job.radius)
    tables["copies"] = table
    found["copies"] = audit_tables.copy_figures(table, looks)
    console.print(audit_tables.copies(found["copies"]))


def _leaks(
    job: AuditJob,
    store: CorpusStore,
    console: Console,
    found: dict[str, Any],
    tables: dict[str, pa.Table],
    rejected: dict[str, str],
) -> list[str]:
    leaks = audit_against.compare(
        store, job.against, radius=job.radius, frames=job.frames, workers=job.workers,
        names_only=job.names_only, quiet=job.quiet,
    )  # fmt: skip
    tables["leaks"] = leaks.table
    found["leaks"] = audit_tables.leak_figures(leaks, store.count)
    console.print(audit_tables.leaks(found["leaks"]))
    for line in audit_tables.leak_notes(leaks):
        console.print(line, markup=False)
    names, hows = (leaks.table[name].to_pylist() for name in ("id", "how"))
    benchmarks = leaks.table["benchmark"].to_pylist()
    count = len(rejected)
    for name, how, benchmark in zip(names, hows, benchmarks, strict=True):
        if how in job.drop_by:
            rejected.setdefault(name, f"{how} of {benchmark}")
    hit = len({n for n, how in zip(names, hows, strict=True) if how in job.drop_by})
    found["leaks"]["dropped_by"] = list(job.drop_by)
    found["leaks"]["rows_dropped"] = len(rejected) - count
    return [f"{hit} rows are in a benchmark"] if hit else []


def _prior(
    job: AuditJob,
    store: CorpusStore,
    console: Console,
    found: dict[str, Any],
    tables: dict[str, pa.Table],
    rejected: dict[str, str],
) -> list[str]:
    source = _rows(store, job.limit, store.count, job.seed)
    rows = [row for row in source if row.id not in rejected]
    prior: Prior = prior_of(rows, seed=job.seed)
    console.print(audit_tables.prior(prior.tasks))
    found["prior"] = [task.as_json() for task in prior.tasks]
    tables["prior"] = prior.table()
    problems = [f"{t.task}: {p}" for t in prior.tasks if (p := t.problem()) is not None]
    if job.prune_to is None:
        return problems
    result: Debiased = debias(rows, job.prune_to / 100, seed=job.seed, weigh=job.weights)
    console.print(audit_tables.debiased(result, job.prune_to))
    for line in audit_tables.cost_lines(result):
        console.print(line, markup=False)
    found["pruned"] = result.as_json()
    tables["weights"] = result.weights_table()
    for name in result.removed:
        rejected[name] = "blind prior"
    return [f"{t.task}: not brought to the level" for t in result.tasks if not t.reached]


def _write(
    job: AuditJob,
    store: CorpusStore,
    console: Console,
    found: Mapping[str, Any],
    tables: Mapping[str, pa.Table],
    rejected: Mapping[str, str],
) -> None:
    if job.rows is not None:
        for name, table in tables.items():
            write_bytes(job.rows / f"{name}.parquet", encode_table(table))
            console.print(f"wrote {len(table)} rows to {job.rows / name}.parquet", markup=False)
    if job.out is not None:
        write_text(job.out, json.dumps(found, indent=1) + "\n")
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


def _rows(store: CorpusStore, limit: int | None, total: int, seed: int) -> Iterator[LightRow]:
    """Yield all rows, or about ``limit`` of them drawn by their ids."""
    share = 1.0 if limit is None else min(1.0, limit / max(1, total))
    for row in store.rows(columns=COLUMNS):
        if share >= 1.0 or seed_of(seed, "audit", row["id"]) < share * 2.0**64:
            yield light_row(row)
