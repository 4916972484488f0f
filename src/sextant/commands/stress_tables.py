"""Stress tests and their verdict as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from sextant.commands.score_tables import percent
from sextant.report.markup import clean

Json = Mapping[str, Any]


def tables(stress: Sequence[Json], verdict: Json | None) -> Iterator[Table]:
    """Yield what there is to show.

    Args:
        stress: ``stress`` of a run's summary.
        verdict: ``verdict`` of it.
    """
    rows = [row for result in stress for row in _rows(result)]
    if rows:
        yield _levels(rows)
    skipped = [(r["stress"], why, n) for r in stress for why, n in r.get("skipped", {}).items()]
    if skipped:
        yield _skipped(skipped)
    for table in (verdict or {}).get("tables", ()):
        if table.get("used"):
            yield _parts(table)


def _rows(result: Json) -> Iterator[tuple[str, ...]]:
    """Yield (test, n, score, interval, plain, difference, its interval, p, chance)."""
    name = str(result["stress"])
    for level in ("vanilla", "soft", "hard"):
        if level in result:
            found = result[level]
            yield (f"{name} {level}", *_level(found), "", "", "", "", percent(found.get("chance")))
    for subset, found in result.get("subsets", {}).items():
        yield (f"{name} {subset}", *_level(found), "", "", "", "", percent(found.get("chance")))
    for found in result.get("settings", ()):
        step = found["difference"]
        yield (
            f"{name}:{found['setting']}", *_level(found), percent(found.get("plain")),
            percent(step.get("value"), signed=True), _interval(step.get("interval"), signed=True),
            _p(step.get("p_value")), percent(found.get("chance")),
        )  # fmt: skip


def _level(found: Json) -> tuple[str, str, str]:
    return f"{found.get('n', 0):,}", percent(found.get("score")), _interval(found.get("interval"))


def _levels(rows: Sequence[tuple[str, ...]]) -> Table:
    made = Table(
        Column("stress test", overflow="fold"),
        *(Column(name, justify="right", no_wrap=True) for name in (
            "n", "score", "95 % interval", "plain", "difference", "95 % interval", "p", "chance",
        )),
        title="Stress tests, each beside the plain run on the same questions",
    )  # fmt: skip
    for first, *rest in rows:
        made.add_row(Text(clean(first, 60)), *rest)
    return made


def _skipped(found: Sequence[tuple[str, str, int]]) -> Table:
    made = Table("stress test", "left out because", Column("questions", justify="right"))
    for name, why, n in found:
        made.add_row(name, Text(clean(why, 120)), f"{n:,}")
    return made


def _parts(table: Json) -> Table:
    made = Table(
        "part", *(Column(name, justify="right", no_wrap=True) for name in (
            "points", "95 % interval", "p (Holm)", "of the score",
        )),
        Column("meaning", overflow="fold"),
        title=f"What the score is made of: {table['form']}, {table['n']:,} questions "
        f"({', '.join(table['used'].values())})",
    )  # fmt: skip
    for part in table["parts"]:
        made.add_row(
            part["part"], percent(part.get("value"), signed=True),
            _interval(part.get("interval"), signed=True), _p(part.get("p_value_holm")),
            percent(part.get("share_of_score")), Text(clean(part.get("meaning", ""), 120)),
        )  # fmt: skip
    return made


def _interval(found: Sequence[float] | None, signed: bool = False) -> str:
    if not found or any(end is None for end in found):
        return "-"
    return f"{percent(found[0], signed)}..{percent(found[1], signed)}"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
