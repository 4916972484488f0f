"""``sextant import``: a set made elsewhere -> a corpus folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from sextant._version import __version__
from sextant.corpus.importers import importer_names, importer_of
from sextant.corpus.importing.job import ImportJob
from sextant.corpus.importing.parsed import blank, parsed
from sextant.corpus.importing.pieces import records
from sextant.corpus.importing.run import import_set
from sextant.corpus.importing.set_rows import BrokenRow, SetRow
from sextant.corpus.importing.tables import Place, rows_table
from sextant.counted import counted
from sextant.errors import RecipeError
from sextant.execution.engines import Workers
from sextant.execution.partition import parse_part
from sextant.samples.external import EXTERNAL_NAME
from sextant.samples.store import CorpusStore

PREVIEW = 1000
"""Records that a dry run looks at."""


def job_of(
    set_name: str, root: Path, out: Path, images: str, image_root: Path | None, name: str | None,
    limit: int | None, frames: int, max_broken: float, columns: Sequence[str] = (),
) -> ImportJob:  # fmt: skip
    """Return the job that options describe.

    Raises:
        RecipeError: If they cannot be meant.
    """
    if images not in ("store", "refer"):
        raise RecipeError("what of the pictures?", expected="store or refer", got=images)
    if name is not None and EXTERNAL_NAME.fullmatch(name) is None:
        raise RecipeError("no name for a folder", expected="small letters, digits, _ . -", got=name)
    how: Literal["store", "refer"] = "store" if images == "store" else "refer"
    pairs = [text.partition("=") for text in columns]
    if any(not (ours and sign and theirs) for ours, sign, theirs in pairs):
        raise RecipeError("no pair of names", expected="--column question=prompt", got=columns)
    named = tuple((ours, theirs) for ours, _, theirs in pairs)
    return ImportJob(set_name, root, out, how, image_root, name, limit, frames, max_broken, named)


def run(job: ImportJob, *, workers: Workers, shard: str | None, dry_run: bool, quiet: bool) -> None:
    """Carry out ``sextant import``; see its ``--help``."""
    console = Console(highlight=False)
    if dry_run:
        preview(console, job)
        return
    part = None if shard is None else parse_part(shard)
    manifest = import_set(job, workers=workers, part=part, quiet=quiet)
    if manifest is None:
        console.print("this part is done; other parts of the corpus are still missing")
        return
    print_imported(console, job.out, manifest)


def list_sets() -> None:
    """Print what can be imported."""
    table = Table("set", "what it is", "tasks known", "terms")
    for name in importer_names():
        found = importer_of(name)
        table.add_row(name, found.title, str(len(found.tasks)), found.license)
    Console(highlight=False).print(table)


def print_imported(console: Console, out: Path, manifest: Mapping[str, Any]) -> None:
    """Print rows per task, what was put right, what is unknown and what is broken."""
    console.print(f"{manifest['samples']} rows in {out}", markup=False)
    counts(console, "Tasks", "task", manifest["counts"]["task"])
    notes = manifest["notes"]
    unknown = notes.get("unknown_tasks", {})
    if unknown:
        named = {name: n for name, n in unknown.items() if name != "(none)"}
        console.print(f"{sum(unknown.values())} rows have a task that is not known", markup=False)
        if named:
            counts(console, "Names of tasks that the set's table does not know", "name", named)
    for what, n in notes.get("repaired", {}).items():
        console.print(f"put right: {what}: {n} rows", markup=False)
    if manifest["quarantined"]:
        store = CorpusStore.open(out)
        table = Table("left out because", "records", title="Broken records")
        for row in store.drops():
            table.add_row(row["reason"], str(row["count"]))
        console.print(table)
        for row in store.quarantine()[:5]:
            console.print(f"{row['where']}: {row['what']} {row['message']}"[:300], markup=False)
        console.print("more of them: quarantine.parquet", markup=False)


def counts(console: Console, title: str, name: str, found: Mapping[str, int]) -> None:
    """Print how many rows each value has, the most frequent first."""
    table = Table(name, "rows", title=title)
    for value, n in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:60]:
        table.add_row(value, str(n))
    console.print(table)


def preview(console: Console, job: ImportJob) -> None:
    """Say what the first records become; write nothing."""
    rows: list[SetRow] = []
    places: list[Place] = []
    reasons: Counter[str] = Counter()
    for piece in (piece for shard in job.shards for piece in shard):
        for raw in records(job.folder, piece):
            if len(rows) + sum(reasons.values()) >= PREVIEW:
                break
            if blank(raw):
                continue
            try:
                rows.append(job.importer.row(parsed(raw.data, job.columns), piece.file))
                places.append(Place(piece.file.path, raw.number, raw.offset))
            except BrokenRow as error:
                reasons[error.reason] += 1
    console.print(
        f"would import {len(job.files)} files in {counted(len(job.shards), 'shard')} to {job.out}; "
        f"of the first {len(rows) + sum(reasons.values())} records:", markup=False,
    )  # fmt: skip
    if rows:
        found = rows_table(job.importer, rows, places, __version__)
        for _, reason, _ in found.broken:
            reasons[reason] += 1
        counts(console, "Tasks", "task", Counter(found.table["task"].to_pylist()))
        counts(console, "Answers", "type", Counter(found.table["answer_type"].to_pylist()))
    if reasons:
        counts(console, "Broken records", "left out because", reasons)
