"""``sextant audit --blind``: what of a corpus could be answered without looking at it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Column, Table

from sextant.corpus.blind import MAX_GAP, MAX_HEURISTIC_GAP, FamilyAudit
from sextant.samples.subsets import HEURISTIC_NAMES


def show(families: list[FamilyAudit], rows: int, console: Console) -> list[str]:
    """Print the table and what exceeds its limit; return the latter."""
    console.print(table(families, rows))
    problems = [f"{f.task}: {p}" for f in families for p in f.problems()]
    for problem in problems:
        console.print(f"exceeds its limit: {problem}", markup=False)
    if not problems:
        console.print(
            f"{len(families)} families: text-only majority within {MAX_GAP * 100:.0f} points above "
            f"chance, 2D heuristics within {MAX_HEURISTIC_GAP * 100:.0f} (beyond sampling noise)",
            markup=False,
        )
    return problems


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
