"""``sextant export``: training files from a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sextant.corpus.exporters import exporter_of
from sextant.corpus.exporting.run import SHARD_BYTES, ExportCounts, export_corpus
from sextant.errors import RecipeError
from sextant.samples.external import moved_roots
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import SUBSETS


def run(
    corpus: Path,
    out: Path,
    format_: str,
    split: str = "train",
    subset: str | None = None,
    limit: int | None = None,
    *,
    images: str | None = None,
    full: bool = False,
    shard_mb: int = SHARD_BYTES >> 20,
    external: Sequence[str] = (),
    dry_run: bool,
    quiet: bool,
) -> None:
    """Carry out ``sextant export``; see its ``--help``."""
    exporter = exporter_of(format_)
    if subset is not None and subset not in SUBSETS:
        raise RecipeError("unknown subset", expected=", ".join(SUBSETS), got=subset)
    moved: dict[str, str] = {}
    for pair in external:
        moved.update(moved_roots(pair))
    store = CorpusStore.open(corpus, external=moved)
    splits = tuple(s.strip() for s in split.split(",") if s.strip())
    console = Console(highlight=False, soft_wrap=True)
    if dry_run:
        console.print(
            f"would export {', '.join(splits)} of {store.count} questions to {out} as "
            f"{exporter.title}", markup=False,
        )  # fmt: skip
        return
    counts = export_corpus(
        store, out, format_, splits=splits, subset=subset, limit=limit, images=images, full=full,
        shard_bytes=shard_mb << 20, quiet=quiet,
    )  # fmt: skip
    _say(console, out, counts)


def _say(console: Console, out: Path, counts: ExportCounts) -> None:
    skipped = ", ".join(f"{n} {name}" for name, n in counts.skipped.items() if n)
    did = "already there:" if counts.done_before else "wrote"
    console.print(
        f"{did} {counts.written} rows in {out}" + (f"; left out: {skipped}" if skipped else ""),
        markup=False,
    )
    for note, n in counts.notes.items():
        console.print(f"note: {n} {note}", markup=False)
    for line in counts.advice:
        console.print(f"  {line}", markup=False)
