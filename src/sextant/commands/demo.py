"""``sextant demo``: the whole way on simulated rooms, in a few minutes on a laptop."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from sextant.commands import export, report, show_verify
from sextant.commands.generate import GenerateJob, generate
from sextant.commands.show_generate import print_summary
from sextant.errors import MissingDependency
from sextant.questions.recipe import GenerateRecipe


@dataclass(frozen=True, slots=True)
class DemoJob:
    """What ``sextant demo`` shall do; see its ``--help``.

    Attributes:
        out: Folder to write.
        scenes: Simulated rooms of the corpus.
        seed: Of everything random.
        workers: Processes.
        limit: At most so many questions in the corpus; None = all.
        train: Whether a tiny model learns and is examined as well.
    """

    out: Path
    scenes: int
    seed: int
    workers: int
    limit: int | None
    train: bool = True


def run(job: DemoJob, *, dry_run: bool, quiet: bool) -> bool:
    """Carry out ``sextant demo``; return whether every answer was verified."""
    console = Console(highlight=False)
    corpus, page = job.out / "corpus", job.out / "report.html"
    if dry_run:
        told = f"would simulate {job.scenes} rooms into {corpus}"
        told += ", train a tiny model on others" if job.train else ""
        console.print(f"{told}, and report in {page}", markup=False)
        return True
    start_s = time.monotonic()
    made = GenerateJob(
        "procedural", None, corpus, GenerateRecipe(), job.seed, job.scenes, job.limit
    )
    manifest = generate(made, workers=job.workers, quiet=quiet)
    if manifest is not None:
        print_summary(console, corpus, manifest)
    ok = show_verify.run(corpus, None, job.workers, None, dry_run=False, quiet=quiet)
    export.run(corpus, job.out / "train.jsonl", "sharegpt", "train", None, None, dry_run=False)
    figures = learned(job, console, quiet=quiet) if job.train else None
    report.corpus(console, corpus, page, 3, job.seed, dry_run=False, learning=figures)
    console.print(f"done in {time.monotonic() - start_s:.0f} s: open {page}", markup=False)
    return ok


def learned(job: DemoJob, console: Console, *, quiet: bool) -> Path | None:
    """Train and examine the tiny model; None where what that needs is not installed."""
    from sextant.commands import demo_learning, learning_tables

    if not demo_learning.base_folder().is_dir():
        console.print("no model is trained: the package comes without the tiny base", markup=False)
        return None
    learning = demo_learning.LearnJob(job.out / "learning", job.seed, job.workers, quiet)
    try:
        found = demo_learning.run(learning)
    except MissingDependency as error:
        console.print(f"no model is trained: {error}", markup=False)
        return None
    for table in (learning_tables.scores(found), *learning_tables.differences(found)):
        console.print(table)
    return learning.out / demo_learning.FIGURES
