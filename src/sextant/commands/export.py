"""``sextant export``: training files from a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sextant.errors import RecipeError
from sextant.samples.export import export_sharegpt
from sextant.samples.external import link_roots, moved_roots
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import SUBSETS

FORMATS = ("sharegpt",)


def run(
    corpus: Path,
    out: Path,
    format_: str,
    split: str,
    subset: str | None,
    limit: int | None,
    *,
    full: bool = False,
    external: Sequence[str] = (),
    dry_run: bool,
) -> None:
    """Carry out ``sextant export``; see its ``--help``."""
    if format_ not in FORMATS:
        raise RecipeError("unknown export format", expected=", ".join(FORMATS), got=format_)
    if subset is not None and subset not in SUBSETS:
        raise RecipeError("unknown subset", expected=", ".join(SUBSETS), got=subset)
    moved: dict[str, str] = {}
    for pair in external:
        moved.update(moved_roots(pair))
    store = CorpusStore.open(corpus, external=moved)
    splits = tuple(s.strip() for s in split.split(",") if s.strip())
    console = Console(highlight=False)
    if dry_run:
        console.print(f"would export {', '.join(splits)} of {store.count} questions to {out}")
        return
    counts = export_sharegpt(store, out, splits=splits, subset=subset, limit=limit, full=full)
    names = [name for name, n in store.manifest["images"].get("external", {}).items() if n]
    if names:
        for link in link_roots(store.root, store.external, names):
            console.print(f"linked {link} to {link.readlink()}", markup=False)
    skipped = ", ".join(f"{n} {name}" for name, n in counts.skipped.items() if n)
    console.print(
        f"wrote {counts.written} lines to {out}" + (f"; left out: {skipped}" if skipped else ""),
        markup=False,
    )
