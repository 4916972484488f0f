"""What the verb ``verify`` prints around the run."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sextant._version import __version__
from sextant.commands.verify import Verification, verify
from sextant.errors import OutputError
from sextant.execution.atomic import write_text
from sextant.samples.store import CorpusStore

SHOWN = 20
"""So many mismatches and damaged files are printed; all are counted."""


def run(
    corpus: Path,
    root: Path | None,
    workers: int,
    limit: int | None,
    *,
    dry_run: bool,
    quiet: bool,
) -> bool:
    """Carry out ``sextant verify``; return whether everything holds."""
    console = Console(highlight=False)
    if dry_run:
        store = CorpusStore.open(corpus)
        console.print(f"would recompute {store.count} questions of {corpus}", markup=False)
        return True
    result = verify(corpus, root=root, workers=workers, limit=limit, quiet=quiet)
    good = result.checked - result.failed
    share = 100.0 * good / result.checked if result.checked else 100.0
    console.print(f"verified {good} of {result.checked} questions ({share:.2f} %)")
    if result.mismatches:
        table = Table("sample", "family", "scene", "field", "stored", "recomputed")
        for m in result.mismatches[:SHOWN]:
            cells = (m.sample_id, m.task, m.scene_id, m.field, m.stored[:60], m.recomputed[:60])
            table.add_row(*(cell.replace("[", r"\[") for cell in cells))
        console.print(table)
    for problem in result.problems[:SHOWN]:
        console.print(f"damaged: {problem}", markup=False)
    if limit is None:
        _store(corpus, result)
    return result.ok


def _store(corpus: Path, result: Verification) -> None:
    """Leave the outcome beside the manifest, for the report; a read-only corpus goes without."""
    facts = {
        "checked": result.checked,
        "failed": result.failed,
        "damaged_files": len(result.problems),
        "verified_by": f"sextant {__version__}",
    }
    with suppress(OutputError):
        write_text(corpus / "verification.json", json.dumps(facts, indent=1) + "\n")
