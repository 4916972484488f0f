"""``sextant audit``: what of a corpus could be answered without looking at it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from sextant.corpus.blind import MAX_GAP, MAX_HEURISTIC_GAP, FamilyAudit, audit_blind
from sextant.corpus.light_rows import COLUMNS, LightRow, light_row
from sextant.errors import RecipeError
from sextant.execution.atomic import write_text
from sextant.execution.seeds import seed_of
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import HEURISTIC_NAMES

FILE_WIDTH = 130
"""Columns of what goes into a file or a pipe: the table's own width."""


def run(
    corpus: Path,
    *,
    blind: bool,
    limit: int | None,
    seed: int,
    out: Path | None,
    strict: bool,
    dry_run: bool,
) -> bool:
    """Carry out ``sextant audit``; see its ``--help``.

    Returns:
        False if ``strict`` and something exceeds its limit.
    """
    if not blind:
        raise RecipeError("audit needs to know what to look for", hint="add --blind")
    store = CorpusStore.open(corpus)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=FILE_WIDTH)
    total = int(store.manifest["samples"])
    if dry_run:
        console.print(f"would audit {min(total, limit or total)} of {total} questions")
        return True
    rows = list(_rows(store, limit, total, seed))
    families = audit_blind(rows, seed)
    console.print(table(families, len(rows)))
    problems = [f"{f.task}: {p}" for f in families for p in f.problems()]
    for problem in problems:
        console.print(f"exceeds its limit: {problem}", markup=False)
    if not problems:
        console.print(
            f"{len(families)} families: text-only majority within {MAX_GAP * 100:.0f} points above "
            f"chance, 2D heuristics within {MAX_HEURISTIC_GAP * 100:.0f} (beyond sampling noise)",
            markup=False,
        )
    if out is not None:
        write_text(out, json.dumps([as_json(f) for f in families], indent=1) + "\n")
    return not (strict and problems)


def _rows(store: CorpusStore, limit: int | None, total: int, seed: int) -> Iterator[LightRow]:
    """Yield all rows, or about ``limit`` of them drawn by their ids."""
    share = 1.0 if limit is None else min(1.0, limit / max(1, total))
    for row in store.rows(columns=COLUMNS):
        if share >= 1.0 or seed_of(seed, "audit", row["id"]) < share * 2.0**64:
            yield light_row(row)


def table(families: list[FamilyAudit], rows: int) -> Table:
    """Return the table of predictors and heuristics per family, in percent."""
    short = {
        "vertical_position": "vertical", "pixel_size": "pixels", "horizontal_order": "left",
        "center_distance": "center", "first_mentioned": "first",
    }  # fmt: skip
    made = Table(
        Column("family", no_wrap=True, min_width=26), "rows", "chance", "majority", "gap", "words",
        *(short[name] for name in HEURISTIC_NAMES),
        title=f"Answered without looking, {rows} questions, accuracy in % "
        "(heuristics: points from chance; = asked for by definition)",
    )  # fmt: skip
    for family in families:
        made.add_row(
            family.task,
            str(family.rows),
            f"{family.chance * 100:.1f}",
            f"{family.majority * 100:.1f}",
            f"{family.gap * 100:+.1f}",
            f"{family.words * 100:.1f}",
            *(_cell(family, name) for name in HEURISTIC_NAMES),
        )
    return made


def _cell(family: FamilyAudit, name: str) -> str:
    found = family.heuristics.get(name)
    if found is None:
        return ""
    _, accuracy, chance, defined = found
    return "=" if defined else f"{(accuracy - chance) * 100:+.1f}"


def as_json(family: FamilyAudit) -> dict[str, object]:
    """Return a family's figures for a file."""
    return {
        "task": family.task,
        "rows": family.rows,
        "chance": family.chance,
        "majority": family.majority,
        "words": family.words,
        "problems": family.problems(),
        "heuristics": {
            name: {"rows": n, "accuracy": a, "chance": c, "by_definition": d}
            for name, (n, a, c, d) in family.heuristics.items()
        },
    }
