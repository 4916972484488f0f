"""``sextant report``: one self-contained page about a corpus, evaluations, or training runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sextant.errors import RecipeError
from sextant.execution.atomic import write_text
from sextant.execution.stores import local_in
from sextant.report import build_report
from sextant.report.evaluation import to_latex, to_markdown, write_page
from sextant.report.evaluation.run_files import SUMMARY
from sextant.report.evaluation.runs import read_runs
from sextant.report.training import write_training_page
from sextant.report.training.runs import is_training_run
from sextant.samples.store import CorpusStore

FORMATS = {".md": to_markdown, ".tex": to_latex}


def run(
    folders: Sequence[Path], out: Path, limit: int, tables: Path | None, seed: int, *, dry_run: bool
) -> None:
    """Carry out ``sextant report``; see its ``--help``.

    Raises:
        RecipeError: If there are several corpora, or tables of a corpus are asked for.
    """
    console = Console(highlight=False)
    folders = [local_in(folder) for folder in folders]
    if any((folder / SUMMARY).is_file() for folder in folders):
        _runs(console, folders, out, limit, tables, seed, dry_run=dry_run)
    elif all(is_training_run(folder) for folder in folders):
        _training(console, folders, out, tables, dry_run=dry_run)
    elif len(folders) > 1:
        raise RecipeError(
            "a page shows one corpus, or several runs", got=", ".join(map(str, folders)),
            hint="evaluate writes summary.json at its end, train metrics.jsonl from its first step",
        )  # fmt: skip
    elif tables is not None:
        raise RecipeError("--tables are made of runs", got=folders[0])
    else:
        corpus(console, folders[0], out, limit, seed, dry_run=dry_run)


def _runs(
    console: Console, folders: Sequence[Path], out: Path, limit: int, tables: Path | None,
    seed: int, *, dry_run: bool,
) -> None:  # fmt: skip
    if tables is not None and tables.suffix not in FORMATS:
        raise RecipeError("unknown format of tables", expected=".md or .tex", got=tables)
    if dry_run:
        console.print(f"would show {len(folders)} runs in {out}", markup=False)
        return
    made = write_page(folders, out, replies_per_task=limit, seed=seed)
    console.print(
        f"wrote {out} ({made.size_bytes / 1e6:.1f} MB, {made.runs} runs of {made.benchmarks} "
        f"benchmarks, {made.replies} replies shown)", markup=False,
    )  # fmt: skip
    for note in made.notes:
        console.print(f"note: {note}", markup=False)
    if tables is not None:
        write_text(tables, FORMATS[tables.suffix](read_runs(folders)))
        console.print(f"wrote {tables}", markup=False)


def _training(
    console: Console, folders: Sequence[Path], out: Path, tables: Path | None, *, dry_run: bool
) -> None:
    if tables is not None:
        raise RecipeError("--tables are made of evaluations", got=folders[0])
    if dry_run:
        console.print(f"would show {len(folders)} training runs in {out}", markup=False)
        return
    size = write_training_page(folders, out)
    console.print(f"wrote {out} ({size / 1e6:.1f} MB, {len(folders)} training runs)", markup=False)


def corpus(
    console: Console, folder: Path, out: Path, limit: int, seed: int, *, dry_run: bool,
    learning: Path | None = None,
) -> None:  # fmt: skip
    """Report on a corpus, and on what a model learned where there are figures of it."""
    if dry_run:
        console.print(f"would report on {CorpusStore.open(folder).count} questions in {out}")
        return
    summary = build_report(folder, out, gallery_per_task=limit, seed=seed, learning=learning)
    console.print(
        f"wrote {out} ({summary.size_bytes / 1e6:.1f} MB, {summary.gallery} questions shown)",
        markup=False,
    )
    if summary.broken_pictures:
        console.print(f"{summary.broken_pictures} pictures could not be read")
    if summary.findings:
        console.print(f"{len(summary.findings)} findings stand at the top of the page")
