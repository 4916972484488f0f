"""``sextant report``: one self-contained page about a corpus."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from sextant.report import build_report
from sextant.samples.store import CorpusStore


def run(corpus: Path, out: Path, gallery_per_task: int, seed: int, *, dry_run: bool) -> None:
    """Carry out ``sextant report``; see its ``--help``."""
    console = Console(highlight=False)
    if dry_run:
        console.print(f"would report on {CorpusStore.open(corpus).count} questions in {out}")
        return
    build_report(corpus, out, gallery_per_task=gallery_per_task, seed=seed)
    console.print(f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB)", markup=False)
