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
    summary = build_report(corpus, out, gallery_per_task=gallery_per_task, seed=seed)
    console.print(
        f"wrote {out} ({summary.size_bytes / 1e6:.1f} MB, {summary.gallery} questions shown)",
        markup=False,
    )
    if summary.broken_pictures:
        console.print(f"{summary.broken_pictures} pictures could not be read")
    if summary.findings:
        console.print(f"{len(summary.findings)} findings stand at the top of the page")
