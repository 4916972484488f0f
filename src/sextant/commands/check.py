"""``sextant check``: is a corpus what was written; exit code 1 if it is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sextant.errors import InputError
from sextant.execution.progress import Progress
from sextant.samples.check import CorpusCheck
from sextant.samples.external import moved_roots
from sextant.samples.layout import MANIFEST, read_json


def run(
    corpus: Path,
    *,
    external: Sequence[str],
    images: bool,
    external_images: bool,
    workers: int,
    limit: int,
    quiet: bool,
) -> bool:
    """Carry out ``sextant check``; see its ``--help``.

    Returns:
        Whether everything is as it was written.
    """
    console = Console(highlight=False, soft_wrap=True)
    moved: dict[str, str] = {}
    for pair in external:
        moved.update(moved_roots(pair))
    try:
        total = len(read_json(corpus / MANIFEST).get("shards", ()))
    except (InputError, TypeError):
        total = 0
    found = 0
    with Progress("check", total, unit="tables", quiet=quiet) as progress:
        check = CorpusCheck(
            corpus, moved, images=images, external=external_images, workers=workers,
            on_table=lambda rows: progress.advance(1, rows=rows),
        )  # fmt: skip
        for problem in check.problems():
            found += 1
            if found <= limit:
                console.print(problem, markup=False)
    if found > limit:
        console.print(f"and {found - limit} more", markup=False)
    if found:
        console.print(f"{found} problems in {corpus}", markup=False)
    else:
        console.print(f"{corpus}: every file and every row is as it was written", markup=False)
    return not found
