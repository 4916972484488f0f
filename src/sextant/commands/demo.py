"""``sextant demo``: the whole way on simulated rooms, in a few minutes on a laptop."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console

from sextant.commands import export, report, show_verify
from sextant.commands.generate import GenerateJob, generate
from sextant.commands.show_generate import print_summary
from sextant.questions.recipe import GenerateRecipe


def run(
    out: Path,
    scenes: int,
    seed: int,
    workers: int,
    limit: int | None,
    *,
    dry_run: bool,
    quiet: bool,
) -> bool:
    """Carry out ``sextant demo``; return whether every answer was verified."""
    console = Console(highlight=False)
    corpus, page = out / "corpus", out / "report.html"
    if dry_run:
        console.print(f"would simulate {scenes} rooms into {corpus} and report on them in {page}")
        return True
    start_s = time.monotonic()
    job = GenerateJob("procedural", None, corpus, GenerateRecipe(), seed, scenes, limit)
    manifest = generate(job, workers=workers, quiet=quiet)
    if manifest is not None:
        print_summary(console, corpus, manifest)
    ok = show_verify.run(corpus, None, workers, None, dry_run=False, quiet=quiet)
    export.run(corpus, out / "train.jsonl", "sharegpt", dry_run=False, quiet=quiet)
    report.run([corpus], page, 3, None, seed, dry_run=False)
    console.print(f"done in {time.monotonic() - start_s:.0f} s: open {page}", markup=False)
    return ok
